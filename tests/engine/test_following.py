"""Records that an app merged, archived, deleted, brought back, or took out of the filter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import Fetched, Record
from connectors.memory.faults import Flaky
from syncer.core.brakes import ChangeKind, Limit
from syncer.engine import Engine
from syncer.store.ledger import Ledger
from tests.engine.world import World

ANNA = {"email": "anna@x.test", "first": "Anna", "last": "Lind", "title": "CEO"}
BO = {"email": "bo@x.test", "first": "Bo", "last": "Frost", "title": "Clerk", "phone": "+6281234567890"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Anna and Bo, two people in the CRM and in the helpdesk."""
    world = World(tmp_path)
    for person in (ANNA, BO):
        world.apps["crm"].user_create(person)
    world.settle()
    yield world
    world.db.close()


def record(world: World, app: str, email: str) -> str:
    (id,) = [i for i, v in world.apps[app].records.items() if v["email"] == email]
    return id


def golden(world: World, app: str, id: str) -> object:
    rows = world.rows("SELECT golden FROM link WHERE app = :app AND id = :id", app=app, id=id)
    return rows[0][0] if rows else None


def live(world: World) -> dict[object, int]:
    return dict(world.rows("SELECT golden, COUNT(*) FROM link WHERE state = 'live' GROUP BY golden"))  # type: ignore[arg-type]


def merge(world: World, loser: str, winner: str, new_id: bool = False) -> str:
    app = world.apps["crm"]
    return app.user_merge(record(world, "crm", loser), record(world, "crm", winner), new_id)


def reread(world: World, app: str = "crm") -> None:
    """Have an app read in full, as `syncer resync` does: its feed shows no deletions."""
    with world.db.transaction():
        Ledger(world.db, "contacts").save_reader(app, cursor=None)
    world.run()


@pytest.mark.parametrize("read", [False, True], ids=["known", "read beside it"])
def test_an_opt_out_goes_with_a_record_that_nobody_links_into_the_one_that_lives_on(
    world: World, read: bool
) -> None:
    """It waits for an answer (a doubtful match, say) while somebody merges it."""
    bo = record(world, "crm", "bo@x.test")
    crm = Engine(world.sync(), world.db, world.ports()).intakes["crm"]
    lives_on = Record(bo, dict(world.apps["crm"].records[bo]), world.clock()) if read else None
    with world.db.transaction():
        crm.save([Record("spare", {"email": "bo.frost@x.test", "optout": "true"})], world.clock())
        crm.save_fetched([Fetched("spare", "merged", lives_on, into=bo)], world.clock())
    world.settle()
    told = {v["email"]: v["consent"] for v in world.apps["desk"].records.values()}
    assert told["bo@x.test"] == "unsubscribed"
    assert told["anna@x.test"] != "unsubscribed"
    assert world.apps["crm"].records[bo]["optout"] == "true"


def test_a_record_that_lives_on_is_read_before_it_is_written_over(world: World) -> None:
    crm, desk = world.apps["crm"], world.apps["desk"]
    spare = crm.user_create({"email": None, "first": "Bo"})
    survivor = crm.user_merge(spare, record(world, "crm", "bo@x.test"), new_id=True)
    crm.user_archive(survivor)
    desk.user_edit(record(world, "desk", "bo@x.test"), {"title": "Boss"})

    def come_back(call: str) -> None:
        if call == "pull":
            desk.before_call = None
            crm.user_restore(survivor)
            crm.user_edit(survivor, {"title": "Chief"})

    desk.before_call = come_back
    reread(world)
    world.settle()
    assert crm.records[survivor]["title"] == "Chief"


@pytest.mark.parametrize("new_id", [False, True], ids=["the winner's id", "a new id"])
def test_two_people_merged_in_an_app_become_one(world: World, new_id: bool) -> None:
    anna, bo = (golden(world, "crm", record(world, "crm", p["email"])) for p in (ANNA, BO))
    survivor = merge(world, "bo@x.test", "anna@x.test", new_id)
    world.settle()
    assert golden(world, "crm", survivor) == min(anna, bo, key=str)  # one run made both: the lesser id
    assert len(live(world)) == 1
    assert len(world.apps["crm"].records) == 1
    assert len(world.apps["desk"].records) == 2
    assert {v["phone"] for v in world.apps["crm"].records.values()} == {"+6281234567890"}
    world.apps["crm"].user_edit(survivor, {"title": "Chair"})
    world.settle()
    assert "Chair" in {v["title"] for v in world.apps["desk"].records.values()}
    assert len(world.apps["crm"].records) == 1


