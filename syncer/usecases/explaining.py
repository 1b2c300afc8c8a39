"""Say of every value where it came from, and of everything that was not done why. Reads the state alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from conflicts.candidate import Candidate
from conflicts.log import Entry
from mappings.model import Field
from syncer.core.decide import decide
from syncer.core.joining import JOINED
from syncer.core.lens import Lens
from syncer.core.standing import Standing, standing
from syncer.deciding import refs
from syncer.deciding.abilities import abilities_of, creating_in, doubted_in, waiting_for_review
from syncer.deciding.one_pass import CHUNK
from syncer.deciding.owners import owners_of
from syncer.model import BLANK, Decision, Golden, LinkKey, Provenance, Unit, Value
from syncer.store.database import Database, chunks
from syncer.store.ledger import HeldPlan, Ledger
from syncer.store.records import Records
from syncer.store.stories import Stories
from syncer.sync import Sync
from syncer.usecases.reverting import ALIKE
from syncer.usecases.who import known

_OPTED_IN = "a later opt-in in {apps}, which the mapping names under authority, lifts the opt-out"
_RULES = {
    "first": "it was the only value that was found",
    "edit": "it was changed there, and nowhere else at that time",
    "newest": "values differed, and the latest change wins",
    "prefer": "values differed, and the mapping prefers this app",
    "only": "the mapping takes this field from this app only",
    "longest": "values differed, and the longest wins",
    "newest_by_field": "values differed, and this one was surely set last",
    "highest": "values differed, and the highest wins",
    "lowest": "values differed, and the lowest wins",
    "source": "values differed, and the mapping names this app as the source for such a record",
    "union": "all apps together: what one has, all get",
    "most restrictive": "the most restrictive answer of any app wins, always",
    "most restrictive, of several": "the most restrictive answer wins; several records gave it",
    "authority": _OPTED_IN,
    "authority, of several": _OPTED_IN,
    "agreed by all": "a conflict was held until all apps held this value",
    "manual": "a person decided",
    "undo": "an undo put it back",
    "resolved": "values differed, and a person chose this one",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A field in one record of an app."""

    app: str
    record: str
    slot: str
    standing: Standing

    @property
    def shows(self) -> bool:
        """Whether the app holds anything at all there."""
        return self.standing.seen not in BLANK


@dataclass(frozen=True, slots=True)
class Told:
    """One golden field: its value, where from, what it was chosen over, who waits for a decision. `joined` is
    the rule by which it stayed when two golden records were joined, where that was the last choice;
    `follows`: it is worked out of other fields; `authority`: the apps in which consent can be given again."""

    field: str
    value: Value
    is_set: bool
    source: Provenance | None
    beat: Sequence[Candidate]
    held: Sequence[Candidate]
    places: Sequence[Place]
    joined: str = ""
    follows: bool = False
    authority: Sequence[str] = ()

    @property
    def because(self) -> str:
        """Why this value, in words."""
        if self.source is None:
            if self.follows and self.is_set:
                return "it follows from another field"
            if self.held and not self.is_set:
                return "the apps hold different values, and none was chosen yet"
            if self.is_set:
                return "no record that is left here gave a value"
            if any(place.shows for place in self.places):
                return "no app gave a value that counts"
            return "no app ever held a value for it"
        if self.joined:
            return f"{JOINED}, and by {self.joined} this value stays"
        if self.source.rule == "first" and self.beat:
            return "values differed, and the one that was set first wins"
        said = _RULES.get(self.source.rule, f"by {self.source.rule}")
        return said.replace("{apps}", " or ".join(self.authority) or "an app")


