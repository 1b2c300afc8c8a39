"""A smaller first sync, killed at many more moments; also with the state in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.kills import Ending, check, uninterrupted
from tests.states import kept_in, state_url

pytestmark = pytest.mark.slow

PEOPLE = 200
MOMENTS = tuple(round(n / 13, 3) for n in range(1, 13))
POSTGRESQL = (0.15, 0.4, 0.6, 0.9)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Ending:
    return uninterrupted(tmp_path_factory.mktemp("calm"), PEOPLE)


@pytest.mark.parametrize("share", MOMENTS)
def test_killed_at_twelve_more_moments(tmp_path: Path, calm: Ending, share: float) -> None:
    check(tmp_path, PEOPLE, calm, share)


@pytest.mark.parametrize("share", POSTGRESQL)
def test_killed_with_the_state_in_postgresql(tmp_path: Path, calm: Ending, share: float) -> None:
    with kept_in("postgresql"):
        check(tmp_path, PEOPLE, calm, share, state=state_url(tmp_path))
