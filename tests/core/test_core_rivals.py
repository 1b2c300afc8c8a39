"""Golden as a rival of edits that were made without knowing it: tables of named cases."""

from __future__ import annotations

import pytest

from syncer.model import Link, Pending, Refusal
from tests.core.worlds import agreeing, at, due, golden, link, logged, mapping, one, run, seen

TITLE = "title"


def late(app: str, **how: object) -> Link:
    """A link that never got golden (`Boss`, from crm): it still shows what it agreed with before."""
    return link(app, {"title": "Old"}, {"title": "Old"}, **how)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("the write never went out", {}),
        (
            "the write has no answer",
            {"pending": {"title": Pending("Old", "Boss", {"title": "Boss"}, at(-5))}},
        ),
        ("the app refused it", {"refused": {"title": Refusal("Boss", "no", "")}}),
    ],
)
def test_golden_is_a_rival_of_an_edit_made_without_knowing_it(name: str, how: dict[str, object]) -> None:
    of = one(TITLE)
    record = golden("crm", minutes=-10, title="Boss")
    found = run(
        of, record, [*agreeing(of, record, "crm"), late("desk", **how)], seen("desk", 1, title="Mine")
    )
    assert logged(found) == [("conflict", TITLE, "Mine")], name
    assert {c.kind for c in found.log[0].candidates} == {"edit", "golden"}


def test_golden_may_win_against_an_edit_made_without_knowing_it() -> None:
    of = one(TITLE, rule="{prefer: [crm, mail, desk]}")
    record = golden("crm", title="Boss")
    found = run(of, record, [*agreeing(of, record, "crm"), late("desk")], seen("desk", 1, title="Mine"))
    assert logged(found) == [("conflict", TITLE, "Boss")]
    assert due(found) == {"desk": {"title": "Boss"}}


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("typed later than the other edit", "newest", "Boss"),
        ("the rule prefers the other", "{prefer: [crm, mail, desk]}", "Head"),
        ("a manual rule asks", "manual", "Boss"),
    ],
)
def test_who_types_what_golden_says_without_knowing_it_stands_for_it(
    name: str, rule: str, expected: str
) -> None:
    of = one(TITLE, rule=rule)
    record = golden("crm", title="Boss")
    links = [*agreeing(of, record, "crm"), late("desk")]
    found = run(of, record, links, seen("crm", 1, title="Head"), seen("desk", 2, title="Boss"))
    assert found.unit.golden.value[TITLE] == expected, name
    (entry,) = found.log
    assert {c.value for c in entry.candidates if c.kind == "edit"} == {"Head", "Boss"}
    assert (TITLE in found.unit.golden.held) == (rule == "manual")


def test_who_types_a_whole_name_that_golden_says_stands_for_its_parts() -> None:
    of, record = mapping(), golden("crm", first="Mara", last="Lind")
    old = link("desk", {"name": "Ada Lind"}, {"first": "Ada", "last": "Lind"})
    found = run(
        of,
        record,
        [*agreeing(of, record, "crm"), old],
        seen("crm", 1, first="Eva"),
        seen("desk", 2, name="Mara Lind"),
    )
    assert logged(found) == [("conflict", "first", "Mara")]
    assert {c.value for c in found.log[0].candidates if c.kind == "edit"} == {"Eva", "Mara"}
    assert due(found) == {"crm": {"first": "Mara"}}


def test_who_types_what_golden_says_alone_agrees_with_it() -> None:
    of = one(TITLE)
    record = golden("crm", title="Boss")
    found = run(of, record, [*agreeing(of, record, "crm"), late("desk")], seen("desk", 2, title="Boss"))
    assert (found.log, found.items) == ([], [])


def test_golden_is_no_rival_of_an_edit_that_knew_it() -> None:
    of = one(TITLE, rule="longest")
    record = golden("crm", title="Director")
    found = run(of, record, agreeing(of, record), seen("crm", title="Boss"))
    assert found.unit.golden.value[TITLE] == "Boss"
    assert found.log == []


def test_a_second_edit_of_the_same_record_replaces_the_first() -> None:
    of = one(TITLE, rule="longest")
    record = golden("desk", title="Director")
    found = run(of, record, [late("desk")], seen("desk", title="Boss"))
    assert found.unit.golden.value[TITLE] == "Boss"
    assert found.log == []


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("another record of the person is written", {"primary": False}),
        ("the app refused it", {"refused": {"name": Refusal("Eva Lind", "no", mapping().version)}}),
    ],
)
def test_golden_is_a_rival_of_an_edit_where_an_undo_had_left_another_value(
    name: str, more: dict[str, object]
) -> None:
    of, record = mapping(), golden("crm", first="Mara", last="Lind")
    crm = agreeing(of, record, "crm")
    left = {"name": "Ada Berg"}
    desk = link("desk", left, dict(record.value), parted=dict(left), version=of.version, **more)
    first = run(of, record, [*crm, desk], seen("crm", 1, first="Eva", last="Lind"))
    assert first.unit.golden.value["last"] == "Lind"
    found = run(of, first.unit.golden, first.unit.links, seen("desk", 9, name="Ada Bergman"))
    assert logged(found) == [("conflict", "last", "Bergman")], name
    assert "Lind" in {c.value for c in found.log[0].candidates}


def test_edits_where_an_undo_had_left_other_values_name_golden_which_none_of_them_knew() -> None:
    of, record = one(TITLE), golden("crm", title="Boss")
    left = [
        link(app, {"title": shown}, {"title": "Boss"}, parted={"title": shown}, version=of.version)
        for app, shown in (("mail", "old"), ("desk", "Older"))
    ]
    edits = seen("mail", 1, title="head"), seen("desk", 2, title="Chair")
    found = run(of, record, [*agreeing(of, record, "crm"), *left], *edits)
    assert found.unit.golden.value[TITLE] == "Chair"
    assert ("overruled", TITLE, "Chair") in logged(found)
    assert "Boss" in {c.value for e in found.log for c in e.candidates}


def test_who_blanks_a_name_while_it_waits_for_a_person_is_heard() -> None:
    of = mapping(
        """
  first: {type: name, in: {crm: first, desk: name.first}, rule: manual}
  last: {type: name, in: {crm: last, desk: name.last}, rule: manual}
""",
        apps="crm desk",
    )
    record = golden("crm")
    links = [link("crm", {}), link("desk", {})]
    met = run(of, record, links, seen("crm", 0, first="Ada", last="Lee"), seen("desk", 0, name="Mia Berg"))
    assert set(met.unit.golden.held) == {"first", "last"}
    found = run(of, met.unit.golden, met.unit.links, seen("desk", 9, name=None))
    assert {c.value for c in found.unit.golden.held["last"] if c.app == "desk"} == {None}
