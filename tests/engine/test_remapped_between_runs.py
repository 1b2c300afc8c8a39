"""A mapping that was changed since the last run, and single people who are looked at under it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.selecting import Selection
from tests.engine.world import MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}
TITLE = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One person, in step in three apps."""
    made = World(tmp_path)
    made.apps["crm"].user_create(MARA)
    made.apps["mail"].user_create({"email": "mara@x.test", "status": "active"})
    made.settle()
    yield made
    made.db.close()


def change(world: World, old: str, new: str) -> None:
    assert old in world.text
    world.text = world.text.replace(old, new)


def edit(world: World, app: str, **values: str) -> None:
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, values)


def test_a_field_in_place_of_another_is_filled_though_both_were_blank(tmp_path: Path) -> None:
    """The same values in the same order, of other fields: that is news."""
    world = World(tmp_path, text=MAPPING.replace(", desk: title", ""))
    world.apps["crm"].user_create(MARA)
    world.settle()
    change(world, "mail: phone, desk: phone", "mail: phone")
    change(world, "mail: title", "mail: title, desk: title")
    world.run(approve=world.run().run)
    assert world.only("desk")["title"] == "CEO"
    world.db.close()


def test_who_was_synced_alone_under_a_mapping_that_went_back_is_not_left_behind(world: World) -> None:
    narrow = TITLE
    for app in ("mail", "desk"):
        narrow = narrow.replace(f"{app}: title", f"{app}: {{field: title, direction: from}}")
    edit(world, "crm", title="Chair")
    change(world, TITLE, narrow)
    (golden,) = world.rows("SELECT id FROM golden")[0]
    world.run(selection=Selection(only=frozenset({str(golden)})))
    assert world.only("mail")["title"] == "CEO"
    change(world, narrow, TITLE)
    world.settle()
    assert world.only("mail")["title"] == "Chair"


def test_who_comes_back_within_the_filter_is_read_as_the_mapping_reads_by_then(tmp_path: Path) -> None:
    world = World(tmp_path)
    change(world, "crm: {object: contacts}", "crm: {object: contacts, only: \"phone != '+62811234567'\"}")
    world.apps["crm"].user_create({**MARA, "title": "VIP-CEO", "phone": "+62811234560"})
    world.settle()
    edit(world, "crm", phone="+62811234567")
    world.settle()
    change(world, "in: {crm: title", "in: {crm: {field: title, transform: [{prefix: 'VIP-'}]}")
    world.settle()
    edit(world, "crm", phone="+62811234568")
    world.settle()
    assert world.only("crm")["title"] == "VIP-CEO"
    world.db.close()
