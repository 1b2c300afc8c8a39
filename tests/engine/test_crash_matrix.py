"""The crash matrix: fixed scenarios, stopped at every numbered step (a call before and after its effect, a
commit before and after it), and scenarios stopped once more in the
recovery. Each time the apps must end as
if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.crash import Crash, Crasher, PlainWorld, disarm
from tests.engine.world import CRM, DESK, MAIL, World

PARTS = 4

Story = Callable[[World], None]


def first_sync(world: World) -> None:
    """Two people who exist in several apps, and one who opted out."""
    crm, mail, desk = world.apps["crm"], world.apps["mail"], world.apps["desk"]
    crm.user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CTO"})
    desk.user_create({"email": "mara@x.test", "name": "Mara Lind", "phone": "+6281234567890"})
    mail.user_create({"email": "sara@x.test", "first": "Sara", "last": "Karimi", "status": "out"})


def edits(world: World) -> None:
    """In step; then a conflict, a clearing, an opt-out and somebody new."""
    first_sync(world)
    world.settle()
    crm, mail, desk = world.apps["crm"], world.apps["mail"], world.apps["desk"]
    (crm_id,) = [i for i, v in crm.records.items() if v["email"] == "mara@x.test"]
    (desk_id,) = [i for i, v in desk.records.items() if v["email"] == "mara@x.test"]
    crm.user_edit(crm_id, {"title": "CEO", "phone": None})
    desk.user_edit(desk_id, {"title": "Boss", "consent": "unsubscribed"})
    mail.user_create({"email": "budi@x.test", "first": "Budi", "last": "Santoso", "status": "active"})


STORIES: dict[str, Story] = {"first sync": first_sync, "edits": edits}


class Matrix:
    """One story in one kind of apps, told again and again in folders of its own."""

    def __init__(self, folder: Path, story: Story, keyless: bool, kind: type[World] = World) -> None:
        self.folder = folder
        self.kind = kind
        self.story = story
        crm = replace(CRM, unique=()) if keyless else CRM
        self.traits = {"crm": crm, "mail": MAIL, "desk": DESK}
        self.told = 0
        self.expected = self._ending()

    def world(self) -> World:
        self.told += 1
        folder = self.folder / str(self.told)
        folder.mkdir()
        world = self.kind(folder, self.traits)
        self.story(world)
        return world

    def _ending(self) -> dict[str, list[str]]:
        world = self.world()
        world.settle()
        world.db.close()
        return world.contents()

    def steps(self) -> int:
        """Steps of a run in which nothing happens."""
        world = self.world()
        crasher = Crasher(world)
        world.run()
        world.db.close()
        return crasher.steps

    def crash(self, *at: int) -> int:
        """Stop at these steps, one a run, then settle. The steps of the last run that was watched."""
        world = self.world()
        steps = 0
        for step in at:
            crasher = Crasher(world, step)
            try:
                world.run()
            except Crash:
                disarm(world)
            else:
                steps = crasher.steps
                disarm(world)
        world.settle(8)
        assert world.contents() == self.expected, f"crashed at {at}"
        world.db.close()
        return steps


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("keyless", [False, True], ids=["keyed", "keyless"])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_every_step(tmp_path: Path, story: str, keyless: bool) -> None:
    matrix = Matrix(tmp_path, STORIES[story], keyless)
    steps = matrix.steps()
    assert steps > 20
    for at in range(1, steps + 1):
        matrix.crash(at)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", ["sqlite"], indirect=True)
@pytest.mark.parametrize("part", range(3))
def test_a_crash_and_another_in_the_recovery(tmp_path: Path, part: int) -> None:
    """At every third step, and at every third step of what follows it."""
    matrix = Matrix(tmp_path, first_sync, keyless=True)
    for first in range(1 + 3 * part, matrix.steps() + 1, 9):
        second = 1 + part
        while matrix.crash(first, second) == 0:
            second += 3


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("keyless", [False, True], ids=["keyed", "keyless"])
@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_at_every_step_and_another_at_every_step_of_the_recovery(
    tmp_path: Path, part: int, keyless: bool
) -> None:
    """All pairs, on the plain store."""
    matrix = Matrix(tmp_path, first_sync, keyless, PlainWorld)
    steps = matrix.steps()
    assert steps > 20
    for first in range(1 + part, steps + 1, PARTS):
        second = 1
        while matrix.crash(first, second) == 0:
            second += 1
        assert second > 20


def test_two_crashes_in_a_row(tmp_path: Path) -> None:
    matrix = Matrix(tmp_path, edits, keyless=True)
    steps = matrix.steps()
    for first in (steps // 3, steps // 2, steps * 2 // 3):
        matrix.crash(first, first)
