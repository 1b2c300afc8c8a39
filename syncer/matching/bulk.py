"""Levels of agreement, and many pairs compared at once: the unequal ones once for each unique pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.process import cpdist

from syncer.matching.columns import Numbers

Levels = NDArray[np.int8]
Flags = NDArray[np.bool_]
Test = Callable[[str, str], bool]
FEW = 200  # pairs of which those that are there twice are not looked for


class Level:
    """From no statement to the strongest one. Plain numbers: numpy compares with a member of an enum five
    times slower."""

    MISSING = 0
    DIFFERENT = 1
    AKIN = 2  # alike, as different names may be
    INITIAL = 3  # one is the first letter of the other
    PART = 4  # one is a part of the other
    CLOSE = 5  # a slip of the fingers apart
    VARIANT = 6  # another spelling, script or short form of it
    SAME = 7


LEVELS = {number: name for name, number in vars(Level).items() if name.isupper()}


def unique(a: Numbers, b: Numbers, levels_of: Callable[[Numbers, Numbers], Levels]) -> Levels:
    """Levels of pairs of numbers; the unequal ones once for each unique pair."""
    levels = np.where(a == b, Level.SAME, Level.DIFFERENT).astype(np.int8)
    levels[(a == 0) | (b == 0)] = Level.MISSING
    unequal = np.flatnonzero(levels == Level.DIFFERENT)
    if 0 < len(unequal) <= FEW:
        levels[unequal] = levels_of(a[unequal], b[unequal])
    elif len(unequal):
        low, high = np.minimum(a[unequal], b[unequal]), np.maximum(a[unequal], b[unequal])
        top = int(high.max()) + 1
        codes, back = np.unique(low * top + high, return_inverse=True)
        levels[unequal] = levels_of(codes // top, codes % top)[back]
    return levels


def similar(
    scorer: Callable[..., float], texts: Sequence[str], a: Numbers, b: Numbers
) -> NDArray[np.float32]:
    """Similarity of pairs of texts, on all cores."""
    one, other = ([texts[n] for n in x.tolist()] for x in (a, b))
    workers = -1 if len(one) > 2000 else 1
    found: NDArray[np.float32] = cpdist(one, other, scorer=scorer, dtype=np.float32, workers=workers)
    return found


def raise_where(
    levels: Levels, where: Flags, level: int, a: Numbers, b: Numbers, texts: Sequence[str], test: Test
) -> None:
    """Raise to a level the pairs that pass a test which only Python can make."""
    for n in np.flatnonzero(where & (levels < level)).tolist():
        if test(texts[a[n]], texts[b[n]]):
            levels[n] = level
