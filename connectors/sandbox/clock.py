"""The sandbox's time: the wall clock plus a settable offset."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

DAY_US = 86_400_000_000
_EPOCH = datetime.fromisoformat("1970-01-01")  # all times here are UTC


class Clock:
    """Microseconds since 1970. `tick` never gives the same value twice, so changes have one order. While
    `at` is set, the clock stands there. With `skew` (seconds) it goes wrong for the call in hand, and what
    changes meanwhile carries the wrong time."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.skew = 0.0
        self.at: int | None = None
        self._last = 0

    def now(self) -> int:
        if self.at is not None:
            return self.at
        return int((time.time() + self.offset + self.skew) * 1_000_000)

    def tick(self) -> int:
        if self.skew:
            return self.now()
        self._last = max(self._last + 1, self.now())
        return self._last


def offset_to(text: str) -> float:
    """Seconds from the wall clock to an ISO 8601 time, UTC unless it says otherwise. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - time.time()


def moment(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def iso_ms(us: int) -> str:
    """HubSpot's form: ``2026-02-17T19:22:45.581Z``."""
    return moment(us).isoformat(timespec="milliseconds") + "Z"


def iso_s(us: int) -> str:
    """Zendesk's form: ``2026-02-17T19:22:45Z``."""
    return moment(us).isoformat(timespec="seconds") + "Z"


def plain_s(us: int) -> str:
    """MailerLite's form: ``2026-02-17 19:22:45``."""
    return moment(us).isoformat(" ", timespec="seconds")


def iso_us(us: int) -> str:
    """The form of MailerLite's imports: ``2026-02-17T19:22:45.581000Z``."""
    return moment(us).isoformat(timespec="microseconds") + "Z"
