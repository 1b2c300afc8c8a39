"""How often an app may be called: published rates, what answers say of them, and the budget of one
connection, used where none is shared."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A published limit: at most `limit` calls in any `window` seconds, counted over one class of calls."""

    name: str
    limit: int
    window: float


@dataclass(frozen=True, slots=True)
class Stated:
    """What an answer says of a rate: `limit` calls in `window` seconds, `left` of them now, all of them back
    in `resets` seconds. None where it does not say."""

    limit: int | None
    left: int | None
    window: float | None = None
    resets: float | None = None


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The names of the headers in which an app states a rate of the class `rate`.

    window_ms   holds the window in milliseconds; without it the window is the published one
    resets      holds the seconds until all calls are back
    pause       seconds to pause where none are left and nothing says for how long; None: the window
    adopt       the stated limit is the one to keep, in place of the published one
    """

    limit: str
    left: str
    window_ms: str = ""
    resets: str = ""
    rate: str = "general"
    pause: float | None = None
    adopt: bool = True

    def read(self, headers: Mapping[str, str]) -> Stated:
        window = _number(headers, self.window_ms)
        limit, left = _number(headers, self.limit), _number(headers, self.left)
        return Stated(
            int(limit) if limit else None,
            None if left is None else int(left),
            window / 1000 if window else None,
            _number(headers, self.resets),
        )


def _number(headers: Mapping[str, str], name: str) -> float | None:
    """The number in a header; None where there is none that makes sense."""
    try:
        number = float(headers[name]) if name else -1.0
    except (KeyError, ValueError):
        return None
    return number if 0.0 <= number < 1e9 else None


class LocalBudget:
    """A `contract.Budget` for one process. Exact for rolling windows: the n-th call back is a window old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}
        self._held: dict[str, float] = {}

    def wait(self, rate: str, limit: int, window: float) -> float:
        with self._lock:
            now = self._clock()
            taken = self._taken.get(rate)
            if taken is None or taken.maxlen != limit:
                taken = self._taken[rate] = deque(taken or (), maxlen=limit)
            free = taken[0] + window if len(taken) == limit else now
            start = max(now, free, self._held.get(rate, now))
            taken.append(start)
            return start - now

    def hold(self, rate: str, seconds: float) -> None:
        with self._lock:
            until = self._clock() + seconds
            self._held[rate] = max(until, self._held.get(rate, until))
