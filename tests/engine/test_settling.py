"""A person settles a held conflict: it is journaled, written, and can be undone, like any other change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conflicts.candidate import Candidate
from conflicts.log import Entry
from syncer.core.resolve import Answer
from syncer.engine import Engine
from syncer.report import Report
from syncer.selecting import Selection
from syncer.steps.pull import look_at
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.records import Records
from syncer.usecases.settling import Settling, Wish
from syncer.usecases.undoing import Undoing, Undone, Wanted
from tests.engine.world import MAPPING, World

HELD = MAPPING.replace("rule: {prefer: [crm]}", "rule: manual")
TITLES = {"crm": "CEO", "mail": "CEO", "desk": "CEO"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Mara is in three apps, in step; then the CRM and the helpdesk each get another title."""
    world = World(tmp_path, text=HELD)
    world.apps["crm"].user_create({"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO"})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    world.settle()
    type_into(world, crm="Founder", desk="Chair")
    world.run()
    assert titles(world) == {"crm": "Founder", "mail": "CEO", "desk": "Chair"}, "nothing is written"
    yield world
    world.db.close()


def type_into(world: World, **values: str) -> None:
    for app, title in values.items():
        (id,) = world.apps[app].records
        world.apps[app].user_edit(id, {"title": title})


def titles(world: World) -> dict[str, Any]:
    return {name: world.only(name)["title"] for name in world.apps}


def entries(world: World, **sought: Any) -> list[Entry]:
    with world.db.reading():
        return Conflicts(world.db).newest(20, Sought(field="title", **sought))


def settle(world: World, how: str) -> Report:
    """By the value of an app, by `keep`, or by a text of one's own."""
    (entry,) = entries(world, status="held")
    typed = Candidate(how, "", "", world.clock(), "edit", "observed")
    chosen = next((c for c in entry.candidates if c.app == how), None if how == "keep" else typed)
    answers = {entry.who: {"title": Answer(tuple(entry.candidates), chosen)}}
    for app, id in world.rows("SELECT app, id FROM link WHERE state = 'live'"):
        look(world, str(app), str(id))
    only = Selection(only=frozenset(answers))
    return world.run(kind="resolve", selection=only, read=False, answers=answers)


def look(world: World, app: str, id: str) -> None:
    """What the runner does first: ask for the records at stake."""
    ports = world.ports()
    engine = Engine(world.sync(), world.db, ports)
    ports.workers.drive({app: look_at(engine.intakes[app], [id], ports.now)})


def undo(world: World, run: str) -> Undone:
    world.clock.sleep(120)
    return Undoing(world.sync(), world.db, world.ports()).do(Wanted(run))


@pytest.mark.parametrize(
    ("how", "wins"), [("crm", "Founder"), ("desk", "Chair"), ("keep", "CEO"), ("President", "President")]
)
def test_all_apps_get_what_was_chosen_and_an_undo_opens_it_again(world: World, how: str, wins: str) -> None:
    report = settle(world, how)
    assert list(report.fates.values()) == ["settled"]
    assert titles(world) == dict.fromkeys(TITLES, wins)
    assert world.settle().written == 0, "and it stays so"
    assert next(e.rule for e in entries(world)) == "resolved"

    assert not undo(world, report.run).held
    assert titles(world) == {"crm": "Founder", "mail": "CEO", "desk": "Chair"}
    (entry,) = entries(world, status="held")
    assert {(c.app, c.value) for c in entry.candidates} == {("crm", "Founder"), ("desk", "Chair")}
    assert world.run().written == 0, "it waits for a person again"

    settle(world, "desk")
    world.settle()
    assert titles(world) == dict.fromkeys(TITLES, "Chair")


def test_the_log_names_the_golden_value_that_gave_way_to_an_answer(world: World) -> None:
    settle(world, "desk")
    (entry,) = [e for e in entries(world) if e.rule == "resolved"]
    assert [(c.value, c.kind) for c in entry.candidates if c.kind == "golden"] == [("CEO", "golden")]


