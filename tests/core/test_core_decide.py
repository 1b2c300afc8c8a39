"""Whole decisions: deletions and returns, and what must hold of every decision."""

from __future__ import annotations

from copy import deepcopy

import pytest

from mappings.model import ObjectMapping
from syncer.core.decide import decide
from syncer.core.plan import Abilities
from syncer.model import Decision, Observation, Unit
from tests.core.worlds import FIELDS, agreeing, due, golden, lens, link, mapping, one, run, seen

ALL = Abilities(creates=("crm", "mail", "desk"), archives=("crm", "mail", "desk"))


def deleted_in_crm(policy: str, *others: Observation) -> Decision:
    of = mapping(
        "\n  title: {type: text, in: {crm: title, mail: title, desk: title}}\n", f"on_delete: {policy}"
    )
    record = golden(title="Boss")
    gone = seen("crm", title="Boss", state="deleted")
    return run(of, record, agreeing(of, record), gone, *others, abilities=ALL)


def kinds(found: Decision) -> list[tuple[str, str]]:
    return sorted((i.kind, i.app) for i in found.items)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("keep", []), ("archive", [("archive", "desk"), ("archive", "mail")])],
)
def test_a_deletion_follows_the_policy_and_is_never_undone_by_a_create(
    policy: str, expected: list[tuple[str, str]]
) -> None:
    found = deleted_in_crm(policy)
    assert kinds(found) == expected
    assert {k.app: k.state for k in found.unit.links} == {"crm": "gone", "mail": "live", "desk": "live"}


def test_an_edit_beats_a_delete() -> None:
    found = deleted_in_crm("archive", seen("desk", title="Chief"))
    assert kinds(found) == [("update", "mail")]
    assert found.unit.golden.value == {"title": "Chief"}


def test_a_record_merged_into_another_is_gone_but_spreads_nothing() -> None:
    of = mapping(
        "\n  title: {type: text, in: {crm: title, mail: title, desk: title}}\n", "on_delete: archive"
    )
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("crm", title="Boss", state="merged"), abilities=ALL)
    assert found.items == []


def test_a_record_that_comes_back_is_merged_three_ways() -> None:
    of = one("title")
    record = golden("desk", title="Boss")
    away = link("crm", {"title": "Old"}, {"title": "Old"}, state="gone")
    same = run(of, record, [away, *agreeing(of, record, "desk")], seen("crm", title="Old"))
    assert due(same) == {"crm": {"title": "Boss"}}, "what nobody edited is brought up to date"
    edited = run(of, record, [away, *agreeing(of, record, "desk")], seen("crm", title="Mine"))
    assert [e.kind for e in edited.log] == ["conflict"], "what somebody edited meanwhile is a rival"


def test_what_leaves_the_scope_is_neither_read_nor_written() -> None:
    of = one("title")
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("desk", title="Chief", state="out"))
    assert found.unit.golden.value == {"title": "Boss"}
    assert found.items == []


def test_of_several_records_of_an_app_one_that_is_there_is_written() -> None:
    of = one("title")
    record = golden("desk", title="Boss")
    first = link("crm", {"title": "Boss"}, {"title": "Boss"})
    second = link("crm", {"title": "Old"}, {"title": "Old"}, id="crm-2", primary=False)
    found = run(of, record, [first, second], seen("crm", title="Boss", state="deleted"))
    assert [(i.record, i.kind) for i in found.items] == [("crm-2", "update")]


def everything() -> tuple[ObjectMapping, Unit]:
    of = mapping(FIELDS)
    record = golden(
        email="a@x.test",
        first="Ada",
        last="Lee",
        title="Boss",
        note="Old",
        tags=["vip"],
        consent="subscribed",
    )
    shown = [
        seen("crm", 1, title="Chief", note="Mine", tags=["partner", "vip"], first="Ada Maria"),
        seen("mail", 2, title="head", status="out", last="Ray"),
        seen("desk", 3, title="Direct", note="Yours", name="Eva Lee", tags=None),
    ]
    return of, Unit(record, agreeing(of, record), {o.key: o for o in shown})


def test_deciding_changes_nothing_that_it_is_given() -> None:
    of, unit = everything()
    before = deepcopy(unit)
    decide(unit, lens(of), ALL, "r1")
    assert unit == before


def test_the_order_of_links_and_observations_does_not_matter() -> None:
    of, unit = everything()
    other = deepcopy(unit)
    other.links.reverse()
    other.observations = dict(reversed(other.observations.items()))
    one_way, another = (decide(u, lens(of), ALL, "r1") for u in (unit, other))
    assert one_way.unit == another.unit
    assert one_way.items == another.items
    assert sorted(map(str, one_way.log)) == sorted(map(str, another.log))


def test_what_changed_is_told_for_the_journal() -> None:
    of = one("title")
    record = golden(title="Boss")
    found = run(of, record, agreeing(of, record), seen("desk", title="Chief"))
    assert dict(found.changed) == {"title": ("Boss", "Chief")}
    source = found.unit.golden.provenance["title"]
    assert (source.app, source.record, source.run) == ("desk", "desk-1", "r1")


def test_deciding_again_about_nothing_new_does_nothing() -> None:
    of, unit = everything()
    first = decide(unit, lens(of), Abilities(), "r1")
    quiet = decide(Unit(first.unit.golden, first.unit.links), lens(of), Abilities(), "r2")
    assert (quiet.log, dict(quiet.changed)) == ([], {})
    assert quiet.items == first.items
