"""How good groups are, against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Of pairs of records: which of those linked are right, which of those that are right are linked."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def quality(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """`groups`, `truth`: the group and the person of each record. Every pair of a group counts."""
    right = _pairs(Counter(zip(groups, truth, strict=True)).values())
    return Quality(
        right / max(_pairs(Counter(groups).values()), 1), right / max(_pairs(Counter(truth).values()), 1)
    )


def joined(size: int, pairs: Iterable[tuple[int, int]], start: Sequence[int] | None = None) -> list[int]:
    """The groups of rows 0 .. size - 1 that pairs connect, on top of groups that stand already."""
    parent = list(range(size))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    first: dict[int, int] = {}
    standing = [(first.setdefault(group, n), n) for n, group in enumerate(start or ())]
    for a, b in (*standing, *pairs):
        parent[root(max(a, b))] = root(min(a, b))
    return [root(n) for n in range(size)]


def _pairs(sizes: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in sizes)
