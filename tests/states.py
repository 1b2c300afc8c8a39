"""Which database the states of tests are kept in: SQLite files, unless a test (or a variant of it) chose
PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.postgres import Databases

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
_chosen: list[Databases] = []


def state_url(folder: Path, file: str = "state.db") -> str:
    """The URL of the state that belongs to a folder."""
    return _chosen[-1].url(folder) if _chosen else f"sqlite:///{folder / file}"


@contextmanager
def kept_in(engine: str) -> Iterator[None]:
    """While it lasts, states are kept in this kind of database."""
    if engine == "sqlite":
        yield
        return
    databases = Databases()
    _chosen.append(databases)
    try:
        yield
    finally:
        _chosen.pop()
        databases.drop()


# A row of the link table, but for the record's id.
LINK = {
    "space": "s",
    "app": "crm",
    "golden": "g",
    "state": "live",
    "main": True,
    "open": False,
    "failing": False,
    "version": "",
    "body": "{}",
    "quiet": None,
}