@dataclass(frozen=True, slots=True)
class Explained:
    """One golden record. `absent`: (app, why it has no record there). `waits`: what keeps the next run from
    going on, in words."""

    sync: str
    object: str
    golden: str
    records: Sequence[tuple[str, str, str]]
    fields: Sequence[Told]
    absent: Sequence[tuple[str, str]]
    waits: Sequence[str]


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A record of an app that has no golden record, and why."""

    sync: str
    object: str
    app: str
    record: str
    because: str


@dataclass(slots=True)
class Explainer:
    """Explains the golden records of one sync."""

    sync: Sync
    db: Database
    records: Records = field(init=False)
    stories: Stories = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.records = Records(self.db, self.sync.name)
        self.stories = Stories(self.db, self.sync.name)
        self.ledger = Ledger(self.db, self.sync.name)

    def who(self, who: str, only: str | None = None) -> tuple[list[Explained], list[Unlinked]]:
        """All that is known under a name. `only`: one golden field."""
        return self.records_of(known(self.sync, self.db, who), only)

    def records_of(
        self, keys: Collection[LinkKey], only: str | None = None
    ) -> tuple[list[Explained], list[Unlinked]]:
        """The golden records of these, and those that have none."""
        with self.db.reading():
            goldens = {
                app: self.records.golden_of(app, [id for a, id in keys if a == app])
                for app in sorted({app for app, _ in keys})
            }
            linked = sorted({goldens[app][id] for app, id in keys if id in goldens[app]})
            loose = [self._loose(key) for key in keys if key[1] not in goldens[key[0]]]
            return self.goldens(linked, only), [one for one in loose if one is not None]

    def goldens(self, ids: Sequence[str], only: str | None = None) -> list[Explained]:
        """These golden records. Call inside a reading."""
        held = self.ledger.held()
        return [one for some in chunks(ids, CHUNK) for one in self._some(some, only, held)]

    def _some(self, ids: Sequence[str], only: str | None, held: HeldPlan | None) -> list[Explained]:
        units = self.records.units(ids)
        lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, units.values()))
        creating, doubted = creating_in(self.ledger), doubted_in(self.sync, self.records, self.ledger)
        owners = owners_of(self.sync, self.records, list(units.values()))
        abilities = owners.with_taken(abilities_of(self.sync, self.ledger))
        found = []
        log: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.stories.choices(units, self.sync.mapping.object):
            log[entry.who].append(entry)
        reviews = self.stories.reviews(link.key for unit in units.values() for link in unit.links)
        for id, unit in sorted(units.items()):
            unit.creating = creating.get(id, frozenset())
            unsure = waiting_for_review(unit.links, doubted)
            stands = Unit(unit.golden, unit.links, {}, (), unit.creating | unsure)
            decision = decide(stands, lens, abilities, "")
            absent = _absent(self.sync, unit, abilities.creates, decision, unsure)
            fields = [f for f in self.sync.mapping.fields.values() if only in (None, f.name)]
            one = Explained(
                self.sync.name,
                self.sync.mapping.object,
                id,
                [(k.app, k.id, k.state) for k in unit.links],
                [_told(self.sync, unit, lens, f, log[id]) for f in fields],
                absent,
                _waits(unit, held, reviews),
            )
            found.append(one)
        return found

    def _loose(self, key: LinkKey) -> Unlinked | None:
        """Why a record has no golden record; None where nothing at all is known of it."""
        reviews = self.stories.reviews([key])
        if reviews:
            because = f"a doubtful match, which waits for a person: {_doubt(reviews[0])}"
        elif self.stories.is_waiting(key):
            because = "it was read and waits for the next run"
            if self.ledger.reader(key[0])["complete_at"] is None:
                because = f"{key[0]} was not read to the end yet, and nothing is matched before that"
        elif self.stories.is_stub(key):
            because = "it is outside the app's filter (only), or archived: only its keys and consent are kept"
        else:
            return None
        return Unlinked(self.sync.name, self.sync.mapping.object, *key, because)


def _waits(unit: Unit, held: HeldPlan | None, reviews: Sequence[dict[str, Any]]) -> list[str]:
    """A held plan, open reviews, undecided observations: in words."""
    said = []
    if held is not None:
        mine = sum(item.golden == unit.golden.id for item in held.items)
        what = f"; {mine} of its changes are for this record" if mine else ""
        said.append(f"the plan of run {held.run} is held, because {held.reason}{what}")
    own = {link.key for link in unit.links}
    for review in reviews:
        pair = (review["app"], review["record"]), (review["other_app"], review["other_record"])
        if not own.isdisjoint(pair):
            said.append(_doubt(review))
    for obs in unit.observations.values():
        said.append(f"{obs.app}:{obs.id} was read, and the next run decides about it")
    return said


def _told(sync: Sync, unit: Unit, lens: Lens, said: Field, log: Sequence[Entry]) -> Told:
    golden, name = unit.golden, said.name
    source = _source(golden, said)
    places = [
        Place(link.app, link.id, slot.name, standing(lens, golden, link, slot, sync.apps[link.app].writes))
        for link in unit.links
        if (slot := lens.slot_of(link.app, name)) is not None
    ]
    value, held = golden.value.get(name), golden.held.get(name, ())
    choice = _choice(log, name, source, value)
    beat = [c for c in choice.candidates if c.value != value] if choice is not None else []
    joined = choice.rule if choice is not None and choice.kind == "join" and choice.note == JOINED else ""
    follows = said.derived is not None or said.worth is not None
    apps = said.rule.apps
    return Told(name, value, name in golden.value, source, beat, held, places, joined, follows, apps)


def _source(golden: Golden, said: Field) -> Provenance | None:
    """Where a value came from; one that is looked up came with the reference that it follows."""
    if said.name in golden.provenance or said.derived is None:
        return golden.provenance.get(said.name)
    return golden.provenance.get(said.derived[0])


def _choice(log: Sequence[Entry], name: str, source: Provenance | None, value: Value) -> Entry | None:
    """The choice that made the value what it is. Where two golden records were joined it keeps its source."""
    for entry in reversed(log):
        if entry.field == name and source is not None:
            kept = entry.note == JOINED and entry.run > source.run and entry.winner == value
            if kept or entry.run == source.run:
                return entry
    return None


def _absent(
    sync: Sync, unit: Unit, creates: Collection[str], decision: Decision, unsure: Collection[str]
) -> list[tuple[str, str]]:
    """Apps without a record of this one, and why none is made. `unsure`: those in which one that may be the
    same person is under review."""
    said = dict(decision.notes)
    said.update((item.app, "the next run makes it") for item in decision.items if item.kind == "create")
    there = {k.app for k in unit.links}
    found = []
    for app in sync.apps.values():
        if app.name in there:
            continue
        reason = said.get(app.name) or _none_left(decision.unit)
        if app.name in unit.golden.barred:
            reason = f"it is not to be created there: {unit.golden.barred[app.name]}"
        elif app.name in unit.creating:
            reason = "it was sent, and the app has not answered yet whether it made it"
        elif not app.writes:
            reason = "nothing is written to this app (writes: off)"
        elif not sync.mapping.apps[app.name].creates:
            reason = "the mapping creates no records there"
        elif app.name not in creates:
            reason = "the app was not read to the end yet"
        elif app.name in unsure:
            reason = ALIKE
        found.append((app.name, reason))
    return found


def _none_left(unit: Unit) -> str:
    """Why no app gets a record of a golden record."""
    if unit.golden.deleted:
        return "it was deleted in an app, and by on_delete that reaches the others"
    return "none of the records is there any more: each is archived, deleted, or outside its app's filter"


def _doubt(review: dict[str, object]) -> str:
    one, other = (f"{review[a]}:{review[b]}" for a, b in (("app", "record"), ("other_app", "other_record")))
    return f"{one} resembles {other} ({review['reason']})"