def test_an_answer_also_answers_what_is_asked_once_more_in_the_same_run(world: World) -> None:
    with world.db.transaction():
        records = Records(world.db, "contacts")
        (unit,) = records.units(records.all_golden()).values()
        (link,) = [k for k in unit.links if k.app == "desk"]  # as after a change of its transform
        link.anew = frozenset({"title"})
        records.save_links([link], world.sync().slot_names())
    settle(world, "desk")
    assert entries(world, status="held") == []
    assert titles(world) == dict.fromkeys(TITLES, "Chair")


def test_a_candidate_that_moved_opens_it_again(world: World) -> None:
    type_into(world, desk="Owner")
    (before,) = entries(world, status="held")
    report = settle(world, "crm")
    assert list(report.fates.values()) == ["reopened"]
    assert titles(world) == {"crm": "Founder", "mail": "CEO", "desk": "Owner"}
    (after,) = entries(world, status="held")
    assert after.seq > before.seq
    assert "Owner" in [c.value for c in after.candidates]
    assert list(settle(world, "desk").fates.values()) == ["settled"]
    assert titles(world) == dict.fromkeys(TITLES, "Owner")


def test_a_record_that_went_away_opens_it_again_once(world: World) -> None:
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_delete(id)
    assert list(settle(world, "desk").fates.values()) == ["reopened"]
    assert list(settle(world, "desk").fates.values()) == ["settled"]
    assert {world.only(app)["title"] for app in ("crm", "mail")} == {"Chair"}


def test_apps_that_came_to_one_value_need_no_answer(world: World) -> None:
    type_into(world, crm="Chair", mail="Chair")
    assert list(settle(world, "crm").fates.values()) == ["agreed"]
    assert titles(world) == dict.fromkeys(TITLES, "Chair")


def answer(world: World, wish: Wish) -> Candidate | str | None:
    """What a wish comes to: the candidate that is to be golden (None: golden stays), or why it cannot be."""
    (entry,) = entries(world, status="held")
    runner = SimpleNamespace(db=world.db, ports=world.ports())
    settling = Settling(cast(Any, runner), world.sync())
    settling.prepare([(entry, wish)])
    return settling.done[0].because if settling.done else settling.answers[entry.who]["title"].chosen


def test_an_app_that_shows_what_cannot_be_read_has_no_value_to_take(world: World) -> None:
    world.text = HELD.replace("title: {type: text", "title: {type: integer")
    assert answer(world, Wish(take="mail")) == "mail has no value for it: take crm, desk, or give a --value"


@pytest.mark.parametrize(
    ("name", "wish", "expected"),
    [
        ("a candidate", Wish(take="desk"), ("desk", "Chair")),
        ("an app that holds golden", Wish(take="mail"), ("mail", "CEO")),
        ("a value of one's own", Wish(value=" President "), ("", "President")),
        ("blank, where that is said", Wish(value=""), ("", None)),
        ("an app of another mapping", Wish(take="shop"), "shop has no value for it: take crm, desk"),
    ],
)
def test_what_a_wish_comes_to(world: World, name: str, wish: Wish, expected: object) -> None:
    found = answer(world, wish)
    if isinstance(found, Candidate):
        assert (found.app, found.value) == expected, name
    else:
        assert str(found).startswith(str(expected)), name


def test_golden_that_stands_can_be_kept(world: World) -> None:
    assert answer(world, Wish(keep=True)) is None


@pytest.mark.parametrize("wish", [Wish(take="mail"), Wish(keep=True)])
def test_a_blank_that_nobody_chose_is_not_taken(tmp_path: Path, wish: Wish) -> None:
    """At the first contact two apps differ, and the third has no title."""
    world = World(tmp_path, text=HELD)
    mara = {"email": "mara@x.test", "first": "Mara", "last": "Lind"}
    world.apps["crm"].user_create({**mara, "title": "Founder"})
    world.apps["mail"].user_create({**mara, "status": "active"})
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "title": "Chair"})
    world.run()
    assert "or give a --value" in str(answer(world, wish))
    world.db.close()
