"""What becomes golden when apps offer values: tables of named cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.model import ObjectMapping
from syncer.model import Golden, Link, Value
from tests.core.worlds import agreeing, due, golden, link, logged, mapping, one, run, seen

TITLE = "title"


@pytest.mark.parametrize(
    ("name", "rule", "titles", "expected", "log"),
    [
        ("all the same: nothing to choose", "newest", ("Boss", "Boss"), "Boss", []),
        ("the newest wins", "newest", ("Boss", "Chief"), "Chief", ["first_merge"]),
        ("the longest wins", "longest", ("Director", "Chief"), "Director", ["first_merge"]),
        ("the preferred app wins", "{prefer: [crm, mail, desk]}", ("Boss", "Chief"), "Boss", ["first_merge"]),
        ("a blank is no candidate", "newest", ("Boss", None), "Boss", []),
        ("a manual rule waits for a person", "manual", ("Boss", "Chief"), None, ["first_merge"]),
    ],
)
def test_first_merge(
    name: str, rule: str, titles: tuple[Value, Value], expected: Value, log: list[str]
) -> None:
    of = one(TITLE, rule=rule)
    crm, desk = titles
    found = run(
        of,
        Golden("g"),
        [link("crm", {}), link("desk", {})],
        seen("crm", 1, title=crm),
        seen("desk", 2, title=desk),
    )
    assert found.unit.golden.value.get(TITLE) == expected, name
    assert [e.kind for e in found.log] == log, name


def test_blank_everywhere_leaves_a_field_unset() -> None:
    found = run(
        one(TITLE),
        Golden("g"),
        [link("crm", {}), link("desk", {})],
        seen("crm", title=None),
        seen("desk", title=None),
    )
    assert found.unit.golden.value == {}
    assert found.items == []


@pytest.mark.parametrize(
    ("name", "on_join", "rule", "expected", "kind"),
    [
        ("golden stands", "keep", "newest", "Boss", "join"),
        ("the rule decides where it is asked to", "rule", "newest", "Chief", "join"),
        ("golden is a candidate of that rule", "rule", "{prefer: [crm, desk]}", "Boss", "join"),
    ],
)
def test_a_record_that_joins(name: str, on_join: str, rule: str, expected: str, kind: str) -> None:
    of = one(TITLE, on_join=on_join, rule=rule)
    record = golden(title="Boss")
    found = run(of, record, [*agreeing(of, record, "crm"), link("desk", {})], seen("desk", title="Chief"))
    assert found.unit.golden.value[TITLE] == expected, name
    assert [e.kind for e in found.log] == [kind], name


def test_what_a_joining_record_shared_with_golden_is_named_when_an_edit_replaces_it() -> None:
    of = one(TITLE)
    record = golden(title="Boss")
    known = agreeing(of, record, "crm")
    edit, found_there = seen("crm", title="Chief"), seen("desk", title="Boss")
    found = run(of, record, [*known, link("desk", {})], edit, found_there)
    assert logged(found) == [("join", TITLE, "Chief")]
    (entry,) = found.log
    assert [(c.app, c.value) for c in entry.candidates] == [("desk", "Boss")]
    assert logged(run(of, record, [*known, link("desk", {})], found_there)) == []


def test_where_nobody_is_there_any_more_the_rule_decides_about_who_joins() -> None:
    of = one(TITLE)
    record = golden(title="Boss")
    gone = [replace(k, state="gone") for k in agreeing(of, record, "crm")]
    found = run(of, record, [*gone, link("desk", {})], seen("desk", title="Chief"))
    assert found.unit.golden.value[TITLE] == "Chief"
    assert logged(found) == [("join", TITLE, "Chief")]


def test_a_join_fills_a_field_that_was_never_set() -> None:
    of = one(TITLE)
    found = run(
        of, Golden("g"), [link("crm", {"title": None}), link("desk", {})], seen("desk", title="Chief")
    )
    assert found.unit.golden.value[TITLE] == "Chief"
    assert due(found) == {"crm": {"title": "Chief"}}


def test_a_field_that_a_person_cleared_is_not_filled_by_a_join() -> None:
    of = one(TITLE)
    record = golden(title=None)
    found = run(of, record, [*agreeing(of, record, "crm"), link("desk", {})], seen("desk", title="Chief"))
    assert found.unit.golden.value[TITLE] is None
    assert logged(found) == [("join", TITLE, None)]
    assert due(found) == {"desk": {"title": None}}


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("newest", "newest", "Chief"),
        ("longest", "longest", "Director"),
        ("prefer", "{prefer: [crm, mail, desk]}", "Director"),
        ("manual holds", "manual", "Boss"),
    ],
)
def test_two_apps_changed_it_differently(name: str, rule: str, expected: str) -> None:
    of = one(TITLE, rule=rule)
    record = golden(title="Boss")
    found = run(
        of, record, agreeing(of, record), seen("crm", 1, title="Director"), seen("desk", 2, title="Chief")
    )
    assert found.unit.golden.value[TITLE] == expected
    (entry,) = found.log
    assert entry.kind == "conflict"
    assert {c.value for c in entry.candidates} == {"Director", "Chief"}, "every candidate is logged"
    assert (TITLE in found.unit.golden.held) == (rule == "manual"), name


def test_an_edit_that_loses_is_written_back() -> None:
    of = one(TITLE, rule="{prefer: [crm, mail, desk]}")
    record = golden(title="Boss")
    found = run(
        of, record, agreeing(of, record), seen("crm", 1, title="Director"), seen("desk", 2, title="Chief")
    )
    assert due(found)["desk"] == {"title": "Direct"}


def test_two_apps_that_changed_it_to_the_same_value_agree() -> None:
    of = one(TITLE)
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("crm", title="Chief"), seen("desk", title="Chief"))
    assert found.unit.golden.value[TITLE] == "Chief"
    assert found.log == []
    assert due(found) == {"mail": {"title": "chief"}}


def test_a_tie_in_time_goes_by_the_order_of_apps() -> None:
    of = one(TITLE)
    record = golden(title="Boss")
    found = run(
        of, record, agreeing(of, record), seen("desk", 1, title="Chief"), seen("crm", 1, title="Head")
    )
    assert found.unit.golden.value[TITLE] == "Head"


# -- narrower forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown", "expected"),
    [
        ("lower-cased", {"crm": "Head of Sales", "mail": "head of sales"}, "Head of Sales"),
        ("cut", {"crm": "Head of Sales", "desk": "Head o"}, "Head of Sales"),
        ("both", {"crm": "Head of Sales", "mail": "head of sales", "desk": "Head o"}, "Head of Sales"),
        ("cut and newest", {"desk": "Head o", "crm": "Head of Sales"}, "Head of Sales"),
    ],
)
def test_a_narrower_form_is_the_same_value(name: str, shown: dict[str, str], expected: str) -> None:
    of = one(TITLE)
    observed = [seen(app, n, title=value) for n, (app, value) in enumerate(shown.items())]
    found = run(of, Golden("g"), [link(app, {}) for app in shown], *observed)
    assert found.unit.golden.value[TITLE] == expected, name
    assert {e.kind for e in found.log} == {"narrower"}
    assert found.items == [], "no form spreads and nothing is written"


def test_an_edit_back_to_a_form_of_what_another_app_still_shows_is_that_value() -> None:
    of = one(TITLE)
    record = golden("crm", title="Zed")
    still = link("crm", {"title": "Head of Sales"}, {"title": "Head of Sales"})
    found = run(of, record, [still, *agreeing(of, record, "mail")], seen("mail", 1, title="head of sales"))
    assert found.unit.golden.value[TITLE] == "Head of Sales"


@pytest.mark.parametrize(
    ("name", "agreed", "expected"),
    [
        ("typed there: nobody asks that app", {}, "head of sales"),
        ("ours: golden brought it there", {"title": "Head of Sales"}, "Head of Sales"),
    ],
)
def test_an_edit_to_a_form_of_what_an_app_shows_that_is_only_written_to(
    name: str, agreed: dict[str, Value], expected: str
) -> None:
    of = one(TITLE, direction="{crm: to}")
    record = golden("crm", title="Zed")
    there = link("crm", {"title": "Head of Sales"}, agreed)
    found = run(of, record, [there, *agreeing(of, record, "mail")], seen("mail", 1, title="head of sales"))
    assert found.unit.golden.value[TITLE] == expected, name


def test_a_real_shortening_in_an_app_that_cuts_nothing_is_an_edit() -> None:
    of = one(TITLE)
    record = golden("crm", title="Head of Sales")
    found = run(of, record, agreeing(of, record), seen("crm", title="Head o"))
    assert found.unit.golden.value[TITLE] == "Head o"


def test_a_join_with_the_fuller_form_of_golden_is_taken() -> None:
    of = one(TITLE)
    record = golden("mail", title="boss")
    found = run(of, record, [*agreeing(of, record, "mail"), link("crm", {})], seen("crm", title="Boss"))
    assert found.unit.golden.value[TITLE] == "Boss"
    assert logged(found) == [("narrower", TITLE, "Boss")]


NAMES = """
  first: {type: name, in: {crm: first, mail: first, desk: name.first}}
  last: {type: name, in: {crm: last, mail: last, desk: name.last}}
