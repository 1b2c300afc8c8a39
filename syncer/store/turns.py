"""Whose turn it is in a space, where commands are typed beside the service.

The service holds a lease on itself as long as it lives. A command that finds a space busy meanwhile leaves
a wish in the state and waits: nobody begins anything there before the eldest living wish has had its turn. A
wish is renewed while somebody waits for it, so that the wish of a process that was killed ends by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from syncer.store import codec
from syncer.store.facts import begins, facts
from syncer.store.tables import Meta

if TYPE_CHECKING:
    from syncer.store.database import Database

SERVICE: Final = "(service)"  # the space that the service holds; no sync can be called that
WISH: Final = "wish:"
LASTS: Final = timedelta(seconds=20)
LOOK: Final = 0.1  # seconds between two looks

Now = Callable[[], datetime]
Alive = Callable[[str], bool]


@dataclass(slots=True)
class Patience:
    """How a command waits for its turn. `tell` is told once what it waits for."""

    holder: str
    now: Now
    alive: Alive
    tell: Callable[[str], object] = lambda text: None
    sleep: Callable[[float], None] = time.sleep
    _wish: str = field(default="", init=False)

    @contextmanager
    def waiting(self, db: Database, space: str) -> Iterator[Callable[[Exception], bool]]:
        """Gives what is asked after each vain attempt: whether to try again. False where no service lives."""
        try:
            yield lambda busy: self._again(db, space, busy)
        finally:
            if self._wish:
                with db.transaction():
                    db.run("DELETE FROM meta WHERE name = :name", name=self._wish)
                self._wish = ""

    def _again(self, db: Database, space: str, busy: Exception) -> bool:
        if not self._wish:
            with db.reading():
                if not service_lives(db, self.now(), self.alive):
                    return False
            self.tell(f"{busy.args[0].partition(' (')[0]}. Waiting for our turn beside the service.")
            with db.reading():
                self._wish = f"{_front(space)}{codec.iso(db.agreed(self.now()))}:{uuid4().hex}"
        with db.transaction():
            lasts = codec.iso(db.agreed(self.now()) + LASTS)
            db.upsert(Meta, [{"name": self._wish, "value": f"{lasts} {self.holder}"}])
        self.sleep(LOOK)
        return True


def eldest(db: Database, space: str, now: datetime, alive: Alive) -> str | None:
    """The holder whose living wish for the space is the eldest. Call inside a transaction or a reading."""
    wishes = facts(db, _front(space))
    at = codec.iso(db.agreed(now)) if wishes else ""
    for wish in wishes.values():
        lasts, _, holder = wish.partition(" ")
        if lasts > at and alive(holder):
            return holder
    return None


def forget_dead(db: Database, now: datetime) -> None:
    """Take away the wishes of processes that were killed while they waited."""
    sql = "DELETE FROM meta WHERE name >= :front AND name < :behind AND value < :now"
    db.run(sql, now=codec.iso(db.agreed(now)), **begins(WISH))


def service_lives(db: Database, now: datetime, alive: Alive) -> bool:
    """Whether a service works on this state. Call inside a transaction or a reading."""
    return is_held(db, SERVICE, now, alive)


def is_held(db: Database, space: str, now: datetime, alive: Alive) -> bool:
    """Whether somebody works in a space, as far as can be known. Call inside a transaction or a reading."""
    row = db.one("SELECT holder, expires FROM lease WHERE space = :space", space=space)
    return row is not None and bool(row[0]) and row[1] > codec.iso(db.agreed(now)) and alive(row[0])


def _front(space: str) -> str:
    return f"{WISH}{space}:"
