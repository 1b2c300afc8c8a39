"""What only a share of the histories have, drawn from a stream of its own: where none of it is on, a history
is what it would be without this module."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.simulation.engine.clocks import AppClock, drawn
from tests.simulation.engine.faults import MORE, swarm

SHARE = 0.3
TWICE = 0.02  # each costs a second history


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is unusual in one history.

    faults     those of `MORE` that are on, with their rates
    clocks     the apps whose clocks are wrong
    backwards  apps are read in the other order, and list each page from the end, as the state does each
               answer that has no order
    twice      which part is played in the other order too: what follows when people stop (``end``), or the
               first contact of many people (``start``). No clock is wrong there, ours neither: where one
               is, an edit is dated by when it was read, and the order decides
    """

    faults: Mapping[str, float] = field(default_factory=dict)
    clocks: Mapping[str, AppClock] = field(default_factory=dict)
    backwards: bool = False
    twice: Literal["", "start", "end"] = ""


def kinds(seed: int, apps: Iterable[str]) -> Kinds:
    """What is unusual in the history with this seed."""
    rng = random.Random(f"kinds {seed}")
    faults = swarm(rng, MORE) if rng.random() < SHARE else {}
    wrong = rng.random() < SHARE
    clocks = {app: drawn(rng) for app in apps if wrong and rng.random() < 0.6}
    backwards, point = rng.random() < SHARE, rng.random()
    if point < 2 * TWICE:
        return Kinds(faults, {}, backwards, "start" if point < TWICE else "end")
    return Kinds(faults, clocks, backwards)
