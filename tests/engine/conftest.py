"""Every test of the engine runs on both databases; on PostgreSQL as part of the slow tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.states import ENGINES, kept_in


@pytest.fixture(params=ENGINES, autouse=True)
def state(request: pytest.FixtureRequest) -> Iterator[str]:
    with kept_in(request.param):
        yield request.param
