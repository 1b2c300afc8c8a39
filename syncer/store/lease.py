"""The lease: one worker a space, with a fencing token that is checked at each commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncer.store import codec
from syncer.store.database import Database
from syncer.store.tables import LeaseRow

LASTS = timedelta(minutes=5)


class Busy(Exception):
    """Another run holds the lease."""

    def __init__(self, space: str, holder: str, expires: str) -> None:
        super().__init__(
            f"{space} is busy: {holder} is working on it (its lease lasts until {expires} unless renewed)."
            " Wait for it to end, then try again."
        )


class LeaseLost(Exception):
    """Somebody else took over; this worker must stop, and nothing more of it is committed."""


@dataclass(slots=True)
class Lease:
    """A held lease. `renew` before long work; `check` runs inside every commit."""

    db: Database
    space: str
    holder: str
    token: int
    now: Callable[[], datetime]
    expires: datetime

    def check(self) -> None:
        """Refuse the commit when somebody else holds the lease; renew it when half of it is over."""
        sql = "SELECT token FROM lease WHERE space = :space"
        row = self.db.one(sql, space=self.space)
        if row is None or int(row[0]) != self.token:
            raise LeaseLost(f"The lease on {self.space} was taken over; this run stops here.")
        if self.expires - self.now() < LASTS / 2:
            self.expires = self.now() + LASTS
            self.db.run(
                "UPDATE lease SET expires = :expires WHERE space = :space",
                space=self.space,
                expires=codec.iso(self.expires),
            )


@contextmanager
def hold(
    db: Database, space: str, holder: str, now: Callable[[], datetime], alive: Callable[[str], bool]
) -> Iterator[Lease]:
    """Take the lease or raise `Busy`. A lease that ran out, or whose holder is known to be dead, is taken
    over."""
    with db.transaction():
        row = db.one("SELECT holder, token, expires FROM lease WHERE space = :space", space=space)
        if row is not None and row[0] and row[2] > codec.iso(now()) and alive(row[0]):
            raise Busy(space, row[0], row[2])
        token = int(row[1]) + 1 if row is not None else 1
        expires = now() + LASTS
        db.upsert(
            LeaseRow, [{"space": space, "holder": holder, "token": token, "expires": codec.iso(expires)}]
        )
    lease = Lease(db, space, holder, token, now, expires)
    db.before_commit.append(lease.check)
    try:
        yield lease
    finally:
        db.before_commit.remove(lease.check)
        with db.transaction():
            db.run(
                "UPDATE lease SET holder = '', expires = '' WHERE space = :space AND token = :token",
                space=space,
                token=token,
            )
