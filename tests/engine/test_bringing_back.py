"""What was deleted in one app is made again there, at a later time, when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connectors.contract import AppError, Page
from syncer.core.brakes import Limit
from syncer.core.bringing_back import lost
from syncer.store.records import Records
from syncer.usecases.undoing import Undoing, Wanted
from tests.engine.test_following import reread
from tests.engine.world import World

NAMES = ("Ann Lee", "Bo Berg", "Cy Diaz", "Di Fox")


def create(world: World, name: str, app: str = "crm", **more: object) -> str:
    first, last = name.split()
    return world.apps[app].user_create({"email": f"{first}@x.test", "first": first, "last": last, **more})


def delete(world: World, *names: str, app: str = "crm") -> None:
    """Deleted in an app, and taken in by a run that nothing held."""
    for id, values in list(world.apps[app].records.items()):
        if any(str(values["email"]).casefold() == f"{n.split()[0].casefold()}@x.test" for n in names):
            world.apps[app].user_delete(id)
    reread(world, app)
    world.settle()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four people in step in the CRM and the helpdesk."""
    world = World(tmp_path)
    for name in NAMES:
        create(world, name)
    world.settle()
    yield world
    world.db.close()


def people(world: World, app: str) -> list[str]:
    return sorted(str(v["email"]).casefold() for v in world.apps[app].records.values())


def desk_record(world: World, address: str) -> str:
    return next(id for id, v in world.apps["desk"].records.items() if v["email"] == address)


def gone(world: World, app: str = "crm") -> int:
    """Records of golden records that go on without them."""
    records = Records(world.db, "contacts")
    with world.db.reading():
        units = records.units(records.gone_in(app)).values()
        return sum(len(lost(u.golden, u.links, app)) for u in units)


def test_what_was_lost_is_made_again_from_golden(world: World) -> None:
    before = people(world, "desk")
    delete(world, *NAMES[1:])
    assert gone(world) == 3
    world.apps["desk"].user_edit(desk_record(world, "bo@x.test"), {"title": "Chair"})
    world.settle()
    done = world.run(bring_back="crm")
    assert (done.status, done.apps["crm"].created, done.written) == ("done", 3, 3)
    assert people(world, "crm") == people(world, "desk") == before
    assert {v["title"] for v in world.apps["crm"].records.values() if v["email"] == "bo@x.test"} == {"Chair"}
    assert world.settle().written == 0
    assert gone(world) == 0
    assert world.run(bring_back="crm").written == 0


def test_deletions_that_nobody_took_in_yet_are_brought_back_with_the_others(tmp_path: Path) -> None:
    """By `on_delete` they would reach the helpdesk in this very run."""
    world = World(tmp_path)
    world.text += "on_delete: archive\n"
    for name in NAMES:
        create(world, name)
    world.settle()
    for id in list(world.apps["crm"].records)[1:]:
        world.apps["crm"].user_delete(id)
    with world.db.transaction():
        world.db.run("UPDATE reader SET cursor = NULL WHERE app = 'crm'")
    done = world.run(bring_back="crm")
    assert (done.status, done.apps["crm"].created, done.gone) == ("done", 3, {"crm": 3})
    assert world.settle().written == 0
    assert people(world, "crm") == people(world, "desk")
    world.db.close()


def test_undoing_it_archives_what_it_made(world: World) -> None:
    delete(world, *NAMES[1:])
    run = world.run(bring_back="crm").run
    world.clock.sleep(120)
    undone = Undoing(world.sync(), world.db, world.ports()).do(Wanted(run))
    assert people(world, "crm") == ["ann@x.test"]
    world.run(approve=undone.run)
    assert world.run(bring_back="crm").written == 0  # whoever undoes it wants them away
    assert gone(world) == 0
    assert people(world, "desk") == sorted(f"{n.split()[0].casefold()}@x.test" for n in NAMES)


def test_too_many_wait_for_an_answer_like_any_creates(world: World) -> None:
    delete(world, *NAMES[1:])
    world.limits = {"creates": Limit(0.0, 1)}
    held = world.run(bring_back="crm")
    assert (held.status, held.written, held.apps["crm"].held) == ("held", 0, 3)
    assert "crm: 3 creates" in held.reason
    assert gone(world) == 3  # a held plan has changed no link
    world.apps["desk"].user_edit(desk_record(world, "ann@x.test"), {"title": "Chair"})
    assert world.run().held_run == held.run
    assert world.run().held_run == held.run  # no run in between forgets what was asked for
    done = world.run(approve=held.run)
    assert (done.status, done.apps["crm"].created, done.left_out) == ("done", 3, [])
    assert world.settle().written == 0
    assert people(world, "crm") == people(world, "desk")


