"""Field rules: small pure functions that choose between candidates which differ.

A rule sees at least two candidates with different values and either names the winner or holds the field for
a person (`None`). Ties go by the order of apps in the mapping, so the same candidates in any order give the
same winner. `docs/conflicts.md` shows each by example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from conflicts.candidate import Candidate, Value

Rule: TypeAlias = Callable[[Sequence[Candidate], Sequence[str]], Candidate | None]
Holds: TypeAlias = Callable[[Mapping[str, Value]], bool]


def _ordered(candidates: Sequence[Candidate], order: Sequence[str]) -> list[Candidate]:
    place = {app: i for i, app in enumerate(order)}
    return sorted(candidates, key=lambda c: (place.get(c.app, len(place)), c.record, str(c.value)))


def newest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate:
    """The value that was set last."""
    ordered = _ordered(candidates, order)
    return max(ordered, key=lambda c: c.time)


def newest_by_field(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate | None:
    """The value that was surely set last, by the field's own history.

    A record's stamp only says that the field changed no later: it may have moved for another field. So where
    a value that is dated in this way might be the later one, a person decides.
    """
    dated = [c for c in candidates if c.time_kind == "field"]
    others = [c for c in candidates if c.time_kind != "field"]
    if not dated:
        return None
    last = newest(dated, order)
    sure = all(c.time < last.time and c.time_kind != "previous" for c in others)
    return last if sure else None


def first(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate:
    """The value that was set first; a blank is none."""
    ordered = _ordered(_filled(candidates), order)
    return min(ordered, key=lambda c: c.time)


def longest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate:
    """The value with the most characters (or elements); the newest among equals."""

    def length(c: Candidate) -> tuple[int, float]:
        size = len(c.value) if isinstance(c.value, str | list) else len(str(c.value or ""))
        return size, c.time.timestamp()

    return max(_ordered(candidates, order), key=length)


def highest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate | None:
    """The greatest number or the latest date; held where values cannot be compared. A blank is neither."""
    measured = _measured(_ordered(_filled(candidates), order))
    return max(measured, key=lambda m: m[0])[1] if measured else None


def lowest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate | None:
    """The smallest number or the earliest date; held where values cannot be compared. A blank is neither."""
    measured = _measured(_ordered(_filled(candidates), order))
    return min(measured, key=lambda m: m[0])[1] if measured else None


def manual(candidates: Sequence[Candidate], order: Sequence[str]) -> None:
    """Nobody wins: a person decides."""
    return


def prefer(apps: Sequence[str]) -> Rule:
    """The first app named that has a value; apps not named come after, newest first."""
    place = {app: i for i, app in enumerate(apps)}

    def rule(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate | None:
        best = min(place.get(c.app, len(place)) for c in candidates)
        return newest([c for c in candidates if place.get(c.app, len(place)) == best], order)

    return rule


def source(cases: Sequence[tuple[Holds | None, str]], golden: Mapping[str, Value]) -> Rule:
    """The app of the first case whose condition holds for the golden record, as `prefer` would take it; the
    newest where none holds. A condition that fails (`ValueError`) leaves the field to a person."""
    try:
        app = next((app for holds, app in cases if holds is None or holds(golden)), None)
    except ValueError:
        return manual
    return newest if app is None else prefer((app,))


SIMPLE: dict[str, Rule] = {
    "newest": newest,
    "newest_by_field": newest_by_field,
    "first": first,
    "longest": longest,
    "highest": highest,
    "lowest": lowest,
    "manual": manual,
}


def rule_for(kind: str, apps: Sequence[str] = ()) -> Rule:
    """The rule that a mapping names. ``only`` prefers its app: other apps are written, not read."""
    return SIMPLE[kind] if kind in SIMPLE else prefer(apps)


def merge_sets(
    golden: Sequence[str], edits: Sequence[tuple[Sequence[str] | None, Sequence[str]]]
) -> tuple[list[str], list[str]]:
    """Three-way merge of a set, element by element.

    Each edit is (what the app held, what it holds now). Where both are known, elements added in any app
    are added and elements taken away in any app go; adding wins over taking away when apps differ on the same
    element. Where the former content is unknown (first contact, join) the result is a union.

    Returns the new set and the elements on which the apps spoke against each other, both sorted.
    """
    added: set[str] = set()
    removed: set[str] = set()
    for before, after in edits:
        added |= set(after) - set(before or ())
        if before is not None:
            removed |= set(before) - set(after)
    return sorted((set(golden) - removed) | added), sorted(added & removed)


def _filled(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those that hold a value."""
    return [c for c in candidates if c.value not in (None, "", [])]


def _measured(candidates: Sequence[Candidate]) -> list[tuple[Decimal, Candidate]]:
    """The candidates with what they are compared by: all numbers, or all dates; empty where they are not."""
    for measure in (_number, _moment):
        sizes = [measure(c.value) for c in candidates]
        known = [size for size in sizes if size is not None]
        if len(known) == len(candidates):
            return list(zip(known, candidates, strict=True))
    return []


def _number(value: Value) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _moment(value: Value) -> Decimal | None:
    """Seconds since 1970 of a date (its midnight) or a time; without a zone, as in UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return Decimal(str(zoned.timestamp()))
