"""Group records into golden records. Pure, and the same for any order of the records.

Strong links are made first. A group holds at most one record of an app and at most one existing golden
record: a link that would break this goes to a person instead. What is in doubt waits; it is never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from syncer.matching.compare import Verdict, by_key, by_name
from syncer.matching.keys import Keys
from syncer.model import LinkKey

CROWD = 40  # a key that so many records share says nothing about a person


@dataclass(frozen=True, slots=True)
class Group:
    """New records that are one person: with the golden record they belong to, or None for a new one."""

    golden: str | None
    members: tuple[LinkKey, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A record in doubt, and the one that it resembles."""

    record: LinkKey
    other: LinkKey
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Matches:
    groups: list[Group]
    reviews: list[Review]


def match(records: Sequence[Keys], exact: Sequence[str], fuzzy: bool, order: Sequence[str]) -> Matches:
    """Group the new records (`golden` is None) among themselves and with known ones that share a key or a
    block with them. `order`: the apps, for ties."""
    place = {app: i for i, app in enumerate(order)}
    ranked = sorted(records, key=lambda k: (k.golden is None, place.get(k.app, 99), k.app, k.id))
    edges = sorted(
        (-verdict.score, i, j, verdict) for (i, j), verdict in _edges(ranked, exact, fuzzy).items()
    )
    groups = _Groups(ranked)
    doubts = [
        (i, j, verdict) for _, i, j, verdict in edges if verdict.outcome != "link" or not groups.join(i, j)
    ]
    reviews = _reviews(ranked, groups, doubts)
    waiting = {review.record for review in reviews}
    return Matches(groups.new(waiting), reviews)


def _edges(ranked: Sequence[Keys], exact: Sequence[str], fuzzy: bool) -> dict[tuple[int, int], Verdict]:
    """The best verdict for each pair that shares a key or a block. Pairs of known records are settled."""
    best: dict[tuple[int, int], Verdict] = {}

    def note(i: int, j: int, verdict: Verdict) -> None:
        if verdict.outcome == "apart":
            return
        if (i, j) not in best or verdict.score > best[i, j].score:
            best[i, j] = verdict

    for n, kind in enumerate(exact):
        for i, j in _pairs(ranked, [keys.exact.get(kind, ()) for keys in ranked]):
            note(i, j, by_key(kind, n == 0, ranked[i], ranked[j]))
    if fuzzy:
        for i, j in _pairs(ranked, [(keys.block,) if keys.block else () for keys in ranked]):
            if (i, j) not in best:
                note(i, j, by_name(exact, ranked[i], ranked[j]))
    return best


def _pairs(ranked: Sequence[Keys], blocks: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Pairs of records that stand in a block together, at least one of them new."""
    holders: dict[str, list[int]] = defaultdict(list)
    for i, keys in enumerate(blocks):
        for key in keys:
            holders[key].append(i)
    for block in holders.values():
        if 1 < len(block) <= CROWD:
            for i, j in combinations(block, 2):
                if ranked[i].golden is None or ranked[j].golden is None:
                    yield i, j


class _Groups:
    """Union-find that refuses a second record of an app and a second golden record."""

    def __init__(self, ranked: Sequence[Keys]) -> None:
        self.ranked = ranked
        self.parent = list(range(len(ranked)))
        self.apps: dict[int, set[str]] = {}
        self.golden: dict[int, str] = {}
        known: dict[str, int] = {}
        for i, keys in enumerate(ranked):
            self.apps[i] = {keys.app}
            if keys.golden is not None:
                self.golden[i] = keys.golden
                first = known.setdefault(keys.golden, i)
                if first != i:
                    self._unite(first, i)

    def root(self, i: int) -> int:
        while self.parent[i] != i:
            self.parent[i] = self.parent[self.parent[i]]
            i = self.parent[i]
        return i

    def join(self, i: int, j: int) -> bool:
        """Whether the two are one group now."""
        a, b = self.root(i), self.root(j)
        if a == b:
            return True
        if self.apps[a] & self.apps[b] or (a in self.golden and b in self.golden):
            return False
        self._unite(a, b)
        return True

    def _unite(self, a: int, b: int) -> None:
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        a, b = min(a, b), max(a, b)
        self.parent[b] = a
        self.apps[a] |= self.apps[b]
        if b in self.golden:
            self.golden.setdefault(a, self.golden[b])

    def alone(self, i: int) -> bool:
        """A new record that nothing was linked to."""
        return self.ranked[i].golden is None and self.root(i) == i and len(self.apps[i]) == 1

    def new(self, waiting: set[LinkKey]) -> list[Group]:
        members: dict[int, list[LinkKey]] = defaultdict(list)
        for i, keys in enumerate(self.ranked):
            if keys.golden is None and keys.key not in waiting:
                members[self.root(i)].append(keys.key)
        return [Group(self.golden.get(root), tuple(keys)) for root, keys in sorted(members.items())]


def _reviews(
    ranked: Sequence[Keys], groups: _Groups, doubts: Sequence[tuple[int, int, Verdict]]
) -> list[Review]:
    """Of each doubtful pair the later record waits, if nothing was linked to it; the other goes on."""
    found: dict[LinkKey, Review] = {}
    for i, j, verdict in doubts:
        if groups.root(i) == groups.root(j):
            continue
        doubtful = next((n for n in (j, i) if groups.alone(n)), None)
        if doubtful is None:
            continue
        other = ranked[i if doubtful == j else j].key
        if other in found and found[other].other == ranked[doubtful].key:
            continue
        found.setdefault(
            ranked[doubtful].key, Review(ranked[doubtful].key, other, verdict.score, verdict.reason)
        )
    return [found[key] for key in sorted(found)]
