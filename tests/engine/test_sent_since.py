"""A state that was put back: what was sent after the backup is ours, and nobody's edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.store.copies import backup, restore
from tests.engine.test_undoing import release, undo
from tests.engine.tied import the, unlink
from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}


@pytest.fixture(params=["keep", "archive"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """Mara was entered in the helpdesk, and made in the CRM; `param`: what deletions do."""
    world = World(tmp_path)
    world.text += f"on_delete: {request.param}\n"
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "CEO"})
    yield world
    world.db.close()


def put_back(world: World, path: Path) -> None:
    restore(world.db, path / "b.db", world.clock(), lambda _: True)
    world.settle()


def test_what_an_undo_archived_is_no_deletion(world: World, tmp_path: Path) -> None:
    made = world.run()
    backup(world.db, tmp_path / "b.db", world.clock())
    release(world, undo(world, made, irreversible=True))
    assert world.apps["crm"].records == {}
    put_back(world, tmp_path)
    assert world.only("desk")["title"] == "CEO"
    assert world.apps["crm"].records == {}


def test_what_an_unlink_blanked_is_no_clearing(world: World, tmp_path: Path) -> None:
    world.apps["crm"].user_create({**MARA, "phone": "+6281234567890"})
    world.settle()
    backup(world.db, tmp_path / "b.db", world.clock())
    unlink(world, the(world, "desk"))
    assert world.only("desk")["phone"] is None
    put_back(world, tmp_path)
    assert [world.only(app)["phone"] for app in ("crm", "desk")] == ["+6281234567890"] * 2


def test_what_was_typed_over_it_since_is_an_edit(world: World, tmp_path: Path) -> None:
    world.settle()
    backup(world.db, tmp_path / "b.db", world.clock())
    world.apps["crm"].user_edit(the(world, "crm").split(":")[1], {"title": "Chair"})
    world.settle()
    assert world.only("desk")["title"] == "Chair"
    world.apps["crm"].user_edit(the(world, "crm").split(":")[1], {"title": "CEO"})
    world.apps["desk"].user_edit(the(world, "desk").split(":")[1], {"title": "Founder"})
    put_back(world, tmp_path)
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["Founder"] * 2
