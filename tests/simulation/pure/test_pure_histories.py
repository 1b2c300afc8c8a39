"""Random histories of two to five apps keep every promise, and deliberate errors break one."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.simulation.pure.history import run_history
from tests.simulation.pure.mutants import NAMES, planted

SLICE = 600
LONG = 40_000
RARE = ("raise_sent_again", "last_consent_only")  # looked for in worlds with nothing but consent
LATE = [pytest.param(n, marks=pytest.mark.slow) if n in RARE else n for n in NAMES]


def broken(seeds: range) -> dict[int, list[str]]:
    return {seed: lines for seed in seeds if (lines := run_history(seed))}


@pytest.mark.parametrize("part", range(2))
def test_random_histories_keep_every_promise(part: int) -> None:
    size = SLICE // 2
    assert broken(range(part * size, (part + 1) * size)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_many_random_histories_keep_every_promise(part: int) -> None:
    size = LONG // 8
    assert broken(range(SLICE + part * size, SLICE + (part + 1) * size)) == {}


@pytest.mark.parametrize("seed", [7, 1066])
def test_a_seed_is_a_history(seed: int) -> None:
    with planted("no_reread") as switches:
        assert run_history(seed, **switches) == run_history(seed, **switches)


@pytest.mark.parametrize("name", LATE)
def test_a_deliberate_error_is_found(name: str) -> None:
    field = "consent" if name in RARE else ""
    with planted(name) as switches:
        found = (seed for seed in range(6_000) if run_history(seed, field=field, **switches))
        assert list(islice(found, 1)), f"{name} went unnoticed"
