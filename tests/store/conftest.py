"""Tests of the store run on both databases, also in the fast tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.store.database import Database
from tests.states import kept_in, state_url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty state."""
    with kept_in(request.param):
        yield state_url(tmp_path)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()
