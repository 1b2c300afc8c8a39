"""What goes wrong, drawn for each history: every kind is on in half of them, at a rate of its own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.contract import AuthRefused, Page, Result, Unavailable, Write
from connectors.memory import FAULTS, Flaky

# kind -> the rates that it may have, for each time that it can happen
RATES: Mapping[str, Sequence[float]] = {
    "down": (0.02, 0.08),  # the app does not answer
    "timeout_before": (0.05, 0.2),  # a write has no answer and no effect
    "timeout_after": (0.05, 0.2),  # a write has no answer, and its effect is there
    "retry": (0.05, 0.2),  # the app is too busy to write
    "partial": (0.05, 0.2),  # some writes of a batch have no answer
    "ignored": (0.03, 0.1),  # the app says "done" and has done nothing
    "busy": (0.02, 0.05),  # 429 after all retries, with a time to wait
    "expired": (0.01, 0.03),  # the token is refused
    "raised": (0.05, 0.15),  # the connection breaks after the effect of a whole batch
    "odd_answer": (0.05, 0.2),  # items of an answer are missing, doubled or in another order
    "empty": (0.05, 0.2),  # a full listing comes back empty
    "repeat": (0.05, 0.2),  # a page comes twice
    "meddle": (0.02, 0.05, 0.1),  # people go on working while the engine runs
    "crash": (0.003, 0.01, 0.03),  # the process is gone
    "locked": (0.002, 0.01),  # the state cannot be opened for writing
    "full": (0.002, 0.01),  # the state cannot be written
    "second": (0.01, 0.05),  # another engine is started
    "frozen": (0.002, 0.01),  # the machine sleeps beyond the lease, and another engine is started
    "clock": (0.005, 0.02),  # the clock of the engine's machine is set, forward or back
    "slow": (0.05, 0.2),  # a page takes more than a minute
    "restore": (0.05, 0.15),  # an older backup of the state is put back (between runs)
}

# The same, drawn from a stream of their own for some histories: the others are what they were without them.
MORE: Mapping[str, Sequence[float]] = {
    "some_busy": (0.05, 0.2),  # some writes of a batch, or the one that is sent alone, are put off (429, 503)
    "some_refused": (0.02, 0.05),  # the same, turned down for a reason that does not last
    "broken": (0.05, 0.15),  # 5xx: the connection breaks in the middle of a batch, or before its first write
    "lapsed": (0.01, 0.03),  # the token expires: all further calls of the app in this run are refused
}


def swarm(rng: random.Random, kinds: Mapping[str, Sequence[float]] = RATES) -> dict[str, float]:
    """The faults of one history."""
    return {kind: rng.choice(rates) for kind, rates in kinds.items() if rng.random() < 0.5}


class Faults:
    """Draws what goes wrong. Off, nothing does."""

    def __init__(self, rng: random.Random, rates: Mapping[str, float]) -> None:
        self.rng = rng
        self.rates = rates
        self.on = False
        self.lapsed: set[str] = set()

    def strikes(self, kind: str) -> bool:
        rate = self.rates.get(kind, 0.0)
        return self.on and rate > 0 and self.rng.random() < rate

    def flaky(self) -> Flaky | None:
        """The faults that the memory apps have themselves."""
        rates = {fault: self.rates[fault] for fault in FAULTS if fault in self.rates}
        return Flaky(self.rng, rates) if rates and self.on else None

    def before(self, app: str) -> None:
        """A call that does not reach the app."""
        if self.strikes("busy"):
            raise Unavailable(f"{app}: too many requests", self.rng.choice((None, 30.0)))
        if self.strikes("lapsed"):
            self.lapsed.add(app)
        if app in self.lapsed or self.strikes("expired"):
            raise AuthRefused(f"{app}: the token was refused")

    def after(self, app: str) -> None:
        """A call that reached the app, and whose answer is lost."""
        if self.strikes("raised"):
            raise Unavailable(f"{app}: the connection broke")

    def single(self, write: Write) -> Result | None:
        """What becomes of one write that the app does not take; None where it takes it."""
        if self.strikes("some_busy"):
            return Result(write.ref, "retry", write.id, reason="the app is busy")
        if self.strikes("some_refused"):
            fields = dict.fromkeys(write.values, "not just now")
            return Result(write.ref, "rejected", write.id, reason="not just now", fields=fields)
        return None

    def part(self, writes: int) -> int | None:
        """How many writes of a batch have their effect before the connection breaks; None where it holds."""
        return self.rng.randrange(writes) if writes and self.strikes("broken") else None

    def pages(self, pages: Iterable[Page], scan: bool) -> Iterator[Page]:
        if scan and self.strikes("empty"):
            yield Page([], None, last=True)
            return
        for page in pages:
            yield page
            if not page.last and self.strikes("repeat"):
                yield page

    def answers(self, results: list[Result]) -> list[Result]:
        if results and self.strikes("odd_answer"):
            odd = self.rng.choice(results)
            match self.rng.randrange(3):
                case 0:
                    results.remove(odd)
                case 1:
                    results.append(odd)
            self.rng.shuffle(results)
        return results
