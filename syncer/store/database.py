"""One connection to the state database: short transactions, bulk writes, migrations.

SQLite by default, or PostgreSQL. On both, writers wait for each other instead of failing half-way (BEGIN
IMMEDIATE; an advisory lock), and readers see one moment and wait for nobody. Errors are `StateError`.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from errno import EACCES, EISDIR
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import orjson
from sqlalchemy import Table, TextClause, bindparam, create_engine, event, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import SQLModel

from syncer.store import address, migrate
from syncer.store.errors import StateError as StateError
from syncer.store.errors import told

if TYPE_CHECKING:
    from syncer.store.turns import Patience

CHUNK = 400
PORTION = 2000
K = TypeVar("K")
V = TypeVar("V")
PATIENCE = 60  # seconds that a writer waits for another one


class Database:
    """A connection, used by one thread. Nothing is read or written outside `transaction` or `reading`.
    `patience`: how to wait for a lease beside the service; None: not at all."""

    def __init__(self, url: str) -> None:
        self.url = address.parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.file = _file(self.url.database) if self.is_sqlite else None
        if self.file is not None:
            _private_file(self.file)
        self._engine = create_engine(self.url, poolclass=NullPool, connect_args=self._connect_args())
        if self.is_sqlite:
            event.listen(self._engine, "connect", _sqlite_settings)
        with self._in_words():
            self._connection = self._engine.connect()
        self._inside: Literal["", "reading", "writing"] = ""
        self._bulk_statements: dict[Any, tuple[str, Callable[[Any], Any]]] = {}
        self.before_commit: list[Any] = []
        self.patience: Patience | None = None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # of this computer
        self._prepare()

    def _connect_args(self) -> dict[str, Any]:
        return {} if self.is_sqlite else {"connect_timeout": 10, "application_name": "syncer"}

    def _prepare(self) -> None:
        with self.reading(), self._in_words():
            if migrate.is_current(self._connection):
                return
        with self.transaction(), self._in_words():
            migrate.upgrade(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Hooks in `before_commit` may still refuse (a lost lease). Nests by joining; never
        inside a reading, where nothing of it would be kept."""
        if self._joins():
            yield
            return
        with self._begun(writes=True):
            yield
            for hook in self.before_commit:
                hook()
            with self._in_words():
                self._connection.commit()

    def _joins(self) -> bool:
        """Whether a transaction goes on that a further one is part of."""
        if self._inside == "reading":
            raise RuntimeError("a transaction cannot run inside a reading")
        return self._inside == "writing"

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One consistent view, of which nothing is kept; never waits for a writer."""
        if self._inside:
            yield
            return
        with self._begun(writes=False):
            yield

    @contextmanager
    def trial(self) -> Iterator[None]:
        """A transaction that is always rolled back: what a run would do."""
        if self._inside:
            raise RuntimeError("a trial cannot run inside a transaction")
        with self._begun(writes=True):
            yield

    @contextmanager
    def _begun(self, writes: bool) -> Iterator[None]:
        """A transaction that is rolled back at the end, unless it was committed."""
        self._inside = "writing" if writes else "reading"
        try:
            with self._in_words():
                for statement in _BEGIN[self.url.get_backend_name(), writes]:
                    self._connection.exec_driver_sql(statement)
            yield
        finally:
            self._connection.rollback()
            self._inside = ""

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise told(error, self._shown()) from error

    def _shown(self) -> str:
        """The URL as it may be shown: no password, no options."""
        return self.url.set(drivername=self.url.get_backend_name(), query={}).render_as_string()

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """All rows of a query. A list value expands: `IN :ids`."""
        return list(self._run(sql, values).all())

    def one(self, sql: str, **values: Any) -> Any | None:
        return self._run(sql, values).first()

    def run(self, sql: str, **values: Any) -> int:
        """Number of rows changed."""
        return int(self._run(sql, values).rowcount)

    def _run(self, sql: str, values: Mapping[str, Any]) -> CursorResult[Any]:
        lists = [name for name, value in values.items() if isinstance(value, list | tuple)]
        if lists:
            sql, values = self._with_lists(sql, values, lists)
        with self._in_words():
            return self._connection.execute(_statement(sql), values)

    def _with_lists(
        self, sql: str, values: Mapping[str, Any], lists: Sequence[str]
    ) -> tuple[str, Mapping[str, Any]]:
        """A list travels as one value, so that the statement is the same for any number of them."""
        if not self.is_sqlite:
            for name in lists:
                sql = sql.replace(f"IN :{name}", f"= ANY(:{name})")
            return sql, {**values, **{name: list(values[name]) for name in lists}}
        for name in lists:
            sql = sql.replace(f"IN :{name}", _IN_JSON.replace("NAME", name))
        packed = {name: orjson.dumps(values[name]).decode() for name in lists}
        return sql, {**values, **packed}

    def run_apart(self, sql: str, **values: Any) -> None:
        """One statement, committed at once on a connection of its own: the one thing that another thread may
        call. Does nothing for a state in memory, which no other connection sees."""
        if self.is_sqlite and self.file is None:
            return
        with self._in_words(), self._engine.begin() as connection:
            connection.execute(_statement(sql), values)

    def agreed(self, now: datetime) -> datetime:
        """Now, by the clock of the state's server where this computer's differs from it by a second or more:
        all computers that work on one state have to agree on how long a lease lasts. Call inside a
        transaction or a reading."""
        if self.is_sqlite:
            return now
        (server,) = self.rows("SELECT clock_timestamp()")[0]
        return now + timedelta(seconds=round((server - self.clock()).total_seconds()))

    def many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """One statement for many rows."""
        if rows:
            with self._in_words():
                self._connection.execute(_statement(sql), list(rows))

    def each(self, model: type[SQLModel]) -> Iterator[list[dict[str, Any]]]:
        """All rows of a table, in portions."""
        table: Table = model.__table__  # type: ignore[attr-defined]
        with self._in_words():
            found = self._connection.execute(select(table), execution_options={"yield_per": PORTION})
            for some in found.mappings().partitions():
                yield [dict(row) for row in some]

    def upsert(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert, or replace the rows that have these primary keys."""
        self._bulk(model, rows, replace=True)

    def insert(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
        self._bulk(model, rows, replace=False)

    def _bulk(self, model: type[SQLModel], rows: Sequence[Mapping[str, Any]], replace: bool) -> None:
        """The statement is SQLAlchemy's, its execution the driver's: three times faster for many rows."""
        if not rows:
            return
        sql, values_of = self._bulk_sql(model, tuple(rows[0]), replace)
        with self._in_words():
            self._connection.exec_driver_sql(sql, [values_of(row) for row in rows])

    def _bulk_sql(
        self, model: type[SQLModel], columns: tuple[str, ...], replace: bool
    ) -> tuple[str, Callable[[Any], Any]]:
        """SQL in the driver's own form, and what makes its values of a row: a tuple (each table has
        several columns), or a dict by name."""
        key = (model, columns, replace)
        if key not in self._bulk_statements:
            table: Table = model.__table__  # type: ignore[attr-defined]
            statement: Any = sqlite.insert(table) if self.is_sqlite else _postgresql_insert(table)
            statement = statement.values({name: bindparam(name) for name in columns})
            if replace:
                statement = _replacing(statement, table, columns)
            compiled = statement.compile(dialect=self._engine.dialect)
            order = compiled.positiontup if isinstance(compiled, SQLCompiler) else None
            self._bulk_statements[key] = str(compiled), itemgetter(*order) if order else dict
        return self._bulk_statements[key]

    def compact(self) -> None:
        """Give back the space of what was removed, so that no trace of it stays in the files. Not inside a
        transaction; waits for others."""
        with self._in_words(), self._engine.connect() as apart:
            apart = apart.execution_options(isolation_level="AUTOCOMMIT")
            for statement in _COMPACT[self.url.get_backend_name()]:
                apart.exec_driver_sql(statement)

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()


# The advisory lock is held to the end of the transaction. It is one for each schema: two states in one
# database do not wait for each other. What a writer reads after it has the lock, no other writer changes.
_BEGIN = {
    ("sqlite", True): ("BEGIN IMMEDIATE",),
    ("sqlite", False): ("BEGIN DEFERRED",),
    ("postgresql", True): (
        f"SET LOCAL lock_timeout = '{PATIENCE}s'",
        "SELECT pg_advisory_xact_lock(hashtext('syncer'), hashtext(current_schema()))",
    ),
    ("postgresql", False): ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
}
_COMPACT = {
    "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
    "postgresql": ("VACUUM FULL",),
}
_IN_JSON = "IN (SELECT value FROM json_each(:NAME))"


@cache
def _statement(sql: str) -> TextClause:
    return text(sql)


def _postgresql_insert(table: Table) -> Any:
    from sqlalchemy.dialects import postgresql  # a twentieth of a second, which most commands save

    return postgresql.insert(table)


def _replacing(insert: Any, table: Table, columns: tuple[str, ...]) -> Any:
    primary = [c.name for c in table.primary_key]
    changes = {name: insert.excluded[name] for name in columns if name not in primary}
    if not changes:
        return insert.on_conflict_do_nothing(index_elements=primary)
    return insert.on_conflict_do_update(index_elements=primary, set_=changes)


def chunks(values: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Lists of at most `size`: databases bound the number of values in a statement."""
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def in_order(found: Mapping[K, V], asked: Iterable[K]) -> dict[K, V]:
    """What was found, in the order in which it was asked for: a database gives rows in any order."""
    return {key: found[key] for key in asked if key in found}


def _file(name: str | None) -> Path | None:
    """The SQLite file; None for a state in memory."""
    return None if name in (None, "", ":memory:") else Path(str(name))


def _private_file(path: Path) -> None:
    """State is customer data: a new file can be read by its owner only, and one that is open to everybody is
    not used. A file that is there is not opened here: closing it again would take away the locks that this
    process holds on it by other connections (POSIX), and two processes would write at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with suppress(FileExistsError):  # another thread or process was faster
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        if path.is_dir() or not os.access(path, os.R_OK | os.W_OK):
            why = EISDIR if path.is_dir() else EACCES
            raise OSError(why, os.strerror(why))
        mode = path.stat().st_mode
    except OSError as error:
        cure = "May this user read and write it and its folder?"
        raise StateError(f"The state file {path} cannot be opened: {error.strerror}. {cure}") from error
    if os.name == "posix" and mode & 0o007:
        raise StateError(
            f"The state file {path} is open to everybody on this machine, and it holds customer data. Close"
            f" it, then try again: chmod 600 {path}"
        )


def _sqlite_settings(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    _log_ahead(connection)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-16000",
        "temp_store=MEMORY",
        "wal_autocheckpoint=8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any) -> None:
    """Two processes may open a new file at once. While one changes how it is written, the other is told at
    once that it is locked, however patient. Any other error is told as it is."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not locked or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
