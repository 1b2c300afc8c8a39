"""A changed mapping: adopted where it brings nothing about, else held once; new fields are read first."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.report import Report
from tests.engine.world import MAPPING, World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"}
TITLE = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two apps in step over one person."""
    made = World(tmp_path)
    made.apps["crm"].user_create(MARA)
    made.settle()
    return made


def changed(world: World, old: str, new: str, **options: object) -> Report:
    assert old in world.text
    world.text = world.text.replace(old, new)
    return world.run(**options)


def edit(world: World, app: str, **values: str) -> None:
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, values)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TITLE, TITLE.replace("{prefer: [crm]}", "newest")),
        (TITLE, f"{TITLE}  # who is what"),
        ("fuzzy: true", "fuzzy: false"),
        (TITLE, ""),
    ],
    ids=["another rule", "a remark", "another way to match", "a field less"],
)
@pytest.mark.parametrize("edited", [False, True])
def test_a_change_that_brings_nothing_about_is_adopted_beside_what_people_edit(
    world: World, old: str, new: str, edited: bool
) -> None:
    if edited:
        edit(world, "desk", phone="+62811234567")
    report = changed(world, old, new)
    assert (report.status, report.written) == ("done", int(edited))
    assert world.run().written == 0
    world.db.close()


def test_an_edit_of_the_changed_field_itself_does_not_hold_the_mapping(world: World) -> None:
    edit(world, "desk", title="Chair")
    report = changed(world, TITLE, TITLE.replace("{prefer: [crm]}", "newest"))
    assert (report.status, world.only("crm")["title"]) == ("done", "Chair")
    world.db.close()


def test_a_direction_that_is_widened_shows_what_would_be_written_and_holds_that_once(world: World) -> None:
    narrow = TITLE.replace("desk: title", "desk: {field: title, direction: from}")
    changed(world, TITLE, narrow)
    edit(world, "crm", title="Chair")
    world.settle()
    assert world.only("desk")["title"] == "CEO"
    held = changed(world, narrow, TITLE)
    assert (held.status, held.apps["desk"].held) == ("held", 1)
    assert world.run(approve=held.run).status == "done"
    assert world.only("desk")["title"] == "Chair"
    world.db.close()


def test_a_new_field_is_read_first_and_golden_stands(world: World) -> None:
    (id,) = world.apps["desk"].records
    without = TITLE.replace(", desk: title", "").replace(", mail: title", "")
    changed(world, TITLE, without)
    world.apps["desk"].user_edit(id, {"title": "Boss"})
    world.settle()
    assert world.only("desk")["title"] == "Boss"
    held = changed(world, without, TITLE)
    assert (held.status, held.reason) == ("held", "the mapping changed, and its plan is not empty")
    again = world.run()
    assert (again.status, again.held_run) == ("held", held.run)
    done = world.run(approve=held.run)
    assert (done.status, world.only("desk")["title"], world.only("crm")["title"]) == ("done", "CEO", "CEO")
    assert world.run().status == "done"
    world.db.close()


def test_the_same_file_in_another_order_of_keys_is_the_same_mapping(world: World) -> None:
    before = world.mapping().version
    world.text = MAPPING.replace(
        TITLE, "title: {rule: {prefer: [crm]}, in: {desk: title, crm: title, mail: title}, type: text}"
    )
    assert world.mapping().version == before
    world.db.close()
