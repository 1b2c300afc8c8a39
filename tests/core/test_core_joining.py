"""Two golden records become one: which value stands, and what waits for a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conflicts.candidate import Candidate
from syncer.core.joining import join
from syncer.model import Golden, LinkKey, Unit, Value
from tests.core.worlds import at, golden, lens, link, mapping, one

TITLE = "title"


def other(**value: Value) -> Golden:
    """A golden record whose values came from desk, later than those of `golden`."""
    return replace(golden("desk", -30, **value), id="h")


@pytest.mark.parametrize(
    ("name", "rule", "titles", "expected", "kind"),
    [
        ("both hold the same", "newest", ("Boss", "Boss"), "Boss", []),
        ("the rule decides", "newest", ("Boss", "Chief"), "Chief", ["join"]),
        ("a preferred app wins", "{prefer: [crm, desk]}", ("Boss", "Chief"), "Boss", ["join"]),
        ("a source too", "{source: [{app: crm}]}", ("Boss", "Chief"), "Boss", ["join"]),
        ("a manual rule asks", "manual", ("Boss", "Chief"), "Boss", ["conflict"]),
        ("what one of them cleared stays filled, and is named", "newest", ("Boss", None), "Boss", ["join"]),
        ("what was cleared here stays blank, and theirs is named", "newest", (None, "Boss"), None, ["join"]),
    ],
)
def test_which_value_stands(
    name: str, rule: str, titles: tuple[Value, Value], expected: Value, kind: list[str]
) -> None:
    mine, theirs = titles
    joined = join(
        Unit(golden(title=mine), [link("crm", {})]),
        Unit(other(title=theirs), [link("desk", {})]),
        lens(one(TITLE, rule=rule)),
        "r1",
    )
    assert joined.unit.golden.value[TITLE] == expected, name
    assert [e.kind for e in joined.log] == kind, name


@pytest.mark.parametrize(
    ("name", "rule", "gone", "expected"),
    [
        ("the later one is of the record that lives on", "newest", ("crm", "crm-1"), "Chief"),
        ("the later one is of the record that went", "newest", ("desk", "desk-1"), "Boss"),
        ("the preferred app's record went", "{prefer: [crm]}", ("crm", "crm-1"), "Chief"),
        ("another record went: the rule decides", "newest", ("desk", "desk-7"), "Chief"),
        ("a manual rule asks all the same", "manual", ("desk", "desk-1"), "Boss"),
    ],
)
def test_after_a_merge_in_an_app_the_values_of_the_record_that_went_are_no_rivals(
    name: str, rule: str, gone: tuple[str, str], expected: Value
) -> None:
    mine, theirs = Unit(golden(title="Boss"), []), Unit(other(title="Chief"), [])
    joined = join(mine, theirs, lens(one(TITLE, rule=rule)), "r1", gone)
    assert joined.unit.golden.value[TITLE] == expected, name
    assert {c.value for c in joined.log[0].candidates} == {"Boss", "Chief"}, "both are named"
    assert bool(joined.unit.golden.held) is (rule == "manual")


@pytest.mark.parametrize(
    ("name", "title", "rule", "expected"),
    [
        ("its record shows what it says, from wherever that came", "Boss", "{prefer: [desk]}", "Boss"),
        ("a manual rule asks all the same", "Boss", "manual", "Boss"),
        ("its record shows something else: the rule decides", "Head", "{prefer: [desk]}", "Chief"),
    ],
)
def test_after_a_merge_in_an_app_what_the_record_that_lives_on_shows_is_golden(
    name: str, title: str, rule: str, expected: Value
) -> None:
    """crm-2 went into crm-1; golden values of both came from other apps."""
    mine = Unit(golden("mail", -60, title="Boss"), [link("crm", {"title": title})])
    theirs = Unit(other(title="Chief"), [link("crm", {"title": "Chief"}, id="crm-2"), link("desk", {})])
    joined = join(mine, theirs, lens(one(TITLE, rule=rule)), "r1", ("crm", "crm-2"))
    assert joined.unit.golden.value[TITLE] == expected, name
    assert bool(joined.unit.golden.held) is (rule == "manual")
    other_way = join(theirs, mine, lens(one(TITLE, rule=rule)), "r1", ("crm", "crm-2"))
    assert rule == "manual" or other_way.unit.golden.value[TITLE] == expected, name


@pytest.mark.parametrize(("touched", "expected"), [(-20, "Boss"), (-40, "Chief")], ids=["before", "after"])
def test_what_was_typed_after_the_app_last_changed_the_record_goes_by_the_rule(
    touched: float, expected: Value
) -> None:
    """Chief was typed half an hour ago: whoever merged before had not seen it."""
    mine = Unit(golden("mail", -60, title="Boss"), [link("crm", {"title": "Boss"}, stamp=at(touched))])
    theirs = Unit(other(title="Chief"), [link("crm", {"title": "Chief"}, id="crm-2"), link("desk", {})])
    joined = join(mine, theirs, lens(one(TITLE, rule="newest")), "r1", ("crm", "crm-2"))
    assert joined.unit.golden.value[TITLE] == expected


def test_of_a_whole_name_that_lives_on_the_parts_stand_whichever_golden_record_goes_on() -> None:
    """desk-2, Eva Berg, went into desk-1, who is called Lind alone."""
    mine = Unit(golden("crm", -60, last="Lind"), [link("desk", {"name": "Lind"})])
    theirs = Unit(
        other(first="Eva", last="Berg"),
        [link("desk", {"name": "Eva Berg"}, id="desk-2"), link("crm", {"first": "Eva", "last": "Berg"})],
    )
    for into, part in ((mine, theirs), (theirs, mine)):
        joined = join(into, part, lens(mapping()), "r1", ("desk", "desk-2"))
        assert joined.unit.golden.value["last"] == "Lind"


def test_a_question_is_asked_anew_with_what_the_other_holds() -> None:
    asked = other(title="Chief")
    asked.held[TITLE] = [Candidate("Head", "desk", "desk-2", at(-5), "edit")]
    joined = join(
        Unit(golden(title="Boss"), [link("crm", {})]),
        Unit(asked, [link("desk", {})]),
        lens(one(TITLE, rule="newest")),
        "r1",
    )
    (entry,) = joined.log
    assert (entry.kind, entry.golden, entry.status) == ("conflict", "g", "held")
    assert [c.value for c in entry.candidates] == ["Chief", "Head"]
    assert list(entry.candidates) == joined.unit.golden.held[TITLE]
    assert joined.unit.golden.value[TITLE] == "Boss"


@pytest.mark.parametrize(
    ("name", "addresses", "gone", "written"),
    [
        ("theirs holds the golden address", ("a@x.test", "b@x.test"), None, "crm-2"),
        ("mine holds it too", ("b@x.test", "b@x.test"), None, "crm-1"),
        ("nobody holds it", ("a@x.test", "c@x.test"), None, "crm-1"),
        ("who holds it went into another", ("a@x.test", "b@x.test"), ("crm", "crm-2"), "crm-1"),
        ("mine went", ("b@x.test", "a@x.test"), ("crm", "crm-1"), "crm-2"),
    ],
)
def test_of_two_records_of_an_app_the_one_with_the_golden_address_is_written(
    name: str, addresses: tuple[str, str], gone: LinkKey | None, written: str
) -> None:
    of = mapping(extra="match: {exact: [email]}")
    mine = Unit(golden(email="a@x.test"), [link("crm", {"email": addresses[0]})])
    theirs = Unit(
        other(email="b@x.test"), [link("crm", {"email": addresses[1]}, id="crm-2"), link("desk", {})]
    )
    joined = join(mine, theirs, lens(of), "r1", gone)
    primary = {(k.app, k.id) for k in joined.unit.links if k.primary}
    assert primary == {("crm", written), ("desk", "desk-1")}, name
