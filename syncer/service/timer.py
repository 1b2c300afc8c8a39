"""The clockwork: APScheduler asks for jobs at their times. It does none itself, so it is never late by them.

What is set on purpose: a run that was missed several times runs once (`coalesce`); one that comes late runs
all the same, or within the grace of its schedule (APScheduler's own default, one second, leaves runs out on a
busy machine without a word); one job asks for a thing once at a time (`max_instances`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from syncer.config.service import ScheduleModel
from syncer.service.timing import first_at, grace_of, trigger_of
from syncer.service.waiting import Job


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that is done again and again. `last`: when it last began."""

    job: Job
    schedule: ScheduleModel | None
    last: datetime | None = None

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
    ) -> None:
        self._ask = ask
        self._now = now
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
                next_run_time=first_at(entry.schedule, entry.last, self._now()),
            )
        self._entries = dict(entries)

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
