"""Where everything that is to be done arrives, from any thread; one thread takes it out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Condition

from syncer.model import LinkKey
from syncer.service.waiting import Job, Waiting


class Inbox:
    """`Waiting` for threads. `clock`: seconds, steady."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting = Waiting()
        self._news = Condition()
        self._stopping = False

    def ask(self, job: Job, after: float = 0.0) -> None:
        """Do this, in so many seconds at the soonest."""
        with self._news:
            self._waiting.ask(job, self._clock() + after)
            self._news.notify_all()

    def tell(self, sync: str, records: Iterable[LinkKey]) -> None:
        with self._news:
            self._waiting.tell(sync, records, self._clock())
            self._news.notify_all()

    def keep_only(self, order: Sequence[str]) -> None:
        with self._news:
            self._waiting.keep_only(order)

    def take(self, patience: float) -> Job | None:
        """The next job; None when there was none for so many seconds, or it is time to stop."""
        with self._news:
            until = self._clock() + patience
            while not self._stopping:
                now = self._clock()
                job = self._waiting.take(now)
                if job is not None or now >= until:
                    return job
                wake = self._waiting.wake_at()
                self._news.wait(max(0.0, min(until, wake if wake is not None else until) - now))
            return None

    @property
    def stopping(self) -> bool:
        return self._stopping

    def stop(self) -> None:
        """Nothing more is given out. Safe in a signal handler: it takes no lock."""
        self._stopping = True
