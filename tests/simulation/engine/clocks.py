"""Clocks: true time, which passes when told, and those of the apps, by which they stamp their records."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
OFFSETS = (-600.0, -120.0, -5.0, 0.0, 0.0, 5.0, 120.0, 600.0)
DRIFTS = (0.0, 0.0, -0.01, 0.01)
STEPS_BACK = (0.0, 2.0, 30.0)
FURTHEST_APART = timedelta(minutes=22)  # two of them, in the first hours


class Clock:
    """True time: it passes when told, and a millisecond a look."""

    def __init__(self) -> None:
        self.at = START
        self.stopped = False

    def __call__(self) -> datetime:
        if not self.stopped:
            self.at += timedelta(milliseconds=1)
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class AppClock:
    """What the clock of an app says at a true time.

    offset  how far it is ahead at the start; drift: seconds that it gains in one
    back    how far it is set back, once, at `when`
    """

    offset: timedelta = timedelta()
    drift: float = 0.0
    back: timedelta = timedelta()
    when: datetime = START

    def __call__(self, at: datetime) -> datetime:
        if self is TRUE:
            return at
        ahead = self.offset + (at - START) * self.drift
        return at + ahead - (self.back if at >= self.when else timedelta())


TRUE = AppClock()


def drawn(rng: random.Random) -> AppClock:
    """A clock that is wrong, and that is set back somewhere in the first hour."""
    return AppClock(
        timedelta(seconds=rng.choice(OFFSETS)),
        rng.choice(DRIFTS),
        timedelta(seconds=rng.choice(STEPS_BACK)),
        START + timedelta(seconds=rng.uniform(0, 3600)),
    )
