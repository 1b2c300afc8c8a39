"""The state as the service's server sees it: read beside the worker, never written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

from syncer.config.files import Config
from syncer.ports import Ports
from syncer.store.database import Database, StateError
from syncer.store.history import History
from syncer.usecases import overview


class View:
    """`config` gives the one in force. Any thread may use it, one at a time."""

    def __init__(self, config: Callable[[], Config], ports: Ports) -> None:
        self._config = config
        self._ports = ports
        self._lock = Lock()
        self._db: Database | None = None

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """Raises `StateError`; the next reading connects anew."""
        with self._lock:
            try:
                if self._db is None:
                    self._db = Database(self._config().state)
                with self._db.reading():
                    yield self._db
            except StateError:
                self._close()
                raise

    def syncs(self) -> list[dict[str, Any]]:
        """How each sync stands, as `syncer.usecases.overview` tells it."""
        config, now = self._config(), self._ports.now()
        with self.reading() as db:
            return [overview.of_sync(config, History(db), name, now) for name in config.syncs]

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(StateError):
                db.close()