def test_a_record_that_lives_on_under_a_new_id_keeps_its_person(world: World) -> None:
    before = golden(world, "desk", record(world, "desk", "bo@x.test"))
    spare = world.apps["crm"].user_create({"email": None, "first": "Bo", "title": None, "phone": None})
    survivor = world.apps["crm"].user_merge(spare, record(world, "crm", "bo@x.test"), new_id=True)
    world.settle()
    assert golden(world, "crm", survivor) == before
    assert (len(world.apps["crm"].records), len(world.apps["desk"].records)) == (2, 2)
    world.apps["desk"].user_edit(record(world, "desk", "bo@x.test"), {"phone": "+6281299998888"})
    world.settle()
    assert world.apps["crm"].records[survivor]["phone"] == "+6281299998888"


def test_whoever_was_merged_into_a_record_just_made_is_one_with_its_person(world: World) -> None:
    """Its create has no answer yet, so that nobody links it when the merge is read."""
    crm, desk = world.apps["crm"], world.apps["desk"]
    anna = record(world, "crm", "anna@x.test")
    desk.user_create({"email": "cy@x.test", "name": "Cy Moor"})
    desk.user_edit(record(world, "desk", "anna@x.test"), {"phone": "+6281234567000"})
    crm.faults = Flaky(random.Random(1), {"timeout_after": 1.0}, slow=90.0)  # what was read is old by then

    def merge_them(call: str) -> None:
        if call == "fetch" and len(crm.records) == 3:
            crm.faults = crm.before_call = None
            merge(world, "anna@x.test", "cy@x.test")

    crm.before_call = merge_them
    world.run()
    world.settle()
    assert anna not in crm.records
    owners = {golden(world, app, record(world, app, "cy@x.test")) for app in ("crm", "desk")}
    assert owners == {golden(world, "desk", record(world, "desk", "anna@x.test"))}


def test_chains_of_merges_are_followed_to_the_end(world: World) -> None:
    world.apps["crm"].user_create({"email": "cy@x.test", "first": "Cy", "last": "Moor", "title": "Guard"})
    world.settle()
    merge(world, "bo@x.test", "anna@x.test", new_id=True)
    survivor = merge(world, "anna@x.test", "cy@x.test", new_id=True)
    world.settle()
    assert len(live(world)) == 1
    assert golden(world, "crm", survivor) in live(world)
    assert (len(world.apps["crm"].records), len(world.apps["desk"].records)) == (1, 3)
    assert world.run().written == 0


def test_an_edit_made_while_it_was_merged_is_merged_three_ways(world: World) -> None:
    world.apps["desk"].user_edit(record(world, "desk", "bo@x.test"), {"phone": "+6281277776666"})
    spare = world.apps["crm"].user_create({"email": None, "first": "Bo"})
    survivor = world.apps["crm"].user_merge(spare, record(world, "crm", "bo@x.test"), new_id=True)
    world.apps["crm"].user_edit(survivor, {"title": "Boss"})
    world.settle()
    crm = world.apps["crm"].records[survivor]
    assert (crm["title"], crm["phone"]) == ("Boss", "+6281277776666")
    desk = world.apps["desk"].records[record(world, "desk", "bo@x.test")]
    assert desk["title"] == "Boss"


def test_a_survivor_that_nobody_had_read_clears_nothing(world: World) -> None:
    """Its blanks are those of another record."""
    survivor = world.apps["crm"].user_create({"email": "bo.frost@x.test", "first": "Bo", "last": "Frost"})
    world.apps["crm"].user_merge(record(world, "crm", "bo@x.test"), survivor)
    world.apps["crm"].user_edit(survivor, {"title": None, "phone": None})
    world.settle()
    kept = [world.apps[app].records[record(world, app, "bo.frost@x.test")] for app in ("crm", "desk")]
    assert [(held["title"], held["phone"]) for held in kept] == [(BO["title"], BO["phone"])] * 2


