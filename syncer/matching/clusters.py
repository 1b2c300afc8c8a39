"""Group records by the scores of their pairs. The same for any order of the records.

The surest links are made first: two groups become one where a pair links them, nothing that is known of their
other pairs outweighs it, and no other record of the same app fits as well. Then groups are compared as a
whole, each field where it agrees best, so that a chain of weak links is judged by all it would join. What is
undecided is a question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syncer.matching.columns import Numbers
from syncer.matching.gaps import Gaps

LINK = 4.0  # log2 of the odds from which two records are linked without asking
JOIN = 1.5  # and two groups, compared as a whole
TWIN = 0.7  # and two groups that are both in an app, where no gap is filled
ASK = -5.0  # from here on two records are worth a second look
DOUBT = -4.0  # and two groups a question
NOTHING = -5.0  # what two records, or groups, get at most that have nothing in common but a name
RIVAL = -6.0  # and still somebody else to take into account
COMPLETE = 60  # members of a group of which all pairs are compared
ROUNDS = 3

Floats = NDArray[np.float64]


class Scoring(Protocol):
    """Scores of further pairs of rows, and of pairs of groups from pairs of their rows."""

    def pairs(self, i: Numbers, j: Numbers) -> Floats: ...

    def groups(self, i: Numbers, j: Numbers, of: Numbers, overlap: NDArray[np.bool_]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What the scores may not change.

    golden         what each row is linked to already ("" for a new one): those of one golden record are one
                   group, and two golden records are never joined
    joined, apart  pairs of rows that a person decided about
    single         whether a group holds at most one record of an app
    alone          all records are of one app: nobody has a gap
    first          of each pair, whether it goes before surer ones that link: of two records of an app that
                   are one person, the one with the address is taken: the app would refuse it to the other
    """

    golden: Sequence[str] = ()
    joined: Sequence[tuple[int, int]] = ()
    apart: Sequence[tuple[int, int]] = ()
    single: bool = False
    alone: bool = False
    first: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Rows of two records whose groups may be one; the score, and why nothing was decided."""

    i: int
    j: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Groups:
    """`of`: the group of each row, named by its first row; and what a person may be asked, those questions
    first that settle most."""

    of: list[int]
    doubts: list[Doubt]


def group(
    i: Numbers, j: Numbers, total: Floats, apps: Sequence[int], scoring: Scoring, rules: Rules | None = None
) -> Groups:
    """Groups of rows 0 .. len(apps) - 1, whose scored pairs are (i, j). `apps`: the app of each row."""
    rules = rules or Rules()
    pairs = _Pairs(i, j, total, rules.first)
    _complete(pairs, scoring, len(apps))
    groups = _Forest(apps, rules)
    for score, a, b in (*pairs.early, *pairs.ranked):
        if score < LINK:
            break
        one, other = groups.root(a), groups.root(b)
        if one != other and groups.allows(one, other) and _agreed(pairs, groups, a, b, score):
            groups.unite(one, other)
    doubts: list[Doubt] = []
    whole = _Whole(scoring, Gaps(() if rules.alone else (groups.apps(n) for n in groups.new())))
    for _ in range(ROUNDS):
        joined, doubts = _join(whole.ranked(pairs, groups), groups)
        if not joined:
            break
    return Groups([groups.root(n) for n in range(len(apps))], doubts)


class _Pairs:
    """Scores by pair, and the neighbours of each row that are worth a look, best first."""

    def __init__(self, i: Numbers, j: Numbers, total: Floats, first: NDArray[np.bool_] | None) -> None:
        near = total >= ASK
        order = np.lexsort((j[near], i[near], -total[near]))
        self.i, self.j = i[near][order], j[near][order]
        scores = total[near][order].tolist()
        self.ranked = list(zip(scores, self.i.tolist(), self.j.tolist(), strict=True))
        early = first[near][order] & (total[near][order] >= LINK) if first is not None else ()
        self.early = [self.ranked[n] for n in np.flatnonzero(early).tolist()]
        self.score = {(a, b): s for s, a, b in self.ranked}
        self.near: dict[int, list[int]] = defaultdict(list)
        for _, a, b in self.ranked:
            self.near[a].append(b)
            self.near[b].append(a)

    def of(self, a: int, b: int) -> float | None:
        return self.score.get((a, b) if a < b else (b, a))


class _Forest:
    """Union-find that knows the members and apps of each group; the first row is the root."""

    def __init__(self, apps: Sequence[int], rules: Rules | None = None) -> None:
        self.row_apps = apps
        self.parent = list(range(len(apps)))
        self._members: dict[int, list[int]] = {}
        self.rules = rules or Rules()
        self._apart: dict[int, set[int]] = defaultdict(set)
        for a, b in self.rules.apart:
            self._apart[a].add(b)
            self._apart[b].add(a)
        self._begin()

    def _begin(self) -> None:
        """What is linked, or was decided, is one group from the start."""
        first: dict[str, int] = {}
        settled = [(first.setdefault(g, n), n) for n, g in enumerate(self.rules.golden) if g]
        for a, b in (*settled, *self.rules.joined):
            one, other = self.root(a), self.root(b)
            if one != other and self.allows(one, other, decided=True):
                self.unite(one, other)

    def parted(self, one: int, other: int) -> bool:
        """Whether there is nothing to ask: a person said no, or both have a golden record."""
        return not self.allows(one, other) and self._said_no(one, other)

    def _said_no(self, one: int, other: int) -> bool:
        both = bool(self.golden(one) and self.golden(other))
        members = set(self.members(other))
        return both or any(self._apart.get(n, set()) & members for n in self.members(one))

    def golden(self, root: int) -> str:
        """What a group is linked to; "" for a new one."""
        if not self.rules.golden:
            return ""
        return next((g for n in self.members(root) if (g := self.rules.golden[n])), "")

    def allows(self, one: int, other: int, decided: bool = False) -> bool:
        """Whether two groups may be joined."""
        if self.rules.golden and (mine := self.golden(one)) and mine != (self.golden(other) or mine):
            return False
        if decided:
            return True
        if self.rules.single and not self.apps(one).isdisjoint(self.apps(other)):
            return False
        return not self._apart or not self._said_no(one, other)

    def root(self, n: int) -> int:
        parent = self.parent
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    def members(self, root: int) -> list[int]:
        return self._members.get(root, [root])

    def apps(self, root: int) -> set[int]:
        return {self.row_apps[n] for n in self.members(root)}

    def unite(self, a: int, b: int) -> None:
        """Two roots."""
        first, second = min(a, b), max(a, b)
        self._members[first] = self.members(first) + self.members(second)
        self._members.pop(second, None)
        self.parent[second] = first

    def large(self) -> Iterable[list[int]]:
        return self._members.values()

    def new(self) -> Iterator[int]:
        """The roots of the groups without a golden record."""
        return (n for n, parent in enumerate(self.parent) if n == parent and not self.golden(n))


# -- the surest links --------------------------------------------------------------------------------


def _complete(pairs: _Pairs, scoring: Scoring, size: int) -> None:
    """Score the pairs inside what strong links connect, that no key brought together."""
    linked = _Forest([0] * size)
    for score, a, b in pairs.ranked:
        if score < LINK:
            break
        one, other = linked.root(a), linked.root(b)
        if one != other:
            linked.unite(one, other)
    missing = [
        pair
        for members in linked.large()
        if 2 < len(members) <= COMPLETE
        for pair in combinations(sorted(members), 2)
        if pair not in pairs.score
    ]
    if missing:
        found = scoring.pairs(np.array([a for a, _ in missing]), np.array([b for _, b in missing]))
        pairs.score.update(zip(missing, found.tolist(), strict=True))


def _agreed(pairs: _Pairs, groups: _Forest, a: int, b: int, score: float) -> bool:
    """Whether nothing speaks against making one group of those of a and b."""
    one, other = groups.members(groups.root(a)), groups.members(groups.root(b))
    if len(one) + len(other) > 2:
        known = [s for x in one for y in other if (s := pairs.of(x, y)) is not None]
        if min(known) < 0:
            return False
    return not (_rival(pairs, groups, a, b, score) or _rival(pairs, groups, b, a, score))


def _rival(pairs: _Pairs, groups: _Forest, here: int, there: int, score: float) -> bool:
    """Whether another record of the same app, that is not the same person, fits as well."""
    root = groups.root(there)
    against = 1.0
    for rival in pairs.near[here]:
        same_app = groups.row_apps[rival] == groups.row_apps[there]
        if same_app and groups.root(rival) != root:
            two = _two(pairs.of(rival, there))
            against += two * float(2.0 ** min(pairs.of(here, rival) or 0.0, 60.0))
    return score - log2(against) < LINK


def _two(score: float | None) -> float:
    """The probability that two rivals are two people: where nothing is known, they are."""
    return 1.0 if score is None else 1.0 / (1.0 + 2.0 ** min(score, 60.0))


# -- groups as a whole -------------------------------------------------------------------------------


class _Whole:
    """Scores of pairs of groups; those that have not changed are not scored again."""

    def __init__(self, scoring: Scoring, gaps: Gaps) -> None:
        self.scoring, self.gaps = scoring, gaps
        self.known: dict[tuple[int, int, int, int], float] = {}

    def ranked(self, pairs: _Pairs, groups: _Forest) -> list[tuple[float, int, int, int, int]]:
        """(score, root, root, row, row) of the pairs of groups that a pair worth a look connects, best first;
        the rows are the pair that fits best."""
        best: dict[tuple[int, int], tuple[int, int]] = {}
        roots = np.array([groups.root(n) for n in range(len(groups.parent))], dtype=np.int64)
        first, second = roots[pairs.i], roots[pairs.j]
        low, high = np.minimum(first, second), np.maximum(first, second)
        apart = np.flatnonzero(low != high)
        _, places = np.unique(low[apart] * len(roots) + high[apart], return_index=True)
        for n in apart[places].tolist():
            best[int(low[n]), int(high[n])] = int(pairs.i[n]), int(pairs.j[n])
        keys = {(a, b): (a, b, len(groups.members(a)), len(groups.members(b))) for a, b in best}
        new = [key for key in keys.values() if key not in self.known]
        self._score([key for key in new if key[2:] != (1, 1)], groups)
        self.known.update((key, pairs.score[key[:2]]) for key in new if key[2:] == (1, 1))
        scored = ((self._score_of(groups, keys[roots]), *roots, *rows) for roots, rows in best.items())
        found = [f for f in scored if f[0] > RIVAL]
        return sorted(found, key=lambda f: (-f[0], *f[1:]))

    def _score_of(self, groups: _Forest, key: tuple[int, int, int, int]) -> float:
        """What the values say, and the gaps that are filled. Where values say nothing, gaps do not;
        and a golden record is in those apps that syncer has written it to."""
        score, one, other = self.known[key], key[0], key[1]
        if score <= NOTHING or groups.golden(one) or groups.golden(other):
            return score
        return score + self.gaps.filled(frozenset(groups.apps(one)), frozenset(groups.apps(other)))

    def _score(self, new: list[tuple[int, int, int, int]], groups: _Forest) -> None:
        """Of two records alone the score is known."""
        if not new:
            return
        rows = [
            (a, b, n)
            for n, (one, other, _, _) in enumerate(new)
            for a in groups.members(one)[:COMPLETE]
            for b in groups.members(other)[:COMPLETE]
        ]
        overlap = np.array([not groups.apps(one).isdisjoint(groups.apps(other)) for one, other, _, _ in new])
        i, j, of = np.array(rows, dtype=np.int64).T
        self.known.update(zip(new, self.scoring.groups(i, j, of, overlap).tolist(), strict=True))


def _join(compared: list[tuple[float, int, int, int, int]], groups: _Forest) -> tuple[bool, list[Doubt]]:
    """Unite the groups that fit and have no rival; the others are doubts."""
    near: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for score, one, other, _, _ in compared:
        near[one].append((score, other))
        near[other].append((score, one))
    scores = {(one, other): score for score, one, other, _, _ in compared}
    changed: set[int] = set()
    doubts: list[tuple[float, Doubt]] = []
    for score, one, other, a, b in compared:
        rivals = max(_against(n, r, groups, scores) for n, r in ((near[one], other), (near[other], one)))
        left = score - log2(1.0 + rivals)
        if changed & {one, other} or groups.parted(one, other):
            continue
        enough = JOIN if groups.apps(one).isdisjoint(groups.apps(other)) else TWIN
        if left >= enough and groups.allows(one, other):
            groups.unite(one, other)
            changed |= {one, other}
        elif left >= DOUBT:
            why = "not sure enough" if score < enough else "another record of the same app fits as well"
            why = why if left < enough else "the same person twice in one app?"
            chance = 1 / (1 + 2.0**-left)
            settled = len(groups.members(one)) * len(groups.members(other))
            doubts.append((-chance * settled, Doubt(a, b, left, why)))
    return bool(changed), [doubt for _, doubt in sorted(doubts, key=lambda d: (d[0], d[1].i, d[1].j))]


def _against(
    near: list[tuple[float, int]], chosen: int, groups: _Forest, scores: dict[tuple[int, int], float]
) -> float:
    """The odds of the rivals: groups that cannot stand beside the chosen one, since they share an app."""
    apps = groups.apps(chosen)
    return sum(
        _two(scores.get((min(r, chosen), max(r, chosen)))) * float(2.0 ** min(s, 60.0))
        for s, r in near
        if r != chosen and not apps.isdisjoint(groups.apps(r))
    )
