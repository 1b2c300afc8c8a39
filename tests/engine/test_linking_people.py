"""Two whole people, made one by hand and taken apart again: what each has then."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncer.usecases.explaining import Explainer
from tests.engine.test_undoing import undo
from tests.engine.tied import (
    ANNA,
    apart_again,
    goldens,
    held,
    link,
    of,
    side,
    the,
    two,
    unlink,
)
from tests.engine.world import MAPPING, World


def test_a_consent_that_their_own_side_gave_stays_where_we_had_written_it(tmp_path: Path) -> None:
    world = two(tmp_path)
    assert of(world, "desk", "bo@x.test")["consent"] == "subscribed"
    apart_again(world)
    assert of(world, "desk", "bo@x.test")["consent"] == "subscribed"
    world.db.close()


def test_the_time_of_our_own_write_is_nobodys_edit_when_they_part(tmp_path: Path) -> None:
    world = two(
        tmp_path, MAPPING.replace("desk: title}, rule: {prefer: [crm]}}", "desk: title}, rule: newest}")
    )
    for app, email, title in (("desk", "anna@x.test", "CEO"), ("crm", "bo@x.test", "Boss")):
        (id,) = (i for i, v in world.apps[app].records.items() if v["email"] == email)
        world.apps[app].user_edit(id, {"title": title})
        world.settle()
    apart_again(world)
    assert [of(world, app, "anna@x.test")["title"] for app in ("crm", "desk")] == ["CEO", "CEO"]
    assert of(world, "crm", "bo@x.test")["title"] == "Boss"
    world.db.close()


def test_two_golden_records_are_joined_by_the_rules_and_the_younger_id_stays_known(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.apps["crm"].user_create({"email": "a@x.test", "first": "Al", "last": "Berg", "title": "Boss"})
    world.settle()
    world.apps["desk"].user_create(
        {"email": "b@x.test", "name": "Bo Frost", "title": "Clerk", "consent": "pending"}
    )
    world.settle()
    one, other = (side(world, who) for who in ("a@x.test", "b@x.test"))
    assert one is not None
    assert other is not None
    assert one.golden != other.golden
    shown = link(world, "a@x.test", "b@x.test", do=False)
    assert shown.items
    assert len(goldens(world)) == 2
    link(world, "a@x.test", "b@x.test")
    world.settle()
    assert set(goldens(world)) == {one.golden}
    alias = side(world, str(other.golden))
    assert alias is not None
    assert alias.golden == one.golden
    titles = {v["title"] for app in ("crm", "desk") for v in world.apps[app].records.values()}
    assert "Boss" in titles
    (told,) = Explainer(world.sync(), world.db).who("a@x.test", only="title")[0][0].fields
    assert told.because == "two golden records were joined, and by prefer this value stays"
    assert [c.value for c in told.beat] == ["Clerk"]
    unlink(world, *(":".join(k) for k in other.records))
    world.settle()
    assert {v["title"] for v in world.apps["desk"].records.values()} == {"Boss", "Clerk"}
    world.db.close()


def test_who_was_linked_and_unlinked_again_goes_by_a_name_of_their_own(tmp_path: Path) -> None:
    world = World(tmp_path)
    for email, first, last in (("a@x.test", "Al", "Berg"), ("b@x.test", "Bo", "Frost")):
        world.apps["crm"].user_create({"email": email, "first": first, "last": last})
        world.settle()
    two = side(world, "b@x.test")
    assert two is not None
    link(world, "a@x.test", "b@x.test")
    world.settle()
    unlink(world, *(":".join(k) for k in two.records))
    world.settle()
    sides = [side(world, golden) for golden in goldens(world)]
    assert {s.records for s in sides if s is not None} == {
        (("crm", n), ("desk", n)) for n in ("000001", "000002")
    }
    world.db.close()


def test_who_is_linked_again_loses_nothing_to_a_blank_that_nobody_chose(tmp_path: Path) -> None:
    """The helpdesk's record is ours, but for a title; alone it has no address."""
    world = World(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.settle()
    world.apps["desk"].user_edit(the(world, "desk").split(":")[1], {"title": "Clerk"})
    world.settle()
    crm = the(world, "crm")
    tied = unlink(world, crm)
    assert held(world, "desk", "email", "phone") == (None, None)
    link(world, *tied.goldens)
    world.settle()
    assert held(world, "crm", "email", "phone") == (ANNA["email"], ANNA["phone"])
    assert held(world, "desk", "email", "phone") == (ANNA["email"], ANNA["phone"])
    world.db.close()


@pytest.mark.parametrize("newer", ["Anna", "Bo"])
def test_what_was_undone_does_not_come_back_when_two_are_linked_and_unlinked(
    tmp_path: Path, newer: str
) -> None:
    """An undo left each with a phone of its own in the CRM. `newer`: whose phone the two hold together."""
    world = World(tmp_path)
    crm, desk = world.apps["crm"], world.apps["desk"]
    phones = {"Anna": "+6281234567890", "Bo": "+4915112345678"}
    undone = {"Anna": "+6281211112222", "Bo": "+4915199998888"}
    ids = {}
    for name, phone in phones.items():
        values = {"email": f"{name}@x.test", "first": name, "last": "Lind", "phone": phone}
        ids[name] = crm.user_create(values)
        world.settle()
    if newer == "Anna":
        phones["Anna"] = "+6281233334444"
        crm.user_edit(ids["Anna"], {"phone": phones["Anna"]})
        world.settle()
    for name, id in ids.items():
        crm.user_edit(id, {"phone": undone[name]})
    world.run(approve=undo(world, world.run()).run)
    mine = {name: next(id for id, r in desk.records.items() if r["name"] == f"{name} Lind") for name in ids}

    def held_now() -> tuple[dict[str, object], dict[str, object]]:
        return (
            {name: crm.records[id]["phone"] for name, id in ids.items()},
            {name: desk.records[id]["phone"] for name, id in mine.items()},
        )

    assert held_now() == (undone, phones)
    link(world, f"crm:{ids['Anna']}", f"crm:{ids['Bo']}")
    world.settle()
    overruled = newer == "Anna"  # Bo's records are written, and his phone is another now: that is logged
    assert held_now()[0] == ({**undone, "Bo": phones["Anna"]} if overruled else undone)
    given_way = world.rows("SELECT 1 FROM conflict WHERE kind = 'overruled' AND rule = 'undo'")
    assert len(given_way) == overruled
    unlink(world, f"crm:{ids['Bo']}", f"desk:{mine['Bo']}")
    world.settle()
    assert held_now() == ({**undone, "Bo": phones["Bo"]} if overruled else undone, phones)
    world.db.close()


def test_of_two_whole_people_the_records_with_the_golden_address_are_written(tmp_path: Path) -> None:
    """The other records of these apps keep theirs: no app takes an address twice."""
    world = World(tmp_path)
    crm, desk = world.apps["crm"], world.apps["desk"]
    ids = []
    for name in ("Anna", "Bo"):  # Bo's values are the newer ones
        ids.append(crm.user_create({"email": f"{name}@x.test", "first": name, "last": "Lind"}))
        world.settle()
    crm.user_edit(ids[0], {"title": "CEO"})
    world.settle()
    tied = link(world, f"crm:{ids[0]}", f"crm:{ids[1]}")
    world.settle()
    assert tied.report is not None
    assert tied.report.status == "done"
    for app, given in ((crm, "first"), (desk, "name")):
        told = {str(r["email"]): (str(r[given])[:3].strip(), r["title"]) for r in app.records.values()}
        assert told == {"anna@x.test": ("Ann", "CEO"), "bo@x.test": ("Bo", "CEO")}
    world.db.close()
