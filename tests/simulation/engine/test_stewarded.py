"""Random histories with a steward at work keep every promise, and deliberate errors are noticed."""

from __future__ import annotations

import pytest

from syncer.core import joining, resolve
from tests.simulation.engine.stewarded import play
from tests.simulation.engine.test_histories import broken

MOST = 600


def test_stewarded_histories_keep_every_promise() -> None:
    assert broken(range(60), play) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_stewarded_histories_keep_every_promise(part: int) -> None:
    assert broken(range(2000 + part * 100, 2000 + (part + 1) * 100), play) == []


ERRORS = {
    "an answer counts though a candidate moved": (resolve, "_fate", lambda *_: "settled"),
    "who is joined brings no value along": (joining, "_join_field", lambda *_: None),
}


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
def test_a_deliberate_error_is_found(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*ERRORS[error])
    assert any(play(seed).violations for seed in range(MOST))
