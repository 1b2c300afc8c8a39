"""What holds for all tests: no property fails by the clock, however busy the machine is; a query that
asks for no order gets none to rely on; what is built anew at each use in a process is built once here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer.main
from hypothesis import settings
from sqlalchemy import Connection

from syncer.store import migrate
from syncer.store.database import Database

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session", autouse=True)
def _built_once() -> Iterator[None]:
    """All commands (by Typer, for each that a test types) and all tables (by Alembic, for each new state)
    take longer than most of the tests that need them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(typer.main.get_command))
        patch.setattr(migrate, "upgrade", _Upgrade())
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_order_unasked(pytestconfig: pytest.Config) -> Iterator[None]:
    """SQLite happens to give rows in the order of their keys where no order is asked for, PostgreSQL in any.
    Turned round, they make fail here what relies on it. Not where the slow tests run too: there PostgreSQL
    itself shows it."""
    if pytestconfig.option.markexpr != "not slow":
        yield
        return
    given = Database.rows

    def turned(db: Database, sql: str, **values: Any) -> list[Any]:
        rows = given(db, sql, **values)
        if "ORDER BY" not in sql and len(rows) > 1:
            turn = len(sql) % len(rows)
            rows = [*rows[turn:], *rows[:turn]][::-1]
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "rows", turned)
        yield


_SCRIPT = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"


class _Upgrade:
    """`migrate.upgrade`, which makes the tables of an empty SQLite state as the migrations did before."""

    def __init__(self) -> None:
        self._migrated = migrate.upgrade
        self._tables: list[str] = []

    def __call__(self, connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or migrate.version(connection) is not None:
            self._migrated(connection)
        elif self._tables:
            for statement in self._tables:
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (migrate.HEAD,))
        else:
            self._migrated(connection)
            made = connection.exec_driver_sql(_SCRIPT)
            self._tables = [row[0] for row in made if not row[0].startswith("CREATE TABLE sqlite_")]
