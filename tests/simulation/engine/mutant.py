"""A deliberate error in the engine, with a world made for it, in which the histories must find it: an oracle
that finds nothing proves nothing. A `Wish` narrows the world to where the error can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

from tests.simulation.engine.errors import Patches
from tests.simulation.engine.history import Played
from tests.simulation.engine.settings import Wish

EDITS = {"edit": 50.0, "retype": 10.0, "clear": 5.0, "create": 10.0}
COMERS = {"newcomer": 40.0, "edit": 10.0, "create": 10.0}
LEAVING = {"edit": 30.0, "scope": 30.0, "create": 10.0}
LOST = {"timeout_after": 0.2, "raised": 0.1, "partial": 0.1}
KEYLESS = {"unique": (), "external_id": None, "needs": (), "lag": 0.0, "find_lags": False, "lists_lag": False}
TEXT = ("note",)

calm = partial(Wish, limits=False, calm=True)  # no brakes; the mapping and the apps stay as they are
# Creates without an answer, which no list shows yet and no key finds.
UNSEEN = calm(2, 1, TEXT, KEYLESS | {"lag": 300.0}, acts=COMERS, faults=LOST)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One error: what it is, how it is planted, and where it is looked for."""

    name: str
    what: str
    plant: Patches
    wish: Wish = field(default_factory=Wish)


@contextmanager
def planted(mutant: Mutant) -> Iterator[None]:
    """While it lasts, the engine has this error."""
    with ExitStack() as stack:
        for each in mutant.plant():
            stack.enter_context(each)
        yield


def first_shown(mutant: Mutant, play: Callable[[int], Played], most: int) -> tuple[int, str] | None:
    """The first seed whose history notices this error, and nothing without it; and what it broke."""
    for seed in range(most):
        with planted(mutant):
            broken = play(seed).violations
        violations = [v for v in broken if not v.startswith("error")]  # that it cannot run shows nothing
        if violations and not play(seed).violations:
            return seed, violations[0]
    return None
