"""Records that left an app's filter: what becomes of them there is no longer their person's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from connectors.memory import Traits
from tests.engine.world import World

MAPPING = """
object: contact
apps:
  crm: {object: contacts}
  desk: {object: contacts, only: "score > 5"}
match: {exact: [email], fuzzy: false}
on_delete: archive
fields:
  email: {type: email, in: {crm: email, desk: email}}
  name: {type: text, in: {crm: name, desk: name}}
"""
FIELDS = (FieldSpec("email"), FieldSpec("name"), FieldSpec("score", "integer"))
TRAITS = {
    app: Traits(fields=FIELDS, unique=("email",), account=app, lists_archived=True) for app in ("crm", "desk")
}
ANN = {"email": "ann@x.test", "name": "Ann"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ann, whose record in the helpdesk has left the filter."""
    world = World(tmp_path, traits=TRAITS, text=MAPPING)
    world.apps["crm"].user_create(ANN)
    id = world.apps["desk"].user_create({**ANN, "score": 9})
    world.settle()
    world.apps["desk"].user_edit(id, {"score": 1})
    world.settle()
    assert state(world) == "out"
    yield world
    world.db.close()


def state(world: World) -> object:
    return world.rows("SELECT state FROM link WHERE app = 'desk'")[0][0]


def test_who_left_the_filter_is_not_deleted_with_that_record(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_archive(id)
    world.settle()
    assert state(world) == "gone"
    assert [record["name"] for record in world.apps["crm"].records.values()] == ["Ann"]


def test_who_left_a_filter_stays_out_where_it_cannot_be_evaluated(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"score": None, "name": "Private"})
    world.settle()
    assert state(world) == "out"
    assert [record["name"] for record in world.apps["crm"].records.values()] == ["Ann"]
