"""What it says that two groups each miss what the other has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from syncer.matching.clusters import JOIN, NOTHING, Rules, group
from syncer.matching.columns import Numbers
from syncer.matching.gaps import Gaps
from syncer.matching.scoring import Floats

A, B, C = frozenset({1}), frozenset({2}), frozenset({3})
CASES = {
    "nobody else has a gap": ([A | B] * 20_000, A, B, 8.0, 20.0),
    "half of the people have one": ([A | B] * 10_000 + [A, B] * 10_000, A, B, 1.3, 1.7),
    "everybody has one": ([A, B] * 10_000, A, B, 0.0, 0.0),
    "both are in one app": ([A | B | C] * 20_000, A | B, B | C, 0.0, 0.0),
    "too few to tell": ([A | B] * 5, A, B, 0.0, 0.1),
    "who is in two apps is seldom missing in the third": (
        [A | B | C] * 10_000 + [A, B, C] * 10_000, A | B, C, 4.0, 20.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_filled_gap(case: str) -> None:
    groups, one, other, least, most = CASES[case]
    found = Gaps(groups).filled(one, other)
    assert least <= found <= most
    assert found == Gaps(reversed(groups)).filled(other, one)


class _Nothing:
    """Scores that no further pair has."""

    def pairs(self, i: Numbers, j: Numbers) -> Floats:
        return np.full(len(i), NOTHING)

    def groups(self, i: Numbers, j: Numbers, of: Numbers, overlap: np.ndarray) -> Floats:
        return np.full(len(overlap), NOTHING)


def _joined(score: float, pairs: int, golden: Sequence[str] = ()) -> bool:
    """Whether two records are joined that score so, beside so many pairs that are sure; all in two apps."""
    i = np.arange(0, 2 * pairs + 2, 2)
    total = np.append(np.full(pairs, 20.0), score)
    rules = Rules(golden)
    of = group(i, i + 1, total, [1, 2] * (pairs + 1), _Nothing(), rules).of
    return of[-1] == of[-2]


def test_of_two_who_fit_fairly_well_it_decides() -> None:
    assert _joined(JOIN + 0.1, pairs=0)
    assert not _joined(JOIN - 2.0, pairs=0)
    assert _joined(JOIN - 2.0, pairs=2_000)


def test_it_does_not_stand_in_for_values_that_say_nothing() -> None:
    assert not _joined(NOTHING, pairs=50_000)


def test_a_golden_record_has_no_gap() -> None:
    """It is in those apps that syncer has written it to."""
    golden = [""] * 4_000 + ["known", ""]
    assert not _joined(JOIN - 2.0, pairs=2_000, golden=golden)
