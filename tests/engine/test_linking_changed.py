"""Who was shown is somebody else by the time that a person says yes: nothing is done to whom nobody saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from syncer.store.ledger import Ledger
from syncer.usecases.sides import Changed, Held, Side
from tests.engine.tied import link, linking, of, side, two
from tests.engine.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Anna and Bo, whom all apps know."""
    world = two(tmp_path)
    yield world
    world.db.close()


def looked_up(world: World, who: str) -> Side:
    found = side(world, who)
    assert found is not None
    return found


def entered(world: World, *names: str) -> None:
    for name in names:
        world.apps["crm"].user_create({"email": f"{name.lower()}@x.test", "first": name, "last": "Frost"})
    world.settle()


def links(world: World) -> list[tuple[object, ...]]:
    return sorted(world.rows("SELECT golden, app, id FROM link"))


def test_a_record_that_a_run_linked_meanwhile_is_not_taken_from_there(world: World) -> None:
    id = world.apps["desk"].user_create({"email": "zoe@x.test", "name": "Zoe Frost", "title": "Clerk"})
    anna, zoe = looked_up(world, "anna@x.test"), Side(None, (("desk", id),))
    world.settle()
    world.apps["desk"].user_edit(id, {"title": "Head"})
    before = links(world)
    with pytest.raises(Changed, match=f"^desk:{id} became part of .* meanwhile: look at it again"):
        linking(world).link([(anna, zoe)], do=True)
    assert links(world) == before
    world.settle()
    assert of(world, "crm", "zoe@x.test")["title"] == "Head"


def test_two_who_were_made_one_meanwhile_are_told_so(world: World) -> None:
    anna, bo = looked_up(world, "anna@x.test"), looked_up(world, "bo@x.test")
    link(world, "anna@x.test", "bo@x.test")
    before = links(world)
    with pytest.raises(Changed, match="became part of"):
        linking(world).link([(anna, bo)], do=True)
    assert links(world) == before


def test_whoever_became_one_with_a_third_meanwhile_is_shown_first(world: World) -> None:
    entered(world, "Cy")
    anna, bo = looked_up(world, "anna@x.test"), looked_up(world, "bo@x.test")
    link(world, "bo@x.test", "cy@x.test")
    with pytest.raises(Changed, match=f"^{bo.golden} has other records than it had: look at it again"):
        linking(world).link([(anna, bo)], do=True)
    assert looked_up(world, "anna@x.test") == anna


def test_of_several_only_those_are_linked_who_are_still_who_was_shown(world: World) -> None:
    entered(world, "Cy", "Di")
    anna, bo, cy, di = (looked_up(world, f"{who}@x.test") for who in ("anna", "bo", "cy", "di"))
    link(world, "bo@x.test", "di@x.test")
    tied = linking(world).link([(anna, cy), (bo, di)], do=True)
    assert [names for names, _ in tied.barred] == [[bo.golden, di.golden]]
    assert looked_up(world, "cy@x.test") == looked_up(world, "anna@x.test")


def test_a_sync_that_was_held_while_a_link_waited_for_its_turn_is_left_alone(world: World) -> None:
    anna, bo = looked_up(world, "anna@x.test"), looked_up(world, "bo@x.test")
    waits, ports = linking(world), world.ports()

    def held_meanwhile(now: datetime) -> str:
        with world.db.transaction():
            Ledger(world.db, "contacts").hold("run-other", "a limit", [], "", False)
        return ports.run_id(now)

    waits.ports = waits.engine.ports = replace(ports, run_id=held_meanwhile)
    before = links(world)
    with pytest.raises(Held, match="held by run run-other"):
        waits.link([(anna, bo)], do=True)
    assert links(world) == before


def test_who_was_unlinked_meanwhile_is_not_unlinked_once_more(world: World) -> None:
    anna = looked_up(world, "anna@x.test")
    desk = [key for key in anna.records if key[0] == "desk"]
    linking(world).unlink([(anna, desk)], do=True)
    before, people = links(world), world.rows("SELECT id FROM golden")
    with pytest.raises(Changed, match=f"^{anna.golden} has other records than it had"):
        linking(world).unlink([(anna, desk)], do=True)
    assert (links(world), world.rows("SELECT id FROM golden")) == (before, people)


@pytest.mark.parametrize("who", ["anna@x.test", "bo@x.test"])
def test_who_was_linked_to_somebody_meanwhile_is_shown_before_an_unlink(world: World, who: str) -> None:
    meant = looked_up(world, who)
    link(world, "anna@x.test", "bo@x.test")
    before = links(world)
    with pytest.raises(Changed, match=f"^{meant.golden} .* look at it again"):
        linking(world).unlink([(meant, meant.records[-1:])], do=True)
    assert links(world) == before
    assert world.rows("SELECT verdict FROM match_decision WHERE verdict = 'never'") == []


def test_of_several_only_those_are_unlinked_who_are_still_who_was_shown(world: World) -> None:
    entered(world, "Cy")
    anna, bo, cy = (looked_up(world, f"{who}@x.test") for who in ("anna", "bo", "cy"))
    link(world, "bo@x.test", "cy@x.test")
    tied = linking(world).unlink([(side, side.records[-1:]) for side in (anna, bo, cy)], do=True)
    assert [names for names, _ in tied.barred] == [[":".join(side.records[-1])] for side in (bo, cy)]
    assert looked_up(world, f"desk:{anna.records[-1][1]}").records == anna.records[-1:]
