"""When things are due. Pure: the time is an argument; APScheduler's triggers only compute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from syncer.config.crontab import by_names
from syncer.config.service import ScheduleModel

EVERY: Final = timedelta(minutes=15)  # where the config says nothing
SCANS: Final = 3  # an app without a change feed is left alone for so many times its scan's length


def trigger_of(said: ScheduleModel | None) -> Any:
    """APScheduler's trigger for a schedule."""
    from apscheduler.triggers.cron import CronTrigger
    from apscheduler.triggers.interval import IntervalTrigger

    from syncer.service.spread import Spread

    if said is not None and said.cron is not None:
        sharp = CronTrigger.from_crontab(by_names(said.cron), ZoneInfo(said.timezone))
    else:
        every = (said.every if said else None) or EVERY
        sharp = IntervalTrigger(seconds=int(every.total_seconds()), timezone=UTC)
    return Spread(sharp, said.jitter) if said is not None and said.jitter else sharp


def grace_of(said: ScheduleModel | None) -> timedelta | None:
    """How late a run may begin before it is left out; None: better late than never. What was missed several
    times runs once in any case."""
    return said.grace if said is not None and said.cron is not None else None


def first_at(
    said: ScheduleModel | None, last: datetime | None, now: datetime, cut_off: bool = False
) -> datetime | None:
    """When to begin after a start at `now`, where the last run that came to its end began at `last`: at once
    if one was missed since, or was `cut_off`, and it is not too late."""
    if said is None or said.cron is None:
        every = (said.every if said else None) or EVERY
        return now if last is None or cut_off or last > now else max(now, last + every)
    trigger = trigger_of(said)
    since = now - said.grace if last is None else max(last + timedelta(seconds=1), now - said.grace)
    missed = trigger.get_next_fire_time(None, since) if last is not None or cut_off else None
    if missed is not None and missed <= now:
        return now
    following: datetime | None = trigger.get_next_fire_time(None, now)
    return following


def due_after(said: ScheduleModel | None, success: datetime | None, since: datetime) -> datetime | None:
    """When a run was due after the last one that succeeded began, at the latest; where none ever did, the
    first after a start at `since`. None where the schedule never comes."""
    jitter = (said.jitter if said else None) or timedelta(0)
    if said is None or said.cron is None:
        return since if success is None else success + ((said.every if said else None) or EVERY) + jitter
    sharp = trigger_of(said.model_copy(update={"jitter": None}))
    begun = since if success is None else success + timedelta(seconds=1)
    due: datetime | None = sharp.get_next_fire_time(None, begun)
    return due.astimezone(UTC) + jitter if due is not None else None


def resting(scans: Mapping[str, tuple[datetime, timedelta] | None], now: datetime) -> frozenset[str]:
    """The apps, of those that can only be listed whole, that were listed too lately to be listed again.
    `scans`: when the last listing began, and how long it took."""
    return frozenset(
        app for app, scan in scans.items() if scan is not None and scan[0] <= now < scan[0] + SCANS * scan[1]
    )