"""


def test_a_name_in_one_text_and_in_two_fields_is_the_same() -> None:
    of = mapping(NAMES)
    links = [link("crm", {}), link("mail", {}), link("desk", {})]
    found = run(
        of,
        Golden("g"),
        links,
        seen("crm", 1, first="Christina", last="Lee"),
        seen("mail", 2, first="Chri", last="Lee"),
        seen("desk", 3, name="Christina Lee"),
    )
    assert found.unit.golden.value == {"first": "Christina", "last": "Lee"}
    assert found.items == []


def test_a_new_name_in_one_text_is_split_beside_the_known_boundary() -> None:
    of = mapping(NAMES)
    record = golden(first="Maria", last="de la Cruz")
    found = run(of, record, agreeing(of, record), seen("desk", name="Maria de la Vega"))
    assert found.unit.golden.value == {"first": "Maria", "last": "de la Vega"}
    assert due(found) == {"crm": {"last": "de la Vega"}, "mail": {"last": "de la Vega"}}


# -- blanks and directions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "blank", "expected", "log"),
    [("a clearing travels", "clear", None, []), ("or is put back", "keep", "Boss", ["overruled"])],
)
def test_clearing(name: str, blank: str, expected: Value, log: list[str]) -> None:
    of = one(TITLE, blank=blank)
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("desk", title=None))
    assert found.unit.golden.value[TITLE] == expected, name
    assert [e.kind for e in found.log] == log
    assert set(due(found)) == ({"desk"} if blank == "keep" else {"crm", "mail"})


def test_clearing_against_an_edit_is_a_conflict() -> None:
    of = one(TITLE)
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("crm", 1, title="Chief"), seen("desk", 2, title=None))
    assert logged(found) == [("conflict", TITLE, None)]


@pytest.mark.parametrize(
    ("name", "said", "edited", "expected", "written"),
    [
        ("only written: an edit there is put back", {"direction": "{desk: to}"}, "desk", "Boss", {"desk"}),
        ("only read: an edit there travels", {"direction": "{desk: from}"}, "desk", "Chief", {"crm", "mail"}),
        ("only read: it is never written", {"direction": "{desk: from}"}, "crm", "Chief", {"mail"}),
        ("only crm: an edit elsewhere is put back", {"rule": "{only: crm}"}, "desk", "Boss", {"desk"}),
        ("only crm: its own edit travels", {"rule": "{only: crm}"}, "crm", "Chief", {"mail", "desk"}),
    ],
)
def test_directions(name: str, said: dict[str, str], edited: str, expected: str, written: set[str]) -> None:
    of = one(TITLE, **said)
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen(edited, title="Chief"))
    assert found.unit.golden.value[TITLE] == expected, name
    assert set(due(found)) == written, name
    assert [e.kind for e in found.log] == (["overruled"] if expected == "Boss" else [])


# -- words that an app cannot show ------------------------------------------------------------------------

HOLD = """
  kind: {type: choice, unknown: hold, rule: RULE, in: {crm: title, desk: consent}}
