"""Tied and taken apart by hand: what each side gets back, what is remembered, and what stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from syncer.store import codec
from syncer.store.records import Records
from syncer.usecases.explaining import Explainer
from syncer.usecases.linking import Leaving, Linking, Tied
from syncer.usecases.sides import Held, NotPossible, Side, leaving_of, side_of
from syncer.usecases.who import look_up
from tests.engine.test_undoing import undo
from tests.engine.world import MAPPING, World

ANNA = {"email": "anna@x.test", "first": "Anna", "last": "Lind", "title": "CEO", "phone": "+6281234567890"}
OTHER = {
    "email": "anna@x.test",
    "name": "Anna Lind",
    "title": "Clerk",
    "consent": "subscribed",
    "tags": ["vip"],
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two people with one address, in the CRM and in the helpdesk, were taken for one."""
    world = World(tmp_path)
    world.apps["crm"].user_create(ANNA)
    world.apps["desk"].user_create(OTHER)
    world.settle()
    yield world
    world.db.close()


def linking(world: World) -> Linking:
    world.clock.sleep(120)
    return Linking(world.sync(), world.db, world.ports())


def side(world: World, who: str) -> Side | None:
    return side_of(look_up(world.sync(), world.db, [who]), who)


def leaving(world: World, names: Sequence[str]) -> Leaving | None:
    return leaving_of(world.sync(), world.db, look_up(world.sync(), world.db, names), names)


def unlink(world: World, *names: str, do: bool = True) -> Tied:
    found = leaving(world, names)
    assert found is not None
    return linking(world).unlink([found], do)


def link(world: World, one: str, other: str, do: bool = True) -> Tied:
    sides = [side(world, who) for who in (one, other)]
    assert sides[0] is not None
    assert sides[1] is not None
    return linking(world).link([(sides[0], sides[1])], do)


def the(world: World, app: str) -> str:
    """The name of the one record of an app."""
    (id,) = world.apps[app].records
    return f"{app}:{id}"


def goldens(world: World) -> dict[str, set[object]]:
    found: dict[str, set[object]] = {}
    for golden, app in world.rows("SELECT golden, app FROM link WHERE state = 'live'"):
        found.setdefault(str(golden), set()).add(app)
    return found


def held(world: World, app: str, *fields: str) -> tuple[object, ...]:
    return tuple(world.only(app)[f] for f in fields)


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


def two(tmp_path: Path, text: str = MAPPING) -> World:
    """Anna, in the CRM and in the helpdesk, and somebody of the mailing tool whom all apps know by now."""
    world = World(tmp_path, text=text)
    world.apps["crm"].user_create({**ANNA, "title": "Clerk"})
    world.apps["mail"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Berg", "status": "active"})
    world.apps["desk"].user_create({"email": "bo@x.test", "name": "Bo Berg"})
    world.settle()
    return world


def of(world: World, app: str, email: str) -> dict[str, Any]:
    (values,) = (v for v in world.apps[app].records.values() if v["email"] == email)
    return values


def apart_again(world: World) -> None:
    """Bo is taken for Anna, and all that is Bo's taken out again."""
    ids = [
        f"{n}:{i}" for n, a in world.apps.items() for i, v in a.records.items() if v["email"] == "bo@x.test"
    ]
    link(world, "anna@x.test", "bo@x.test")
    unlink(world, *ids)
    world.settle()


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
