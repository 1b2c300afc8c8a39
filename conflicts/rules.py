"""Field rules: small pure functions that choose between candidates which differ.

A rule sees at least two candidates with different values and either names the winner or holds the field for
a person (`None`). Ties go by the order of apps in the mapping, so the same candidates in any order give the
same winner.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conflicts.candidate import Candidate

Rule = Callable[[Sequence[Candidate], Sequence[str]], Candidate | None]


def _ordered(candidates: Sequence[Candidate], order: Sequence[str]) -> list[Candidate]:
    place = {app: i for i, app in enumerate(order)}
    return sorted(candidates, key=lambda c: (place.get(c.app, len(place)), c.record, str(c.value)))


def newest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate:
    """The value that was set last."""
    ordered = _ordered(candidates, order)
    return max(ordered, key=lambda c: c.time)


def longest(candidates: Sequence[Candidate], order: Sequence[str]) -> Candidate:
    """The value with the most characters (or elements); the newest among equals."""

    def length(c: Candidate) -> tuple[int, float]:
        size = len(c.value) if isinstance(c.value, str | list) else len(str(c.value or ""))
        return size, c.time.timestamp()

    return max(_ordered(candidates, order), key=length)


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


SIMPLE: dict[str, Rule] = {"newest": newest, "longest": longest, "manual": manual}


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
