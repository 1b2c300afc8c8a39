"""How good groups are, against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Of pairs of records: which of those linked are right, which of those that are right are linked. `pure`:
    of the groups of two records and more those that hold one person alone."""

    precision: float
    recall: float
    pure: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


def quality(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> Quality:
    """`groups`, `truth`: the group and the person of each record. Every pair of a group counts."""
    both, sizes = Counter(zip(groups, truth, strict=True)), Counter(groups)
    right = _pairs(both.values())
    linked, people = _pairs(sizes.values()), _pairs(Counter(truth).values())
    pure = sum(sizes[group] == n > 1 for (group, _), n in both.items())
    several = sum(n > 1 for n in sizes.values())
    return Quality(right / max(linked, 1), right / max(people, 1), pure / max(several, 1))


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
