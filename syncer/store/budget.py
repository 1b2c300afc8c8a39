"""The calls of one account, shared by all processes that use this state.

Calls are taken in blocks: a block of `n` is booked in the state in one short transaction, and its calls are
made within a `span` of the window, without asking again. So the state is asked once for many calls, and the
promise holds all the same: **in any window, at most `limit` calls are made**. A block counts against every
window that touches its span; it is booked no earlier than the block before it, at the first moment at which
those that still count leave room. What was not used of it is given back with the next booking.

Times are seconds since 1970 by this machine's clock. A process that is killed takes a part of a window with
it at worst. While an app's pause is on, what is left of a block that was booked before it may still be used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

import orjson

from syncer.store.database import Database
from syncer.store.sharing import Shared
from syncer.store.tables import RateRow

PARTS: Final = 16  # a block is this part of the limit, and its span this part of the window
DAY: Final = 86_400


@dataclass(slots=True)
class Block:
    """Calls that may be made from `start` on. Until `release` they count against windows."""

    start: float
    release: float
    calls: int


@dataclass(slots=True)
class Holding:
    """What this process has left of its block: `left` calls, to be made before `until`."""

    start: float = 0.0
    until: float = 0.0
    left: int = 0


class SharedBudget:
    """A `connectors.contract.Budget` over the state."""

    def __init__(self, shared: Shared, account: str, clock: Callable[[], float] = time.time) -> None:
        self._shared = shared
        self._account = account
        self._clock = clock
        self._lock = Lock()
        self._holdings: dict[str, Holding] = {}

    def wait(self, rate: str, limit: int, window: float) -> float:
        with self._lock:
            now = self._clock()
            holding = self._holdings.setdefault(rate, Holding())
            if holding.left == 0 or not holding.start - window <= now <= holding.until:
                holding = self._holdings[rate] = self._book(rate, limit, window, now, holding)
            holding.left -= 1
            return max(0.0, holding.start - now)

    def hold(self, rate: str, seconds: float) -> None:
        now = self._clock()
        until = now + min(seconds, DAY)
        with self._lock, self._shared.transaction() as db:
            row = _row(db, self._account, rate)
            if until > _held(row["held_until"], now):
                db.upsert(RateRow, [{**row, "held_until": until}])
            self._holdings.pop(rate, None)

    def close(self) -> None:
        """Give back what was booked and not used."""
        with self._lock:
            left = {rate: holding for rate, holding in self._holdings.items() if holding.left}
            self._holdings.clear()
            if not left:
                return
            with self._shared.transaction() as db:
                for rate, holding in left.items():
                    row = _row(db, self._account, rate)
                    blocks = _standing(row["body"], holding, self._clock(), row["period"])
                    today = max(0, row["today"] - holding.left)
                    db.upsert(RateRow, [{**row, "today": today, "body": _dumps(blocks)}])

    def _book(self, rate: str, limit: int, window: float, now: float, before: Holding) -> Holding:
        calls = max(1, limit // PARTS)
        span = window / PARTS if calls > 1 else 0.0
        with self._shared.transaction() as db:
            row = _row(db, self._account, rate)
            blocks = _standing(row["body"], before, now, window)
            held = _held(row["held_until"], now)
            start = first_room(blocks, calls, limit, max(now, held))
            blocks.append(Block(start, start + span + window, calls))
            today = int(now // DAY)
            made = row["today"] if row["day"] == today else 0
            db.upsert(
                RateRow,
                [
                    {
                        **row,
                        "calls": limit,
                        "period": window,
                        "held_until": held,
                        "day": today,
                        "today": max(0, made - before.left) + calls,
                        "body": _dumps(blocks),
                    }
                ],
            )
        return Holding(start, start + span, calls)


def first_room(blocks: Sequence[Block], calls: int, limit: int, earliest: float) -> float:
    """The first moment, not before `earliest` nor before a block booked already, at which `calls` more keep
    every window within the limit."""
    start = max([earliest, *(block.start for block in blocks)])
    counting = sorted((block for block in blocks if block.release > start), key=lambda block: block.release)
    used = sum(block.calls for block in counting)
    for block in counting:
        if used + calls <= limit:
            break
        start, used = block.release, used - block.calls
    return start


def states(db: Database, account: str, now: float) -> dict[str, dict[str, Any]]:
    """How the account's classes of calls stand: `limit` in `window` seconds (the reserve is taken off),
    `used` of them now, how many were made since midnight UTC, and the `pause` in seconds that the app asked
    for. A class without a known limit is there only while such a pause lasts."""
    sql = (
        "SELECT name, calls, period, held_until, day, today, body FROM rate"
        " WHERE account = :account AND (calls > 0 OR held_until > :now) ORDER BY name"
    )
    return {
        row.name: {
            "limit": row.calls,
            "window": row.period,
            "used": sum(block.calls for block in _loads(row.body) if block.release > now),
            "today": row.today if row.day == int(now // DAY) else 0,
            "pause": round(max(0.0, _held(row.held_until, now) - now), 1),
        }
        for row in db.rows(sql, account=account, now=now)
    }


def _row(db: Database, account: str, rate: str) -> dict[str, Any]:
    sql = (
        "SELECT account, name, calls, period, held_until, day, today, body FROM rate"
        " WHERE account = :account AND name = :name"
    )
    row = db.one(sql, account=account, name=rate)
    return dict(row._mapping) if row is not None else RateRow(account=account, name=rate).model_dump()


def _held(until: float, now: float) -> float:
    """The end of a pause. No pause is longer than a day: what lies further ahead is of a clock that was set
    back since, and counts for nothing."""
    return until if until <= now + DAY else 0.0


def _standing(body: str, before: Holding, now: float, window: float) -> list[Block]:
    """The blocks that still count, less what this process did not use of its last one. What lies further
    ahead than can have been booked is of a clock that was set back since."""
    blocks = []
    for block in _loads(body):
        if before.left and block.start == before.start:
            block.calls = max(0, block.calls - before.left)
        if block.calls and now < block.release < now + DAY + 3 * window:
            blocks.append(block)
    return blocks


def _loads(body: str) -> list[Block]:
    return [Block(*row) for row in orjson.loads(body)]


def _dumps(blocks: Sequence[Block]) -> str:
    return orjson.dumps([[block.start, block.release, block.calls] for block in blocks]).decode()
