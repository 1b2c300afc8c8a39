"""Random histories of people and companies keep every promise; see `towns.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.engine.towns import play


def broken(folder: Path, seeds: range) -> list[str]:
    return [f"seed {seed}: {what}" for seed in seeds for what in play(folder, seed)]


def test_towns_keep_every_promise(tmp_path: Path) -> None:
    assert broken(tmp_path, range(8)) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_towns_keep_every_promise(tmp_path: Path, part: int) -> None:
    assert broken(tmp_path, range(1000 + part * 50, 1000 + (part + 1) * 50)) == []
