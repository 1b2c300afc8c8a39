"""Random histories with a steward at work keep every promise, and deliberate errors are noticed."""

from __future__ import annotations

import pytest

from syncer.core import joining, resolve
from syncer.core.merging import Merging
from tests.simulation.engine.stewarded import play
from tests.simulation.engine.test_histories import broken

MOST = 600


def test_stewarded_histories_keep_every_promise() -> None:
    assert broken(range(30), play) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_stewarded_histories_keep_every_promise(part: int) -> None:
    assert broken(range(2000 + part * 100, 2000 + (part + 1) * 100), play) == []


def _settled_in_silence(m: Merging, field: str, answer: resolve.Answer) -> None:
    del m.golden.held[field]
    if answer.chosen is not None:
        m.take(m.lens.mapping.fields[field], answer.chosen, resolve.RULE)


ERRORS = {
    "an answer is not logged": (resolve, "_settle", _settled_in_silence),
    "who is joined brings no value along": (joining, "_join_field", lambda *_: None),
}


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS)
def test_a_deliberate_error_is_found(error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*ERRORS[error])
    assert any(play(seed).violations for seed in range(MOST))
