"""A schedule that is moved at random, so that not everything starts at full hours."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.triggers.base import BaseTrigger


class Spread(BaseTrigger):  # type: ignore[misc]
    """The times of a trigger, each by up to `jitter` later. Added in UTC: in the hour that comes twice when
    clocks are set back, a time of the zone plus seconds would be one of the first of the two, and come again
    for ever."""

    def __init__(self, sharp: Any, jitter: timedelta) -> None:
        self._sharp = sharp
        self._jitter = jitter.total_seconds()

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:
        at: datetime | None = self._sharp.get_next_fire_time(previous_fire_time, now)
        later = timedelta(seconds=random.uniform(0, self._jitter))
        return None if at is None else at.astimezone(UTC) + later
