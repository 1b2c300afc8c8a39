"""The way back from a run: before-images where only that run wrote, and nothing that a person did."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.memory import Flaky
from syncer.report import Report
from syncer.usecases.explaining import Explainer
from syncer.usecases.undoing import Undoing, Undone, Wanted
from tests.engine.world import World

MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind", "title": "CEO", "phone": "+6281234567890"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Mara is in the CRM and in the helpdesk, and the three apps are in step."""
    world = World(tmp_path)
    world.apps["crm"].user_create(MARA)
    world.apps["desk"].user_create({"email": "mara@x.test", "name": "Mara Lind", "consent": "subscribed"})
    world.settle()
    yield world
    world.db.close()


def undo(world: World, run: Report | str, **options: Any) -> Undone:
    world.clock.sleep(120)
    id = run if isinstance(run, str) else run.run
    return Undoing(world.sync(), world.db, world.ports()).do(Wanted(id, **options))


def acts(undone: Undone) -> list[tuple[str, str | None, str | None]]:
    return sorted((x.act, x.app, x.field) for x in undone.lines)


def edit(world: World, app: str, **values: Any) -> Report:
    """Somebody types into the one record of an app, and a run spreads it."""
    (id,) = world.apps[app].records
    world.apps[app].user_edit(id, values)
    return world.run()


def titles(world: World) -> dict[str, Any]:
    return {name: world.only(name)["title"] for name in world.apps}


def release(world: World, undone: Undone) -> Report:
    return world.run(approve=undone.run)


def test_an_edit_is_taken_back_where_it_was_spread(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    assert set(titles(world).values()) == {"Founder"}
    undone = undo(world, run)
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}
    assert ("parted", "desk", "title") in acts(undone)
    release(world, undone)
    assert world.settle().written == 0
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


def test_undoing_the_undo_puts_the_edit_back(world: World) -> None:
    undone = undo(world, edit(world, "desk", title="Founder"))
    again = undo(world, undone.run)
    assert set(titles(world).values()) == {"Founder"}
    release(world, again)
    assert world.settle().written == 0
    assert set(titles(world).values()) == {"Founder"}
    assert not [x for x in undo(world, again.run).lines if x.act == "left"]
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


def test_the_next_edit_there_ends_what_was_parted(world: World) -> None:
    release(world, undo(world, edit(world, "desk", title="Founder")))
    edit(world, "desk", title="Chair")
    world.settle()
    assert set(titles(world).values()) == {"Chair"}


def test_an_edit_elsewhere_ends_it_too(world: World) -> None:
    release(world, undo(world, edit(world, "desk", title="Founder")))
    edit(world, "crm", title="Chair")
    world.settle()
    assert set(titles(world).values()) == {"Chair"}


def test_a_new_mapping_does_not_bring_back_what_was_undone(world: World) -> None:
    release(world, undo(world, edit(world, "desk", title="Founder")))
    world.text = world.text.replace("rule: {prefer: [crm]}", "rule: {prefer: [desk]}")
    world.settle()
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


def test_a_field_that_was_never_set_is_blank_again(world: World) -> None:
    run = edit(world, "crm", tags=["vip"])
    assert world.only("desk")["tags"] == ["vip"]
    undone = undo(world, run)
    assert (world.only("desk")["tags"], world.only("crm")["tags"]) == (None, ["vip"])
    assert ("parted", "crm", "tags") in acts(undone)
    release(world, undone)
    assert world.settle().written == 0


def test_the_sync_is_held_until_it_is_released(world: World) -> None:
    undone = undo(world, edit(world, "desk", title="Founder"))
    edit(world, "crm", phone="+6281211112222")
    held = world.run()
    assert (held.status, held.written, held.held_run) == ("held", 0, undone.run)
    assert "was undone" in held.reason
    assert release(world, undone).written > 0
    assert world.run().status == "done"


def test_undoing_a_part_holds_nothing(world: World) -> None:
    run = edit(world, "desk", title="Founder", phone="+6281211112222")
    undone = undo(world, run, field="title")
    assert not undone.held
    assert {world.only(app)["phone"] for app in ("crm", "desk")} == {"+6281211112222"}
    assert titles(world)["crm"] == "CEO"
    assert world.settle().status == "done"
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


