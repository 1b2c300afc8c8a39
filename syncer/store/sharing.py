"""A connection to the state for what connections to apps share with other processes while a run goes on:
how often an account is called, and the tokens of its login."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

from syncer.store.database import Database


class Shared:
    """Opened when first needed; any thread may use it, one at a time. A transaction here is short, and never
    inside one of the engine's: no call to an app is made in those."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = RLock()
        self._db: Database | None = None

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        with self._lock:
            if self._db is None:
                self._db = Database(self._url)
            with self._db.transaction():
                yield self._db

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None
