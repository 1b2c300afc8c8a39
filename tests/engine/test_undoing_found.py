"""What random histories with an undo in them found: what is told to be put back is, and nothing typed goes
unnamed. See `tests/simulation/engine/undone.py`.

Over 400 lines because it is one list of what was found, which `docs/reliability.md` numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from connectors.contract import Unavailable
from connectors.memory import Flaky, Refused
from connectors.memory.faults import Fault
from connectors.memory.index import Row
from syncer.core.reversal_records import UNANSWERED
from syncer.model import ABSENT, Item
from syncer.store.outbox import InFlight, Outbox
from syncer.store.records import Records
from syncer.usecases.reverting import ALIKE
from tests.engine.crash import Crash
from tests.engine.test_undoing import MARA, acts, edit, release, titles, undo
from tests.engine.world import CRM, DESK, MAIL, MAPPING, World

MANUAL = MAPPING.replace("rule: {prefer: [crm]}", "rule: manual")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Mara is in the CRM and in the helpdesk, and the three apps are in step."""
    world = World(tmp_path)
    yield begun(world)
    world.db.close()


def begun(world: World) -> World:
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    world.settle()
    return world


def logged(world: World, kind: str) -> list[str]:
    return [str(body) for (body,) in world.rows("SELECT body FROM conflict WHERE kind = :kind", kind=kind)]


