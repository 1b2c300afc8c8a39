"""Opt-outs are written while a plan is held: what was written is done, and asks for no answer any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from syncer.core.brakes import Limit
from syncer.deciding.holding import without
from syncer.model import ABSENT, Item
from tests.engine.world import World

DONE = {("mail", "7", "status"): ["out"]}
OPT_OUT = Item("update", "mail", "g1", "7", {"status": ("active", "out")})


@pytest.mark.parametrize(
    ("item", "rest"),
    [
        (OPT_OUT, None),
        (replace(OPT_OUT, record="8"), ["status"]),
        (replace(OPT_OUT, app="desk"), ["status"]),
        (replace(OPT_OUT, slots={"status": ("active", "bounced")}), ["status"]),
        (replace(OPT_OUT, slots={"state": ("active", "out")}), ["state"]),
        (replace(OPT_OUT, slots={"status": ("active", "out"), "title": ("", "CEO")}), ["title"]),
        (Item("create", "mail", "g2", None, {"status": (ABSENT, "out")}), ["status"]),
        (Item("archive", "mail", "g1", "7", {}), []),
    ],
    ids=["all of it", "record", "app", "value", "slot", "other slots too", "a create", "an archive"],
)
def test_only_what_was_written_is_taken_off(item: Item, rest: list[str] | None) -> None:
    assert [list(kept.slots) for kept in without([item], DONE)] == ([] if rest is None else [rest])


@pytest.fixture
def held(tmp_path: Path) -> World:
    """Four people in step; all get a phone at the helpdesk, and Mara has opted out there."""
    world = World(tmp_path)
    for name in ("Mara", "Sara", "Tara", "Zara"):
        person = {"email": f"{name.lower()}@x.test", "first": name, "last": "Lind"}
        world.apps["mail"].user_create({**person, "status": "active"})
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    for number, id in enumerate(world.apps["desk"].records):
        world.apps["desk"].user_edit(id, {"phone": f"+6281155550{number}00"})
    world.apps["desk"].user_edit(_mara(world, "desk"), {"consent": "unsubscribed"})
    return world


def _mara(world: World, app: str) -> str:
    return next(id for id, v in world.apps[app].records.items() if v["email"] == "mara@x.test")


def test_approved_opt_outs_that_were_written_already_are_not_left_out(held: World) -> None:
    report = held.run()
    assert (report.status, report.written) == ("held", 2)
    done = held.run(approve=report.held_run)
    assert (done.status, done.left_out, done.written) == ("done", [], 8)
    mara = held.apps["crm"].records[_mara(held, "crm")]
    assert (mara["optout"], bool(mara["phone"])) == ("true", True)
    held.db.close()


def test_what_else_changed_in_the_same_record_is_refused_with_the_rest(held: World) -> None:
    report = held.run()
    held.limits = {}
    assert held.run(reject=report.held_run).written == 0
    assert [v["phone"] for v in held.apps["crm"].records.values()] == [None] * 4
    held.db.close()
