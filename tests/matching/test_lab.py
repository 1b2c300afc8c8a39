"""Pairs of which the truth is known: what the matcher makes of them, and what they teach it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from syncer.matching.lab import Judged, leaning_of, outcomes
from syncer.matching.weights import SHARES, Weights, as_json, from_json
from syncer.store.decisions import Decisions
from syncer.usecases.steward import Steward
from tests.engine.world import World
from tests.matching.test_decisions import world  # noqa: F401  (a fixture)

PAIRS = [Judged(6.0, True), Judged(2.0, True), Judged(1.0, False), Judged(-3.0, True), Judged(-8.0, False)]


def test_of_those_linked_and_of_those_that_are_right() -> None:
    found = {o.threshold: (o.linked, o.precision, o.recall) for o in outcomes(PAIRS)}
    assert found[0.5] == (3, pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found[0.99] == (0, None, 0.0)


@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        ([], 0.0, 0.0),
        ([Judged(-2.0, True)], 0.1, 1.0),  # one answer moves little
        ([Judged(-2.0, True)] * 50, 2.0, 4.0),
        ([Judged(2.0, False)] * 50, -4.0, -2.0),
        ([Judged(0.0, True), Judged(0.0, False)] * 20, -0.01, 0.01),
    ],
)
def test_answers_move_the_scores(pairs: list[Judged], low: float, high: float) -> None:
    assert low <= leaning_of(pairs) <= high


def test_weights_of_an_earlier_version_stand() -> None:
    kept = as_json(Weights(people=77.0, twice=0.1))
    for name in ("birth_date", "number", "postcode", "street"):
        del kept["shares"][name], kept["noise"][name]
    del kept["twice"], kept["leaning"]
    read = from_json(kept)
    assert read.people == 77.0
    assert read.leaning == 0.0
    assert read.shares["number"] == SHARES["number"]


def test_decisions_are_judged_and_move_the_weights_on_request(world: World) -> None:  # noqa: F811
    steward = Steward(world.db, "contacts", ["email", "phone"])
    (review,) = steward.reviews()
    steward.answer(review, "together", datetime.now(UTC))
    ((one, other, before),) = steward.judged(steward.decided())
    assert before.same
    assert steward.linked([one, other]) != {}
    assert steward.lean(leaning_of([before]))
    ((_, _, after),) = steward.judged(steward.decided())
    assert after.score > before.score
    with world.db.reading():
        kept = Decisions(world.db, "contacts").weights(0)
    assert kept is not None
    assert kept.leaning > 0
    world.db.close()
