"""One random history: people at work in several apps, runs in between, and peace in the end."""

from __future__ import annotations

from typing import Any

from syncer.core.lens import Lens, NoRefs
from tests.simulation.pure.driver import Driver
from tests.simulation.pure.world import Switches

MOST_RUNS = 14


class History(Driver):
    """A whole history."""

    def play(self) -> list[str]:
        """Runs and edits in turn, then peace until nothing is written any more; what the oracles say."""
        self.begin()
        length = self.rng.randint(2, 5)
        widened = self.rng.randrange(length)
        for n in range(length):
            self.meddle(0.6)
            self.run()
            if n == widened:
                self._widen()
        self._widen()
        self.meddle(0.7)
        self.faults = False
        quiet = 0
        for _ in range(MOST_RUNS):
            quiet = 0 if self.run() else quiet + 1
            if quiet == 2:
                break
        else:
            self.oracle.report("unquiet", "still writing or logging when nobody edits")
        self.oracle.settled()
        return self.oracle.violations

    def _widen(self) -> None:
        """The mapping gains what it lacks."""
        self.mapping = self.setting.later
        self.lens = Lens(self.mapping, NoRefs())


def run_history(seed: int, **switches: Any) -> list[str]:
    """Play the history with this seed. Each violation is a line, ``kind: what``."""
    return History(seed, Switches(**switches)).play()
