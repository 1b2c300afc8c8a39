"""How the matcher judges pairs of which the truth is known, and what they teach it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from syncer.matching.outcome import chance

THRESHOLDS = (0.3, 0.5, 0.6, 0.8, 0.9, 0.95, 0.99)  # probabilities
MOST = 4.0  # how far answers may move a score (log2 of the odds)
SPREAD = 1.0  # and how far that is expected to be


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair: its score (log2 of the odds that it is one person), and whether it is."""

    score: float
    same: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """If all pairs from a probability on were linked: of those linked, how many are right (None where nothing
    is linked); of those that are right, how many are linked (None where none is right)."""

    threshold: float
    linked: int
    precision: float | None
    recall: float | None


def outcomes(pairs: Sequence[Judged], leaning: float = 0.0) -> list[Outcome]:
    """One for each threshold. `leaning` is added to all scores."""
    return [_outcome(pairs, threshold, leaning) for threshold in THRESHOLDS]


def _outcome(pairs: Sequence[Judged], threshold: float, leaning: float) -> Outcome:
    least = math.log2(threshold / (1 - threshold))
    linked = [p for p in pairs if p.score + leaning >= least]
    right, same = sum(p.same for p in linked), sum(p.same for p in pairs)
    return Outcome(
        threshold, len(linked), right / len(linked) if linked else None, right / same if same else None
    )


def leaning_of(pairs: Sequence[Judged]) -> float:
    """By how much the scores are to be moved so that they say what the answers say: 0 where there are none,
    and little where they are few. The maximum of the posterior, found by halving."""

    def slope(b: float) -> float:
        misjudged = sum(p.same - chance(p.score + b) for p in pairs)
        return misjudged * math.log(2.0) - b / SPREAD**2

    low, high = -MOST, MOST
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return round((low + high) / 2, 3) + 0.0
