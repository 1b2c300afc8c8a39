"""What is planned and not done yet (an app is away, a plan is held, a run was about others) is not forgotten,
and lets nothing else pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import Result
from syncer.core.brakes import Limit
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.selecting import Selection
from tests.engine.test_undoing import release, undo
from tests.engine.tied import link
from tests.engine.town import COMPANIES, Town, settled
from tests.engine.world import CRM, DESK, MAIL, MAPPING, World

ARCHIVING = MAPPING.replace("rule: newest\n", "rule: newest\non_delete: archive\n", 1)
LISTED = {"crm": replace(CRM, lists_archived=True), "mail": MAIL, "desk": replace(DESK, answers=True)}


def people(world: World, number: int) -> list[str]:
    """So many, in step in the CRM and the helpdesk."""
    ids = [
        world.apps["crm"].user_create({"email": f"a{n}@x.test", "first": "Al", "last": f"Berg{n}"})
        for n in range(number)
    ]
    world.settle()
    return ids


def states(world: World, app: str) -> list[str]:
    return [row.state for row in world.apps[app].rows.values()]


# -- deletions --------------------------------------------------------------------------------------------


def test_a_deletion_reaches_an_app_that_was_away(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    (id,) = people(world, 1)
    world.apps["crm"].user_archive(id)
    with world.away("desk"):
        assert world.run().status == "partial"
    assert states(world, "desk") == ["live"]
    assert world.run().written == 1
    assert states(world, "desk") == ["archived"]
    world.db.close()


@pytest.mark.parametrize("sign", ["an edit", "it came back", "another policy"])
def test_a_deletion_that_was_put_off_is_called_off_by(tmp_path: Path, sign: str) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    (id,) = people(world, 1)
    world.apps["crm"].user_archive(id)
    with world.away("desk"):
        world.run()
    if sign == "an edit":
        (there,) = world.apps["desk"].records
        world.apps["desk"].user_edit(there, {"title": "Chair"})
    elif sign == "it came back":
        world.apps["crm"].user_restore(id)
    else:
        world.text = MAPPING
    world.settle()
    assert states(world, "desk") == ["live"]
    world.db.close()


def put_off(tmp_path: Path) -> tuple[World, dict[str, object]]:
    """Al was deleted in the CRM, and the helpdesk has not archived him yet."""
    keyless = replace(CRM, lists_archived=True, unique=())  # an archived record keeps no address from others
    world = World(tmp_path, {**LISTED, "crm": keyless}, text=ARCHIVING)
    (id,) = people(world, 1)
    al = dict(world.apps["crm"].records[id])
    world.apps["crm"].user_archive(id)
    with world.away("desk"):
        world.run()
    return world, al


def test_who_is_entered_again_stays(tmp_path: Path) -> None:
    world, al = put_off(tmp_path)
    world.apps["crm"].user_create(al)
    world.settle()
    assert states(world, "desk") == ["live"]
    world.db.close()


def test_nobody_is_created_elsewhere_while_a_deletion_goes_on(tmp_path: Path) -> None:
    everywhere = ARCHIVING.replace(", create_when: \"consent == 'subscribed'\"", "")
    off = everywhere.replace("mail: {object: contacts}", "mail: {object: contacts, creates: false}")
    world = World(tmp_path, LISTED, text=off)
    (id,) = people(world, 1)
    world.apps["desk"].user_edit(next(iter(world.apps["desk"].records)), {"consent": "subscribed"})
    world.settle()
    world.apps["crm"].user_archive(id)
    with world.away("desk"):
        world.run()
    world.text = everywhere
    for _ in range(3):
        report = world.run()
        if report.status == "held":
            world.run(approve=report.held_run)
    assert (states(world, "desk"), states(world, "mail")) == (["archived"], [])
    world.db.close()


def test_an_app_that_refuses_to_archive_keeps_the_person_in_step(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    (id,) = people(world, 1)
    mail = world.apps["mail"].user_create({"email": "a0@x.test", "status": "active"})
    world.settle()
    world.apps["crm"].user_archive(id)
    connector = world.connectors["desk"]
    write = connector.write
    connector.write = lambda o, writes: [  # type: ignore[method-assign]
        Result(w.ref, "rejected", w.id, reason="it has open tickets") if w.kind == "archive" else r
        for w, r in zip(writes, write(o, [w for w in writes if w.kind != "archive"]) or writes, strict=False)
    ]
    with world.away("mail"):
        world.run()
    del connector.write  # type: ignore[method-assign]
    world.settle()
    assert states(world, "desk") == ["live"]
    world.apps["mail"].user_edit(mail, {"title": "Chair"})
    world.settle()
    assert world.only("desk")["title"] == "Chair"
    world.db.close()


def test_an_opt_out_goes_to_who_waits_to_be_archived(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    (id,) = people(world, 1)
    (mail,) = (world.apps["mail"].user_create({"email": "a0@x.test", "status": "active"}),)
    world.settle()
    world.apps["crm"].user_archive(id)
    with world.away("desk"), world.away("mail"):
        world.run()
    world.apps["mail"].user_edit(mail, {"status": "out"})
    world.run()
    assert world.only("desk")["consent"] == "unsubscribed"
    world.settle()
    assert states(world, "desk") == states(world, "mail") == ["archived"]
    world.db.close()


def test_linked_by_hand_to_somebody_who_is_there_a_person_stays(tmp_path: Path) -> None:
    world, _ = put_off(tmp_path)
    world.apps["crm"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Frost"})
    with world.away("desk"):
        world.run()
    link(world, "a0@x.test", "bo@x.test")
    world.settle()
    assert "live" in states(world, "desk")
    world.db.close()


def test_the_undo_of_a_deletion_ends_what_it_was_still_to_do(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    (id,) = people(world, 1)
    world.apps["mail"].user_create({"email": "a0@x.test", "status": "active"})
    world.settle()
    world.apps["crm"].user_archive(id)
    with world.away("desk"):
        run = world.run()
    assert states(world, "mail") == ["archived"]
    release(world, undo(world, run))
    world.settle()
    assert states(world, "desk") == ["live"]
    world.db.close()


def test_what_an_undo_makes_again_is_made_once_the_app_takes_it(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    id = world.apps["crm"].user_create({"first": "Al", "last": "Berg"})
    world.settle()
    world.apps["crm"].user_archive(id)
    run = world.run()
    with world.away("desk"):
        undone = undo(world, run)
    release(world, undone)
    world.settle()
    assert states(world, "desk") == ["archived", "live"]
    world.db.close()


def test_archives_that_were_refused_stay_refused(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    ids = people(world, 2)
    world.limits = {"archives": Limit(0.0, 0)}
    for id in ids:
        world.apps["crm"].user_archive(id)
    held = world.run()
    assert held.status == "held"
    world.run(reject=held.held_run)
    world.settle()
    assert states(world, "desk") == ["live", "live"]
    world.db.close()


def test_a_deletion_does_not_pass_the_limits_because_something_else_was_due(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED, text=ARCHIVING)
    ids = people(world, 5)
    with world.away("desk"):
        for id in ids:
            world.apps["crm"].user_edit(id, {"title": "Chair"})
        assert world.run().status == "partial"
    world.limits = {"archives": Limit(0.0, 0)}
    for id in ids:
        world.apps["crm"].user_archive(id)
    assert world.run().status == "held"
    assert states(world, "desk") == ["live"] * 5
    world.db.close()


def test_what_was_due_before_passes_the_limits_though_its_record_is_shown_again(tmp_path: Path) -> None:
    world = World(tmp_path, LISTED)
    ids = people(world, 3)
    with world.away("desk"):
        for id in ids:
            world.apps["crm"].user_edit(id, {"title": "Chair"})
        world.run()
    world.limits = {"updates": Limit(0.0, 0)}
    world.apps["crm"].user_touch(ids)
    report = world.run()
    assert (report.status, report.written) == ("done", 3)
    world.db.close()


# -- plans that are held, and runs about others -----------------------------------------------------------


def test_what_is_due_stays_due_when_an_opt_out_is_lowered_beside_a_held_plan(tmp_path: Path) -> None:
    scoped = MAPPING.replace("== 'subscribed'\"}", "== 'subscribed'\", only: \"title != 'stub'\"}")
    world = World(tmp_path, {**LISTED, "crm": CRM}, text=scoped)
    first, second = people(world, 2)
    with world.away("desk"):
        world.apps["crm"].user_edit(first, {"title": "Chair"})
        world.run()
    world.limits = {"updates": Limit(0.0, 0)}
    world.apps["crm"].user_edit(second, {"title": "Chief"})
    world.apps["mail"].user_create({"email": "a0@x.test", "status": "out", "title": "stub"})
    held = world.run()
    assert held.status == "held"
    world.run(approve=held.held_run)
    world.limits = {}
    world.settle()
    assert {v["title"] for v in world.apps["desk"].records.values()} == {"Chair", "Chief"}
    world.db.close()


def test_who_points_to_a_renamed_company_is_told_though_a_run_about_another_came_first(
    tmp_path: Path,
) -> None:
    town = Town(tmp_path)
    company = town.apps["crm", "companies"].user_create({"name": "Acme", "domain": "acme.test"})
    mara, _ = (
        town.apps["crm", "contacts"].user_create({"email": mail, "name": name, "company": company})
        for mail, name in (("mara@acme.test", "Mara Lind"), ("bo@acme.test", "Bo Frost"))
    )
    settled(town)
    (there,) = town.apps["desk", "companies"].records
    town.apps["desk", "companies"].user_edit(there, {"name": "Acme Group"})
    town.clock.sleep(120)
    ports = Ports(town.clock, town.run_id, Inline(), "test", lambda _: False)
    Engine(town.sync("companies", COMPANIES, dependents=("contacts",)), town.db, ports).run(RunOptions())
    contacts = town.sync("contacts", town.contacts, targets={"company": "companies"})
    Engine(contacts, town.db, ports).run(RunOptions(selection=Selection(records=(("crm", mara),))))
    settled(town)
    assert [town.company_of("mail", mail) for mail in ("mara@acme.test", "bo@acme.test")] == [
        "Acme Group"
    ] * 2
    town.db.close()


# -- a pilot ----------------------------------------------------------------------------------------------


def test_a_pilot_before_the_first_sync_stays_within_the_limits(tmp_path: Path) -> None:
    world = World(tmp_path, limits={"creates": Limit(0.0, 2)}, first_sync="ask")
    for n in range(5):
        world.apps["crm"].user_create({"email": f"a{n}@x.test", "first": "Al", "last": f"Berg{n}"})
    report = world.run(selection=Selection(pilot=100))
    assert (report.status, len(world.apps["desk"].records)) == ("held", 0)
    world.db.close()


@pytest.mark.parametrize("first_sync", ["ask", "go"])
def test_the_answer_to_a_pilot_is_about_its_people_alone(tmp_path: Path, first_sync: str) -> None:
    world = World(tmp_path, limits={"creates": Limit(0.0, 2)}, first_sync=first_sync)
    for name in ("Frost", "Kaya", "Osei", "Lind", "Berg"):
        world.apps["crm"].user_create({"email": f"{name}@x.test", "first": name[:2], "last": name})
    held = world.run(selection=Selection(pilot=3))
    assert held.status == "held"
    assert world.run(approve=held.held_run).status == "done"
    assert len(world.apps["desk"].records) == 3
    world.db.close()


def test_a_pilot_is_about_so_many_people_known_and_new(tmp_path: Path) -> None:
    world = World(tmp_path)
    ids = people(world, 3)
    for id in ids:
        world.apps["crm"].user_edit(id, {"title": "Chair"})
    for name in ("Frost", "Kaya", "Osei"):
        world.apps["crm"].user_create({"email": f"{name}@x.test", "first": name[:2], "last": name})
    report = world.run(selection=Selection(pilot=4))
    assert (report.apps["desk"].created, report.apps["desk"].updated) == (3, 1)
    world.db.close()
