"""How often an app may be called: published rates, and the budget used when nobody passes a shared one."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """A published limit: at most `limit` calls in any `window` seconds, counted over one class of calls."""

    name: str
    limit: int
    window: float


class LocalBudget:
    """A `contract.Budget` for one process. Exact for rolling windows: the n-th call back is a window old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}
        self._held: dict[str, float] = {}

    def wait(self, bucket: str, limit: int, window: float) -> float:
        with self._lock:
            now = self._clock()
            taken = self._taken.get(bucket)
            if taken is None or taken.maxlen != limit:
                taken = self._taken[bucket] = deque(taken or (), maxlen=limit)
            free = taken[0] + window if len(taken) == limit else now
            start = max(now, free, self._held.get(bucket, now))
            taken.append(start)
            return start - now

    def hold(self, bucket: str, seconds: float) -> None:
        with self._lock:
            until = self._clock() + seconds
            self._held[bucket] = max(until, self._held.get(bucket, until))
