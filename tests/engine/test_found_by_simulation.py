"""Errors of ours that random histories found, each told once more as a story."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import AppError, Page
from connectors.memory import MemoryApp
from syncer.core.brakes import Limit
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.model import Pending
from syncer.store.records import Records
from tests.engine.world import CRM, DESK, MAIL, World

ALL = {"crm": CRM, "mail": MAIL, "desk": DESK}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.db.close()


def one(world: World, app: str) -> str:
    (id,) = world.apps[app].records
    return id


def mara(world: World, *apps: str) -> None:
    for name in apps or ("crm", "desk"):
        named = {"name": "Mara Lind"} if name == "desk" else {"first": "Mara", "last": "Lind"}
        world.apps[name].user_create({"email": "mara@x.test", **named})


def once(app: MemoryApp, call: str, act: object, after: bool = False) -> None:
    """Have something happen at the next call of this kind."""

    def hook(name: str) -> None:
        if name == call:
            app.before_call = app.after_call = None
            act()  # type: ignore[operator]

    if after:
        app.after_call = hook
    else:
        app.before_call = hook


def test_the_journal_tells_all_rounds_of_a_run(world: World) -> None:
    mara(world)
    world.settle()
    crm, desk = world.apps["crm"], world.apps["desk"]
    crm.user_edit(one(world, "crm"), {"title": "CTO"})

    def move() -> None:
        desk.user_edit(one(world, "desk"), {"title": "Boss", "phone": "+6281234567890"})

    once(world.apps["mail"], "pull", lambda: world.clock.sleep(90))  # what was read of desk is old by then
    once(desk, "pull", lambda: once(desk, "fetch", move))
    world.run()
    rows = world.rows("SELECT body FROM journal WHERE run = (SELECT MAX(run) FROM journal)")
    changed = json.loads(str(rows[0][0]))["changed"]
    assert {"title", "phone"} <= changed.keys()


def test_a_clock_that_was_set_back_hides_no_unconfirmed_write(world: World) -> None:
    mara(world)
    world.settle()
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})
    world.clock.at += timedelta(hours=2)
    world.run()  # desk answers without the record: the write is unconfirmed
    world.clock.at -= timedelta(hours=2)
    world.run()
    assert world.rows("SELECT COUNT(*) FROM link WHERE open") == [(0,)]


def test_what_was_read_in_the_future_is_read_again_before_it_is_written_over(world: World) -> None:
    mara(world)
    fast = replace(world.ports(), now=lambda: world.clock() + timedelta(hours=2))
    Engine(world.sync(), world.db, fast).run(RunOptions())
    edited_while_others_are_read(world)
    world.settle()
    logged = world.rows("SELECT body FROM conflict WHERE field = 'title'")
    assert any("Boss" in str(body) for (body,) in logged)


def test_a_field_that_a_mapping_gains_is_read_in_records_that_nobody_changes(world: World) -> None:
    full = world.text
    world.text = "\n".join(line for line in full.splitlines() if "title" not in line)
    mara(world)
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})
    world.settle()
    assert world.apps["desk"].records[one(world, "desk")]["title"] is None
    world.text = full
    report = world.run()
    world.run(approve=report.held_run)
    assert world.apps["desk"].records[one(world, "desk")]["title"] == "CTO"


def test_an_app_that_fails_while_what_existed_is_looked_at_does_not_end_the_run(world: World) -> None:
    mara(world, "crm")
    mail = world.apps["mail"]
    world.apps["crm"].user_edit(one(world, "crm"), {"optout": None})
    world.apps["desk"].user_create({"email": "sara@x.test", "name": "Sara Karimi", "consent": "subscribed"})

    def sara_comes_first() -> None:
        mail.user_create({"email": "sara@x.test"})
        once(mail, "fetch", fail)

    def fail() -> None:
        raise AppError("mail: not now")

    once(mail, "write", sara_comes_first)
    report = world.run()
    assert report.status == "partial"
    assert "not now" in report.apps["mail"].error
    world.settle()
    assert len(mail.records) == 1


def test_a_listing_that_leaves_out_what_is_there_proves_no_absence(tmp_path: Path) -> None:
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, unique=())})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    mail, connector = world.apps["mail"], world.connectors["mail"]
    world.settle()
    world.apps["desk"].user_create({"email": "sara@x.test", "name": "Sara Karimi", "consent": "subscribed"})

    def lose_the_answer() -> None:
        raise AppError("mail: the connection broke")

    once(mail, "write", lose_the_answer, after=True)
    world.run()
    assert len(mail.records) == 2
    pull = connector.pull
    connector.pull = lambda *_: iter([Page([], None, last=True)])  # type: ignore[method-assign, assignment]
    world.run()
    connector.pull = pull  # type: ignore[method-assign]
    world.settle()
    assert len(mail.records) == 2
    world.db.close()


def test_nobody_is_created_beside_a_record_that_is_under_review(tmp_path: Path) -> None:
    world = World(tmp_path, {**ALL, "desk": replace(DESK, unique=())})
    world.apps["desk"].user_create({"email": "office@x.test", "name": "Mara Lind"})
    world.apps["crm"].user_create({"email": "office@x.test", "first": "Gustav", "last": "Brand"})
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM review WHERE status = 'open'") == [(1,)]
    assert len(world.apps["desk"].records) == 1
    world.db.close()


def test_a_held_run_writes_no_consent_that_nobody_knew_of(tmp_path: Path) -> None:
    world = World(tmp_path)
    mara(world, "crm", "mail", "desk")
    world.apps["mail"].user_edit(one(world, "mail"), {"status": None})
    world.settle()
    world.limits = {"updates": Limit(0.0, 0)}
    world.apps["desk"].user_edit(one(world, "desk"), {"consent": "subscribed", "title": "CTO"})
    report = world.run()
    assert (report.status, report.written) == ("held", 0)
    assert world.only("mail")["status"] is None
    world.db.close()


def test_a_new_record_is_recognised_by_an_address_that_was_changed_elsewhere_meanwhile(world: World) -> None:
    mara(world, "crm")
    world.settle()
    world.apps["crm"].user_edit(one(world, "crm"), {"email": "mara.lind@x.test"})
    world.apps["mail"].user_create({"email": "mara.lind@x.test", "first": "Mara", "status": "active"})
    world.settle()
    assert [len(app.records) for app in world.apps.values()] == [1, 1, 1]


def edited_while_others_are_read(world: World) -> None:
    """The CRM has a new title; somebody edits it in desk too, more than a minute after desk was read."""
    desk, desk_id = world.apps["desk"], one(world, "desk")
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})
    desk.user_edit(desk_id, {"phone": "+6281234567890"})

    def later() -> None:
        world.clock.sleep(90)
        desk.user_edit(desk_id, {"title": "Boss"})

    once(world.apps["mail"], "pull", later)


def test_a_record_was_read_when_it_was_asked_for_not_when_its_turn_came(world: World) -> None:
    mara(world)
    world.settle()
    edited_while_others_are_read(world)
    world.settle()
    logged = world.rows("SELECT body FROM conflict WHERE field = 'title'")
    assert any("Boss" in str(body) for (body,) in logged)


def test_an_opt_out_counts_that_was_taken_back_before_the_first_sync(world: World) -> None:
    world.first_sync = "ask"
    mara(world, "crm")
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "unsubscribed"})
    held = world.run()
    world.apps["desk"].user_edit(one(world, "desk"), {"consent": "subscribed"})
    world.run(approve=held.held_run)
    world.settle()
    assert world.only("crm")["optout"] == "true"


def test_an_opt_out_that_is_shown_while_something_else_is_written_is_not_passed_over(world: World) -> None:
    mara(world, "crm", "desk")
    world.settle()
    desk, id = world.apps["desk"], one(world, "desk")
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})

    def opt_out() -> None:
        world.clock.sleep(90)
        once(desk, "fetch", lambda: desk.user_edit(id, {"consent": "unsubscribed"}))

    once(world.apps["mail"], "pull", opt_out)
    world.run()
    desk.user_edit(id, {"consent": "subscribed"})
    world.settle()
    assert world.only("crm")["optout"] == "true"


def test_a_value_typed_again_after_a_clock_was_set_back_is_named(world: World) -> None:
    mara(world)
    desk, id = world.apps["desk"], one(world, "desk")
    desk.user_edit(id, {"title": "Boss"})
    world.settle()
    ahead = world.clock() + timedelta(hours=2)
    with world.db.transaction():
        records = Records(world.db, "contacts")
        link = records.links("desk", [id])[id]
        link.observed_at, link.pending["title"] = ahead, Pending("Boss", "CTO", {"title": "CTO"}, ahead)
        records.save_links([link], world.sync().slot_names())
    desk.user_edit(id, {"title": "CEO"})
    desk.user_edit(id, {"title": "Boss"})
    world.clock.sleep(120)
    world.settle()
    logged = world.rows("SELECT body FROM conflict WHERE field = 'title' AND kind = 'aba'")
    assert any("Boss" in str(body) for (body,) in logged)


def test_an_empty_listing_after_one_that_broke_off_proves_no_absence(tmp_path: Path) -> None:
    world = World(tmp_path, {**ALL, "mail": replace(MAIL, unique=())})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    mail, connector = world.apps["mail"], world.connectors["mail"]
    world.settle()
    world.apps["desk"].user_create({"email": "sara@x.test", "name": "Sara Karimi", "consent": "subscribed"})

    def broken(*_: object) -> Iterator[Page]:
        raise AppError("mail: the connection broke")
        yield

    once(mail, "write", lambda: next(broken()), after=True)
    world.run()
    pull = connector.pull
    for listing in (broken, lambda *_: iter([Page([], None, last=True)])):
        connector.pull = listing  # type: ignore[method-assign, assignment]
        world.run()
    connector.pull = pull  # type: ignore[method-assign]
    world.settle()
    assert len(mail.records) == 2
    world.db.close()


def test_who_was_archived_is_known_again_by_the_address(world: World) -> None:
    for name in ("crm", "desk"):
        world.text = world.text.replace(
            f"{name}: {{object: contacts", f"{name}: {{object: contacts, creates: false"
        )
    mara(world, "mail")
    world.settle()
    crm, mail = world.apps["crm"], world.apps["mail"]
    mail.user_archive(one(world, "mail"))
    world.settle()
    crm.user_create({"email": "mara@x.test", "first": "Mara", "last": "Karimi"})
    world.settle()
    mail.user_restore(next(iter(mail.rows)))
    world.settle()
    assert world.rows("SELECT COUNT(*) FROM golden") == [(1,)]
    assert (len(crm.records), len(mail.records)) == (1, 1)
    assert world.only("mail")["last"] == "Karimi"


def test_a_question_goes_along_when_two_people_are_joined(world: World) -> None:
    """A conflict that waits in the one that became an alias can still be answered."""
    world.text = world.text.replace("rule: {prefer: [crm]}", "rule: manual")
    crm, desk = world.apps["crm"], world.apps["desk"]
    for name in ("anna", "bo"):
        crm.user_create({"email": f"{name}@x.test", "first": name, "last": name, "title": "Clerk"})
    world.settle()
    goldens = {str(r[0]): r[1] for r in world.rows("SELECT golden, id FROM link WHERE app = 'crm'")}
    stays, goes = sorted(goldens)
    id = next(i for i, v in desk.records.items() if v["email"] == crm.records[str(goldens[goes])]["email"])
    crm.user_edit(str(goldens[goes]), {"title": "CTO"})
    desk.user_edit(id, {"title": "Boss"})
    world.settle()
    crm.user_merge(str(goldens[goes]), str(goldens[stays]))
    world.settle()
    waiting = world.rows("SELECT golden, body FROM conflict WHERE status = 'held'")
    assert [row[0] for row in waiting] == [stays]
    assert "CTO" in str(waiting[0][1])
    assert "Boss" in str(waiting[0][1])


def test_an_opt_out_counts_that_was_repeated_before_a_lagging_list_showed_it_lifted(tmp_path: Path) -> None:
    world = World(tmp_path, {**ALL, "crm": replace(CRM, lag=300.0, lists_lag=True)})
    mara(world, "crm", "mail")
    crm, mail = world.apps["crm"], world.apps["mail"]
    mail.user_edit(one(world, "mail"), {"status": "active"})
    crm.user_edit(one(world, "crm"), {"optout": "true"})
    world.clock.sleep(300)
    world.settle()
    assert world.only("mail")["status"] == "out"
    crm.user_edit(one(world, "crm"), {"optout": None})
    mail.user_edit(one(world, "mail"), {"status": "active"})
    world.clock.sleep(250)
    crm.user_edit(one(world, "crm"), {"optout": "true"})
    world.settle()  # the list shows it lifted, the record itself the opt-out
    assert world.only("mail")["status"] == "out"
    world.db.close()


def test_what_an_app_does_not_show_yet_is_read_before_it_is_written_over(tmp_path: Path) -> None:
    world = World(tmp_path, {**ALL, "desk": replace(DESK, lag=90.0)})
    mara(world)
    world.clock.sleep(90)
    world.settle()
    world.apps["crm"].user_edit(one(world, "crm"), {"title": "CTO"})
    once(
        world.apps["crm"], "pull", lambda: world.apps["desk"].user_edit(one(world, "desk"), {"title": "Boss"})
    )
    world.run()
    assert "Boss" in str(world.rows("SELECT body FROM conflict WHERE field = 'title'"))
    world.db.close()


def test_what_a_look_up_shows_of_a_record_that_was_linked_meanwhile_counts(tmp_path: Path) -> None:
    world = World(
        tmp_path, {**ALL, "mail": replace(MAIL, unique=(), external_id="our_id", lag=90.0, feed="changes")}
    )
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    mail = world.apps["mail"]

    def fail() -> None:
        raise AppError("mail: not now")

    once(mail, "write", fail, after=True)
    world.run()  # created, and nobody was told
    once(mail, "find", fail)
    world.run()  # not looked up, but listed and recognised
    assert world.rows("SELECT COUNT(*) FROM link WHERE app = 'mail'") == [(1,)]
    mail.user_edit(one(world, "mail"), {"title": "Boss"})
    world.apps["desk"].user_edit(one(world, "desk"), {"title": "CTO"})
    Engine(world.sync(), world.db, world.ports()).run(RunOptions())  # no list shows it yet
    world.settle()
    named = world.rows("SELECT body FROM conflict WHERE field = 'title'")
    assert "Boss" in f"{mail.records} {named}"
    world.db.close()


def test_what_a_new_record_brings_passes_no_brake_because_something_else_was_due(tmp_path: Path) -> None:
    world = World(tmp_path, limits={"updates": Limit(0.0, 1)})
    crm, mail, desk = world.apps["crm"], world.apps["mail"], world.apps["desk"]
    people = [{"email": f"{name.lower()}@x.test", "first": name, "last": "Lind"} for name in ("Mara", "Tom")]
    ids = [crm.user_create({**person, "title": "Guard", "optout": "true"}) for person in people]
    world.settle()

    def fail() -> None:
        raise AppError("desk: not now")

    crm.user_edit(ids[0], {"phone": "+6281234567890"})
    once(desk, "write", fail)
    assert world.run().apps["desk"].error
    for person in people:
        mail.user_create({**person, "status": "out"})  # without a title
    report = world.run()
    assert report.status == "held"
    assert "mail: 2 updates" in report.reason
    world.db.close()
