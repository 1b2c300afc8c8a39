"""Random histories whose mapping goes on changing keep every promise, and deliberate errors are noticed."""

from __future__ import annotations

import pytest

from syncer.core import observe
from syncer.engine import planner
from tests.simulation.engine.remapped import play
from tests.simulation.engine.test_histories import broken

MOST = 600


def test_remapped_histories_keep_every_promise() -> None:
    assert broken(range(30), play) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_remapped_histories_keep_every_promise(part: int) -> None:
    assert broken(range(2000 + part * 100, 2000 + (part + 1) * 100), play) == []


ERRORS = {
    "what waits in a field that the mapping lost stays open": (planner, "close_lost", lambda *_: None),
    "what is read otherwise passes for an edit": (observe, "to_read_anew", lambda *_: False),
}


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
def test_a_deliberate_error_is_found(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*ERRORS[error])
    assert any(play(seed).violations for seed in range(MOST))
