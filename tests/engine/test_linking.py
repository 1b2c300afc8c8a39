"""Tied and taken apart by hand: what each side gets back, what is remembered, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.store import codec
from syncer.store.records import Records
from syncer.usecases.explaining import Explainer
from syncer.usecases.sides import Held, NotPossible
from tests.engine.tied import (
    ANNA,
    OTHER,
    goldens,
    held,
    leaving,
    link,
    side,
    the,
    unlink,
)
from tests.engine.world import MAPPING, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two people with one address, in the CRM and in the helpdesk, were taken for one."""
    world = World(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.apps["desk"].user_create(OTHER)
    world.settle()
    yield world
    world.db.close()


def test_each_side_gets_back_what_it_had_before_they_met(world: World) -> None:
    assert held(world, "desk", "title", "phone") == ("CEO", "+6281234567890")
    unlink(world, the(world, "desk"))
    assert held(world, "desk", "title", "phone", "tags") == ("Clerk", None, ["vip"])
    assert held(world, "crm", "title", "phone", "tags") == ("CEO", "+6281234567890", None)
    assert sorted(map(sorted, goldens(world).values())) in ([["crm"], ["desk"]], [["crm", "mail"], ["desk"]])


def test_what_was_typed_since_stays_where_it_was_typed(world: World) -> None:
    world.apps["desk"].user_edit(the(world, "desk").split(":")[1], {"title": "Head of Desk"})
    world.settle()
    world.apps["crm"].user_edit(the(world, "crm").split(":")[1], {"phone": "+6281211112222"})
    world.settle()
    unlink(world, the(world, "desk"))
    assert held(world, "desk", "title", "phone") == ("Head of Desk", None)
    assert held(world, "crm", "title", "phone") == ("CEO", "+6281211112222")


def test_they_are_never_linked_again_and_the_apps_come_to_rest(world: World) -> None:
    unlink(world, the(world, "desk"))
    apart = goldens(world)
    assert world.settle().written == 0
    desk, crm = the(world, "desk"), the(world, "crm")
    world.apps["crm"].user_edit(crm.split(":")[1], {"title": "Chair"})
    world.settle()
    assert held(world, "desk", "title") == ("Clerk",)
    assert goldens(world) == apart
    assert world.rows("SELECT DISTINCT verdict FROM match_decision") == [("never",)]
    assert desk in {f"{a}:{i}" for a, i in world.rows("SELECT app, id FROM link")}


@pytest.mark.parametrize("typed", [("crm", "desk"), ("crm", "mail", "desk")], ids=len)
def test_a_held_conflict_loses_the_candidates_that_leave(tmp_path: Path, typed: tuple[str, ...]) -> None:
    world = World(tmp_path, text=MAPPING.replace("rule: {prefer: [crm]}", "rule: manual"))
    world.apps["crm"].user_create({**ANNA, "title": "Clerk"})
    world.apps["desk"].user_create(OTHER)
    world.settle()
    for app in typed:
        world.apps[app].user_edit(the(world, app).split(":")[1], {"title": f"Head of {app}"})
    world.settle()
    candidates = world.rows("SELECT body FROM conflict WHERE status = 'held'")
    assert all(f"Head of {app}" in str(candidates) for app in typed)
    tied = unlink(world, the(world, "desk"))
    rows = world.rows("SELECT golden, body FROM conflict WHERE status = 'held'")
    assert [str(golden) for golden, _ in rows] == ([tied.goldens[0]] if "mail" in typed else [])
    assert "Head of desk" not in str(rows)
    world.settle()
    assert world.only("desk")["title"] == "Head of desk"
    assert world.only("crm")["title"] == "Head of crm"
    assert world.only("mail")["title"] == f"Head of {'mail' if 'mail' in typed else 'crm'}"
    explained, _ = Explainer(world.sync(), world.db).who(tied.goldens[1], "title")
    assert (explained[0].fields[0].value, explained[0].fields[0].held) == ("Head of desk", ())
    world.db.close()


def test_an_opt_out_stays_on_both_sides(world: World) -> None:
    (id,) = world.apps["mail"].records
    world.apps["mail"].user_edit(id, {"status": "out"})
    world.settle()
    unlink(world, the(world, "desk"))
    world.settle()
    assert held(world, "desk", "consent") == ("unsubscribed",)
    assert (held(world, "crm", "optout"), held(world, "mail", "status")) == (("true",), ("out",))


def test_a_consent_that_the_other_side_gave_is_not_kept(world: World) -> None:
    unlink(world, the(world, "crm"))
    (golden,) = [g for g, apps in goldens(world).items() if "crm" in apps]
    world.settle()
    (body,) = world.rows("SELECT body FROM golden WHERE id = :id", id=golden)[0]
    assert '"consent":"subscribed"' not in str(body)


def test_what_somebody_changed_just_now_is_left_alone(world: World) -> None:
    world.apps["desk"].user_edit(the(world, "desk").split(":")[1], {"phone": "+6281255556666"})
    tied = unlink(world, the(world, "desk"))
    assert ("phone", "it was changed there since") in {
        (x.field, x.why) for x in tied.lines if x.act == "left"
    }
    world.settle()
    assert held(world, "desk", "phone") == ("+6281255556666",)
    assert held(world, "crm", "phone") == ("+6281234567890",)


def test_showing_changes_nothing(world: World) -> None:
    before = goldens(world), world.rows("SELECT body FROM golden"), world.contents()
    tied = unlink(world, the(world, "desk"), do=False)
    assert tied.items
    assert before == (goldens(world), world.rows("SELECT body FROM golden"), world.contents())
    assert world.rows("SELECT 1 FROM match_decision") == []


def test_a_blank_that_is_left_when_they_part_is_told_as_that(world: World) -> None:
    world.apps["crm"].user_edit(the(world, "crm").partition(":")[2], {"phone": "+6281234567890"})
    world.settle()
    unlink(world, the(world, "crm"))
    (told,) = Explainer(world.sync(), world.db).who(the(world, "desk"), only="phone")[0][0].fields
    assert (told.value, told.because) == (None, "no record that is left here gave a value")


def test_linking_again_makes_one_of_them(world: World) -> None:
    unlink(world, the(world, "desk"))
    world.settle()
    older = min(
        goldens(world), key=lambda g: str(world.rows("SELECT MIN(run) FROM journal WHERE golden = :g", g=g))
    )
    link(world, the(world, "desk"), the(world, "crm"))
    world.settle()
    (golden,) = goldens(world)
    assert golden == older
    assert held(world, "crm", "title") == held(world, "desk", "title")
    assert world.rows("SELECT DISTINCT verdict FROM match_decision") == [("together",)]


def test_the_journal_also_tells_what_parts_in_a_field_that_the_mapping_lost(world: World) -> None:
    title = next(line for line in MAPPING.splitlines(True) if line.startswith("  title:"))
    world.text = MAPPING.replace(title, "")
    world.settle()
    unlink(world, the(world, "crm"))
    told: dict[object, dict[str, object]] = {}
    for golden, body in world.rows("SELECT golden, body FROM journal ORDER BY run"):
        changed = codec.loads(str(body))["changed"]
        told.setdefault(golden, {}).update({name: change[1] for name, change in changed.items()})
    with world.db.reading():
        records = Records(world.db, "contacts")
        known = {id: unit.golden.value for id, unit in records.units(records.all_golden()).items()}
    assert {id: {f: v for f, v in values.items() if v is not None} for id, values in known.items()} == {
        id: {f: v for f, v in values.items() if v is not None} for id, values in told.items()
    }


def test_a_field_that_nobody_has_learned_yet_is_not_touched(world: World) -> None:
    world.apps["crm"].user_edit(the(world, "crm").partition(":")[2], {"title": "Chair"})
    world.settle()
    world.text = MAPPING.replace("  title: {type: text", "  job: {type: name")
    unlink(world, the(world, "desk"))
    assert [held(world, app, "title") for app in ("crm", "desk")] == [("Chair",), ("Chair",)]


def test_a_record_that_is_gone_does_not_count_for_its_address(tmp_path: Path) -> None:
    world = World(tmp_path)
    for email, first, last in (("a@x.test", "Al", "Berg"), ("b@x.test", "Bo", "Frost")):
        world.apps["crm"].user_create({"email": email, "first": first, "last": last})
        world.settle()
    link(world, "a@x.test", "b@x.test")
    world.apps["crm"].user_delete("000002")
    world.settle()
    unlink(world, "desk:000002")
    world.apps["desk"].user_edit("000002", {"email": "b@x.test"})
    world.settle()
    found = side(world, "b@x.test")
    assert found is not None
    assert ("desk", "000002") in found.records
    world.db.close()


def test_a_single_record_joins_by_name(world: World) -> None:
    id = world.apps["desk"].user_create({"email": None, "name": "A. Lind-Berg", "phone": None})
    world.run(dry_run=True)
    tied = link(world, f"desk:{id}", "anna@x.test")
    assert tied.goldens == list(goldens(world))
    assert (f"{tied.goldens[0]}",) in world.rows(
        "SELECT golden FROM link WHERE id = :id AND app = 'desk'", id=id
    )


@pytest.mark.parametrize(
    ("names", "told"),
    [(["anna@x.test"], "Say which records leave"), (["crm:nobody"], None)],
    ids=["all of them", "nobody"],
)
def test_what_cannot_be_told_is_asked(world: World, names: list[str], told: str | None) -> None:
    if told is None:
        assert leaving(world, names) is None
        return
    with pytest.raises(NotPossible, match=told):
        leaving(world, names)


def test_a_held_sync_is_left_alone(world: World) -> None:
    from syncer.usecases.undoing import Undoing, Wanted

    ((last, *_),) = world.rows("SELECT MAX(run) FROM journal")
    world.clock.sleep(120)
    Undoing(world.sync(), world.db, world.ports()).do(Wanted(str(last)))
    with pytest.raises(Held):
        unlink(world, the(world, "desk"))


def test_a_person_in_many_states_is_told(world: World) -> None:
    tied: Any = unlink(world, the(world, "desk"))
    (run,) = world.rows("SELECT kind, report FROM run WHERE id = :id", id=tied.run)
    assert run[0] == "unlink"
    assert "syncer link" in str(run[1])


def test_a_link_creates_nothing_in_an_app_that_was_not_read(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create({"email": "a@x.test", "first": "Al", "last": "Berg"})
    world.apps["desk"].user_create({"email": "b@x.test", "name": "Bo Frost", "consent": "subscribed"})
    with world.away("mail"):
        world.run()
    link(world, "a@x.test", "b@x.test")
    assert world.apps["mail"].records == {}
    world.settle()
    assert len(world.apps["mail"].records) == 1
    world.db.close()
