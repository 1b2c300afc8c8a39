"""Crashes for the whole engine: the world stops at a numbered step, and nothing more reaches the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mappings.model import ObjectMapping
from syncer.store.database import Database
from tests.engine.world import World
from tests.simulation.engine.store import PlainStore, blank


class Crash(BaseException):
    """The process is gone: no handler of the engine may see this as an error of an app."""


class Crasher:
    """Numbers every call to an app (before and after its effect) and every commit (before and after), and
    crashes at step `at`; 0 only counts."""

    def __init__(self, world: World, at: int = 0) -> None:
        self.steps = 0
        self.at = at
        self.dead = False
        for app in world.apps.values():
            app.before_call = self.step
            app.after_call = self.step
        self._patch(world.db)

    def step(self, call: str = "") -> None:
        self.steps += 1
        if self.steps == self.at:
            self.dead = True
        if self.dead:
            raise Crash(call)

    def _patch(self, db: Database) -> None:
        original: Callable[[], Any] = db.transaction

        @contextmanager
        def transaction() -> Iterator[None]:
            if self.dead:
                raise Crash("state")
            with original():
                yield
                self.step("commit")
            self.step("committed")

        db.transaction = transaction  # type: ignore[method-assign]


def disarm(world: World) -> None:
    """The world after the crash: apps as they are, the state opened anew."""
    for app in world.apps.values():
        app.before_call = app.after_call = None
    world.db.close()
    world.reopen()


class PlainWorld(World):
    """A world whose state is the plain store of the simulation, with a mapping that is read once: a run costs
    a tenth. `read` is shared by worlds that are alike."""

    read: ObjectMapping | None = None

    def __post_init__(self) -> None:
        self.raw = blank()
        super().__post_init__()

    def reopen(self) -> None:
        self.db = PlainStore(self.raw)

    def mapping(self) -> ObjectMapping:
        if self.read is None:
            type(self).read = super().mapping()
        assert self.read is not None
        return self.read
