"""Settle held conflicts as a person says: one run for all of a sync, which asks the apps for the records at
stake again, journals, writes, and can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from conflicts.candidate import Candidate
from conflicts.log import Entry
from mappings.model import BadValue, Field
from syncer.core.resolve import Answer, Fate
from syncer.engine import Options
from syncer.model import BLANK, Golden, Item, LinkKey, Unit, Value
from syncer.running.runner import Outcome, Runner
from syncer.selecting import Selection
from syncer.store.conflicts import Conflicts
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.usecases.sides import NotPossible, side_of
from syncer.usecases.who import BY, look_up_known


@dataclass(frozen=True, slots=True)
class Wish:
    """How a conflict is to be settled: by the value of the app to `take`, by a `value` as it is typed, or by
    golden as it is (`keep`). `record`: which record of that app, where several are candidates."""

    take: str | None = None
    value: str | None = None
    keep: bool = False
    record: str | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one wish. `reopened` and `agreed` as `syncer.core.resolve` says; `left`: it could not be
    done, or not now. `now`: the number under which the conflict is open, where it is."""

    entry: Entry
    outcome: Literal["settled", "reopened", "agreed", "left"]
    value: Value = None
    app: str | None = None
    because: str = ""
    now: int | None = None

    def as_json(self, run: str | None) -> dict[str, Any]:
        """The documented keys of `conflicts resolve --json`."""
        e = self.entry
        said = {"number": e.seq, "sync": e.sync, "who": e.who, "field": e.field, "outcome": self.outcome}
        said |= {"value": self.value, "app": self.app, "because": self.because}
        return {**said, "open_as": self.now, "run": run}


class Unusable(ValueError):
    """A wish that cannot be: the text says why, and what to do."""