"""


def test_an_edit_in_an_app_that_cannot_show_golden_is_weighed_against_it() -> None:
    of = mapping(HOLD.replace("RULE", "newest"), apps="crm desk")
    links = [*agreeing(of, golden(kind="export"), "crm"), link("desk", {"consent": "pending"}, {})]
    found = run(of, golden(kind="export"), links, seen("desk", consent="bounced"))
    assert logged(found) == [("conflict", "kind", "bounced")]
    assert due(found) == {"crm": {"title": "bounced"}}


def test_a_conflict_about_a_word_that_an_app_cannot_show_goes_on_waiting() -> None:
    of = mapping(HOLD.replace("RULE", "manual"), apps="crm desk")
    links = [link("crm", {}), link("desk", {})]
    first = run(of, Golden("g"), links, seen("crm", title="export"), seen("desk", consent="pending"))
    found = run(of, first.unit.golden, first.unit.links, seen("desk", 1, consent="bounced"))
    assert {c.value for c in found.unit.golden.held["kind"]} == {"export", "bounced"}
    closed = run(of, found.unit.golden, found.unit.links, seen("crm", 2, title="bounced"))
    assert closed.unit.golden.held == {}
    assert closed.unit.golden.value == {"kind": "bounced"}


# -- held conflicts ---------------------------------------------------------------------------------------


def held() -> tuple[ObjectMapping, Golden, list[Link]]:
    of = one("note")
    record = golden(note="Old")
    found = run(of, record, agreeing(of, record), seen("crm", 1, note="Mine"), seen("desk", 2, note="Yours"))
    return of, found.unit.golden, found.unit.links


def test_while_a_conflict_is_held_nothing_is_written_in_its_field() -> None:
    of, record, links = held()
    assert run(of, record, links).items == []


def test_a_further_edit_becomes_a_candidate_of_a_held_conflict() -> None:
    of, record, links = held()
    found = run(of, record, links, seen("mail", 3, note="Theirs"))
    assert {c.value for c in found.unit.golden.held["note"]} == {"Mine", "Yours", "Theirs"}
    assert found.unit.golden.value["note"] == "Old"
    assert found.items == []


def test_a_held_conflict_closes_when_all_apps_hold_the_same_value() -> None:
    of, record, links = held()
    found = run(of, record, links, *(seen(app, 4, note="Ours") for app in ("crm", "mail", "desk")))
    assert found.unit.golden.held == {}
    assert found.unit.golden.value["note"] == "Ours"
    assert found.items == []


# -- sets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "before", "crm", "desk", "expected", "log"),
    [
        ("added in one", ["vip"], ["partner", "vip"], ["vip"], ["partner", "vip"], []),
        ("taken in one", ["partner", "vip"], ["vip"], ["partner", "vip"], ["vip"], []),
        ("added in both", [], ["vip"], ["partner"], ["partner", "vip"], []),
        ("added here, another taken there", ["vip"], ["trial", "vip"], None, ["trial"], []),
        ("the last one taken", ["vip"], None, ["vip"], None, []),
    ],
)
def test_sets_merge_by_element(
    name: str, before: list[str], crm: Value, desk: Value, expected: Value, log: list[str]
) -> None:
    of = one("tags")
    record = golden(tags=before or None)
    found = run(of, record, agreeing(of, record), seen("crm", tags=crm), seen("desk", tags=desk))
    assert found.unit.golden.value["tags"] == expected, name
    assert [e.kind for e in found.log] == log


@pytest.mark.parametrize("start", [None, ["trial"]])
def test_first_contact_and_joins_of_sets_are_unions(start: Value) -> None:
    of = one("tags")
    record = golden(tags=start) if start else Golden("g")
    links = [link("crm", {}), link("desk", {})]
    found = run(of, record, links, seen("crm", tags=["vip"]), seen("desk", tags=["partner"]))
    assert found.unit.golden.value["tags"] == sorted({"vip", "partner", *(["trial"] if start else [])})
