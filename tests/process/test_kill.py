"""A real process is killed in the middle of the first sync of 3 x 1,000 people, and started again: the apps
end as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.kills import Ending, check, uninterrupted

PEOPLE = 1000
FAST = (0.2, 0.5, 0.85)
SLOW = tuple(round(n / 18, 3) for n in range(1, 18))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Ending:
    return uninterrupted(tmp_path_factory.mktemp("calm"), PEOPLE)


@pytest.mark.parametrize("share", [*FAST, *(pytest.param(s, marks=pytest.mark.slow) for s in SLOW)])
def test_killed_in_the_first_sync_and_started_again(tmp_path: Path, calm: Ending, share: float) -> None:
    check(tmp_path, PEOPLE, calm, share)
