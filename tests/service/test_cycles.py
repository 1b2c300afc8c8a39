"""Thousands of scheduled cycles on a virtual clock, with runs that fail or take long, crashes, a machine that
sleeps, and a config that is loaded again: no run is missed, doubled or overlapped, and memory stays flat."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from datetime import UTC
from random import Random

import pytest
from apscheduler.executors.debug import DebugExecutor

from syncer.config.service import ScheduleModel
from syncer.service.timer import Entry, Timer
from syncer.service.waiting import Job
from tests.service.virtual import EVERY, TICK, Clock, Machine, Stepped, World, entries, virtual

SETTLED = 500  # cycles until everything has been made that is made once


def play(cycles: int, seed: int) -> World:
    clock, random = Clock(), Random(seed)
    world = World(clock, random)
    blocks = 0
    with virtual(clock):
        machine = Machine(world)
        while len(world.began) < cycles:
            if machine.step():
                continue
            check(machine)
            chance = random.random()
            if chance < 0.002:
                world.outcomes["slept"] += 1
                clock.move(random.randrange(20_000))
            elif chance < 0.004:
                world.outcomes["crashed"] += 1
                machine.timer.stop()
                clock.move(random.randrange(900))
                machine = Machine(world)
            elif chance < 0.008:
                world.outcomes["reloaded"] += 1
                machine.timer.set(entries(world))
            clock.move(TICK)
            if len(world.began) > SETTLED and not blocks:
                blocks = allocated(world)
        grown = allocated(world) - blocks
        machine.timer.stop()
    assert grown < 2000, f"{grown} blocks more than after {SETTLED} cycles"
    return world


def allocated(world: World) -> int:
    """Blocks in use beside the test's own list of runs (two numbers and a tuple each)."""
    gc.collect()
    return sys.getallocatedblocks() - 3 * len(world.began)


def check(machine: Machine) -> None:
    """Where nothing waits to be done: what was due was asked for once, and what was asked for was done. What
    met somebody else at work is tried again soon."""
    assert machine.asks == {name: e.asked for name, e in machine.expected.items() if e.asked}
    now = machine.world.clock.seconds()
    for name, expected in machine.expected.items():
        assert expected.due > now, (name, expected.due, now)
    for name in EVERY:
        waits = machine.waits(Job("sync", name))
        done = machine.done[name] + machine.coalesced[name] + waits
        assert done == machine.asks[name], f"{name}: asked for {machine.asks[name]} times, done {done} times"


def test_a_few_hundred_cycles() -> None:
    no_overlap(play(700, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_ten_thousand_cycles(seed: int) -> None:
    world = play(10_000, seed)
    no_overlap(world)
    assert min(world.outcomes.values()) > 10
    assert set(world.outcomes) >= {
        "busy",
        "app away",
        "disk full",
        "mistake",
        "done",
        "crashed",
        "slept",
        "reloaded",
    }


def no_overlap(world: World) -> None:
    for (_, _, until), (_, began, _) in zip(world.began, world.began[1:], strict=False):
        assert began >= until


def test_after_the_clock_is_set_back_runs_keep_their_pace() -> None:
    clock, steady, asked = Clock(), Clock(), list[Job]()
    every = {"every": "15m"}, {"cron": "30 * * * *"}
    jobs = {
        f"sync:{n}": Entry(Job("sync", str(n)), ScheduleModel.model_validate(e)) for n, e in enumerate(every)
    }
    with virtual(clock):
        scheduler = Stepped(timezone=UTC, executors={"default": DebugExecutor()})
        timer = Timer(asked.append, clock.now, scheduler, steady.seconds)
        timer.set(jobs)
        timer.start()

        def hours(number: int) -> Counter[str]:
            asked.clear()
            for _ in range(number * 60):
                timer.look()
                scheduler.look()
                clock.move(60)
                steady.move(60)
            return Counter(job.sync for job in asked)

        assert hours(2) == {"0": 8, "1": 2}
        clock.move(-6 * 3600)
        assert hours(2) == {"0": 8, "1": 2}
        timer.stop()
