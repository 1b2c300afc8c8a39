"""Two records that an app is asked to merge: followed at once or later, whatever happens between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import Unavailable
from syncer.core.brakes import Limit
from syncer.store.decisions import Decisions
from syncer.usecases.merging import Merged, MergingInApp
from syncer.usecases.sides import Held
from syncer.usecases.steward import Steward, Twice
from tests.engine.test_found_by_simulation import once
from tests.engine.test_pausing import pause
from tests.engine.tied import link, unlink
from tests.engine.world import World

ANNA = {"email": "anna@x.test", "first": "Anna", "last": "Lind", "title": "CEO"}
AGAIN = {"email": "a.lind@y.test", "first": "Anna", "last": "Lind", "phone": "+6281234567890"}


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Anna under two addresses in the CRM, taken for two."""
    world = World(tmp_path)
    for values in (ANNA, AGAIN):
        world.apps["crm"].user_create(values)
        world.settle()
    yield world
    world.db.close()


def merge(world: World) -> Merged:
    one, other = sorted(world.apps["crm"].records)
    return MergingInApp(world.sync(), world.db, world.ports()).merge([(("crm", one), ("crm", other))])


def goldens(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT golden FROM link WHERE app = 'crm' AND state = 'live'")


def outbox(world: World) -> list[tuple[object, ...]]:
    return world.rows("SELECT kind, record FROM outbox")


def is_one(world: World) -> None:
    """One record in the CRM, one golden record with what both knew, and nothing left to do."""
    world.settle()
    (record,) = world.apps["crm"].records.values()
    assert (record["title"], record["phone"]) == ("CEO", "+6281234567890")
    assert len(goldens(world)) == 1
    assert outbox(world) == []
    assert len(set(world.rows("SELECT golden FROM link WHERE state = 'live'"))) == 1


def test_what_the_app_merged_is_one_golden_record(world: World) -> None:
    one, other = sorted(world.apps["crm"].records)
    merged = merge(world)
    assert (merged.into, merged.left) == ({("crm", other): ("crm", one)}, {})
    assert len(set(goldens(world))) == 1  # without another run
    told = world.rows("SELECT kind, record, outcome FROM written WHERE run = :run", run=merged.run)
    assert told == [("merge", other, "applied")]
    is_one(world)


def test_killed_after_the_app_has_merged(world: World) -> None:
    def die() -> None:
        raise Killed

    once(world.apps["crm"], "merge", die, after=True)
    with pytest.raises(Killed):
        merge(world)
    assert len(outbox(world)) == 1
    is_one(world)


@pytest.mark.parametrize("linked", [True, False])
def test_what_was_merged_before_a_kill_is_done_when_it_is_asked_for_again(
    tmp_path: Path, linked: bool
) -> None:
    """It said that the app had refused, and that nothing was merged."""
    world = World(tmp_path)
    for values in (ANNA, AGAIN):
        world.apps["crm"].user_create(values)
        if linked:
            world.settle()
    pair = tuple(("crm", id) for id in sorted(world.apps["crm"].records))
    world.settle()

    def die() -> None:
        raise Killed

    once(world.apps["crm"], "merge", die, after=True)
    with pytest.raises(Killed):
        merge(world)
    again = MergingInApp(world.sync(), world.db, world.ports()).merge([(pair[0], pair[1])])
    assert (again.into, again.left) == ({pair[1]: pair[0]}, {})
    assert world.rows("SELECT written FROM run WHERE id = :run", run=again.run) == [(0,)]
    is_one(world)


def test_who_was_merged_with_another_there_meanwhile_is_looked_at_again(world: World) -> None:
    crm = world.apps["crm"]
    one, other = (("crm", id) for id in sorted(crm.records))
    third = crm.user_create({"email": "zoe@z.test", "first": "Zoe", "last": "Ray"})
    crm.user_merge(other[1], third)
    merged = MergingInApp(world.sync(), world.db, world.ports()).merge([(one, other)])
    assert merged.left == {other: "somebody has merged it with another record there meanwhile: look again"}
    assert len(crm.records) == 2


def test_killed_before_the_app_was_asked(world: World) -> None:
    def die() -> None:
        raise Killed

    once(world.apps["crm"], "merge", die)
    with pytest.raises(Killed):
        merge(world)
    world.settle()
    assert len(world.apps["crm"].records) == len(goldens(world)) == 2  # never asked for again
    assert outbox(world) == []


def test_a_merge_without_an_answer_is_asked_about(world: World) -> None:
    def fail() -> None:
        raise Unavailable("crm: no answer in time")

    once(world.apps["crm"], "merge", fail, after=True)
    merged = merge(world)
    assert merged.into == {}
    assert list(merged.left.values()) == ["crm: no answer in time"]
    is_one(world)


def test_what_the_app_refuses_stays_as_it_is(world: World) -> None:
    one, other = sorted(world.apps["crm"].records)
    pairs = [(("crm", one), ("crm", "999")), (("crm", one), ("crm", other))]
    merged = MergingInApp(world.sync(), world.db, world.ports()).merge(pairs)
    assert merged.left == {("crm", "999"): "there are no two such records"}
    is_one(world)


def test_whom_somebody_told_apart_after_they_were_shown_stays_two(world: World) -> None:
    one, other = (f"crm:{id}" for id in sorted(world.apps["crm"].records))
    link(world, one, other)
    assert len({*goldens(world)}) == 1
    unlink(world, other)
    (why,) = merge(world).left.values()
    assert "were said to be two meanwhile" in why
    assert len(world.apps["crm"].records) == len({*goldens(world)}) == 2
    sql = "SELECT verdict FROM match_decision WHERE app = 'crm' AND other_app = 'crm'"
    assert world.rows(sql) == [("never",)]


def test_who_is_one_by_a_merge_just_done_is_not_merged_with_whom_that_one_never_is(world: World) -> None:
    """Nobody said it of the record that lives on."""
    third = ("crm", world.apps["crm"].user_create({**AGAIN, "email": "a@z.test", "phone": None}))
    world.settle()
    one, other, _ = (("crm", id) for id in sorted(world.apps["crm"].records))
    with world.db.transaction():
        Decisions(world.db, "contacts").decide(other, third, "never", world.clock())
    merged = MergingInApp(world.sync(), world.db, world.ports()).merge([(one, other), (one, third)])
    assert merged.into == {other: one}
    assert [*merged.left] == [third]


def test_more_than_the_limit_allows_is_not_begun(world: World) -> None:
    one, other = sorted(world.apps["crm"].records)
    world.limits = {"links": Limit(share=0.0, count=1)}
    pairs = [(("crm", one), ("crm", other)), (("crm", one), ("crm", "999"))]
    with pytest.raises(Held, match="limit"):
        MergingInApp(world.sync(), world.db, world.ports()).merge(pairs)
    assert len(world.apps["crm"].records) == 2


def test_whom_a_merge_in_one_app_leaves_twice_in_another_is_told(tmp_path: Path) -> None:
    """Their own addresses there would not tell."""
    world = World(tmp_path)
    for email in ("anna@x.test", "a.lind@y.test"):
        world.apps["crm"].user_create({"email": email, "first": "Anna", "last": "Lind"})
        world.settle()
    steward = Steward(world.db, "contacts", ["email", "phone"])
    assert steward.duplicates("desk") == []
    merge(world)
    world.settle()
    both = [("desk", id) for id in sorted(world.apps["desk"].records)]
    assert len(both) == 2
    assert steward.duplicates("desk") == [both]
    assert steward.duplicates("crm") == []
    world.db.close()


def test_of_records_that_are_one_already_the_one_that_is_written_comes_first(world: World) -> None:
    """Of the two in the desk that is who holds the address of whoever lives on, though made later."""
    one, other = sorted(world.apps["crm"].records)
    MergingInApp(world.sync(), world.db, world.ports()).merge([(("crm", other), ("crm", one))])
    world.settle()
    desk = world.apps["desk"].records
    (written,) = (id for id, record in desk.items() if record["email"] == AGAIN["email"])
    (rest,) = desk.keys() - {written}
    steward = Steward(world.db, "contacts", ["email", "phone"], {"desk": {"email": "email"}})
    both = steward.survivor_first([("desk", rest), ("desk", written)])
    assert both == [("desk", written), ("desk", rest)]
    assert steward.one_golden(both) is not None
    assert steward.preview(both, merges=False) == [("email", [AGAIN["email"], ANNA["email"]], AGAIN["email"])]


def test_who_was_unlinked_is_not_merged_in_an_app_where_both_have_a_record_since(tmp_path: Path) -> None:
    """Of the two records there nobody said that they are two: it was said of those that they stand for."""
    world = World(tmp_path)
    crm, desk = world.apps["crm"], world.apps["desk"]
    one = crm.user_create(ANNA)
    world.settle()
    (mine,) = desk.records
    pause(world, "desk", True)
    other = crm.user_create({**ANNA, "email": "a.lind@y.test"})
    world.run()
    link(world, f"crm:{one}", f"crm:{other}")
    unlink(world, f"crm:{other}")
    pause(world, "desk", False)
    world.settle()
    (theirs,) = desk.records.keys() - {mine}
    for id in (mine, theirs):
        desk.user_edit(id, {"phone": "+6281234567890"})
    world.settle()
    assert twice(world, "desk") == [
        Twice([("desk", mine)], {("desk", theirs): (("crm", other), ("desk", mine))})
    ]
    link(world, f"desk:{mine}", f"desk:{theirs}")
    assert twice(world, "desk") == [Twice([("desk", theirs), ("desk", mine)], {})]  # first: who is written
    world.db.close()


def twice(world: World, app: str) -> list[Twice]:
    steward = Steward(world.db, "contacts", ["email", "phone"])
    found = steward.duplicates(app)
    apart = steward.told_apart(found)
    return [one for group in found for one in steward.twice(group, apart)]
