"""Brakes: count everything that a run would do, before its first write, and hold what is too much. Pure.

A brake of one kind trips in an app when the number of changes passes both its count and its share of the
records linked there: ten changes among twelve records are no accident, a thousand among a million neither.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from conflicts.consent import OPT_OUTS
from mappings.model import ObjectMapping
from syncer.model import Item

ChangeKind = Literal["creates", "updates", "archives", "blanks", "unsubscribes", "links"]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True, slots=True)
class Limit:
    """`share` of the app's linked records (0 to 1) and absolute `count`; both must be passed to trip."""

    share: float
    count: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A brake that holds: `number` changes of a kind in an app, where `allowed` would have passed; `linked`
    records are linked there."""

    app: str
    kind: ChangeKind
    number: int
    allowed: int
    linked: int = 0

    def __str__(self) -> str:
        share = f" ({self.number / self.linked:.0%} of {self.linked} linked records)" if self.linked else ""
        return f"{self.app}: {self.number} {self.kind}{share}, and at most {self.allowed} go unasked"


def stopped(kind: ChangeKind, reason: str) -> bool:
    """Whether a brake of this kind was among what held a plan: reads what `Trip` had said."""
    return re.search(rf": \d+ {kind}[ ,]", reason) is not None


def kinds_of(item: Item, mapping: ObjectMapping) -> set[ChangeKind]:
    """Which brakes an item counts for."""
    if item.kind != "update":
        return {"creates"} if item.kind == "create" else {"archives"}
    kinds: set[ChangeKind] = {"updates"}
    slots = mapping.apps[item.app].slots
    for name, (_, after) in item.slots.items():
        if after is None or after == "" or after == []:
            kinds.add("blanks")
        if mapping.consent in slots[name].fields:
            state = slots[name].split(after, {}).get(mapping.consent)
            if state in OPT_OUTS:
                kinds.add("unsubscribes")
    return kinds


def count(items: Iterable[Item], mapping: ObjectMapping) -> Counter[tuple[str, ChangeKind]]:
    """(app, kind) -> number of records."""
    counts: Counter[tuple[str, ChangeKind]] = Counter()
    for item in items:
        for kind in kinds_of(item, mapping):
            counts[item.app, kind] += 1
    return counts


def tripped(
    counts: Mapping[tuple[str, ChangeKind], int],
    linked: Mapping[str, int],
    limits: Mapping[ChangeKind, Limit],
) -> list[Trip]:
    """The brakes that hold, in a fixed order. `linked`: records linked in each app before the run."""
    trips = []
    for (app, kind), number in sorted(counts.items()):
        limit = limits.get(kind)
        if limit is None:
            continue
        allowed = max(limit.count, int(limit.share * linked.get(app, 0)))
        if number > allowed:
            trips.append(Trip(app, kind, number, allowed, linked.get(app, 0)))
    return trips
