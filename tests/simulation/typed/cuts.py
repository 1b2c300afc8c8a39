"""The process dies at any call to an app or transaction, in a third of the histories: what was not committed
is lost, and a call on its way may have had its effect or not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.engine.crash import Crash
from tests.simulation.engine.store import PlainStore

if TYPE_CHECKING:
    from tests.simulation.typed.world import World

SHARE = 0.35
RATES = (0.0, 0.02, 0.1)


class Cuts:
    """Lets the runs of one world die. `on`: whether they may just now."""

    def __init__(self, world: World) -> None:
        self.w, self.rate, self.running = world, 0.0, False
        self.on = random.Random(f"cuts {world.seed}").random() < SHARE
        if self.on:
            for app in world.all_apps():
                app.before_call = app.after_call = self._step
            self._watch()

    def begin(self) -> None:
        self.rate = self.w.rng.choice(RATES) if self.on else 0.0

    def end(self) -> None:
        self.rate = 0.0

    def _watch(self) -> None:
        self.w.store = PlainStore(self.w.raw)
        self.w.store.gate = self._step

    def _step(self, what: str) -> None:
        if self.running and self.rate and self.w.rng.random() < self.rate:
            raise Crash(what)

    @contextmanager
    def survived(self) -> Iterator[None]:
        """A run; the next process opens the state anew."""
        self.running = True
        try:
            yield
        except Crash as crash:
            self.w.note(f"the process dies at {crash}")
            self._watch()
        finally:
            self.running = False
