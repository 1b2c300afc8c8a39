"""What must be true of a history, judged by what the apps themselves remember, never by the shadows alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING

from conflicts.candidate import Candidate
from conflicts.consent import rank
from connectors.contract import Value
from mappings.model import Slot
from mappings.types.text import name_key
from syncer.core.decide import decide
from syncer.core.plan import FREEZE_AFTER, Abilities
from syncer.model import Decision, Golden, Item, Link, LinkKey, LogEntry, Unit
from tests.simulation.pure.apps import Happening, Held

if TYPE_CHECKING:
    from tests.simulation.pure.history import History

CHECK_ORDER = 0.08


class Oracle:
    """Watches one history. `violations`: lines ``kind: what``."""

    def __init__(self, history: History) -> None:
        self.h = history
        self.violations: list[str] = []
        self.log: list[LogEntry] = []
        self.writes = 0
        self.shown: dict[LinkKey, set[str]] = {}
        self.first_read: dict[tuple[LinkKey, str], datetime] = {}
        self.last_read: dict[LinkKey, datetime] = {}
        self.golden_past: dict[tuple[int, str], list[tuple[datetime, Value, LinkKey]]] = {}

    def report(self, kind: str, what: str) -> None:
        self.violations.append(f"{kind}: {what}")

    # -- while it goes on ---------------------------------------------------------------------------------

    def order(self, unit: Unit, decision: Decision, abilities: Abilities) -> None:
        """The same things in another order, decided again, come to the same; and nothing given was changed."""
        if self.h.rng.random() > CHECK_ORDER:
            return
        shuffled = deepcopy(unit)
        self.h.rng.shuffle(shuffled.links)
        keys = list(shuffled.observations)
        self.h.rng.shuffle(keys)
        shuffled.observations = {k: shuffled.observations[k] for k in keys}
        for obs in shuffled.observations.values():
            names = list(obs.values)
            self.h.rng.shuffle(names)
            obs.values = {n: obs.values[n] for n in names}
        before = deepcopy(shuffled)
        again = decide(shuffled, self.h.lens, abilities, f"r{self.h.runs}")
        self.unchanged(before, shuffled)
        if _canonical(again) != _canonical(decision):
            self.report("order", f"run {self.h.runs}: {_canonical(decision)} or {_canonical(again)}")

    def unchanged(self, before: Unit, after: Unit) -> None:
        if before != after:
            self.report("held", "deciding changed what it was given")

    def only_consent(self, before: Unit, lowered: Decision) -> None:
        """While a run is held nothing but consent may change, and only downwards."""
        after = lowered.unit.golden
        for field in after.value:
            if field != "consent" and after.value[field] != before.golden.value.get(field, Ellipsis):
                self.report("held", f"{field} of {after.id} changed in a held run")
        if rank(str(after.value.get("consent"))) < rank(str(before.golden.value.get("consent"))):
            self.report("held", f"consent of {after.id} rose in a held run")
        links = {k.key: k for k in before.links}
        for link in lowered.unit.links:
            was = links[link.key]
            for slot, value in link.seen.items():
                if slot != "consent" and was.seen.get(slot, Ellipsis) != value:
                    self.report("held", f"seen {slot} of {link.key} changed in a held run")

    def decided(self, person: int, decision: Decision, before: Golden | None, used: bool) -> None:
        """A decision is about to be kept."""
        self.log += decision.log
        golden = decision.unit.golden
        for link in decision.unit.links:
            obs = self.h.waiting.get(link.key)
            if obs is not None:
                names = [s for s in obs.values if used or s == "consent"]
                self.shown.setdefault(link.key, set()).update(names)
                for slot in names:
                    self.first_read.setdefault((link.key, slot), obs.read_at)
                self.last_read[link.key] = obs.read_at
        for field, value in golden.value.items():
            old = before.value.get(field, Ellipsis) if before else Ellipsis
            source = golden.provenance.get(field)
            if old == value or source is None:
                continue
            key = (source.app, source.record)
            self.golden_past.setdefault((person, field), []).append((self.h.now, value, key))
            if field not in ("tags", "consent") and value is not None:
                self._traced(person, field, value, key)

    def _traced(self, person: int, field: str, value: Value, key: LinkKey) -> None:
        """No invention, no spread: somebody typed this, in the record that it is said to come from."""
        typed = [x for x in self._happenings(person) if x.who == "person"]
        if not any(self._carries(x, field, value) for x in typed):
            self.report("invention", f"{field}={value!r} of g{person}")
        elif not any((x.app, x.record) == key and self._carries(x, field, value) for x in typed):
            self.report("spread", f"{field}={value!r} of g{person} was never typed in {key}")

    def _carries(self, x: Happening, field: str, value: Value) -> bool:
        slot = self._slot(x.app, x.slot)
        if slot is None or field not in slot.fields or x.after is None:
            return False
        if len(slot.fields) > 1:
            return f" {name_key(str(value))} " in f" {name_key(str(x.after))} "
        return self.h.mapping.fields[field].type.same(slot.split(x.after, {})[field], value)

    def writing(self, person: int, item: Item) -> None:
        """A write is about to have its effect in the app."""
        self.writes += 1
        if item.kind == "create":
            self._no_twin(person, item)
            return
        held = self.h._held((item.app, item.record or ""))
        link = self.h.links[person][item.app, held.id]
        for name, (_, after) in item.slots.items():
            slot = self.h.mapping.apps[item.app].slots[name]
            if name not in self.shown.get(link.key, ()):
                self.report("unknown", f"{name} of {link.key} was written before it was ever read")
            if "consent" in slot.fields:
                self._not_raised(person, held, slot, after)
            elif "tags" not in slot.fields and len(slot.fields) == 1:
                self._not_narrower(person, held, slot, after)
        if item.kind == "archive":
            self._nothing_unread(held, link)

    def _no_twin(self, person: int, item: Item) -> None:
        if any(x.by_engine and x.person == person for x in self.h.apps[item.app].records.values()):
            self.report("duplicate", f"g{person} was created twice in {item.app}")

    def _nothing_unread(self, held: Held, link: Link) -> None:
        slots = self.h.mapping.apps[link.app].slots
        for name, value in link.seen.items():
            if name in slots and not slots[name].same(held.values[name], value):
                self.report("loss", f"{link.key} was archived over an unread edit of {name}")

    def _not_raised(self, person: int, held: Held, slot: Slot, after: Value) -> None:
        """A write lifts consent only after an opt-in that is later than every opt-out that was read."""
        new, old = (str(slot.split(v, {}).get("consent")) for v in (after, held.values[slot.name]))
        if rank(new) >= rank(old) or old == "None":
            return
        told = [(x, self._state(x)) for x in self._happenings(person) if x.slot == "consent" and x.who == "person"]
        read = [(x, s) for x, s in told if x.at < self.last_read.get((x.app, x.record), x.at)]
        ins = [x.at for x, s in told if s is not None and rank(s) <= rank(new)]
        outs = [x for x, s in read if s is not None and rank(s) > rank(new)]
        authorities = self.h.mapping.fields["consent"].rule.apps
        named = [x.at for x, s in told if s is not None and rank(s) <= rank(new) and x.app in authorities]
        if not ins or any(x.at > max(ins) for x in outs) or (outs and not named):
            self.report("consent", f"{held.id} was lifted from {old} to {new}")

    def _state(self, x: Happening) -> str | None:
        slot = self._slot(x.app, x.slot)
        state = slot.split(x.after, {}).get("consent") if slot else None
        return state if isinstance(state, str) else None

    def _not_narrower(self, person: int, held: Held, slot: Slot, after: Value) -> None:
        """No narrower form of what stands in an app is written over it."""
        field, before = slot.fields[0], held.values[slot.name]
        source = self.h.goldens[person].provenance.get(field)
        if source is None or before is None or after is None or source.app == held.id.partition("-")[0]:
            return
        there = self._slot(source.app, self._slot_name(source.app, field))
        type = self.h.mapping.fields[field].type
        if there is None or len(there.fields) > 1:
            return
        parts = slot.split(before, {})
        narrow = there.split(self.h.apps[source.app].traits.store(there.name, there.project(parts, None)), {})
        if type.same(narrow[field], self.h.goldens[person].value[field]) and not slot.same(before, after):
            if not type.same(narrow[field], parts[field]):
                self.report("spread", f"{before!r} in {held.id} becomes {after!r}, which {source.app} made of it")

    def _slot_name(self, app: str, field: str) -> str:
        slots = self.h.mapping.apps[app].slots if app in self.h.mapping.apps else {}
        return next((s.name for s in slots.values() if field in s.fields), "")

    def known(self, link: Link) -> None:
        """A write was answered: what was sent or shown is known."""
        self.shown.setdefault(link.key, set()).update({*link.seen, *link.pending})

    # -- when all is quiet --------------------------------------------------------------------------------

    def settled(self) -> None:
        """Nobody edits any more and nothing is written: what must be true now."""
        for person, golden in self.h.goldens.items():
            for link in self.h.links[person].values():
                if link.state == "live" and link.app in self.h.mapping.apps:
                    held = self.h._held(link.key)
                    for slot in self.h.mapping.apps[link.app].slots.values():
                        self._converged(golden, link, held, slot)
                        self._nothing_lost(person, golden, link, slot)
            if "consent" in golden.value:
                self._opt_outs_hold(person, golden)

    def _converged(self, golden: Golden, link: Link, held: Held, slot: Slot) -> None:
        fields = [f for f in slot.fields if f in golden.value]
        listed = slot.name in link.refused or link.rewrites.get(slot.name, (None, 0))[1] > FREEZE_AFTER
        if not fields or not link.primary or listed or any(f in golden.held for f in slot.fields):
            return
        if not any(_written(self.h.mapping.fields[f], link.app) for f in fields):
            return
        now = held.values[slot.name]
        due = self.h.apps[link.app].traits.store(slot.name, slot.project(golden.value, now))
        if not slot.same(due, now):
            shown = {f: golden.value[f] for f in fields}
            self.report("convergence", f"{slot.name} of {link.key} is {now!r}, golden {shown}")

    def _nothing_lost(self, person: int, golden: Golden, link: Link, slot: Slot) -> None:
        """Each value that a person typed stands, was replaced by a later edit, or is named in the log."""
        if "consent" in slot.fields:
            return
        mine = [x for x in self.h.apps[link.app].log if (x.record, x.slot) == (link.id, slot.name) and x.who == "person"]
        first = self.first_read.get((link.key, slot.name))
        if not mine or first is None:
            return
        if "tags" in slot.fields:
            self._tags_kept(person, golden, mine, first)
            return
        last = mine[-1]
        if last.after is None and last.at <= first:
            return  # a blank found at the first contact is no candidate
        if slot.same(last.after, last.before) or self._stands(golden, slot, last.after):
            return
        if not self._named(golden, slot, last) and not self._superseded(person, slot, last):
            self.report("loss", f"{slot.name}={last.after!r} typed in {link.key} at {last.at:%H:%M:%S}")

    def _stands(self, golden: Golden, slot: Slot, value: Value) -> bool:
        traits = self.h.apps[slot.app].traits
        return slot.same(traits.store(slot.name, slot.project(golden.value, value)), value)

    def _named(self, golden: Golden, slot: Slot, x: Happening) -> bool:
        parts = slot.split(x.after, {})
        words = f" {name_key(str(x.after or ''))} "
        for entry in self.log:
            if entry.golden != golden.id or entry.field not in slot.fields:
                continue
            type = self.h.mapping.fields[entry.field].type
            for c in entry.candidates:
                if len(slot.fields) > 1:
                    if (c.value is None and x.after is None) or (c.value and f" {name_key(str(c.value))} " in words):
                        return True
                elif type.same(c.value, parts.get(entry.field)) or slot.same(c.value, x.after):
                    return True
        return False

    def _superseded(self, person: int, slot: Slot, x: Happening) -> bool:
        """Golden took the value, and was then changed in a record that had held it too."""
        for field in slot.fields:
            past = self.golden_past.get((person, field), [])
            for n, (at, value, _) in enumerate(past[:-1]):
                until, _, by = past[n + 1]
                if until < x.at or not self._matches(slot, field, value, x):
                    continue
                if by == (x.app, x.record) or self._held_there(person, field, value, by, until):
                    return True
        return False

    def _matches(self, slot: Slot, field: str, value: Value, x: Happening) -> bool:
        if len(slot.fields) > 1:
            return value is None or f" {name_key(str(value))} ".lower() in f" {name_key(str(x.after or ''))} ".lower()
        stored = self.h.apps[slot.app].traits.store(slot.name, slot.project({field: value}, x.after))
        return slot.same(stored, x.after)

    def _held_there(self, person: int, field: str, value: Value, key: LinkKey, until: datetime) -> bool:
        slot = self._slot(key[0], self._slot_name(key[0], field))
        if slot is None:
            return False
        return any(
            (x.app, x.record, x.slot) == (*key, slot.name) and x.at <= until and self._matches(slot, field, value, x)
            for x in self._happenings(person)
        )

    def _tags_kept(self, person: int, golden: Golden, mine: Sequence[Happening], first: datetime) -> None:
        """A tag that was added is there, unless somebody took it away or the log says so."""
        last = mine[-1]
        added = _tags(last.after) - (_tags(last.before) if last.at > first else set())
        for tag in added - _tags(golden.value.get("tags")):
            taken = any(
                tag in _tags(x.before) - _tags(x.after) and x.who == "person"
                for x in self._happenings(person)
                if x.slot == "tags"
            )
            if not taken and not any(e.field == "tags" and e.golden == golden.id for e in self.log):
                self.report("loss", f"tag {tag} added in {last.app} {last.record}")

    def _opt_outs_hold(self, person: int, golden: Golden) -> None:
        """An opt-out that was the last word in a record holds, unless an authority has a later opt-in."""
        told = [x for x in self._happenings(person) if x.slot == "consent" and x.who == "person"]
        last = {(x.app, x.record): x for x in told}
        authorities = self.h.mapping.fields["consent"].rule.apps
        for key, x in last.items():
            state = self._state(x)
            link = self.h.links[person].get(key)
            if state is None or rank(state) < rank("pending") or link is None or link.state != "live":
                continue
            later = [y for y in told if y.at >= x.at.replace(second=0) and y.app in authorities and y != x]
            lifted = any(rank(self._state(y)) <= rank(str(golden.value["consent"])) for y in later if self._state(y))
            if rank(str(golden.value["consent"])) < rank(state) and not lifted:
                self.report("consent", f"{state} of {key} is lost: golden is {golden.value['consent']}")

    # -- the apps' own memory -----------------------------------------------------------------------------

    def _happenings(self, person: int) -> list[Happening]:
        return [x for a in self.h.apps.values() for x in a.log if a.records[x.record].person == person]

    def _slot(self, app: str, name: str) -> Slot | None:
        there = self.h.mapping.apps.get(app)
        return there.slots.get(name) if there else None


def _written(field: object, app: str) -> bool:
    from syncer.core.lens import direction

    return direction(field, app) != "from"  # type: ignore[arg-type]


def _tags(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else set()


def _canonical(decision: Decision) -> tuple[object, ...]:
    """A decision as a value that does not depend on any order."""
    golden = decision.unit.golden
    return (
        sorted(golden.value.items()),
        sorted(golden.provenance.items()),
        {f: sorted(c, key=_by_app) for f, c in golden.held.items()},
        sorted(map(_link_form, decision.unit.links)),
        sorted(repr((i.kind, i.app, i.golden, i.record, sorted(i.slots.items()), i.raises)) for i in decision.items),
        sorted(repr((e.kind, e.field, sorted(e.candidates, key=_by_app), e.rule, e.winner, e.winner_app, e.status)) for e in decision.log),
    )


def _link_form(link: Link) -> str:
    parts: list[Mapping[str, object]] = [link.seen, link.agreed, link.pending, link.refused, link.rewrites]
    return repr((link.key, link.state, link.primary, [sorted(p.items(), key=str) for p in parts], link.ours))


def _by_app(c: Candidate) -> tuple[str, str, str, str]:
    return c.app, c.record, str(c.value), c.kind
