"""Random histories of the real engine keep every promise, and a seed is a history.

More of them: ``make simulate SEEDS=10000``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable

import pytest

from tests.simulation.engine.history import Played, play
from tests.simulation.engine.run import SORTS, place_of
from tests.simulation.engine.settings import setting
from tests.simulation.engine.world import SEEDS_A_WORLD

PART = 30
WITH_A_FILTER = 11  # the first world that has one


def told(played: Played) -> str:
    return "\n".join((f"seed {played.seed}", *played.violations, "last events:", *played.events))


def broken(seeds: Iterable[int], play: Callable[[int], Played] = play) -> list[str]:
    return [told(played) for seed in seeds if (played := play(seed)).violations]


@pytest.mark.parametrize("part", range(2))
def test_histories_keep_every_promise(part: int) -> None:
    assert broken(range(part * PART, (part + 1) * PART)) == []


@pytest.mark.parametrize("sort", SORTS)
def test_histories_with_a_filter_keep_every_promise(sort: str) -> None:
    assert setting(WITH_A_FILTER).draft.only
    first = WITH_A_FILTER * SEEDS_A_WORLD
    assert broken(range(first, first + 10), SORTS[sort]) == []


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_many_histories_keep_every_promise(part: int) -> None:
    assert broken(range(2000 + part * 60, 2000 + (part + 1) * 60)) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("store", "many"), [("file", 40), ("postgresql", 10)])
def test_the_real_stores_play_the_same_histories_as_the_plain_one(store: str, many: int) -> None:
    for seed in range(many):
        with place_of(store) as place:
            real = play(seed, place=place)
        assert real.violations == (), told(real)


@pytest.mark.slow
def test_a_seed_is_a_history_in_every_process() -> None:
    code = "from tests.simulation.engine.history import play; print([play(s).trace for s in (3, 7)])"
    traces = set()
    for salt in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": salt}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        traces.add(done.stdout)
    assert len(traces) == 1