def test_the_consent_of_a_survivor_that_nobody_had_read_is_no_opt_in(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace("authority: [mail]", "authority: [desk, mail]")
    world.apps["crm"].user_create(BO)
    desk = world.apps["desk"]
    bo = desk.user_create({"email": "bo@x.test", "name": "Bo Frost", "consent": "subscribed"})
    world.settle()
    world.clock.sleep(86400)
    world.apps["crm"].user_edit(record(world, "crm", "bo@x.test"), {"optout": "true"})
    world.settle()
    world.clock.sleep(86400)
    survivor = desk.user_create({"email": "bo@home.test", "consent": "subscribed"})
    world.clock.sleep(60)
    desk.user_merge(bo, survivor)
    world.settle()
    assert desk.records[survivor]["consent"] == "unsubscribed"
    assert [held["optout"] for held in world.apps["crm"].records.values()] == ["true"]
    assert all(held["status"] != "active" for held in world.apps["mail"].records.values())
    world.db.close()


@pytest.mark.parametrize("kind", ["links", "updates"])
def test_the_brakes_count_merges_and_what_comes_of_them(tmp_path: Path, kind: ChangeKind) -> None:
    world = World(tmp_path, limits={kind: Limit(0.0, 0)})
    for person in (ANNA, BO):
        world.apps["crm"].user_create(person)
    world.settle()
    merge(world, "bo@x.test", "anna@x.test")
    before = live(world)
    report = world.run()
    assert report.status == "held"
    assert live(world) == before
    assert world.run(approve=report.run).status == "done"
    world.settle()
    assert len(live(world)) == 1
    world.db.close()


@pytest.mark.parametrize("how", ["archive", "delete"])
def test_what_is_gone_is_not_made_again_and_comes_back_to_its_person(world: World, how: str) -> None:
    crm, id = world.apps["crm"], record(world, "crm", "bo@x.test")
    before = golden(world, "crm", id)
    (crm.user_archive if how == "archive" else crm.user_delete)(id)
    reread(world)
    world.settle()
    assert len(crm.records) == 1
    if how == "archive":
        crm.user_restore(id)
    else:
        id = crm.user_create(BO)
    world.apps["desk"].user_edit(record(world, "desk", "bo@x.test"), {"title": "Boss"})
    world.settle()
    assert golden(world, "crm", id) == before
    assert (len(crm.records), len(world.apps["desk"].records)) == (2, 2)
    assert crm.records[id]["title"] == "Boss" if how == "archive" else crm.records[id]["title"]


@pytest.mark.parametrize(("policy", "left"), [("keep", 2), ("archive", 1), ("delete", 1)])
def test_a_deletion_follows_the_policy(tmp_path: Path, policy: str, left: int) -> None:
    world = World(tmp_path)
    world.text += f"on_delete: {policy}\n"
    for person in (ANNA, BO):
        world.apps["crm"].user_create(person)
    world.settle()
    world.apps["crm"].user_delete(record(world, "crm", "bo@x.test"))
    reread(world)
    world.settle()
    assert (len(world.apps["crm"].records), len(world.apps["desk"].records)) == (1, left)
    world.db.close()


def test_leaving_the_filter_is_no_deletion_and_resumes_with_the_old_shadows(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.text = world.text.replace(
        "crm: {object: contacts}", "crm: {object: contacts, only: \"last != 'Out'\"}"
    )
    world.text += "on_delete: archive\n"
    for person in (ANNA, BO):
        world.apps["crm"].user_create(person)
    world.settle()
    id = record(world, "crm", "bo@x.test")
    world.apps["crm"].user_edit(id, {"last": "Out"})
    world.settle()
    assert world.rows("SELECT state FROM link WHERE app = 'crm' AND id = :id", id=id) == [("out",)]
    assert len(world.apps["desk"].records) == 2
    world.apps["desk"].user_edit(record(world, "desk", "bo@x.test"), {"title": "Boss"})
    world.settle()
    assert world.apps["crm"].records[id]["title"] == "Clerk"
    world.apps["crm"].user_edit(id, {"last": "Frost"})
    world.settle()
    assert world.rows("SELECT state FROM link WHERE app = 'crm' AND id = :id", id=id) == [("live",)]
    assert world.apps["crm"].records[id]["title"] == "Boss"
    assert (len(world.apps["crm"].records), len(world.apps["desk"].records)) == (2, 2)
    world.db.close()


@pytest.mark.parametrize("beside", [False, True], ids=["into a new one", "into one that is known"])
def test_a_record_that_was_merged_and_followed_is_not_told_as_gone(world: World, beside: bool) -> None:
    merge(world, BO["email"], ANNA["email"], new_id=not beside)
    with world.db.transaction():
        Ledger(world.db, "contacts").save_reader("crm", cursor=None)
    report = world.run()
    assert (report.merged, report.gone) == ({"crm": 1 if beside else 2}, {})