def test_turned_down_it_can_be_asked_for_again(world: World) -> None:
    delete(world, *NAMES[1:])
    world.limits = {"creates": Limit(0.0, 1)}
    held = world.run(bring_back="crm")
    assert world.run(reject=held.held_run).written == 0
    assert (world.run().status, gone(world)) == ("done", 3)
    world.limits = {}
    assert world.run(bring_back="crm").apps["crm"].created == 3


def test_trying_it_out_changes_nothing(world: World) -> None:
    delete(world, *NAMES[1:])
    tried = world.run(bring_back="crm", dry_run=True)
    assert (tried.apps["crm"].held, tried.written, gone(world)) == (3, 0, 3)
    assert (world.run().written, people(world, "crm")) == (0, ["ann@x.test"])


def test_what_an_app_puts_off_stays_gone_and_can_be_asked_for_again(world: World) -> None:
    delete(world, *NAMES[1:])
    with world.away("crm"):
        assert world.run(bring_back="crm").written == 0
    assert (world.settle().written, gone(world)) == (0, 3)
    assert world.run(bring_back="crm").apps["crm"].created == 3


def test_who_is_archived_in_an_app_that_keeps_their_address_stays_gone(world: World) -> None:
    (bo,) = (id for id, v in world.apps["crm"].records.items() if v["email"] == "bo@x.test")
    world.apps["crm"].user_archive(bo)
    reread(world)
    assert (world.run(bring_back="crm").written, gone(world)) == (0, 1)
    assert (world.settle().written, gone(world)) == (0, 1)


def test_nothing_is_made_again_in_an_app_that_could_not_be_read(world: World) -> None:
    """A record that is there after all would get a twin."""
    delete(world, *NAMES[1:])

    def fails(*_: object) -> Iterator[Page]:
        raise AppError("crm is away")

    world.connectors["crm"].pull = fails  # type: ignore[method-assign]
    assert world.run(bring_back="crm").written == 0
    del world.connectors["crm"].pull  # type: ignore[method-assign]
    assert (world.settle().written, gone(world)) == (0, 3)


def comes_again(world: World) -> None:
    """Under another record, in the app where they were deleted."""
    create(world, "Bo Berg")


def comes_again_by_another_address(world: World) -> None:
    """As the same person by phone, of whom the CRM knows no address."""
    world.apps["crm"].user_create({"first": "Bo", "last": "Berg", "phone": "+6281234567890"})


@pytest.mark.parametrize("again", [comes_again, comes_again_by_another_address])
def test_whoever_is_there_again_is_not_made_twice(world: World, again: Callable[[World], None]) -> None:
    world.apps["desk"].user_edit(desk_record(world, "bo@x.test"), {"phone": "+6281234567890"})
    world.settle()
    delete(world, "Bo Berg")
    again(world)
    world.run(bring_back="crm")
    world.settle()
    assert people(world, "crm") == people(world, "desk")


def test_whoever_opted_out_is_not_made_again_where_only_subscribers_are(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in NAMES[:2]:
        create(world, name, app="mail", status="active")
    world.settle()
    delete(world, *NAMES[:2], app="mail")
    bo = next(id for id, v in world.apps["crm"].records.items() if v["email"] == "bo@x.test")
    world.apps["crm"].user_edit(bo, {"optout": "true"})
    world.settle()
    assert gone(world, "mail") == 2
    world.run(bring_back="mail")
    assert people(world, "mail") == ["ann@x.test"]
    assert gone(world, "mail") == 1  # nothing is given up for a record that does not come
    world.db.close()


def test_a_deletion_that_reaches_every_app_is_not_taken_back(tmp_path: Path) -> None:
    """Also where it waits to be done: the helpdesk is away."""
    world = World(tmp_path)
    world.text += "on_delete: archive\n"
    create(world, NAMES[0])
    world.settle()
    with world.away("desk"):
        (id,) = world.apps["crm"].records
        world.apps["crm"].user_delete(id)
        reread(world)
        assert gone(world) == 0
        assert world.run(bring_back="crm").apps["crm"].created == 0
    world.settle()
    assert people(world, "crm") == people(world, "desk") == []
    world.db.close()