def test_a_field_goes_back_beside_another_that_was_edited_since(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_edit(id, {"phone": "+6281211112222"})
    undone = undo(world, run)
    assert titles(world)["crm"] == "CEO"
    release(world, undone)
    assert {world.only(app)["phone"] for app in world.apps} == {"+6281211112222"}


def test_consent_that_a_run_was_the_first_to_say_is_unsaid(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    world.settle()
    world.apps["mail"].user_create(
        {"email": "mara@x.test", "first": "Mara", "last": "Lind", "status": "active"}
    )
    run = world.run()
    assert world.only("desk")["consent"] == "subscribed"
    undone = undo(world, run)
    assert ("restore", "desk", "consent") in acts(undone)
    assert world.only("desk")["consent"] is None
    release(world, undone)
    assert world.settle().written == 0


def test_what_a_held_conflict_is_about_is_put_back_all_the_same(tmp_path: Path) -> None:
    world = begun(World(tmp_path, text=MANUAL))
    run = edit(world, "desk", title="Founder")
    for app in ("crm", "desk"):
        (id,) = world.apps[app].records
        world.apps[app].user_edit(id, {"title": f"Head of {app}"})
    world.run()
    undone = undo(world, run)
    assert titles(world)["mail"] == "CEO"
    again = undo(world, undone.run)
    assert ("restore", "mail", "title") in {(x.act, x.app, x.field) for x in again.lines}
    assert titles(world)["mail"] == "Founder"


def test_a_record_that_is_kept_archived_under_our_id_is_tried_once(tmp_path: Path) -> None:
    world = World(tmp_path, traits={"crm": replace(CRM, external_id="our_id"), "mail": MAIL, "desk": DESK})
    world.apps["desk"].user_create({"email": "otto@x.test", "name": "Otto Berg"})
    world.settle()
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    first = undo(world, world.run())
    assert ("archive", "crm", None) in acts(first)
    again = undo(world, first.run)
    (mara,) = [id for id, values in world.apps["desk"].records.items() if values["name"] == "Mara Lind"]
    world.apps["desk"].user_edit(mara, {"email": "maria@x.test"})
    assert release(world, again).status == "partial"  # the CRM says that it has one, and shows none
    assert world.run().status == "done"
    assert len(world.apps["crm"].records) == 1


def test_the_value_that_an_undo_left_is_named_when_it_gives_way(world: World) -> None:
    release(world, undo(world, edit(world, "desk", title="Founder")))
    edit(world, "crm", title="Chair")
    assert set(titles(world).values()) == {"Chair"}
    (named,) = logged(world, "overruled")
    assert "Founder" in named


def test_an_edit_where_an_undo_left_another_value_names_what_it_replaces(world: World) -> None:
    release(world, undo(world, edit(world, "desk", title="Founder")))
    edit(world, "desk", title="Chair")
    assert set(titles(world).values()) == {"Chair"}
    (named,) = logged(world, "overruled")
    assert "CEO" in named


def test_nothing_is_told_to_be_put_back_in_a_record_that_is_gone(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    (id,) = world.apps["mail"].records
    world.apps["mail"].user_delete(id)
    undone = undo(world, run)
    told = {(x.act, x.why) for x in undone.lines if x.app == "mail" and x.field == "title"}
    assert told == {("left", "the record is not there any more")}


def test_nothing_is_made_again_beside_a_record_under_review(tmp_path: Path) -> None:
    desk = replace(DESK, unique=(), needs=())
    world = World(tmp_path, traits={"crm": CRM, "mail": MAIL, "desk": desk})
    world.apps["desk"].user_create({"email": "otto@x.test", "name": "Otto Berg"})
    world.settle()
    world.apps["crm"].user_create(MARA)
    first = undo(world, world.run())
    assert ("archive", "desk", None) in {(x.act, x.app, x.field) for x in first.lines}
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Quentin Oduya"})
    release(world, first)
    assert world.rows("SELECT app FROM review WHERE status = 'open'") == [("desk",)]
    again = undo(world, first.run)
    assert [x.why for x in again.lines if x.app == "desk" and x.act == "left"] == [ALIKE]
    assert len(world.apps["desk"].records) == 2


def test_a_record_that_an_undo_put_away_is_in_step_once_somebody_brings_it_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    world.settle()
    undone = undo(world, edit(world, "desk", title="Founder", consent="subscribed"))
    assert {(x.act, x.field) for x in undone.lines if x.app == "mail"} == {("archive", None)}
    (mail,) = world.apps["mail"].rows
    world.apps["mail"].user_restore(mail)
    release(world, undone)
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


@pytest.mark.parametrize(
    ("tells", "state", "status"),
    [(True, "gone", "done"), (False, "live", "partial")],
    ids=["told", "not told"],
)
def test_a_write_to_a_record_that_is_gone_asks_what_became_of_it(
    tmp_path: Path, tells: bool, state: str, status: str
) -> None:
    """In an app whose feed passes deletions over, and vouches for what it did not list."""
    crm = replace(CRM, feed="changes", tells_deleted=tells, lists_lag=False)
    world = begun(World(tmp_path, traits={"crm": crm, "mail": MAIL, "desk": DESK}))
    world.run()
    (id,) = world.apps["crm"].records
    world.apps["crm"].user_delete(id)
    assert edit(world, "desk", title="Founder").status == status
    assert world.rows("SELECT state FROM link WHERE app = 'crm' AND id = :id", id=id) == [(state,)]
    assert world.run().status == "done"


def test_what_an_undo_puts_away_is_no_deletion_that_spreads(tmp_path: Path) -> None:
    """By this policy who is deleted in one app goes from all; the answer to the undo's archive is lost."""
    world = World(tmp_path, text=MAPPING + "on_delete: archive\n")
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    run = world.run()
    assert len(world.apps["crm"].records) == 1
    world.apps["crm"].faults = Flaky(random.Random(1), {"timeout_after": 1.0})
    undone = undo(world, run)
    assert ("archive", "crm", None) in acts(undone)
    assert world.apps["crm"].records == {}
    world.apps["crm"].faults = None
    release(world, undone)
    world.settle()
    assert len(world.apps["desk"].records) == 1


def test_a_record_that_was_not_archived_after_all_is_not_made_again(tmp_path: Path) -> None:
    traits = {"crm": replace(CRM, unique=()), "mail": MAIL, "desk": DESK}
    world = begun(World(tmp_path, traits=traits, text=MAPPING + "on_delete: archive\n"))
    (mail,) = world.apps["mail"].records
    world.apps["mail"].user_archive(mail)
    world.apps["crm"].faults = Flaky(random.Random(1), {"ignored": 1.0})
    run = world.run()
    world.apps["crm"].faults = None
    undone = undo(world, run)
    assert [x.why for x in undone.lines if x.app == "crm" and x.act == "left"] == ["it is there all the same"]
    assert len(world.apps["crm"].records) == 1


def test_what_looks_like_ours_and_was_typed_since_is_left_alone(world: World) -> None:
    first = edit(world, "desk", title="Founder")
    edit(world, "crm", title="Chair")
    assert titles(world)["mail"] == "Chair"
    edit(world, "mail", title="Founder")
    world.settle()
    undone = undo(world, first)
    assert not [x for x in undone.lines if x.act == "restore"]
    assert titles(world)["mail"] == "Founder"


def test_a_record_that_its_app_would_not_archive_is_kept_in_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "CEO"})
    run = world.run()

    def refuse(id: str, who: str) -> Row:
        raise Refused("not yours to archive")

    with monkeypatch.context() as patch:
        patch.setattr(world.apps["crm"], "archive", refuse)
        undone = undo(world, run)
    assert ("archive", "crm", None) in acts(undone)
    assert undone.report is not None
    assert undone.report.status == "partial"
    release(world, undone)
    edit(world, "desk", title="Chair")
    assert world.only("crm")["title"] == "Chair"


def test_a_record_that_an_undo_put_away_is_not_taken_for_what_a_killed_one_made_again(tmp_path: Path) -> None:
    """By this policy who is deleted in one app goes from all."""
    traits = {"crm": replace(CRM, external_id="our_id"), "mail": MAIL, "desk": DESK}
    world = World(tmp_path, text=MAPPING + "on_delete: archive\n", traits=traits)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    first = undo(world, world.run())
    assert world.apps["crm"].records == {}
    killed_before_writing(world, "crm", first.run)
    release(world, undo(world, first.run))
    world.settle()
    assert len(world.apps["desk"].records) == 1


@pytest.mark.parametrize("at_once", [False, True], ids=["after the next runs", "at once"])
def test_an_undo_reaches_what_a_killed_run_may_have_written(world: World, at_once: bool) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"title": "Founder"})
    killed = killed_after_writing(world, "mail")
    if not at_once:
        world.settle()
    assert titles(world)["mail"] == "Founder"
    undo(world, killed)
    assert titles(world)["mail"] == "CEO"


