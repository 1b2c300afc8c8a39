"""Tests of the store run on both databases; on PostgreSQL a few of them are fast tests, all are in
``make test-all``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.store.database import Database
from tests.states import ENGINES, kept_in, state_url


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty state."""
    with kept_in(request.param):
        yield state_url(tmp_path)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()
