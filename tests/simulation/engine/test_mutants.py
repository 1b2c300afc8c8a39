"""Deliberate errors in the engine are noticed. All of them: ``make simulate-mutants``."""

from __future__ import annotations

import pytest

from tests.simulation.engine.mutants import MUTANTS
from tests.simulation.engine.run_mutants import look_for

QUICK = (
    "blank_is_no_edit",
    "missing_is_deleted",
    "lag_not_waited_for",
    "lease_not_checked",
    "held_run_kept",
    "outside_is_read",
)


@pytest.mark.parametrize(
    "name", [m.name if m.name in QUICK else pytest.param(m.name, marks=pytest.mark.slow) for m in MUTANTS]
)
def test_a_deliberate_error_is_found(name: str) -> None:
    _, histories, _, _ = look_for(name)
    assert histories is not None, f"{name} went unnoticed"
