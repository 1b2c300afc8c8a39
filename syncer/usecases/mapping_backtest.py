"""What the past would have come to under a changed mapping. Reads the state alone: no app is asked.

Three looks: each golden value that a run changed, by the directions, blank rules and types of the new
mapping; each conflict, by its rules; and what the apps would be shown of the golden records as they stand.
What the state does not keep cannot be told: values that were never read, because their field is new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from conflicts.log import Entry
from conflicts.own import RuleFailed, names, own_rule
from conflicts.rules import SIMPLE, rule_for
from mappings.model import BadValue, Field, ObjectMapping, Slot, Unshown, Value
from syncer.core.lens import direction
from syncer.core.moved import FRAME, moved
from syncer.model import Golden, Link
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.database import Database
from syncer.store.ledger import Ledger
from syncer.store.replay import Change, changes, units

KINDS = ("conflict", "first_merge", "join")
HELD = "held for a person"
RULES = frozenset((*SIMPLE, "prefer", "only", "source", "union"))  # as the log calls them, beside own ones


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that comes out differently. `app`: where the value came from, won, or would be shown."""

    kind: Literal["change", "conflict", "shown"]
    time: str
    run: str
    who: str
    field: str
    app: str
    was: Value
    now: Value
    because: str


@dataclass(slots=True)
class Backtest:
    """What was looked at, and what differs. `since`: the oldest day that the state reaches back to."""

    sync: str
    since: str = ""
    changes: int = 0
    conflicts: int = 0
    golden: int = 0
    new_fields: tuple[str, ...] = ()
    gone_fields: tuple[str, ...] = ()
    differences: list[Difference] = field(default_factory=list)

    def by_field(self) -> dict[str, dict[str, int]]:
        """Field -> kind -> how many."""
        found: dict[str, Counter[str]] = {}
        for one in self.differences:
            found.setdefault(one.field, Counter())[one.kind] += 1
        return {name: dict(counts) for name, counts in sorted(found.items())}

    def records(self) -> list[str]:
        return sorted({one.who for one in self.differences})


def backtest(db: Database, sync: str, object: str, old: ObjectMapping, new: ObjectMapping) -> Backtest:
    """Look at the past of a sync under `new`. `old` is the mapping of the config. Where that is this same
    one, edited in its place, what syncer last planned under tells which fields are not what they were."""
    with db.reading():
        ledger, former, anew = Ledger(db, sync), set(old.fields), frozenset[str]()
        if old.version == new.version and (what := moved(ledger.planned(), ledger.mapped(), new)):
            former, anew = set(ledger.mapped() or old.fields) - {FRAME}, what.fields
        found = Backtest(
            sync,
            new_fields=tuple(name for name in new.fields if name not in former),
            gone_fields=tuple(sorted(former - set(new.fields))),
        )
        days = []
        for change in changes(db, sync):
            found.changes += 1
            days.append(change.started[:10])
            found.differences += _changed(old, new, change)
        for entry in Conflicts(db, {sync: object}).each_after(0, Sought(sync=sync, kinds=KINDS)):
            found.conflicts += 1
            days.append(entry.time.isoformat()[:10])
            found.differences += _chosen(new, entry)
        for unit in units(db, sync):
            found.golden += 1
            for link in unit.links:
                found.differences += _shown(old, new, unit.golden, link, anew)
    found.since = min(days, default="")
    return found


def _changed(old: ObjectMapping, new: ObjectMapping, change: Change) -> Iterator[Difference]:
    """A value that a run took over from one app."""
    said = new.fields.get(change.field)
    if said is None or said.follows:
        return  # a field that is gone is named once, not value by value
    why, now = _taken(said, change)
    if not why and not said.type.same(now, _reread(old.fields.get(change.field, said), change.after)):
        why = "it is read as another value"
    if why:
        yield Difference(
            "change", change.started, change.run, change.who, change.field, change.app, change.after, now, why
        )


def _taken(said: Field, change: Change) -> tuple[str, Value]:
    """Why the value would not have been taken over ("": it would), and what golden would be."""
    if change.app and change.app not in said.direction:
        return f"{change.app} would take no part in this field", change.before
    if change.app and direction(said, change.app) == "to":
        return f"{change.app} would be written only", change.before
    if change.after is None and change.before is not None and said.blank == "keep":
        return "a blank would not travel", change.before
    try:
        return "", said.type.read(change.after)
    except BadValue as error:
        return f"the value could not be read: {error}", change.before


def _reread(said: Field, value: Value) -> Value:
    try:
        return said.type.read(value)
    except BadValue:
        return None


def _chosen(new: ObjectMapping, entry: Entry) -> Iterator[Difference]:
    """A conflict, decided again."""
    said = new.fields.get(entry.field)
    if said is None or said.type.name == "consent" or said.rule.kind in ("union", "source"):
        return  # what golden was at that time, by which `source` chooses, is not in the entry
    if entry.rule not in RULES and entry.rule not in names():
        return  # a person decided, or who merged two records in an app
    candidates = [
        c
        for c in entry.candidates
        if c.app in said.direction
        and (direction(said, c.app) != "to" or c.kind == "golden")
        and not (c.value is None and said.blank == "keep")
    ]
    if entry.kind == "join" and len(entry.candidates) < 2:
        return  # golden stood; what it was is not in the entry
    was = entry.winner if entry.status == "decided" else HELD
    winner = None
    if len(candidates) == 1:
        winner = candidates[0]
    elif candidates:
        rule = own_rule(said.rule.own) if said.rule.own else rule_for(said.rule.kind, said.rule.apps)
        with suppress(RuleFailed):  # it would be held, as in a run
            winner = rule(candidates, new.order)
    now = HELD if winner is None else winner.value
    if now == was or (winner is not None and was != HELD and said.type.same(now, was)):
        return
    app = winner.app if winner is not None else ""
    because = f"the rule {said.rule.kind} decides" if candidates else "no app would give a value"
    time = entry.time.isoformat()
    yield Difference("conflict", time, entry.run, entry.who, entry.field, app, was, now, because)


def _shown(
    old: ObjectMapping, new: ObjectMapping, golden: Golden, link: Link, anew: frozenset[str]
) -> Iterator[Difference]:
    """What an app would be shown of the golden record as it stands. `anew`: of these it is not known how they
    were shown, but what the app holds."""
    if link.state != "live" or not link.primary or link.app not in new.apps or link.app not in old.apps:
        return
    before = old.apps[link.app].slots
    for name, slot in new.apps[link.app].slots.items():
        former = before.get(name)
        if former is None or name not in link.seen or slot.reference or not slot.flows_out:
            continue
        values = golden.value
        if not any(f in values for f in slot.fields):
            continue
        if anew.intersection(slot.fields) and (name in link.parted or golden.held.keys() & set(slot.fields)):
            continue
        was, now = _form(former, values, link.seen[name]), _form(slot, values, link.seen[name])
        was = link.seen[name] if anew.intersection(slot.fields) else was
        if was != now and not slot.same(was, now):
            why = f"{link.app} would be shown another form"
            yield Difference("shown", "", "", golden.id, slot.fields[0], link.app, was, now, why)
        elif not former.flows_out and not slot.same(now, link.seen[name]):
            why = f"{link.app} would be written"
            yield Difference("shown", "", "", golden.id, slot.fields[0], link.app, link.seen[name], now, why)


def _form(slot: Slot, golden: Mapping[str, Value], seen: Value) -> Value:
    try:
        return seen if slot.reference else slot.project(golden, seen)
    except Unshown:
        return seen