def test_what_a_person_changed_since_is_left_alone(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    (id,) = world.apps["mail"].records
    world.apps["mail"].user_edit(id, {"title": "Mine"})
    undone = undo(world, run)
    (left,) = [x for x in undone.lines if x.act == "left"]
    assert (left.app, left.field, left.why) == ("mail", "title", "it was changed there since")
    assert titles(world)["mail"] == "Mine"
    release(world, undone)
    world.settle()
    assert set(titles(world).values()) == {"Mine"}


def test_what_a_later_run_changed_is_left_alone(world: World) -> None:
    first = edit(world, "desk", title="Founder")
    edit(world, "crm", title="Chair")
    undone = undo(world, first)
    assert {x.why for x in undone.lines if x.act == "left"} >= {"it was changed since"}
    assert set(titles(world).values()) == {"Chair"}


def test_two_runs_are_undone_in_reverse_order(world: World) -> None:
    first = edit(world, "desk", title="Founder")
    second = edit(world, "crm", title="Chair")
    undo(world, second)
    assert titles(world) == {"crm": "Chair", "mail": "Founder", "desk": "Founder"}
    undone = undo(world, first)
    assert titles(world) == {"crm": "Chair", "mail": "CEO", "desk": "Founder"}
    release(world, undone)
    assert world.settle().written == 0


def test_consent_is_never_raised(world: World) -> None:
    run = edit(world, "mail", status="out")
    assert world.only("desk")["consent"] == "unsubscribed"
    undone = undo(world, run)
    assert {x.why for x in undone.lines if x.act == "left"} == {"consent is never raised by an undo"}
    assert world.only("desk")["consent"] == "unsubscribed"
    release(world, undone)
    world.settle()
    assert world.only("mail")["status"] == "out"


def test_consent_that_was_raised_can_be_lowered_again(world: World) -> None:
    edit(world, "mail", status="out")
    world.settle()
    run = edit(world, "mail", status="active")
    assert world.only("desk")["consent"] == "subscribed"
    undone = undo(world, run)
    assert world.only("desk")["consent"] == "unsubscribed"
    release(world, undone)
    world.settle()
    assert world.only("desk")["consent"] == "unsubscribed"


def newcomer(world: World, email: str | None = "bo@x.test") -> Report:
    world.apps["crm"].user_create({"email": email, "first": "Bo", "last": "Berg"})
    run = world.run()
    assert len(world.apps["desk"].records) == 2
    return run


def bo(world: World, app: str = "desk") -> str:
    (id,) = [
        i for i, v in world.apps[app].records.items() if "Bo" in (v.get("first"), str(v.get("name"))[:2])
    ]
    return id


def test_what_a_run_created_is_archived_and_not_made_again(world: World) -> None:
    undone = undo(world, newcomer(world))
    assert ("archive", "desk", None) in acts(undone)
    assert len(world.apps["desk"].records) == 1
    assert len(world.apps["crm"].records) == 2
    release(world, undone)
    edit_bo = world.apps["crm"].user_edit
    edit_bo(bo(world, "crm"), {"title": "Boss"})
    world.settle()
    assert len(world.apps["desk"].records) == 1


def test_undoing_that_makes_it_again(world: World) -> None:
    undone = undo(world, newcomer(world, email=None))
    again = undo(world, undone.run)
    assert ("create", "desk", None) in acts(again)
    assert world.apps["desk"].records[bo(world)]["name"] == "Bo Berg"
    release(world, again)
    world.settle()
    assert len(world.apps["desk"].records) == 2


def test_an_archived_record_that_keeps_its_address_is_not_made_again(world: World) -> None:
    undone = undo(world, newcomer(world))
    again = undo(world, undone.run)
    assert again.report is not None
    assert again.report.leftovers == 1
    release(world, again)
    (person,), _ = Explainer(world.sync(), world.db).who("bo@x.test")
    assert "its email belongs to record" in dict(person.absent)["desk"]
    assert world.settle().status == "done"


@pytest.mark.parametrize("change", [{"title": "Boss"}, {"our_note": "call back"}], ids=["mapped", "unmapped"])
def test_a_created_record_that_was_edited_stays(world: World, change: dict[str, Any]) -> None:
    run = newcomer(world)
    world.settle()
    if "our_note" in change:
        world.apps["desk"].user_touch([bo(world)])
    else:
        world.apps["desk"].user_edit(bo(world), change)
    undone = undo(world, run)
    (left,) = [x for x in undone.lines if x.act == "left"]
    assert "since it was created" in left.why
    assert bo(world) in world.apps["desk"].records


@pytest.mark.parametrize("app", ["desk", "crm", "mail"])
@pytest.mark.parametrize("seen", ["by a run before", "by the run", "after its reading"])
def test_a_created_record_that_was_edited_stays_whatever_was_written_to_it_since(
    world: World, app: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit is in a field that is not mapped, and our write of another field moves the stamp beyond it."""
    known, source = set(world.apps[app].records), "crm" if app == "desk" else "desk"
    person = {"email": "bo@x.test", "consent": "subscribed", "first": "Bo", "last": "Berg", "name": "Bo Berg"}
    there = {name: v for name, v in person.items() if name in world.apps[source].fields}
    typed = world.apps[source].user_create(there)
    run = world.run()
    world.settle()
    (made,) = set(world.apps[app].records) - known

    def touch(stage: str, name: str, number: int) -> None:
        if (stage, name) == ("reading", app):
            world.apps[app].user_touch([made])
            world.clock.sleep(120)

    if seen == "after its reading":
        monkeypatch.setattr(world, "ports", lambda ports=world.ports: replace(ports(), progress=touch))
    else:
        world.apps[app].user_touch([made])
    if seen == "by a run before":
        assert world.run().written == 0
    world.apps[source].user_edit(typed, {"title": "Boss"})
    world.run()
    monkeypatch.undo()
    world.settle()
    assert world.apps[app].records[made]["title"] == "Boss"
    undone = undo(world, run)
    assert made in world.apps[app].records
    assert "somebody has changed" in next(x.why for x in undone.lines if (x.act, x.app) == ("left", app))


def test_what_we_write_ourselves_is_no_edit_of_what_was_created(world: World) -> None:
    run = newcomer(world)
    made = bo(world)
    for title in ("Boss", "Chair"):
        world.apps["crm"].user_edit(bo(world, "crm"), {"title": title})
        world.settle()
    assert world.apps["desk"].records[made]["title"] == "Chair"
    undo(world, run)
    assert made not in world.apps["desk"].records


def test_a_final_archive_needs_to_be_asked_for(world: World) -> None:
    desk = world.traits["desk"]
    world.apps["desk"].traits = replace(desk, archive="final")
    world.traits = {**world.traits, "desk": world.apps["desk"].traits}
    run = newcomer(world)
    undone = undo(world, run)
    assert "--irreversible" in next(x.why for x in undone.lines if x.act == "left")
    assert len(world.apps["desk"].records) == 2
    undo(world, run, irreversible=True)
    assert len(world.apps["desk"].records) == 1


def test_an_app_that_is_away_is_brought_back_later(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    world.apps["mail"].faults = Flaky(random.Random(1), {"timeout_before": 1.0})
    undone = undo(world, run)
    assert titles(world) == {"crm": "CEO", "mail": "Founder", "desk": "Founder"}
    world.apps["mail"].faults = None
    release(world, undone)
    world.settle()
    assert titles(world) == {"crm": "CEO", "mail": "CEO", "desk": "Founder"}


def test_showing_changes_nothing(world: World) -> None:
    run = edit(world, "desk", title="Founder")
    before = world.rows("SELECT body FROM link ORDER BY app, id"), world.rows("SELECT body FROM golden")
    shown = Undoing(world.sync(), world.db, world.ports()).show(Wanted(run.run))
    assert ("restore", "crm", "title") in acts(shown)
    after = world.rows("SELECT body FROM link ORDER BY app, id"), world.rows("SELECT body FROM golden")
    assert before == after
    assert set(titles(world).values()) == {"Founder"}
    assert world.run().written == 0


def test_undone_values_are_explained(world: World) -> None:
    undone = undo(world, edit(world, "desk", title="Founder"))
    (person,), _ = Explainer(world.sync(), world.db).who("mara@x.test", "title")
    (title,) = person.fields
    assert title.source is not None
    assert (title.value, title.source.rule, title.source.run) == ("CEO", "undo", undone.run)
    assert {p.app: p.standing.code for p in title.places} == {
        "crm": "in_step",
        "mail": "pending" if world.traits["mail"].answers is False else "in_step",
        "desk": "parted",
    }


def test_a_created_record_with_tickets_stays(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = newcomer(world)
    made = bo(world)

    def attached(object: str, ids: Sequence[str]) -> dict[str, str]:
        return {made: "2 tickets"} if made in ids else {}

    monkeypatch.setattr(world.connectors["desk"], "attached", attached, raising=False)
    (left,) = [x for x in undo(world, run).lines if x.act == "left"]
    assert (left.app, left.why) == ("desk", "it has 2 tickets")
    assert made in world.apps["desk"].records
