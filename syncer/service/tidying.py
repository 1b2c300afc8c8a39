"""Keeps the state of a service that runs for months small: runs that found nothing to do are forgotten after
a while. What anybody could ask about (a change, a write, a conflict, a failure) is no business of this.

The conflict log is cut by `syncer.running.exporting` after each run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from syncer.ports import Ports
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.lease import hold

QUIET: Final = timedelta(days=7)  # that runs without any effect are listed
EVERY: Final = timedelta(days=1)


def last(history: History, name: str) -> datetime | None:
    """When a sync was last tidied. Call inside a reading."""
    kept = history.fact(f"tidied:{name}")
    return None if kept is None else datetime.fromisoformat(kept)


def tidy(db: Database, ports: Ports, name: str) -> int:
    """Forget old runs without effect; how many. Raises `Busy`."""
    now = ports.now()
    with hold(db, name, ports.holder, ports.now, ports.alive), db.transaction():
        history = History(db)
        number = history.forget_quiet_runs(name, now - QUIET)
        history.keep_fact(f"tidied:{name}", codec.iso(now))
    return number
