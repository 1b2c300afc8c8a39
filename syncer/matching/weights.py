"""What agreement is worth: the odds that two records are one person, against all else that they can be.

Fellegi and Sunter's model with more than two classes. A pair may be one person, or two: relatives,
colleagues, namesakes, a parent and child of one name (or two of one name in an office), or strangers. Each
class is described by how often its two records draw on the same underlying value (`SHARES`); what is then
seen of it is noise, the same in all classes (`NOISE`), and what is not shared agrees as often as the value is
common. So a shared phone, surname and city make relatives likely, and only the given name, which relatives do
not share, makes them one person.

The figures below are priors, of the kind that a person who knows such data would write down.
`syncer.matching.learn` moves them toward the data at hand, without labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syncer.matching.bulk import LEVELS, Level

CLASSES = ("one person", "relatives", "colleagues", "namesakes", "parent and child", "strangers")

# How often records of such a pair draw on the same value, in the order of CLASSES.
SHARES: dict[str, tuple[float, ...]] = {
    "given": (0.985, 0.0, 0.0, 0.97, 0.97, 0.0),
    "family": (0.96, 0.95, 0.04, 0.97, 0.97, 0.0),
    "mail": (0.70, 0.12, 0.005, 0.0, 0.10, 0.0),
    "phone": (0.85, 0.45, 0.15, 0.0, 0.4, 0.0),
    "office": (0.96, 0.03, 0.98, 0.03, 0.4, 0.0),
    "city": (0.88, 0.85, 0.75, 0.2, 0.8, 0.0),
    "country": (0.98, 0.98, 0.95, 0.9, 0.98, 0.0),
    "birth_date": (0.9998, 0.02, 0.002, 0.0, 0.0, 0.0),
    "postcode": (0.9, 0.85, 0.6, 0.1, 0.8, 0.0),
    "street": (0.9, 0.85, 0.5, 0.02, 0.8, 0.0),
    "number": (0.999, 0.0, 0.0, 0.0, 0.0, 0.0),
}
# What is seen of one underlying value: how likely each level is.
NOISE: dict[str, dict[int, float]] = {
    "given": {
        Level.SAME: 0.76,
        Level.VARIANT: 0.13,
        Level.CLOSE: 0.06,
        Level.PART: 0.02,
        Level.INITIAL: 0.02,
        Level.AKIN: 0.01,
    },
    "family": {
        Level.SAME: 0.80,
        Level.VARIANT: 0.10,
        Level.CLOSE: 0.06,
        Level.PART: 0.02,
        Level.INITIAL: 0.003,
        Level.AKIN: 0.01,
    },
    "mail": {Level.SAME: 0.93, Level.CLOSE: 0.06},
    "phone": {Level.SAME: 0.95, Level.CLOSE: 0.045},
    "office": {Level.SAME: 0.88, Level.VARIANT: 0.06, Level.CLOSE: 0.05},
    "city": {Level.SAME: 0.85, Level.CLOSE: 0.08},
    "country": {Level.SAME: 0.97},
    "birth_date": {Level.SAME: 0.97, Level.CLOSE: 0.0297, Level.AKIN: 0.0001},
    "postcode": {Level.SAME: 0.93, Level.CLOSE: 0.05},
    "street": {Level.SAME: 0.8, Level.CLOSE: 0.17},
    "number": {Level.SAME: 0.97, Level.CLOSE: 0.029},
}
# Such partners of a record, on average, in the data of all apps; strangers are all the others. For each
# colleague in the same office, and for each other holder of the same name.
PARTNERS = (1.2, 0.2, 0.6, 1.0, 0.01)
TWICE = 0.02  # how often an app holds a person twice


@dataclass(frozen=True)
class Weights:
    """The model with its figures: frozen and kept after the first matching.

    people  how many people there are in the largest app
    held    field -> text -> how many people share it, where more than one does
    twice   how often an app holds a person twice
    leaning what decisions of people moved all scores by (log2 of the odds)
    single  whether all records are of one app, so that standing side by side says nothing
    """

    shares: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: dict(SHARES))
    noise: Mapping[str, Mapping[int, float]] = field(default_factory=lambda: dict(NOISE))
    partners: tuple[float, ...] = PARTNERS
    people: float = 1000.0
    held: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    single: bool = False
    twice: float = TWICE
    leaning: float = 0.0
    version: int = 3

    @cached_property
    def tables(self) -> Mapping[str, NDArray[np.float64]]:
        """Field -> how likely each level is where one value is behind both."""
        return {name: table(noise) for name, noise in self.noise.items()}


def table(by_level: Mapping[int, float]) -> NDArray[np.float64]:
    """Probabilities by level; what is left is DIFFERENT."""
    found = np.full(len(LEVELS), 1e-6)
    for level, chance in by_level.items():
        found[level] = chance
    found[Level.DIFFERENT] = max(1e-6, 1.0 - sum(by_level.values()))
    return found


def as_json(w: Weights) -> dict[str, Any]:
    """Plain values, to be kept."""
    return {
        "version": w.version,
        "people": w.people,
        "single": w.single,
        "twice": w.twice,
        "leaning": w.leaning,
        "partners": list(w.partners),
        "shares": {k: list(v) for k, v in w.shares.items()},
        "noise": {k: {LEVELS[level]: x for level, x in v.items()} for k, v in w.noise.items()},
        "held": {k: dict(v) for k, v in w.held.items()},
    }


def from_json(body: Mapping[str, Any]) -> Weights:
    """What `as_json` gave, of this version or an earlier one that knew fewer fields."""
    return Weights(
        SHARES | {k: tuple(v) for k, v in body["shares"].items()},
        NOISE | {k: {getattr(Level, level): x for level, x in v.items()} for k, v in body["noise"].items()},
        tuple(body["partners"]),
        body["people"],
        body["held"],
        body["single"],
        body.get("twice", TWICE),
        body.get("leaning", 0.0),
        body["version"],
    )
