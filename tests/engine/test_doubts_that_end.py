"""Beside a record that may be the same person nobody is created. Once that doubt ends, they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncer.usecases.steward import Steward
from tests.engine.world import CRM, DESK, MAIL, World

ALL = {"crm": CRM, "mail": MAIL, "desk": replace(DESK, unique=(), feed="scan")}


def doubted(path: Path) -> World:
    """Gustav cannot be made in the helpdesk: Mara waits there, with his address."""
    world = World(path, ALL)
    world.apps["desk"].user_create({"email": "office@x.test", "name": "Mara Lind"})
    world.apps["crm"].user_create({"email": "office@x.test", "first": "Gustav", "last": "Brand"})
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM review WHERE status = 'open'") == [(1,)]
    assert len(world.apps["desk"].records) == 1
    return world


def deleted(world: World, id: str) -> None:
    world.apps["desk"].user_delete(id)


def edited(world: World, id: str) -> None:
    world.apps["desk"].user_edit(id, {"email": "mara@lind.test"})


def told_apart(world: World, id: str) -> None:
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    steward.answer(review, "never", world.clock())


ENDS = {"deleted": deleted, "edited": edited, "told apart": told_apart}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_who_waited_for_an_answer_is_created_once_there_is_nothing_to_ask(
    tmp_path: Path, end: Callable[[World, str], None]
) -> None:
    world = doubted(tmp_path)
    (id,) = world.apps["desk"].records
    end(world, id)
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM review WHERE status = 'open'") == [(0,)]
    names = [record["name"] for record in world.apps["desk"].records.values()]
    assert "Gustav Brand" in names
    world.db.close()


def test_a_doubt_in_another_app_goes_on_alone(tmp_path: Path) -> None:
    """Who waits there holds nobody back in an app in which there is nothing to ask any more."""
    world = World(tmp_path, ALL | {"mail": replace(MAIL, unique=(), feed="scan")})
    otto = {"email": "office@x.test", "first": "Otto", "last": "Kranz", "status": "active"}
    id = world.apps["desk"].user_create({"email": "office@x.test", "name": "Mara Lind"})
    world.apps["mail"].user_create(otto)
    world.apps["crm"].user_create({"email": "office@x.test", "first": "Gustav", "last": "Brand"})
    world.settle()
    assert world.rows("SELECT app FROM review WHERE status = 'open' ORDER BY app") == [("desk",), ("mail",)]
    deleted(world, id)
    world.settle()
    assert [record["name"] for record in world.apps["desk"].records.values()] == ["Gustav Brand"]
    assert [record["last"] for record in world.apps["mail"].records.values()] == ["Kranz"]
    world.db.close()
