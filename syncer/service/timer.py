"""The clockwork: APScheduler asks for jobs at their times. It does none itself, so it is never late by them.

What is set on purpose: a run that was missed several times runs once (`coalesce`); one that comes late runs
all the same, or within the grace of its schedule (APScheduler's own default, one second, leaves runs out on a
busy machine without a word); one job asks for a thing once at a time (`max_instances`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from syncer.config.service import ScheduleModel
from syncer.logs import log
from syncer.service.timing import first_at, grace_of, trigger_of
from syncer.service.waiting import Job

BACK: Final = 60.0  # seconds; a clock that is set back by less only makes one run so much later


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is done again and again. `last`: when the last that came to its end began; `cut_off`:
    one began after it, and did not."""

    job: Job
    schedule: ScheduleModel | None
    last: datetime | None = None
    cut_off: bool = False

    @property
    def id(self) -> str:
        return f"{self.job.kind}:{self.job.sync}"


class Timer:
    """Asks for jobs by their schedules. `scheduler`: one of APScheduler's; its own thread by default."""

    def __init__(
        self,
        ask: Callable[[Job], None],
        now: Callable[[], datetime],
        scheduler: Any = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._now = now
        self._steady = steady
        self._offset = self._clock_offset()
        self._scheduler = scheduler or _own_thread()
        self._entries: dict[str, Entry] = {}

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def set(self, entries: Mapping[str, Entry]) -> None:
        """These are the schedules now; one that did not change keeps its pace."""
        for id in self._entries.keys() - entries.keys():
            self._scheduler.remove_job(id)
        for id, entry in entries.items():
            before = self._entries.get(id)
            if before is not None and before.schedule == entry.schedule:
                continue
            grace = grace_of(entry.schedule)
            self._scheduler.add_job(
                self._ask,
                trigger_of(entry.schedule),
                args=[entry.job],
                id=id,
                replace_existing=True,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None if grace is None else int(grace.total_seconds()),
                next_run_time=first_at(entry.schedule, entry.last, self._now(), entry.cut_off),
            )
        self._entries = dict(entries)

    def look(self) -> None:
        """APScheduler waits for times of the clock. After that was set back they are told anew: else nothing
        would run until it has caught up."""
        before, self._offset = self._offset, self._clock_offset()
        back = before - self._offset
        if back < BACK:
            return
        log().warning("the clock was set back; runs keep their pace", seconds=round(back))
        now = self._now()
        for job in self._scheduler.get_jobs():
            said = self._entries[job.id].schedule
            sharp = said is not None and said.cron is not None
            at = first_at(said, now, now) if sharp else job.next_run_time - timedelta(seconds=back)
            self._scheduler.modify_job(job.id, next_run_time=at)

    def _clock_offset(self) -> float:
        return self._now().timestamp() - self._steady()

    def next(self) -> dict[str, datetime]:
        """When each comes next, by id."""
        return {
            job.id: job.next_run_time.astimezone(UTC)
            for job in self._scheduler.get_jobs()
            if job.next_run_time is not None
        }


def _own_thread() -> Any:
    from apscheduler.executors.debug import DebugExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    executors = {"default": DebugExecutor()}  # asking takes no time: the scheduler's own thread does it
    return BackgroundScheduler(timezone=UTC, daemon=True, executors=executors)
