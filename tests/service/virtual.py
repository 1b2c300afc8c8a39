"""The real clockwork, inbox and worker on a clock that only moves when told, in a world where things fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random
from typing import Any
from unittest.mock import patch

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler

from connectors.contract import Unavailable
from syncer.config.service import ScheduleModel
from syncer.service.inbox import Inbox
from syncer.service.timer import Entry, Timer
from syncer.service.waiting import Job
from syncer.service.worker import Done, Worker
from syncer.store.database import StateError
from syncer.store.lease import Busy

START = datetime(2030, 1, 1, tzinfo=UTC)
EVERY = {"companies": 600, "contacts": 60}  # seconds
TICK = 1.0


@dataclass
class Clock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return (self.at - START).total_seconds()

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Stepped(BaseScheduler):
    """APScheduler without a thread: it looks for what is due when it is told to."""

    def start(self, paused: bool = False) -> None:
        super().start(paused)

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)

    def wakeup(self) -> None:
        pass

    def look(self) -> None:
        self._process_jobs()


@contextmanager
def virtual(clock: Clock) -> Iterator[None]:
    """APScheduler reads this clock."""

    class Virtual(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.at.astimezone(tz)

    with (
        patch("apscheduler.schedulers.base.datetime", Virtual),
        patch("apscheduler.executors.base.datetime", Virtual),
    ):
        yield


@dataclass
class World:
    """Stands for desk and runner: a run takes its time, and may fail in every way. `began`: (sync, when,
    until) of each run."""

    clock: Clock
    random: Random
    began: list[tuple[str, float, float]] = field(default_factory=list)
    running: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    last: dict[str, datetime] = field(default_factory=dict)

    @property
    def runner(self) -> World:
        return self

    def paused(self, name: str) -> bool:
        return False

    def resting(self, name: str) -> frozenset[str]:
        return frozenset()

    def close(self) -> None:
        self.outcomes["reopened"] += 1

    def run(self, name: str, options: Any) -> None:
        chance = self.random.random()
        if chance < 0.05:
            self.outcomes["busy"] += 1
            raise Busy(name, "host:1:a:b", "2030-01-01T00:00:00")
        assert not self.running, f"{name} while {self.running} runs"
        self.running, began = name, self.clock.seconds()
        self.last[name] = self.clock.at
        self.clock.move(self.random.choice((0.1, 0.5, 2.0, 20.0, 150.0)))
        self.began.append((name, began, self.clock.seconds()))
        self.running = ""
        if chance < 0.10:
            self.outcomes["app away"] += 1
            raise Unavailable("the app is away")
        if chance < 0.13:
            self.outcomes["disk full"] += 1
            raise StateError("the disk is full")
        if chance < 0.15:
            self.outcomes["mistake"] += 1
            raise ZeroDivisionError
        self.outcomes["done"] += 1


@dataclass
class Expected:
    """What one schedule should ask for, by simple arithmetic: once at each look that finds a time gone by."""

    every: int
    due: float
    asked: int = 0

    def look(self, now: float) -> None:
        if self.due <= now:
            self.asked += 1
            self.due += self.every * (int((now - self.due) // self.every) + 1)


class Machine:
    """A process of the service: gone at a crash, made anew at a start."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asks: Counter[str] = Counter()
        self.coalesced: Counter[str] = Counter()  # asked for while the same waited already
        self.done: Counter[str] = Counter()
        self.inbox = Inbox(world.clock.seconds)
        self.inbox.keep_only(tuple(EVERY))
        self.worker = Worker(world, self.inbox, self._told)  # type: ignore[arg-type]
        executors = {"default": DebugExecutor()}
        self.scheduler = Stepped(timezone=UTC, executors=executors)
        self.timer = Timer(self._ask, world.clock.now, self.scheduler)
        self.timer.set(entries(world))
        self.timer.start()
        now = world.clock.seconds()
        self.expected = {
            name: Expected(every, max(now, self._last(name) + every) if name in world.last else now)
            for name, every in EVERY.items()
        }

    def waits(self, job: Job) -> bool:
        return job in self.inbox._waiting._asked

    def _last(self, name: str) -> float:
        return (self.world.last[name] - START).total_seconds()

    def _ask(self, job: Job) -> None:
        self.asks[job.sync] += 1
        self.coalesced[job.sync] += self.waits(job)
        self.inbox.ask(job)

    def _told(self, done: Done) -> None:
        self.done[done.job.sync] += 1

    def step(self) -> bool:
        """Look at the clock, then do one job. False where there was none."""
        self.scheduler.look()
        for one in self.expected.values():
            one.look(self.world.clock.seconds())
        job = self.inbox.take(0.0)
        if job is not None:
            self.worker.do(job)
        return job is not None


def entries(world: World) -> dict[str, Entry]:
    made = [
        Entry(Job("sync", name), ScheduleModel(every=timedelta(seconds=every)), world.last.get(name))
        for name, every in EVERY.items()
    ]
    return {entry.id: entry for entry in made}
