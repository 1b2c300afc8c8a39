"""Rate limits in fixed windows: at full length (``real``), 100 times shorter (``fast``), or ``off``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from connectors.sandbox.clock import Clock

Pace = Literal["real", "fast", "off"]
SCALE: dict[str, float] = {"real": 1.0, "fast": 0.01, "off": 0.0}


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a window: calls, and seconds until it is full again."""

    limit: int
    remaining: int
    resets: float

    @property
    def seconds(self) -> int:
        """Whole seconds to wait, as the services put it into Retry-After."""
        return max(1, math.ceil(self.resets))


class Denied(Exception):
    """The call is over a limit."""

    def __init__(self, bucket: str, room: Room) -> None:
        super().__init__(bucket)
        self.bucket = bucket
        self.room = room


class Limits:
    """Counts the calls of one app."""

    def __init__(self, clock: Clock, pace: Pace) -> None:
        self.scale = SCALE[pace]
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[int, int]] = {}

    def window(self, seconds: float) -> float:
        """The length that a window or delay of the real service has here."""
        return seconds * self.scale

    def take(self, bucket: str, limit: int, seconds: float, key: str = "") -> Room:
        """Count a call against `limit` per `seconds`; raises `Denied` when the window is used up."""
        length = int(self.window(seconds) * 1_000_000)
        if length == 0:
            return Room(limit, limit - 1, 0.0)
        now = self._clock.now()
        start, used = self._windows.get((bucket, key), (now, 0))
        if now - start >= length or now < start:
            start, used = now, 0
        resets = (start + length - now) / 1_000_000
        if used >= limit:
            raise Denied(bucket, Room(limit, 0, resets))
        if len(self._windows) > 10_000:
            self._windows.clear()
        self._windows[bucket, key] = (start, used + 1)
        return Room(limit, limit - used - 1, resets)
