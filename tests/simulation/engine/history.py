"""One history: people at work in several apps, runs with everything that can go wrong, then peace."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncer.report import Report
from tests.simulation.engine.final import AtRest
from tests.simulation.engine.order import differences
from tests.simulation.engine.settings import ANYTHING, Wish
from tests.simulation.engine.store import logged, read_all_anew
from tests.simulation.engine.world import World

MOST_RUNS = 14
CROWD = 5


@dataclass(frozen=True, slots=True)
class Played:
    """`violations`: lines ``kind: what``; `trace`: a hash of everything that happened; `events`: the last."""

    seed: int
    violations: tuple[str, ...]
    trace: str
    events: tuple[str, ...]
    runs: int
    steps: int


class History:
    """Plays one world to its end."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.rng = world.rng
        self.waiting = ""

    def play(self, turned: bool = False) -> None:
        """`turned`: once people stop, everything is listed in the other order."""
        self.work()
        if turned:
            self.w.turn()
        self.peace()

    def meet(self, turned: bool) -> None:
        """Many people, whom nobody has synced before; then peace."""
        self.w.people.begin(CROWD)
        self._work(0.8)
        self.widen()
        if turned:
            self.w.turn()
        self.peace()

    def work(self) -> None:
        """All that comes before peace."""
        w, rng = self.w, self.rng
        w.people.begin(w.wish.people or rng.choice((1, 1, 2, 3)))
        length = rng.randint(2, 5)
        widened = rng.randrange(length)
        for n in range(length):
            self._work(0.6)
            w.faults.on = True
            if w.faults.strikes("restore"):
                w.restore()
            if rng.random() < 0.3:
                w.back_up()
            self.run()
            w.faults.on = False
            if n == widened:
                self.widen()
        self.widen()
        self._work(0.7)

    def _work(self, chance: float) -> None:
        """People at work between runs."""
        while self.rng.random() < chance:
            self.w.clock.sleep(self.rng.choice((1, 1, 5, 40)))
            self.w.people.act()

    def run(self, settle: bool = False) -> Report | None:
        """One run; what the last one asked is answered, perhaps."""
        approve = reject = None
        if self.waiting and (settle or self.rng.random() < 0.5):
            if settle or self.rng.random() < 0.7:
                approve = self.waiting
            else:
                reject = self.waiting
        self.w.clock.sleep(400 if settle else self.rng.choice((5, 61, 70, 150, 400)))
        report = self.w.run(approve, reject)
        self.waiting = report.held_run if report is not None and report.status == "held" else ""
        return report

    def widen(self) -> None:
        """The mapping gains what it lacks."""
        if self.w.mapping is not self.w.setting.later:
            self.w.mapping = self.w.setting.later
            self.w.watch.mapping_changed()
            self.w.memory.note("the mapping is another one")

    def peace(self) -> None:
        """Nobody edits and nothing fails: runs until nothing is written or logged, in some histories with a
        full comparison at the end."""
        w = self.w
        w.faults.on = False
        w.skew *= 0
        if w.watch.restored_at >= 0 or self.rng.random() < 0.5:
            self._settle()
            w.memory.note("everything is read again from the start")
            read_all_anew(w.store)
        self._settle()
        if not w.memory.violations:
            AtRest(w).check()

    def _settle(self) -> None:
        quiet = 0
        for _ in range(MOST_RUNS):
            before = logged(self.w.store)
            report = self.run(settle=True)
            idle = report is not None and not report.written and logged(self.w.store) == before
            quiet = quiet + 1 if idle and not self.waiting else 0
            if quiet == 2:
                return
        self.w.memory.report("unquiet", f"still writing or logging after {MOST_RUNS} runs")


def play(seed: int, wish: Wish = ANYTHING, place: str | None = None, rng: Any = None) -> Played:
    """Play the history with this seed."""
    world = World(seed, wish, place, rng)

    def whole() -> None:
        History(world).play()
        if world.kinds.twice and place is None:
            _play_in_both_orders(world)

    return played_to_its_end(world, whole, raises=rng is not None)


def played_to_its_end(world: World, play: Callable[[], None], raises: bool = False) -> Played:
    """Play a world, and close it. What goes wrong in it is a violation; `raises`: and is raised again, unless
    it is an assertion."""
    try:
        try:
            play()
        except Exception as error:
            world.memory.report("error", f"{type(error).__name__}: {error}")
            if raises and not isinstance(error, AssertionError):
                raise
        return played(world.seed, world)
    finally:
        world.close()


def _play_in_both_orders(world: World) -> None:
    """A part of the same history once more, or of one that begins alike, in both orders: the ends are one."""
    worlds = [World(world.seed, world.wish), World(world.seed, world.wish)]
    try:
        for other, turned in zip(worlds, (False, True), strict=True):
            if world.kinds.twice == "start":
                History(other).meet(turned)
            elif turned:
                History(other).play(turned)
        one = worlds[0] if world.kinds.twice == "start" else world
        world.memory.violations += [v for w in worlds for v in w.memory.violations]
        for difference in differences(one, worlds[1]):
            world.memory.report("order", difference)
    finally:
        for other in worlds:
            other.close()


def played(seed: int, world: World) -> Played:
    memory = world.memory
    trace = hashlib.blake2b(digest_size=12)
    for x in memory.log:
        trace.update(repr(tuple(x)).encode())
    for key, shows in memory.shows.items():
        trace.update(repr((key, [(s.seq, s.call) for s in shows])).encode())
    trace.update(repr((memory.notes, world.steps)).encode())
    events = tuple(memory.last()) if memory.violations else ()
    return Played(seed, tuple(memory.violations), trace.hexdigest(), events, world.runs, world.steps)
