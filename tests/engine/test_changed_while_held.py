"""A mapping that is changed while a plan waits: no answer to that plan lets through what nobody was shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.core.brakes import Limit
from syncer.report import Report
from syncer.selecting import Selection
from syncer.usecases.undoing import Undoing, Wanted
from tests.engine.world import MAPPING, World

ALL = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"
NONE = ALL.replace(", mail: title, desk: title", "")
DESK = ALL.replace(", mail: title", "")
OUTDATED = "the mapping was changed after run {} was held, so that answer does not count"
CHANGED = "the mapping changed, and its plan is not empty"


def held(tmp_path: Path) -> tuple[World, Report]:
    """A plan waits that would write Mara's title to the helpdesk."""
    world = World(tmp_path, text=MAPPING.replace(ALL, NONE))
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.apps["mail"].user_create({"email": "mara@x.test", "status": "active"})
    world.settle()
    world.text = MAPPING.replace(ALL, DESK)
    report = world.run()
    assert (report.status, report.reason) == ("held", CHANGED)
    return world, report


def titles(world: World) -> list[object]:
    return [world.only(app)["title"] for app in ("crm", "desk", "mail")]


@pytest.mark.parametrize("answer", ["approve", "reject"])
def test_an_answer_does_not_count_and_the_plan_is_shown_anew(tmp_path: Path, answer: str) -> None:
    world, first = held(tmp_path)
    world.text = MAPPING
    again = world.run(**{answer: first.run})
    assert (again.status, again.held_run) == ("held", again.run)
    assert again.reason == f"{OUTDATED.format(first.run)}; {CHANGED}"
    assert titles(world) == ["CEO", None, None]
    assert sum(row.held for row in again.apps.values()) == 2
    assert world.run(**{answer: again.held_run}).status == "done"
    world.settle()
    assert titles(world) == (["CEO"] * 3 if answer == "approve" else ["CEO", None, None])
    world.db.close()


def test_the_next_run_shows_the_plan_as_it_is_now(tmp_path: Path) -> None:
    world, first = held(tmp_path)
    world.text = MAPPING
    again = world.run()
    assert (again.status, again.reason) == ("held", CHANGED)
    assert again.held_run != first.run
    world.run(approve=again.held_run)
    assert titles(world) == ["CEO"] * 3
    world.db.close()


@pytest.mark.parametrize("answer", ["", "approve", "reject"])
def test_a_change_that_is_taken_back_leaves_nothing_to_answer(tmp_path: Path, answer: str) -> None:
    world, first = held(tmp_path)
    world.text = MAPPING.replace(ALL, NONE)
    report = world.run(**({answer: first.run} if answer else {}))
    assert (report.status, report.written) == ("done", 0)
    assert world.run().status == "done"
    world.db.close()


def test_what_was_turned_down_is_not_done_because_the_limits_allow_it_by_now(tmp_path: Path) -> None:
    world, first = held(tmp_path)
    id = next(iter(world.apps["crm"].records))
    world.apps["crm"].user_edit(id, {"title": "Chair"})  # an edit: the mapping does not cause this
    world.text = MAPPING.replace(ALL, DESK.replace("rule: {prefer: [crm]}", "rule: newest"))
    again = world.run(reject=first.run)
    assert (again.status, again.reason) == ("held", OUTDATED.format(first.run))
    assert titles(world) == ["Chair", None, None]
    world.db.close()


def test_a_run_about_one_person_goes_on_waiting(tmp_path: Path) -> None:
    world, first = held(tmp_path)
    world.text = MAPPING
    some = Selection(records=(("crm", next(iter(world.apps["crm"].records))),))
    again = world.run(selection=some)
    assert (again.status, again.held_run) == ("held", first.run)
    assert titles(world) == ["CEO", None, None]
    world.db.close()


def test_an_outdated_plan_about_one_person_can_be_answered(tmp_path: Path) -> None:
    world = World(tmp_path, text=MAPPING.replace(ALL, NONE))
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.settle()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"phone": "+6281234567890"})
    world.limits = {"updates": Limit(0.0, 0)}
    held = world.run(selection=Selection(records=(("crm", id),)))
    assert held.status == "held"
    world.text = MAPPING.replace(ALL, DESK)
    again = world.run(approve=held.held_run)
    assert (again.status, again.held_run) == ("held", again.run)
    assert world.run(approve=again.run).status == "done"
    assert (world.only("desk")["phone"], world.only("desk")["title"]) == ("+6281234567890", "CEO")
    world.db.close()


def test_the_release_of_an_undo_does_not_let_a_changed_mapping_through(tmp_path: Path) -> None:
    world = World(tmp_path, text=MAPPING.replace(ALL, NONE))
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.settle()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"phone": "+6281234567890"})
    run = world.run()
    undone = Undoing(world.sync(), world.db, world.ports()).do(Wanted(run.run))
    world.text = MAPPING.replace(ALL, DESK)
    report = world.run(approve=undone.run)
    assert (report.status, report.held_run) == ("held", report.run)
    assert world.only("desk")["title"] is None
    world.db.close()
