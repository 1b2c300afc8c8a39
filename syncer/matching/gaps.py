"""What it says that two groups fill each other's gaps.

A namesake has records of his own. Once the surest links are made, most of them are with him: who is in one
app and still misses a record in another is one of few. So two groups that each miss what the other has are
more likely one person than their values alone say, and the more so the fewer people have such a gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from functools import cache
from math import log2

FEW = 300  # groups that say nothing yet of how often people have a gap
SAID = 0.75  # so much of it counts: a link may be missing because it is not sure, like this one
Apps = frozenset[int]


class Gaps:
    """How often groups are in some apps and not in others. `groups`: the apps of each."""

    def __init__(self, groups: Iterable[Set[int]]) -> None:
        self._seen = Counter(frozenset(apps) for apps in groups)
        self._lacking = cache(self._share_lacking)

    def filled(self, one: Apps, other: Apps) -> float:
        """log2 of the odds that this adds to two groups in these apps; nothing where both are in one app."""
        if one & other or not self._seen:
            return 0.0
        return -SAID * (log2(self._lacking(one, other)) + log2(self._lacking(other, one)))

    def _share_lacking(self, here: Apps, there: Apps) -> float:
        """Of the groups in all of `here`, how many are in none of `there`."""
        within = [(apps, n) for apps, n in self._seen.items() if apps >= here]
        lacking = sum(n for apps, n in within if not apps & there)
        return (lacking + FEW) / (sum(n for _, n in within) + FEW)
