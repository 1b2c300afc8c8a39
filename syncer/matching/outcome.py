"""What matching in a sync comes to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

from syncer.model import LinkKey


@dataclass(frozen=True, slots=True)
class Group:
    """New records that are one person: with the golden record they belong to, or None for a new one."""

    golden: str | None
    members: tuple[LinkKey, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A record in doubt, and the one that it resembles. `score`: the probability that they are one."""

    record: LinkKey
    other: LinkKey
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Matches:
    groups: list[Group]
    reviews: list[Review]

    def without(self, goldens: Collection[str]) -> Matches:
        """Nothing joins these golden records."""
        return Matches([g for g in self.groups if g.golden not in goldens], self.reviews)


def chance(score: float) -> float:
    """The probability behind a score (log2 of the odds)."""
    return float(1.0 / (1.0 + 2.0 ** -max(min(score, 60.0), -60.0)))


def golden_id(space: str, founder: LinkKey) -> str:
    """The id of a golden record, from the record that founded it: deciding the same things again gives the
    same ids."""
    return "g" + blake2b("\x1f".join((space, *founder)).encode(), digest_size=8).hexdigest()
