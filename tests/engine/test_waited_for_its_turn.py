"""A command waited for the lease while another process worked: it begins when it has the lease."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.contract import AppError
from syncer.running.exporting import Exporting
from syncer.running.retaining import Retaining
from syncer.store import codec
from syncer.store.tables import LeaseRow
from syncer.store.turns import SERVICE, Patience
from tests.engine.test_found_by_simulation import ALL, once
from tests.engine.world import MAIL, World

SLOW = replace(MAIL, unique=(), lag=30.0, lists_lag=True)


def fail() -> None:
    raise AppError("not now")


def wait_while(world: World, works: Callable[[], None]) -> None:
    """The next command finds the service at work, which ends while it waits."""
    world.db.patience = Patience("test", world.clock, lambda _: True, sleep=lambda _: meanwhile())

    def meanwhile() -> None:
        with world.db.transaction():
            world.db.run("DELETE FROM lease")
        world.db.patience = None
        works()

    until = codec.iso(world.clock() + timedelta(hours=1))
    rows = [{"space": s, "holder": "service", "token": 1, "expires": until} for s in ("contacts", SERVICE)]
    with world.db.transaction():
        world.db.upsert(LeaseRow, rows)


def alive(world: World) -> World:
    """As on one machine, where everybody who works is known to live."""
    ports = world.ports
    world.ports = lambda: replace(ports(), alive=lambda _: True)  # type: ignore[method-assign]
    return world


def test_a_create_that_was_sent_while_a_command_waited_is_not_sent_again(tmp_path: Path) -> None:
    """Its app shows new records after half a minute, and did not answer. What was sent a moment ago, by who
    worked until then, cannot be found yet: that proves nothing."""
    world = alive(World(tmp_path, {**ALL, "mail": SLOW}))
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})

    def works() -> None:
        world.clock.sleep(60)
        once(world.apps["mail"], "write", fail, after=True)
        world.run()

    wait_while(world, works)
    world.run()
    assert len(world.apps["mail"].records) == 1, "made by the other, and nobody was told"
    world.settle()
    assert len(world.apps["mail"].records) == 1
    world.db.close()


def test_a_run_that_waited_begins_when_it_has_its_turn(tmp_path: Path) -> None:
    world = alive(World(tmp_path))
    wait_while(world, lambda: world.clock.sleep(60))
    asked = world.clock.at + timedelta(seconds=120)
    world.run()
    ((started, ended),) = world.rows("SELECT started, ended FROM run")
    assert str(started) > codec.iso(asked + timedelta(seconds=60))
    assert str(ended) > str(started)
    world.db.close()


@pytest.mark.parametrize("after", ["exporting", "retaining"])
def test_a_command_that_is_done_does_not_wait_for_what_the_next_run_does_as_well(
    tmp_path: Path, after: str
) -> None:
    """It said that it waits for its turn, and ended with the run of the service."""
    world = alive(World(tmp_path))
    for app, title in (("crm", "CEO"), ("desk", "Clerk")):
        named = {"name": "Mara Lind"} if app == "desk" else {"first": "Mara", "last": "Lind"}
        world.apps[app].user_create({"email": "mara@x.test", "title": title, **named})
    world.settle()
    wait_while(world, lambda: pytest.fail("it waited"))
    kept = SimpleNamespace(keep=None)
    config: Any = SimpleNamespace(
        model=SimpleNamespace(conflicts=kept), conflicts_dir=tmp_path / "log", objects={"contacts": "contact"}
    )
    if after == "exporting":
        Exporting(config, world.db, world.ports(), "contacts").run()
    else:
        Retaining(world.sync(), world.db, world.ports(), timedelta(0)).run()
    assert not (tmp_path / "log").exists()
    with world.db.transaction():
        world.db.run("DELETE FROM lease")
    Exporting(config, world.db, world.ports(), "contacts").run()
    assert (tmp_path / "log").exists()
    world.db.close()
