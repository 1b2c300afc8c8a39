"""Which webhook calls were taken in the last day, so that none is taken twice, also after a start or a crash.

The answer comes from memory, at once. `keep` writes what is new to the state: the server calls it as soon as
it has answered, since the state may be busy for a while.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import Final

from connectors.hooks import HookCall
from syncer.logs import log
from syncer.store.database import Database, StateError
from syncer.store.hookcalls import HookCalls

REMEMBERED: Final = 86_400.0  # seconds that a call is known by
MOST: Final = 100_000  # calls that are known at most


class Repeats:
    """`state`: the address of the state; none: what is taken is kept in memory alone. `new` is asked by one
    thread, `keep` may be called by any."""

    def __init__(self, state: str = "", now: float = 0.0) -> None:
        self._state = state
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._unwritten: list[tuple[str, float]] = []
        self._writing = Lock()
        if state:
            self._seen.update(_read(state, now - REMEMBERED))

    def new(self, app: str, call: HookCall, now: float) -> bool:
        """Whether this very call was never taken: the same body under the same signature. An app that repeats
        what we have answered does no harm by being refused."""
        print = _print(app, call)
        while self._seen and (len(self._seen) > MOST or next(iter(self._seen.values())) < now - REMEMBERED):
            self._seen.popitem(last=False)
        if print in self._seen:
            return False
        self._seen[print] = now
        self._unwritten.append((print, now))
        return True

    def keep(self) -> None:
        """Write down what was taken since the last time; what cannot be written now is tried again."""
        if not self._state:
            return
        with self._writing:
            some = self._unwritten[:]
            if not some:
                return
            try:
                _write(self._state, some)
            except StateError as error:
                log().warning("webhooks that were taken could not be noted yet", reason=str(error))
                return
            del self._unwritten[: len(some)]


def _print(app: str, call: HookCall) -> str:
    headers = "\n".join(f"{k}:{v}" for k, v in sorted(call.headers.items()) if "signature" in k)
    return hashlib.sha256(b"\0".join((app.encode(), headers.encode(), call.body))).hexdigest()[:32]


def _read(state: str, oldest: float) -> list[tuple[str, float]]:
    db = Database(state)
    try:
        with db.reading():
            return HookCalls(db).since(oldest)[-MOST:]
    finally:
        db.close()


def _write(state: str, calls: list[tuple[str, float]]) -> None:
    db = Database(state)
    try:
        with db.transaction():
            HookCalls(db).keep(calls, calls[-1][1] - REMEMBERED)
    finally:
        db.close()
