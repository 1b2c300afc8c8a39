"""Stores for simulated engines: the real one with numbered steps, and a plain one for the mass of seeds.

The plain store runs the same SQL text, the same queries and the same codec as the real one, on a bare
``sqlite3`` connection in memory: only SQLAlchemy is left out, which is most of the cost of a statement. One
suite (`test_plain_store.py`) holds the two equal.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import orjson
from sqlmodel import SQLModel

from syncer.store.database import Database, StateError

_LIST = re.compile(r"IN :(\w+)")

Gate = Callable[[str], None]


def _open(_: str) -> None:
    """No step is watched."""


class Stepped(Database):
    """The real store, whose transactions are steps: `gate` hears ``begin``, ``commit`` and ``committed`` and
    may raise. What it raises at ``commit`` rolls back."""

    gate: Gate = staticmethod(_open)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._joins():
            yield
            return
        self.gate("begin")
        with super().transaction():
            yield
            self.gate("commit")
        self.gate("committed")


@cache
def template() -> bytes:
    """An empty state of this version, as the bytes of a database file."""
    real = Database("sqlite://")
    raw: Any = real._connection.connection.dbapi_connection
    empty: bytes = raw.serialize()
    real.close()
    return empty


def logged(store: Stepped) -> int:
    """How many entries the conflict log has."""
    with store.reading():
        return int(store.rows("SELECT COUNT(*) FROM conflict")[0][0])


def read_all_anew(store: Stepped) -> None:
    """What `syncer resync` does."""
    with store.transaction():
        store.run("UPDATE reader SET cursor = NULL")


def blank() -> sqlite3.Connection:
    """A new empty state in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
    connection.deserialize(template())
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


class PlainStore(Stepped):
    """A store on a bare connection, which outlives it: a crash leaves what was committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.is_sqlite = True
        self.file = None
        self.patience = None
        self.plain = connection
        self._inside = ""
        self.before_commit: list[Any] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        if self._joins():
            yield
            return
        self.gate("begin")
        with self._begun(writes=True):
            yield
            for hook in self.before_commit:
                hook()
            self.gate("commit")
            self.plain.execute("COMMIT")
        self.gate("committed")

    @contextmanager
    def _begun(self, writes: bool) -> Iterator[None]:
        self._inside = "writing" if writes else "reading"
        try:
            self.plain.execute("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")
            yield
        finally:
            if self.plain.in_transaction:
                self.plain.execute("ROLLBACK")
            self._inside = ""

    def rows(self, sql: str, **values: Any) -> list[Any]:
        return self._plainly(sql, values).fetchall()

    def one(self, sql: str, **values: Any) -> Any | None:
        return self._plainly(sql, values).fetchone()

    def run(self, sql: str, **values: Any) -> int:
        return self._plainly(sql, values).rowcount

    def _plainly(self, sql: str, values: dict[str, Any]) -> sqlite3.Cursor:
        sql, lists = _plain(sql)
        for name in lists:
            values[name] = orjson.dumps(values[name]).decode()
        try:
            return self.plain.execute(sql, values)
        except sqlite3.Error as error:
            raise StateError(str(error)) from error

    def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self.plain.executemany(sql, rows)

    def _bulk(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]], replace: bool) -> None:
        if rows:
            try:
                self.plain.executemany(_insertion(model, tuple(rows[0]), replace), rows)
            except sqlite3.Error as error:
                raise StateError(str(error)) from error

    def close(self) -> None:
        """The connection is the caller's."""


@cache
def _plain(sql: str) -> tuple[str, tuple[str, ...]]:
    """A statement for ``sqlite3`` alone, and the names of the lists in it."""
    lists = tuple(dict.fromkeys(_LIST.findall(sql)))
    return _LIST.sub(r"IN (SELECT value FROM json_each(:\1))", sql), lists


@cache
def _insertion(model: Any, columns: tuple[str, ...], replace: bool) -> str:
    table = model.__table__
    defaults = {c.name: c.default.arg for c in table.columns if c.default is not None and c.default.is_scalar}
    missing = [name for name in defaults if name not in columns]
    shown = [f":{name}" for name in columns] + [_literal(defaults[name]) for name in missing]
    sql = f"INSERT INTO {table.name} ({', '.join([*columns, *missing])}) VALUES ({', '.join(shown)})"
    if not replace:
        return sql
    primary = [c.name for c in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in primary)
    return f"{sql} ON CONFLICT ({', '.join(primary)}) DO {f'UPDATE SET {changes}' if changes else 'NOTHING'}"


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(int(value))  # type: ignore[call-overload]
