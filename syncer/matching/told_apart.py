"""Who is never to become one person, however the records between them are merged. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from syncer.model import LinkKey

Pair = tuple[LinkKey, LinkKey]


class ToldApart:
    """Sides: a golden record with all its records, or a record that has none. `never`: the pairs of records
    that a person said are two; `goldens`: the golden record of each that has one."""

    def __init__(self, never: Iterable[Pair], goldens: Mapping[LinkKey, str]) -> None:
        self._goldens = goldens
        self._into: dict[str, str] = {}
        self._never: dict[str, dict[str, Pair]] = defaultdict(dict)
        for one, other in never:
            self._never[self._side(one)][self._side(other)] = (one, other)
            self._never[self._side(other)][self._side(one)] = (one, other)

    def unite(self, one: LinkKey, other: LinkKey) -> Pair | None:
        """Make one side of the two. Where that is not to be nothing is done: the pair that was told apart."""
        mine, theirs = self._side(one), self._side(other)
        if mine == theirs:
            return None
        if theirs in self._never[mine]:
            return self._never[mine][theirs]
        self._into[theirs] = mine
        for rival, pair in self._never.pop(theirs, {}).items():
            self._never[mine][rival] = self._never[rival][mine] = pair
        return None

    def _side(self, key: LinkKey) -> str:
        side = self._goldens.get(key, ":".join(key))
        while side in self._into:
            side = self._into[side]
        return side
