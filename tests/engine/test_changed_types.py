"""A field that is read in another way: golden values become what the type that it has now reads, and nothing
that was cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.contract import FieldSpec
from syncer.store.records import Records
from tests.engine.world import CRM, DESK, MAIL, MAPPING, World

TITLE = "title: {type: text, in: {crm: title, mail: title, desk: title}, rule: {prefer: [crm]}}"
TAGS = "tags: {type: tags, only: [vip, partner], in: {crm: tags, desk: tags}, rule: union}"
MARA = {"email": "mara@x.test", "first": "Mara", "last": "Lind"}


def retyped(tmp_path: Path, title: str, type: str, places: str = "") -> World:
    """Mara has this title, as a text, in two apps; then the type is another one."""
    world = World(tmp_path)
    world.apps["crm"].user_create({**MARA, "title": title})
    world.settle()
    assert world.only("desk")["title"] == title
    world.text = MAPPING.replace(
        TITLE, TITLE.replace("type: text", f"type: {type}").replace("desk: title", places or "desk: title")
    )
    report = world.run()
    if report.status == "held":
        world.run(approve=report.held_run)
    world.settle()
    return world


def golden(world: World, field: str = "title") -> object:
    with world.db.reading():
        records = Records(world.db, "contacts")
        (unit,) = records.units(records.all_golden()).values()
    return unit.golden.value.get(field)


@pytest.mark.parametrize(
    ("title", "type", "wanted"),
    [
        ("9", "integer", 9),
        ("Iran", "country", "IR"),
        ("(206) 832-2354", "phone, region: US", "+12068322354"),
        ("2030-02-28", "date", "2030-02-28"),
        ("end of June", "date", None),
        ("many", "integer", None),
    ],
)
def test_golden_is_of_the_new_type(tmp_path: Path, title: str, type: str, wanted: object) -> None:
    world = retyped(tmp_path, title, type)
    assert golden(world) == wanted
    assert world.only("crm")["title"] == title, "nothing is written over what cannot be read"
    world.db.close()


@pytest.mark.parametrize("form", ["format: DD/MM/YYYY", "format: DD.MM.YYYY"])
def test_a_value_that_the_new_type_cannot_read_stops_nobody(tmp_path: Path, form: str) -> None:
    world = retyped(tmp_path, "end of June", "date", f"desk: {{field: title, {form}}}")
    bo = world.apps["crm"].user_create({"email": "bo@x.test", "first": "Bo", "last": "Frost"})
    world.settle()
    world.apps["crm"].user_edit(bo, {"title": "2030-02-28"})
    assert world.settle().status == "done"
    shown = {v["title"] for v in world.apps["desk"].records.values()}
    assert {"28/02/2030", "28.02.2030"} & shown
    assert "end of June" in shown
    world.db.close()


def test_an_expression_sees_the_new_type(tmp_path: Path) -> None:
    graded = replace(DESK, fields=(*DESK.fields, FieldSpec("grade")))
    world = World(tmp_path, {"crm": CRM, "mail": MAIL, "desk": graded})
    world.apps["crm"].user_create({**MARA, "title": "9"})
    world.settle()
    grade = "  grade: {value: \"title > 5 ? 'gold' : 'silver'\", in: {desk: grade}}\n"
    world.text = MAPPING.replace("title: {type: text", "title: {type: integer") + grade
    world.run(approve=world.run().held_run)
    assert world.only("desk")["grade"] == "gold"
    world.db.close()


def test_the_one_app_that_gives_a_field_does_so_again_where_the_field_comes_back(tmp_path: Path) -> None:
    only = TITLE.replace("{prefer: [crm]}", "{only: desk}")
    world = World(tmp_path, text=MAPPING.replace(TITLE, only))
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"title": "CEO"})
    world.settle()
    world.text = MAPPING.replace(f"  {TITLE}\n", "")
    world.settle()
    world.apps["desk"].user_edit(id, {"title": "Chair"})
    world.settle()
    world.text = MAPPING.replace(TITLE, only)
    world.run(approve=world.run().held_run)
    world.settle()
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["Chair", "Chair"]
    world.db.close()


def in_desk(steps: str, more: str = "") -> str:
    return MAPPING.replace(
        TITLE, f"title: {{type: text, in: {{crm: title, desk: {{field: title{steps}}}}}{more}}}"
    )


@pytest.mark.parametrize(
    ("was", "now", "shown"),
    [
        ("{truncate: 12}", "", "Head of Sales"),
        ("{truncate: {length: 12, mark: ...}}", "{truncate: 12}", "Head of Sale"),
        ("{truncate: 12}", "{truncate: 12}, {default: none}", "Head of Sale"),
        ("{case: upper}", "", "Head of Sales"),
    ],
)
@pytest.mark.parametrize("typed_in", ["desk", "crm"])
def test_what_an_app_showed_cut_or_in_another_case_stays_whole_elsewhere(
    tmp_path: Path, was: str, now: str, shown: str, typed_in: str
) -> None:
    more = ", on_join: rule" if typed_in == "crm" else ""
    world = World(tmp_path, text=in_desk(f", transform: [{was}]", more))
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps[typed_in].records
    world.apps[typed_in].user_edit(id, {"title": "Head of Sales"})
    world.settle()
    world.text = in_desk(f", transform: [{now}]" if now else "", more)
    world.run(approve=world.run().held_run)
    world.settle()
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["Head of Sales", shown]
    world.db.close()


def test_what_an_app_shows_is_read_anew_where_nothing_was_cut(tmp_path: Path) -> None:
    world = World(tmp_path, text=in_desk(""))
    world.apps["crm"].user_create(MARA)
    world.settle()
    (id,) = world.apps["desk"].records
    world.apps["desk"].user_edit(id, {"title": "CRM-17"})
    world.settle()
    world.text = in_desk(', transform: [{prefix: "CRM-"}]')
    world.run(approve=world.run().held_run)
    world.settle()
    assert [world.only(app)["title"] for app in ("crm", "desk")] == ["17", "CRM-17"]
    world.db.close()


@pytest.mark.parametrize("rule", ["union", "newest"])
def test_a_word_of_a_set_that_is_called_otherwise_in_the_mapping_is_no_further_word(
    tmp_path: Path, rule: str
) -> None:
    world = World(tmp_path, text=with_choices("big", rule))
    world.apps["crm"].user_create({**MARA, "tags": ["BIG one"]})
    world.settle()
    world.text = with_choices("large", rule)
    world.run(approve=world.run().held_run)
    world.settle()
    assert golden(world, "tags") == ["large"]
    assert [world.only(app)["tags"] for app in ("crm", "desk")] == [["BIG one"], ["Huge"]]
    world.db.close()


def with_choices(word: str, rule: str) -> str:
    crm, desk = (
        f"{app}: {{field: tags, values: {{{word}: {shown}, small: {other}}}}}"
        for app, shown, other in (("crm", "BIG one", "Small"), ("desk", "Huge", "Tiny"))
    )
    return MAPPING.replace(
        TAGS, f"tags: {{type: multi_choice, unknown: hold, in: {{{crm}, {desk}}}, rule: {rule}}}"
    )
