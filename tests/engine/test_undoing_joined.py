"""Undoing a run whose golden records were joined with others, or taken apart, since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.report import Report
from syncer.usecases.undoing import Undone
from tests.engine.test_following import record
from tests.engine.test_undoing import undo
from tests.engine.tied import goldens, link, unlink
from tests.engine.world import World

ANNA = {"email": "anna@x.test", "first": "Anna", "last": "Lind", "title": "CEO"}
BO = {"email": "bo@x.test", "first": "Bo", "last": "Frost", "title": "Clerk"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Anna and Bo are in the CRM; a run made them in the helpdesk."""
    world = World(tmp_path)
    for person in (ANNA, BO):
        world.apps["crm"].user_create(person)
    world.settle()
    yield world
    world.db.close()


def retitled(world: World, email: str, title: str) -> Report:
    world.apps["crm"].user_edit(record(world, "crm", email), {"title": title})
    return world.run()


def title(world: World, app: str, id: str) -> Any:
    return world.apps[app].records[id]["title"]


def left(undone: Undone) -> set[tuple[str | None, str]]:
    return {(x.field, x.why) for x in undone.lines if x.act == "left"}


def test_before_images_follow_a_join_and_the_joint_values_stay(world: World) -> None:
    anna, bo = (record(world, "desk", p["email"]) for p in (ANNA, BO))
    run = retitled(world, "bo@x.test", "Boss")
    assert title(world, "desk", bo) == "Boss"
    link(world, "anna@x.test", "bo@x.test")
    undone = undo(world, run)
    assert len(goldens(world)) == 1
    assert title(world, "desk", bo) == "Clerk"
    assert title(world, "crm", record(world, "crm", "bo@x.test")) == "Boss"
    assert title(world, "desk", anna) == "CEO"
    world.run(approve=undone.run)
    assert world.settle().written == 0
    assert title(world, "desk", bo) == "Clerk"


def test_the_value_of_a_joined_record_is_told_and_left(world: World) -> None:
    run = retitled(world, "bo@x.test", "Boss")
    for app in ("crm", "desk"):
        world.apps[app].user_edit(record(world, app, "anna@x.test"), {"title": "Boss"})
    world.run()
    link(world, "anna@x.test", "bo@x.test")
    told = left(undo(world, run))
    assert ("title", "two golden records were joined since: their value stays") in told
    assert {v["title"] for v in world.apps["crm"].records.values()} == {"Boss"}


def test_a_record_that_was_taken_out_since_is_told_by_its_new_person(world: World) -> None:
    run = retitled(world, "bo@x.test", "Boss")
    bo = record(world, "desk", "bo@x.test")
    unlink(world, f"desk:{bo}")
    ((golden,),) = world.rows("SELECT golden FROM link WHERE app = 'desk' AND id = :id", id=bo)
    assert f"the record belongs to golden record {golden} by now" in {
        why for _, why in left(undo(world, run))
    }


def test_a_run_that_made_one_of_two_says_that_they_stay_one(world: World) -> None:
    crm = world.apps["crm"]
    crm.user_merge(record(world, "crm", "bo@x.test"), record(world, "crm", "anna@x.test"))
    world.settle()
    assert len(goldens(world)) == 1
    ((run,),) = world.rows("SELECT value FROM meta WHERE name LIKE 'joined:%'")
    undone = undo(world, str(run))
    assert any("became part of it, and stays" in why for _, why in left(undone))
    assert len(goldens(world)) == 1


def test_a_made_record_whose_edit_lost_stays(world: World) -> None:
    made = [str(row[0]) for row in world.rows("SELECT MIN(run) FROM written")]
    bo = record(world, "desk", "bo@x.test")
    world.apps["desk"].user_edit(bo, {"title": "Mine"})
    retitled(world, "bo@x.test", "Boss")  # the rule prefers the CRM
    world.settle()
    assert title(world, "desk", bo) == "Boss"
    undone = undo(world, made[0])
    assert (None, "somebody has edited the record since it was created") in left(undone)
    assert bo in world.apps["desk"].records


@pytest.mark.parametrize("fresh", [True, False], ids=["still what the run wrote", "edited since"])
def test_what_was_written_to_a_record_that_was_merged_since_is_put_back_where_it_lives_on(
    world: World, fresh: bool
) -> None:
    crm, bo = world.apps["crm"], record(world, "crm", "bo@x.test")
    before = title(world, "crm", bo)
    world.apps["desk"].user_edit(record(world, "desk", "bo@x.test"), {"title": "Boss"})
    run = world.run().run
    world.settle()
    survivor = crm.user_merge(crm.user_create({"email": None, "first": "Bo"}), bo, new_id=True)
    world.settle()
    if not fresh:
        crm.user_edit(survivor, {"title": "Chief"})
    undone = undo(world, run)
    assert title(world, "crm", survivor) == (before if fresh else "Chief")
    assert all("not there any more" not in why for _, why in left(undone))


def test_a_created_record_that_was_merged_since_is_told_and_left(world: World) -> None:
    desk = world.apps["desk"]
    world.apps["crm"].user_create({"email": "cy@x.test", "first": "Cy", "last": "Moss"})
    run = world.run().run
    world.settle()
    made = record(world, "desk", "cy@x.test")
    survivor = desk.user_merge(desk.user_create({"name": "Cy"}), made, new_id=True)
    world.settle()
    undone = undo(world, run)
    assert survivor in desk.records
    assert any(f"merged into desk:{survivor}" in why for _, why in left(undone))
