"""Decide about everything that waits, in chunks of whole golden records, inside one transaction.

The transaction is the copy: the engine commits it when the brakes have passed, and rolls it back when they
hold, so that a held run has changed no link, golden value or shadow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncer.core.bringing_back import bring_back
from syncer.core.decide import decide, lower_consent
from syncer.core.lens import Lens
from syncer.core.moved import Moved, caused
from syncer.core.plan import Abilities
from syncer.core.refuse import refuse
from syncer.core.resolve import Answer, Fate, resolve
from syncer.deciding import refs
from syncer.deciding.abilities import waiting_for_review
from syncer.deciding.following import Relink
from syncer.deciding.owners import owners_of
from syncer.matching.keys import Keys
from syncer.matching.outcome import Group, Matches, golden_id
from syncer.model import Decision, Golden, Item, Link, LinkKey, Observation, StubConsent, Unit
from syncer.reading.intake import observation_keys
from syncer.reading.offices import Offices, office_slot
from syncer.store import codec
from syncer.store.database import chunks
from syncer.store.joins import Joins
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.store.shadows import note_decided
from syncer.sync import Sync

CHUNK = 300  # golden records held at once


@dataclass(slots=True)
class Decided:
    """What a pass over all waiting records came to.

    passed         golden records in which nothing is due but what was due already: it passed the brakes
                   before, and was only not sent (a crash, an app that was away)
    owed           those in which more is due than these items
    linked         new links; relinks: those to golden records that stood already, and links whose record
                   is gone
    conflicts, reviews  how many were opened
    fates          what became of a person's answers, by golden record and field
    caused         items that come of a changed mapping by itself
    entered, left  linked records that came into an app's filter (`only`), or went out of it
    """

    items: list[Item] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    owed: set[str] = field(default_factory=set)
    linked: Counter[str] = field(default_factory=Counter)
    relinks: list[Relink] = field(default_factory=list)
    conflicts: int = 0
    reviews: int = 0
    fates: dict[tuple[str, str], Fate] = field(default_factory=dict)
    caused: list[Item] = field(default_factory=list)
    entered: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> list[Relink]:
        """Links whose record is gone, save where it was merged into another one that was followed."""
        merged = {(one.app, one.record) for one in self.relinks if one.kind == "merge"}
        return [r for r in self.relinks if r.kind == "gone" and (r.app, r.record) not in merged]


@dataclass(slots=True)
class Deciding:
    """One pass. `creating`: golden id -> apps in which a create of ours has no answer yet; `refused`: items
    of a plan that was turned down; `doubted`: record -> apps in which one that may be the same person is
    under review: nothing is created beside it; `bring_back`: the app whose refused changes are written
    over; `again`: (golden id, app) in which what is gone is made again; `answers`: golden id -> field -> how
    a person settles its conflict; `moved`: what changed in the mapping, where it did; `gaining`: golden
    records to which a record comes in this pass; `apart`: the mapping is not what all are planned under, and
    these alone are planned under it; `placed`: records that get their golden record in this pass."""

    sync: Sync
    records: Records
    ledger: Ledger
    run: str
    now: Callable[[], datetime]
    abilities: Abilities
    creating: Mapping[str, frozenset[str]]
    refused: frozenset[str] = frozenset()
    doubted: Mapping[LinkKey, Collection[str]] = field(default_factory=dict)
    bring_back: str | None = None
    again: frozenset[tuple[str, str]] = frozenset()
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    moved: Moved | None = None
    gaining: set[str] = field(default_factory=set)
    apart: bool = False
    placed: set[LinkKey] = field(default_factory=set)
    result: Decided = field(default_factory=Decided)

    def run_all(self, touched: Sequence[str], matches: Matches) -> Decided:
        """Decide about known golden records and new groups. Call inside a transaction."""
        note_decided(self.ledger, self.sync)
        self.records.clear_touches(touched)
        self.placed |= {key for group in matches.groups for key in group.members}
        joining: dict[str, list[LinkKey]] = defaultdict(list)
        for group in matches.groups:
            if group.golden is not None:
                joining[group.golden] += group.members
        self.gaining |= joining.keys()
        stubs = self._stubs() if touched or matches.groups else {}
        for some in chunks(sorted({*touched, *joining}), CHUNK):
            units = self.records.units(some)
            for id, unit in units.items():
                self.result.relinks += [Relink(*key, id, "join") for key in joining.get(id, ())]
                self._add_links(unit, joining.get(id, ()))
            self._attach_observations([u for id, u in units.items() if id in joining])
            self._chunk(list(units.values()), stubs)
        founded = [g for g in matches.groups if g.golden is None]
        for some_groups in chunks(founded, CHUNK):
            units = self._found(some_groups)
            self._attach_observations(list(units.values()))
            self._chunk(list(units.values()), stubs)
        return self.result

    def lower_consent(self, touched: Sequence[str]) -> Decided:
        """While a plan is held: only consent, and only downwards. Call inside a transaction."""
        stubs = self._stubs()
        for some in chunks(touched, CHUNK):
            units = list(self.records.units(some).values())
            if stubs:
                owners_of(self.sync, self.records, units).attach_stubs(stubs)
            lens = Lens(self.sync.mapping, refs.load(self.sync, self.records.db, units))
            self.result.owed |= {u.golden.id for u in units if u.due}
            lowered = [d for u in units if (d := lower_consent(u, lens, self.run)) is not None]
            self._save(lowered, [])
        return self.result

    def _found(self, groups: Iterable[Group]) -> dict[str, Unit]:
        """New golden records, named after the record that founded each."""
        ids = [golden_id(self.records.space, g.members[0]) for g in groups]
        taken = Joins(self.records.db, self.records.space).used(ids)
        units = {}
        for id, group in zip(ids, groups, strict=True):
            name = id if id not in taken else f"{id}-{self.run}"
            units[name] = Unit(Golden(name), [])
            self._add_links(units[name], group.members)
        return units

    def _add_links(self, unit: Unit, members: Sequence[LinkKey]) -> None:
        for app, id in members:
            primary = not any(k.app == app and k.primary for k in unit.links)
            unit.links.append(Link(app, id, unit.golden.id, primary=primary))
            self.result.linked[app] += 1

    def _attach_observations(self, units: Sequence[Unit]) -> None:
        """Observations of links that are not in the store yet."""
        wanted: dict[str, list[str]] = defaultdict(list)
        for unit in units:
            for link in unit.links:
                if link.key not in unit.observations:
                    wanted[link.app].append(link.id)
        found = {app: self.records.waiting(app, ids) for app, ids in wanted.items()}
        for unit in units:
            for link in unit.links:
                if link.id in found.get(link.app, {}):
                    unit.observations[link.key] = found[link.app][link.id]

    def _stubs(self) -> dict[LinkKey, StubConsent]:
        """Consent held by records that are not linked, by record."""
        found = {}
        for app, id, state, seen_at in self.records.stub_consents():
            found[app, id] = StubConsent(state, app, id, datetime.fromisoformat(seen_at))
        return found

    def _chunk(self, units: list[Unit], stubs: Mapping[LinkKey, StubConsent]) -> None:
        owners = owners_of(self.sync, self.records, units)
        owners.attach_stubs(stubs)
        lens = Lens(self.sync.mapping, refs.load(self.sync, self.records.db, units))
        abilities = owners.with_taken(self.abilities, self.placed)
        decisions, restored = list[Decision](), self.ledger.restored() is not None
        for unit in units:
            unit.restored = restored
            doubted = waiting_for_review(unit.links, self.doubted)
            unit.creating = self.creating.get(unit.golden.id, frozenset()) | doubted
            decision = decide(unit, lens, abilities, self.run)
            if self.refused or self.bring_back:
                decision = refuse(decision, unit, self.refused, lens, abilities, self.run, self.bring_back)
                if decision.brought_back:  # a person asked for it: no brake
                    self.result.passed.add(unit.golden.id)
            for app in [app for app in self.sync.apps if (unit.golden.id, app) in self.again]:
                decision = bring_back(decision, unit, lens, abilities, app)
            if answers := self.answers.get(unit.golden.id):
                decision, fates = resolve(decision, unit, answers, lens, abilities, self.run)
                self.result.fates |= {(unit.golden.id, name): fate for name, fate in fates.items()}
                self.result.passed.add(unit.golden.id)  # a person asked for it: no brake
            # An app that is not written to is left as it is: nothing is due there before it may be written.
            decision.items[:] = [item for item in decision.items if self.sync.apps[item.app].writes]
            if unit.golden.id not in self.gaining and self._was_due(unit, decision, lens, abilities):
                self.result.passed.add(unit.golden.id)
            if decision.unit.golden.deleted and any(i.kind == "update" for i in decision.items):
                self.result.owed.add(unit.golden.id)  # the archive comes after its opt-out
            self.result.relinks += _gone(unit, decision)
            self._follow(unit, decision)
            decisions.append(decision)
        self._save(decisions, units)

    def _was_due(self, unit: Unit, decision: Decision, lens: Lens, abilities: Abilities) -> bool:
        """Whether all that is due was so before anything was shown."""
        if not unit.due or decision.changed or any(item.again for item in decision.items):
            return False
        if not unit.observations:
            return True
        before = decide(replace(unit, observations={}), lens, abilities, self.run)
        return _writes(decision.items) <= _writes(before.items)

    def _follow(self, unit: Unit, decision: Decision) -> None:
        """Note what comes of a changed mapping, and which records a filter took in or let go."""
        if self.moved is not None:
            self.result.caused += caused(unit, decision, self.moved, self.sync.mapping)
        before = {link.key: link.state for link in unit.links}
        for link in decision.unit.links:
            if link.state != before[link.key] and "out" in (link.state, before[link.key]):
                (self.result.left if link.state == "out" else self.result.entered)[link.app] += 1

    def _save(self, decisions: Sequence[Decision], used: Sequence[Unit]) -> None:
        """Keep the new state; `used` are the units whose observations are used up."""
        unsettled = self.creating.keys() | self.result.owed
        self.records.save_goldens(
            (d.unit.golden, bool(d.items) or d.unit.golden.id in unsettled) for d in decisions
        )
        self.records.drop_links(key for d in decisions for key in d.dropped)
        self.records.save_links((k for d in decisions for k in d.unit.links), self.sync.slot_names())
        self.records.drop_observations(o.key for u in used for o in u.observations.values())
        self.records.save_observations(o for d in decisions for o in d.waiting)
        self._save_keys(used)
        refs.save(self.sync, self.records, ((d.unit.golden, d.changed) for d in decisions))
        self._touch(decisions, used)
        self.ledger.log(self.run, self.now(), (e for d in decisions for e in d.log))
        self.ledger.journal(self.run, ((d.unit.golden.id, _journal(d)) for d in decisions if d.changed))
        for d in decisions:
            for item in d.items:
                item.values = d.unit.golden.value
            self.result.items += d.items
            self.result.conflicts += sum(e.kind in ("conflict", "first_merge") for e in d.log)

    def _save_keys(self, used: Sequence[Unit]) -> None:
        """Match keys of linked records that showed another value in a key field."""
        slots = {app: self._key_slots(app) for app in self.sync.apps}
        changed: dict[str, list[Observation]] = defaultdict(list)
        for unit in used:
            before = {k.key: k for k in unit.links}
            for obs in unit.observations.values():
                link = before[obs.key]
                if link.seen and any(
                    name in obs.values and obs.values[name] != link.seen.get(name) for name in slots[obs.app]
                ):
                    changed[obs.app].append(obs)
        offices, keys = Offices(self.sync, self.records.db), list[Keys]()
        for app, shown in changed.items():
            named = offices.of(app, ((o.id, o.values) for o in shown))
            keys += [observation_keys(self.sync, o, named.get(o.id, "")) for o in shown]
        self.records.keys.save([k.key for k in keys], (row for k in keys for row in k.stored()))

    def _key_slots(self, app: str) -> list[str]:
        keys = {*self.sync.key_fields, *self.sync.mapping.match.names}
        office = office_slot(self.sync, app)
        return [s.name for s in self.sync.slots(app).values() if s is office or not keys.isdisjoint(s.fields)]

    def _touch(self, decisions: Sequence[Decision], used: Sequence[Unit]) -> None:
        """Those that point here look again at what changed its name, or of which a record came, went or is
        back."""
        if self.sync.dependents:
            new = {u.golden.id for u in used if any(not k.seen for k in u.links)}
            states = {k.key: k.state for u in used for k in u.links}
            new |= {
                k.golden for d in decisions for k in d.unit.links if k.state != states.get(k.key, k.state)
            }
            targets = [d.unit.golden.id for d in decisions if d.changed or d.unit.golden.id in new]
            self.records.touch(self.sync.dependents, targets)
        if self.apart:  # should the mapping go back, nothing else would tell that these are behind
            self.records.touch([self.sync.name], [d.unit.golden.id for d in decisions])


def _writes(items: Iterable[Item]) -> set[tuple[str, str, str | None, str, str]]:
    """What items would do, slot by slot: part of what was due may have arrived."""
    return {
        (i.kind, i.app, i.record, name, repr(after))
        for i in items
        for name, (_, after) in (i.slots or {"": (None, None)}).items()
    }


def _gone(unit: Unit, decision: Decision) -> list[Relink]:
    """Links whose record has just left."""
    before = {link.key: link.state for link in unit.links}
    return [
        Relink(*link.key, unit.golden.id, "gone")
        for link in decision.unit.links
        if link.state == "gone" and before[link.key] != "gone"
    ]


def _journal(decision: Decision) -> dict[str, Any]:
    """What changed, for the journal."""
    return codec.journal_body(decision.changed, decision.unit.golden.provenance, decision.was)