@dataclass(slots=True)
class Settling:
    """Settles conflicts of one sync."""

    runner: Runner
    sync: Sync
    units: Mapping[str, Unit] = field(default_factory=dict)
    answers: dict[str, dict[str, Answer]] = field(default_factory=dict)
    done: list[Settled] = field(default_factory=list)
    asked: list[Entry] = field(default_factory=list)
    targets: dict[str, Sync] = field(default_factory=dict)

    def prepare(self, wishes: Sequence[tuple[Entry, Wish]]) -> None:
        """Turn wishes into answers; those that cannot be are in `done`, with the reason."""
        records = Records(self.runner.db, self.sync.name)
        with self.runner.db.reading():
            self.units = records.units(sorted({entry.who for entry, _ in wishes}))
        for entry, wish in wishes:
            try:
                answer = self._answer(entry, wish)
            except Unusable as why:
                self.done.append(Settled(entry, "left", because=str(why), now=entry.seq))
            else:
                self.answers.setdefault(entry.who, {})[entry.field] = answer
                self.asked.append(entry)

    def run(
        self, whole: bool = False, dry_run: bool = False, approved: Sequence[Item] = ()
    ) -> Outcome | None:
        """Settle. `whole`: plan all golden records besides, for a mapping that has changed. None where there
        is nothing to settle. Raises as `Runner.run`."""
        if not self.answers:
            return None
        options = Options(
            "resolve",
            dry_run=dry_run,
            selection=Selection() if whole else Selection(only=frozenset(self.answers)),
            read=False,
            approved=tuple(approved),
            ask=tuple(key for who in self.answers for key in self._live(who)),
            answers=self.answers,
        )
        outcome = self.runner.run(self.sync.name, options)
        if outcome is not None and not dry_run:
            self._tell(outcome)
        return outcome

    def is_adopted(self) -> bool:
        """Whether anything was decided by now under the mapping with which this settles."""
        with self.runner.db.reading():
            planned = Ledger(self.runner.db, self.sync.name).planned()
        return planned is not None and planned.split()[0] == self.sync.mapping.version

    def _live(self, who: str) -> list[LinkKey]:
        return [link.key for link in self.units[who].links if link.state == "live"]

    def _answer(self, entry: Entry, wish: Wish) -> Answer:
        unit, field = self.units.get(entry.who), self.sync.mapping.fields.get(entry.field)
        if field is None:
            raise Unusable("the mapping has no such field any more")
        if unit is None or entry.field not in unit.golden.held:
            raise Unusable("it does not wait any more")
        if wish.take is not None:
            some = [c for c in entry.candidates if wish.record in (None, c.record)]
            chosen = self._taken(some, wish.take, unit, field)
        elif wish.keep:
            chosen = None
            _check_kept(unit.golden, field)
        else:
            value = self._typed(field, wish.value or "")
            chosen = Candidate(value, "", "", self.runner.ports.now(), "edit", "observed")
        return Answer(tuple(entry.candidates), chosen)

    def _typed(self, field: Field, text: str) -> Value:
        """A typed value in golden form. What a reference points to is typed as any WHO is."""
        if not field.reference:
            return _read(field, text)
        target = self._target(field.reference)
        if not text:
            return None
        try:
            meant = side_of(look_up_known(target, self.runner.db, [text]), text)
        except NotPossible as why:
            raise Unusable(str(why)) from None
        if meant is None or meant.golden is None:
            raise Unusable(f"no {field.reference} is known under '{text}': type its {BY}")
        return meant.golden

    def _target(self, object: str) -> Sync:
        """The sync that keeps what a reference points to; wired once, however many conflicts are settled."""
        if object not in self.targets:
            self.targets[object] = self.runner.wiring.sync(self.sync.targets[object])
        return self.targets[object]

    def _taken(self, candidates: Sequence[Candidate], app: str, unit: Unit, field: Field) -> Candidate:
        """The app's candidate; else what it holds: the same as another app's candidate, or as golden."""
        mine = [c for c in candidates if c.app == app and c.kind != "golden"]
        if any(not field.type.same(c.value, mine[0].value) for c in mine):
            raise Unusable(f"{app} has several records with different values: give one with --value")
        held = mine[0] if mine else None if field.reference else self._held(app, unit, field.name)
        if held is None:
            known = ", ".join(dict.fromkeys(c.app for c in candidates if c.kind != "golden"))
            raise Unusable(f"{app} has no value for it: take {known}, or give a --value")
        return held

    def _held(self, app: str, unit: Unit, field: str) -> Candidate | None:
        """What the app was last seen to hold; None for a blank, which nobody there has chosen."""
        slots = self.sync.slots(app).values() if app in self.sync.apps else ()
        for slot in (s for s in slots if field in s.fields):
            for link in unit.links:
                if link.app == app and link.state == "live" and slot.name in link.seen and link.observed_at:
                    try:
                        value = slot.split(link.seen[slot.name], unit.golden.value).get(field)
                    except BadValue:
                        return None
                    held = Candidate(value, app, link.id, link.stamp or link.observed_at)
                    return held if value not in BLANK else None
        return None

    def _tell(self, outcome: Outcome) -> None:
        """What became of each; a conflict that is open again has a number of its own."""
        report, table = outcome.report, Conflicts(self.runner.db, self.runner.config.objects)
        undecided = report.status == "held" or (report.status == "failed" and not report.fates)
        for entry in self.asked:
            with self.runner.db.reading():
                still = table.open_one(self.sync.name, entry.who, entry.field)
            now = still.seq if still is not None else None
            fate = report.fates.get((entry.who, entry.field))
            if fate is None or undecided:
                why = report.reason or "nothing was done"
                self.done.append(Settled(entry, "left", because=why, now=now))
            else:
                self.done.append(Settled(entry, fate, *self._chosen(entry, fate), _WORDS[fate], now))

    def _chosen(self, entry: Entry, fate: Fate) -> tuple[Value, str | None]:
        """The value, and the app whose it is."""
        if fate != "settled":
            return None, None
        chosen = self.answers[entry.who][entry.field].chosen
        if chosen is None:
            return self.units[entry.who].golden.value.get(entry.field), None
        return chosen.value, chosen.app or None


_WORDS: dict[Fate, str] = {
    "settled": "",
    "reopened": "a candidate has changed in its app since: look again",
    "agreed": "the apps had come to hold one value by themselves",
}


def by_sync(wishes: Sequence[tuple[Entry, Wish]]) -> dict[str, list[tuple[Entry, Wish]]]:
    """Wishes by the sync whose conflicts they settle."""
    found: dict[str, list[tuple[Entry, Wish]]] = defaultdict(list)
    for entry, wish in wishes:
        found[entry.sync].append((entry, wish))
    return dict(found)


def _check_kept(golden: Golden, field: Field) -> None:
    if golden.value.get(field.name) is None:
        raise Unusable("there is no golden value to keep: take an app's, or give a --value")


def _read(field: Field, text: str) -> Value:
    """Of a set, its elements with commas between."""
    said: Value = [part.strip() for part in text.split(",") if part.strip()] if field.type.is_set else text
    try:
        return field.type.read(said)
    except BadValue as error:
        raise Unusable(f"'{text}' cannot be the value: {error}") from None
