"""A real process is killed in the middle of the first sync of 3 x 1,000 people, and started again: the apps
end as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.kills import Ending, check, uninterrupted

PEOPLE = 1000
THREE = (0.2, 0.5, 0.85)
SINGLE = (*THREE, *(round(n / 18, 3) for n in range(1, 18)))


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Ending:
    return uninterrupted(tmp_path_factory.mktemp("calm"), PEOPLE)


def test_killed_three_times_in_one_first_sync(tmp_path: Path, calm: Ending) -> None:
    check(tmp_path, PEOPLE, calm, *THREE)


@pytest.mark.slow
@pytest.mark.parametrize("share", SINGLE)
def test_killed_in_the_first_sync_and_started_again(tmp_path: Path, calm: Ending, share: float) -> None:
    check(tmp_path, PEOPLE, calm, share)