def test_an_undo_archives_what_a_killed_run_has_created(tmp_path: Path) -> None:
    world = World(tmp_path, traits={"crm": replace(CRM, external_id="our_id"), "mail": MAIL, "desk": DESK})
    world.apps["desk"].user_create({"email": "otto@x.test", "name": "Otto Berg"})
    world.settle()
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    killed = killed_after_writing(world, "crm")
    world.settle()
    assert len(world.apps["crm"].records) == 2
    undone = undo(world, killed)
    assert ("archive", "crm", None) in acts(undone)
    assert len(world.apps["crm"].records) == 1


def test_what_only_looks_like_a_record_that_a_killed_run_has_created_is_left_alone(tmp_path: Path) -> None:
    crm = replace(CRM, unique=(), external_id=None)
    world = World(tmp_path, traits={"crm": crm, "mail": MAIL, "desk": DESK})
    world.apps["desk"].user_create({"email": "otto@x.test", "name": "Otto Berg"})
    world.settle()
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind"})
    killed = killed_after_writing(world, "crm")
    world.settle()
    undone = undo(world, killed)
    assert [x.why for x in undone.lines if x.app == "crm"] == [UNANSWERED]
    assert len(world.apps["crm"].records) == 2


def test_a_record_that_is_back_is_left_to_the_next_run(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    (mail,) = world.apps["mail"].records
    world.apps["mail"].user_archive(mail)
    world.settle()
    world.apps["mail"].user_restore(mail)
    undone = undo(world, run)
    with world.db.reading():
        assert list(Records(world.db, "contacts").waiting("mail", [mail])) == [mail]
    release(world, undone)
    assert world.rows("SELECT state FROM link WHERE app = 'mail'") == [("live",)]


def test_a_create_that_was_sent_again_without_a_field_is_history_too(world: World) -> None:
    outbox = Outbox(world.db, "contacts")
    item = Item("create", "crm", "g1", None, {"email": (ABSENT, "mara@x.test")})
    with world.db.transaction():
        outbox.record("run-1", [(item, None, "rejected", "no such field")])
        flight = InFlight("ref", item, world.clock(), "run-1")
        outbox.record_unanswered([flight])
        outbox.record_made(flight, "77")
    found = world.rows("SELECT outcome, record FROM written WHERE run = 'run-1' ORDER BY seq")
    assert found == [("rejected", None), ("applied", "77")]


@pytest.mark.parametrize("fault", ["timeout_before", "retry"])
def test_what_an_undo_could_not_write_is_written_by_the_same_undo_again(world: World, fault: Fault) -> None:
    run = edit(world, "desk", title="Founder", phone="+6281211112222")
    world.apps["mail"].faults = Flaky(random.Random(1), {fault: 1.0})
    undone = undo(world, run)
    assert undone.report is not None
    assert (undone.report.status, undone.report.leftovers, undone.report.written) == ("partial", 1, 1)
    world.apps["mail"].faults = None
    assert titles(world)["mail"] == "Founder"
    again = undo(world, run)
    assert ("restore", "mail", "title") in acts(again)
    assert titles(world)["mail"] == "CEO"


def test_an_undo_beside_an_app_that_cannot_be_asked_has_leftovers(world: World) -> None:
    run = edit(world, "desk", title="Founder")

    def away(call: str) -> None:
        if call == "fetch":
            raise Unavailable("mail: no answer")

    world.apps["mail"].before_call = away
    undone = undo(world, run)
    assert undone.report is not None
    assert undone.report.status == "partial"
    told = [(x.act, x.why) for x in undone.lines if x.app == "mail"]
    assert told == [("left", "the app could not be asked: mail: no answer")]
    world.apps["mail"].before_call = None
    undo(world, run)
    assert titles(world)["mail"] == "CEO"


def test_what_somebody_changed_since_is_told_as_it_is_now(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    (mail,) = world.apps["mail"].records
    world.apps["mail"].user_edit(mail, {"title": "Chair"})
    undone = undo(world, run)
    told = [(x.act, x.now, x.why) for x in undone.lines if (x.app, x.field) == ("mail", "title")]
    assert told == [("left", "Chair", "it was changed there since")]


def test_which_of_two_unanswered_creates_made_a_record_is_not_told(world: World) -> None:
    outbox = Outbox(world.db, "contacts")
    item = Item("create", "crm", "g1", None, {"email": (ABSENT, "mara@x.test")})
    flights = [InFlight(f"ref-{n}", item, world.clock(), f"run-{n}") for n in (1, 2)]
    with world.db.transaction():
        for flight in flights:
            outbox.record_unanswered([flight])
        outbox.record_made(flights[1], "77")
    found = world.rows("SELECT outcome, record FROM written WHERE golden = 'g1' ORDER BY seq")
    assert found == [("unknown", None), ("unknown", None)]


def killed_before_writing(world: World, app: str, undone: str) -> None:
    """An undo of this run whose process is gone when it was about to write to this app."""
    with dying(world, app, "before_call"):
        undo(world, undone)


def killed_after_writing(world: World, app: str) -> str:
    """A run whose process is gone once this app was written to: its id."""
    with dying(world, app, "after_call"):
        world.run()
    return f"run-{world.runs:05d}"


@contextmanager
def dying(world: World, app: str, when: Literal["before_call", "after_call"]) -> Iterator[None]:
    def step(call: str) -> None:
        if call == "write":
            raise Crash(call)

    setattr(world.apps[app], when, step)
    with pytest.raises(Crash):
        yield
    setattr(world.apps[app], when, None)
    world.reopen()


def test_who_was_archived_everywhere_after_a_deletion_is_made_again(tmp_path: Path) -> None:
    archiving = MAPPING.replace("rule: newest\n", "rule: newest\non_delete: archive\n", 1)
    apps = {"crm": replace(CRM, lists_archived=True), "mail": MAIL, "desk": DESK}
    world = World(tmp_path, apps, text=archiving)
    id = world.apps["crm"].user_create({"first": "Mara", "last": "Lind"})
    world.settle()
    world.apps["crm"].user_archive(id)
    run = world.run()
    assert [row.state for row in world.apps["desk"].rows.values()] == ["archived"]
    undone = undo(world, run)
    assert [(x.act, x.app) for x in undone.lines if x.app == "desk"] == [("create", "desk")]
    world.run(approve=undone.run)
    world.settle()
    assert [row.state for row in world.apps["desk"].rows.values()] == ["archived", "live"]
    assert world.apps["crm"].records == {}
    world.db.close()
