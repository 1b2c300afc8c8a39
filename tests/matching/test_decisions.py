"""Doubtful matches in a sync: asked once, answered, acted on, taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncer.usecases.steward import Steward
from tests.engine.world import CRM, DESK, MAIL, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two records with one address and different names."""
    made = World(tmp_path, {"crm": CRM, "mail": MAIL, "desk": replace(DESK, unique=())})
    made.apps["desk"].user_create({"email": "office@x.test", "name": "Mara Lind"})
    made.apps["crm"].user_create({"email": "office@x.test", "first": "Gustav", "last": "Brand"})
    made.settle()
    return made


def goldens(world: World) -> int:
    return len({row[0] for row in world.rows("SELECT golden FROM link WHERE app IN ('crm', 'desk')")})


@pytest.mark.parametrize(("verdict", "people"), [("together", 1), ("never", 2)])
def test_an_answer_is_acted_on_and_not_asked_again(world: World, verdict: Any, people: int) -> None:
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    evidence = steward.explain(
        (review["app"], review["record"]), (review["other_app"], review["other_record"])
    )
    assert evidence is not None
    assert "another given name" in evidence.text
    steward.answer(review, verdict, datetime.now(UTC))
    world.settle()
    assert steward.reviews() == []
    assert goldens(world) == people
    world.db.close()


@pytest.mark.parametrize("first", ["together", "never"])
def test_who_answers_late_changes_nothing(world: World, first: Any) -> None:
    """Two people were asked; the second one's answer would replace that of the first, without a word."""
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    assert steward.answer(review, first, datetime.now(UTC))
    assert not steward.answer(review, "never" if first == "together" else "together", datetime.now(UTC))
    assert [same for _, _, same in steward.decided()] == [first == "together"]
    world.settle()
    assert goldens(world) == (1 if first == "together" else 2)
    world.db.close()


def test_an_answer_to_another_question_than_the_one_that_waits_changes_nothing(world: World) -> None:
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    assert not steward.answer({**review, "other_record": "another"}, "never", datetime.now(UTC))
    assert (steward.reviews(), steward.decided()) == ([review], [])
    world.db.close()


def test_a_decision_can_be_taken_back(world: World) -> None:
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    record = review["app"], review["record"]
    steward.answer(review, "never", datetime.now(UTC))
    assert steward.take_back(record) == 1
    assert steward.take_back(record) == 0
    world.settle()
    assert [r["id"] for r in steward.reviews()] == [review["id"]]
    world.db.close()


def test_who_is_told_to_be_one_with_another_is_not_asked_about_any_more(world: World) -> None:
    """As `syncer duplicates --merge` notes it: of a record in review, but with another one of its app."""
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    assert review["app"] == "desk"
    waits = review["record"]
    twin = world.apps["desk"].user_create({"email": "office@x.test", "name": "Gustav Brand"})
    world.settle()
    steward.decide(("desk", twin), ("desk", waits), "together", datetime.now(UTC))
    world.settle()
    assert steward.reviews() == []
    assert goldens(world) == 1
    world.db.close()
