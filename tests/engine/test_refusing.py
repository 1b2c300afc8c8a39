"""A plan that deletions or new links had stopped, and what becomes of it when it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import Result
from syncer.core.brakes import Limit
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.report import Report
from syncer.store.records import Records
from syncer.usecases.failures import failures
from tests.engine.test_following import reread
from tests.engine.town import Town, settled
from tests.engine.world import World

NAMES = ("Ann Lee", "Bo Berg", "Cy Diaz", "Di Fox")


def deleted(path: Path, policy: str, creates: bool = True) -> World:
    """Four people, of whom three were deleted in the CRM; the plan that comes of it is held."""
    world = World(path)
    world.text += f"on_delete: {policy}\n"
    if not creates:
        world.text = world.text.replace("crm: {object: contacts}", "crm: {object: contacts, creates: false}")
    for name in NAMES:
        first, last = name.split()
        world.apps["crm"].user_create({"email": f"{first}@x.test", "first": first, "last": last})
    world.settle()
    world.limits = {"links": Limit(0.0, 1), "archives": Limit(0.0, 1)}
    for id in list(world.apps["crm"].records)[1:]:
        world.apps["crm"].user_delete(id)
    reread(world)
    return world


@pytest.fixture(params=["keep", pytest.param("archive", marks=pytest.mark.slow)])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    world = deleted(tmp_path, request.param)
    yield world
    world.db.close()


def held(world: World) -> Report:
    report = world.run()
    assert (report.status, report.written) == ("held", 0)
    assert "crm: 3 links" in report.reason
    return report


def people(world: World, app: str) -> set[str]:
    return {str(v["email"]).casefold() for v in world.apps[app].records.values()}


def test_what_was_deleted_is_made_again_where_it_is_brought_back(world: World) -> None:
    before = people(world, "desk")
    done = world.run(reject=held(world).held_run, bring_back="crm")
    assert (done.status, done.apps["crm"].created) == ("done", 3)
    assert people(world, "crm") == people(world, "desk") == before
    assert world.settle().written == 0
    assert world.rows("SELECT COUNT(*) FROM link WHERE state = 'gone'") == [(0,)]
    assert len(world.apps["desk"].records) == len(NAMES)


def test_refused_deletions_stay_where_they_were_made(world: World) -> None:
    done = world.run(reject=held(world).held_run)
    assert done.gone == {"crm": 3}
    assert (done.status, done.written) == ("done", 0)
    assert world.settle().written == 0
    assert (len(world.apps["crm"].records), len(world.apps["desk"].records)) == (1, len(NAMES))
    assert world.rows("SELECT COUNT(*) FROM link WHERE state = 'gone'") == [(3,)]


@pytest.mark.slow
def test_approved_deletions_follow_the_policy(world: World) -> None:
    done = world.run(approve=held(world).held_run)
    assert done.status == "done"
    left = len(NAMES) if "on_delete: keep" in world.text else 1
    assert len(world.apps["desk"].records) == left
    assert world.settle().written == 0


@pytest.mark.slow
def test_what_came_back_by_itself_holds_nothing_any_more(world: World) -> None:
    held(world)
    for name in NAMES[1:]:
        first, last = name.split()
        world.apps["crm"].user_create({"email": f"{first}@x.test", "first": first, "last": last})
    world.limits = {}
    assert world.settle().written == 0
    assert people(world, "crm") == people(world, "desk")


@pytest.mark.slow
def test_an_app_that_makes_no_records_brings_nothing_back(tmp_path: Path) -> None:
    world = deleted(tmp_path, "archive", creates=False)
    done = world.run(reject=held(world).held_run, bring_back="crm")
    assert (done.status, done.written) == ("done", 0)
    assert world.rows("SELECT COUNT(*) FROM link WHERE state = 'gone'") == [(3,)]
    assert len(world.apps["desk"].records) == len(NAMES)
    world.db.close()


def test_refused_links_wait_in_review(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in NAMES:
        first, last = name.split()
        world.apps["crm"].user_create({"email": f"{first}@x.test", "first": first, "last": last})
    world.settle()
    world.limits = {"links": Limit(0.0, 1)}
    for name in NAMES[:2]:
        first = name.split()[0]
        world.apps["crm"].user_create({"email": None, "first": first, "last": name.split()[1], "phone": None})
    for name in NAMES:
        first, last = name.split()
        id = world.apps["mail"].user_create(
            {"email": f"{first}@x.test", "first": first, "last": last, "status": "out"}
        )
        assert id
    report = world.run()
    assert report.status == "held"
    assert "mail: 4 links" in report.reason
    done = world.run(reject=report.held_run)
    assert done.status == "done"
    assert world.rows("SELECT COUNT(*) FROM review WHERE status = 'open' AND app = 'mail'") == [(4,)]
    assert world.rows("SELECT COUNT(*) FROM link WHERE app = 'mail'") == [(0,)]
    world.db.close()


def test_who_brings_one_app_back_overrules_no_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in NAMES:
        first, last = name.split()
        world.apps["crm"].user_create(
            {"email": f"{first}@x.test", "first": first, "last": last, "title": "CEO"}
        )
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    desk = next(id for id, v in world.apps["desk"].records.items() if v["email"] == "ann@x.test")
    world.apps["desk"].user_edit(desk, {"title": "Chair"})
    world.clock.sleep(5)
    for id in world.apps["crm"].records:
        world.apps["crm"].user_edit(id, {"title": "wrong"})
    report = world.run()
    assert report.status == "held"
    world.run(reject=report.held_run, bring_back="crm")
    world.settle()
    for app in ("crm", "desk"):
        titles = {str(v["email"]).casefold(): v["title"] for v in world.apps[app].records.values()}
        assert titles == {"ann@x.test": "Chair", "bo@x.test": "CEO", "cy@x.test": "CEO", "di@x.test": "CEO"}
    told = world.rows("SELECT winner, body FROM conflict WHERE field = 'title' AND kind = 'overruled'")
    assert len(told) == len(NAMES)
    assert world.rows("SELECT COUNT(*) FROM conflict WHERE winner LIKE '%wrong%'") == [(0,)]
    world.db.close()


def with_badge(path: Path, value: str, phone: str = "+6281") -> tuple[World, str]:
    """Ann, of whom desk gets a text that is worked out; from here on no update goes unasked."""
    world = World(path)
    world.text = world.text.replace("mail: title, desk: title}", "mail: title}")
    world.text += f'  badge: {{value: "{value}", in: {{desk: title}}}}\n'
    ann = {"email": "ann@x.test", "first": "Ann", "last": "Lee", "phone": phone, "title": "CEO"}
    crm = world.apps["crm"].user_create(ann)
    world.settle()
    world.limits = {"updates": Limit(0.0, 0)}
    return world, crm


def refused(world: World) -> list[object]:
    """The fields that wait for a person after what is planned was refused, and nothing was written."""
    done = world.run(reject=world.run().held_run)
    assert (done.status, done.written) == ("done", 0)
    assert world.run().written == 0
    return [row[0] for row in world.rows("SELECT field FROM conflict WHERE status = 'held'")]


@pytest.mark.parametrize("app", [None, "crm"])
def test_a_worked_out_value_is_no_question_and_follows_what_was_put_back(
    tmp_path: Path, app: str | None
) -> None:
    world, crm = with_badge(tmp_path, "last_name + ' ' + phone")
    world.apps["crm"].user_edit(crm, {"phone": "+6282"})
    if app is None:
        assert refused(world) == ["phone"]
    else:
        world.run(reject=world.run().held_run, bring_back=app)
        assert world.apps["crm"].records[crm]["phone"] == "+6281"
        assert world.rows("SELECT field FROM conflict WHERE kind = 'overruled'") == [("phone",)]
    assert world.only("desk")["title"] == "Lee +6281"
    assert failures(world.sync(), world.db) == []
    world.limits = {}
    world.apps["crm"].user_edit(crm, {"last": "Berg"})
    world.settle()
    assert world.only("desk")["title"] == "Berg +6281"
    world.db.close()


def test_a_worked_out_value_goes_with_the_first_value_that_it_came_of(tmp_path: Path) -> None:
    world, crm = with_badge(tmp_path, "last_name + ' ' + phone", phone="")
    world.apps["crm"].user_edit(crm, {"phone": "+6282"})
    assert refused(world) == ["phone"]
    assert world.only("desk")["title"] in ("", None)
    assert failures(world.sync(), world.db) == []
    world.db.close()


def test_a_worked_out_value_that_was_refused_alone_is_not_sent_until_it_changes(tmp_path: Path) -> None:
    world, crm = with_badge(tmp_path, "title + '!'")
    world.apps["crm"].user_edit(crm, {"title": "Chair"})
    assert refused(world) == []
    assert world.only("desk")["title"] == "CEO!"
    assert [f.value for f in failures(world.sync(), world.db)] == ["Chair!"]
    world.limits = {}
    world.apps["crm"].user_edit(crm, {"title": "Boss"})
    world.settle()
    assert world.only("desk")["title"] == "Boss!"
    assert failures(world.sync(), world.db) == []
    world.db.close()


def test_of_a_text_with_two_fields_only_the_refused_one_waits(tmp_path: Path) -> None:
    """The helpdesk has one text for the whole name."""
    world = World(tmp_path, limits={"updates": Limit(0.0, 0)})
    crm = world.apps["crm"].user_create({"email": "ann@x.test", "first": "Ann", "last": "Lee"})
    world.settle()
    world.apps["crm"].user_edit(crm, {"first": "Wrong"})
    world.run(reject=world.run().held_run)
    assert world.rows("SELECT field FROM conflict WHERE status = 'held'") == [("first_name",)]
    world.limits = {}
    world.apps["crm"].user_edit(crm, {"last": "Berg"})
    world.settle()
    assert world.only("desk")["name"] == "Ann Lee"  # it has a part that waits
    with world.db.reading():
        records = Records(world.db, "contacts")
        (unit,) = records.units(records.all_golden()).values()
    assert unit.golden.value["last_name"] == "Berg"
    world.db.close()


def test_a_refused_reference_waits_as_what_it_stands_for(tmp_path: Path) -> None:
    """Never as the record id of an app, which says nothing to the others."""
    town = Town(tmp_path)
    companies = [
        town.apps["crm", "companies"].user_create({"name": name, "domain": f"{name}.test"})
        for name in ("acme", "borneo")
    ]
    person = town.apps["crm", "contacts"].user_create(
        {"email": "m@x.test", "name": "Mara Lind", "company": companies[0]}
    )
    settled(town)

    def run(away: bool = False, **options: object) -> Report:
        town.clock.sleep(120)
        ports = Ports(town.clock, town.run_id, Inline(), "test", lambda _: False)
        limits = {} if away else {"updates": Limit(0.0, 0)}
        sync = town.sync("contacts", town.contacts, targets={"company": "companies"}, limits=limits)
        if away:
            sync.apps["desk"].connector.write = lambda _, writes: [Result(w.ref, "retry") for w in writes]  # type: ignore[attr-defined]
        return Engine(sync, town.db, ports).run(RunOptions(**options))  # type: ignore[arg-type]

    town.apps["crm", "contacts"].user_edit(person, {"company": companies[1]})
    run(away=True)
    town.apps["crm", "contacts"].user_edit(person, {"name": "Mara Berg"})
    run(reject=run().held_run)
    records = Records(town.db, "contacts")
    with town.db.reading():
        (golden,) = records.units(records.all_golden()).values()
        known = Records(town.db, "companies").all_golden()
    (candidate,) = golden.golden.held["company"]
    assert candidate.value in known
    town.db.close()
