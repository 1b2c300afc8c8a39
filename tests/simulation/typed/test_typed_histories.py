"""Random histories with mappings of all types keep every promise, and deliberate errors break one.

More of them: ``make simulate-typed SEEDS=10000``.
"""

from __future__ import annotations

import pytest

from tests.simulation.engine.mutant import Mutant, first_shown
from tests.simulation.engine.test_histories import broken
from tests.simulation.typed.history import play
from tests.simulation.typed.mutants import MUTANTS

MOST = 400
# The others are found in the first dozen histories.
LATE = ("words_forgotten", "opted_in_by_any", "never_given_back")


def test_typed_histories_keep_every_promise() -> None:
    assert broken(range(20), play) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_many_typed_histories_keep_every_promise(part: int) -> None:
    assert broken(range(1000 + part * 50, 1050 + part * 50), play) == []


def test_a_seed_is_a_typed_history() -> None:
    assert play(3).trace == play(3).trace


@pytest.mark.parametrize(
    "mutant", [pytest.param(m, id=m.name, marks=pytest.mark.slow if m.name in LATE else ()) for m in MUTANTS]
)
def test_a_deliberate_error_is_found_by_typed_histories(mutant: Mutant) -> None:
    assert first_shown(mutant, play, MOST) is not None
