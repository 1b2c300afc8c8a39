"""What can go wrong with a memory app: drawn from a seeded generator, so that a seed is a history.

normalising(traits, phone=("digits",))   the app re-formats what it is given and does not say so
stale(traits, 30)                        lists and searches show what was, 30 seconds ago
app.faults = Flaky(rng, {"timeout_after": 0.1}, slow=2.0)
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from connectors.memory.traits import Traits

Fault = Literal["down", "timeout_before", "timeout_after", "retry", "partial", "ignored"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(slots=True)
class Flaky:
    """Draws at most one fault for each call. Reads know ``down`` only: to them a time-out is the same.

    down            the app is not there: `Unavailable`, without effect
    timeout_before  no answer, no effect: each write is ``unknown``
    timeout_after   no answer, but the effect is there: each write is ``unknown``
    retry           the app is too busy: each write is ``retry``, without effect
    partial         some writes, at random, are left without an answer (``unknown``), with or without effect
    ignored         the app says "done" and has done nothing

    `rates` maps faults to probabilities (their sum at most 1); `slow` is the seconds that each call takes.
    """

    rng: random.Random
    rates: Mapping[Fault, float] = field(default_factory=dict)
    slow: float = 0.0

    def draw(self, call: str) -> Fault | None:
        point = self.rng.random()
        for fault in FAULTS:
            point -= self.rates.get(fault, 0.0)
            if point < 0:
                return fault if call == "write" or fault == "down" else None
        return None

    def part(self) -> Fault | None:
        """What becomes of one write of a batch that is answered in part."""
        return self.rng.choice((None, None, "timeout_before", "timeout_after"))


def normalising(traits: Traits, **quirks: tuple[str, ...]) -> Traits:
    """The same app, which coerces values without declaring it: field -> steps of `FieldSpec.coerce`."""
    return replace(traits, quirks={**traits.quirks, **quirks})


def stale(traits: Traits, seconds: float) -> Traits:
    """The same app, whose lists and searches are behind its records, each change by its own delay."""
    return replace(traits, lag=seconds, jitter=True, lists_lag=True, find_lags=True)
