"""The lease: one worker a space, with a fencing token that is checked at each commit.

It lasts two minutes, by the clock of the state's server where there is one. Commits renew it and, while
nothing is committed (an app that lets us wait), so does a heartbeat on a connection of its own. It outlives a
dead holder by two minutes at most; where the holder was a process of this machine, not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncer.store import codec, turns
from syncer.store.database import Database, StateError
from syncer.store.tables import LeaseRow

LASTS = timedelta(minutes=2)
BEAT = 30.0  # seconds between two beats of the heart


class Busy(Exception):
    """Another run holds the lease."""

    def __init__(self, space: str, holder: str, expires: str) -> None:
        if space == turns.SERVICE:
            super().__init__(
                f"The service works on this state ({told(holder)}). Stop it, then try again; where its"
                " machine was lost, wait two minutes."
            )
            return
        super().__init__(
            f"{space} is busy: {told(holder)} is working on it (its lease lasts until {expires[:19]}Z unless"
            " renewed). Wait for it to end, then try again."
        )


class LeaseLost(Exception):
    """Somebody else took over; this worker must stop, and nothing more of it is committed."""


@dataclass(slots=True)
class Lease:
    """A held lease. `check` runs inside every commit; `beat` on another thread."""

    db: Database
    space: str
    holder: str
    token: int
    now: Callable[[], datetime]
    expires: datetime
    ahead: timedelta  # what the time that counts for leases is ahead of `now`

    def check(self) -> None:
        """Refuse the commit when somebody else holds the lease; renew it when half of it is over. No other
        writer commits between this look and the commit: see `Database.transaction`."""
        row = self.db.one("SELECT token, holder FROM lease WHERE space = :space", space=self.space)
        if row is None or int(row[0]) != self.token:
            by = f" by {told(row[1])}" if row is not None and row[1] else ""
            raise LeaseLost(f"The lease on {self.space} was taken over{by}; this run stops here.")
        if self.expires - self.now() - self.ahead < LASTS / 2:
            self.expires = self.now() + self.ahead + LASTS
            self.db.run(_RENEW, space=self.space, token=self.token, expires=codec.iso(self.expires))

    def beat(self) -> None:
        """Renew the lease if it is still ours, whatever the main connection does. A beat that fails is left
        out: the next one, or the check in a commit, will tell."""
        with suppress(StateError):
            self.db.run_apart(
                _RENEW,
                space=self.space,
                token=self.token,
                expires=codec.iso(self.now() + self.ahead + LASTS),
            )


_RENEW = "UPDATE lease SET expires = :expires WHERE space = :space AND token = :token"


@contextmanager
def hold(
    db: Database,
    space: str,
    holder: str,
    now: Callable[[], datetime],
    alive: Callable[[str], bool],
    waits: bool = True,
) -> Iterator[Lease]:
    """Take the lease or raise `Busy`. A lease that ran out, or whose holder is known to be dead, is taken
    over. Beside a living service a command waits for its turn (`db.patience`), unless what it wants to do is
    done by whoever works there (`waits`)."""
    lease = _taken(db, space, holder, now, alive, waits)
    db.before_commit.append(lease.check)
    try:
        yield lease
    finally:
        db.before_commit.remove(lease.check)
        with db.transaction():
            db.run(
                "UPDATE lease SET holder = '', expires = '' WHERE space = :space AND token = :token",
                space=space,
                token=lease.token,
            )


def _taken(
    db: Database,
    space: str,
    holder: str,
    now: Callable[[], datetime],
    alive: Callable[[str], bool],
    waits: bool,
) -> Lease:
    if db.patience is None or not waits:
        return _try(db, space, holder, now, alive)
    with db.patience.waiting(db, space) as again:
        while True:
            try:
                return _try(db, space, holder, now, alive)
            except Busy as busy:
                if not again(busy):
                    raise


def _try(
    db: Database, space: str, holder: str, now: Callable[[], datetime], alive: Callable[[str], bool]
) -> Lease:
    with db.reading():  # so that who is busy is told at once, and not after the wait for its transaction
        _token(db, space, holder, now, alive)
    with db.transaction():
        token = _token(db, space, holder, now, alive) + 1
        at = now()
        ahead = db.agreed(at) - at
        expires = at + ahead + LASTS
        db.upsert(
            LeaseRow, [{"space": space, "holder": holder, "token": token, "expires": codec.iso(expires)}]
        )
    return Lease(db, space, holder, token, now, expires, ahead)


def _token(
    db: Database, space: str, holder: str, now: Callable[[], datetime], alive: Callable[[str], bool]
) -> int:
    """The last token given out. Raises `Busy` while a living holder's lease lasts, or somebody else's wish
    comes first."""
    row, at = db.one("SELECT holder, token, expires FROM lease WHERE space = :space", space=space), now()
    if row is not None and row[0] and row[2] > codec.iso(db.agreed(at)) and alive(row[0]):
        raise Busy(space, row[0], row[2])
    first = turns.eldest(db, space, at, alive)
    if first is not None and first != holder:
        raise Busy(space, first, codec.iso(db.agreed(at) + turns.LASTS))
    return int(row[1]) if row is not None else 0


def last_seen(db: Database, space: str) -> datetime | None:
    """When a holder that did not give its lease back last renewed it, to half a minute. Call inside a
    transaction or a reading."""
    row = db.one("SELECT expires FROM lease WHERE space = :space AND holder <> ''", space=space)
    return datetime.fromisoformat(row[0]) - LASTS if row is not None else None


def told(holder: str) -> str:
    """A holder (`host:process:...`) in words."""
    host, _, rest = holder.partition(":")
    process = rest.partition(":")[0]
    return f"process {process} on {host}" if process.isdigit() else holder
