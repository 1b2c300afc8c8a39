"""What the model says of pairs and of names: scores, and how many namesakes are expected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncer.matching.columns import Columns
from syncer.matching.frequencies import counted
from syncer.matching.levels import compare
from syncer.matching.scoring import Scorer
from syncer.matching.weights import Weights
from tests.matching.background import traits


def test_two_who_each_keep_to_an_address_are_hardly_one() -> None:
    """One person's records would mix the addresses; a single record of the second is no such sign."""

    def score(of_other: int) -> float:
        records = [traits("hubspot", f"a{n}", name="Agnes Hargrove", email="a@brass.example") for n in "12"]
        records += [
            traits("zendesk", f"h{n}", name="Agnes Hargrove", email="h@brass.example")
            for n in range(of_other)
        ]
        columns = Columns(records)
        i, j = np.array([(n, 2 + m) for n in range(2) for m in range(of_other)]).T
        pair = np.zeros(len(i), dtype=np.int64)
        (found,) = Scorer(Weights(), columns).score_groups(compare(columns, i, j), pair, np.array([False]))
        return float(found)

    assert score(2) < score(1) - 1.5


@pytest.mark.parametrize(("shown", "least", "most"), [(1, 0.4, 0.8), (3, 2.8, 4.2)])
def test_namesakes_that_the_data_shows_count_for_more_than_those_its_parts_let_expect(
    shown: int, least: float, most: float
) -> None:
    """Of a common given name and a common family name many would be expected, in one culture."""
    records = [traits("hubspot", f"g{n}", name=f"Maria Nobody{n}") for n in range(60)]
    records += [traits("hubspot", f"f{n}", name=f"Given{n} Silva") for n in range(60)]
    records += [traits("hubspot", f"s{n}", name="Maria Silva") for n in range(shown)]
    records += [traits("zendesk", "z", name="Maria Silva")]
    records += [traits("hubspot", f"o{n}", name=f"Other{n} Else{n}") for n in range(2_000)]
    columns = Columns(records)
    found = Scorer(counted(columns), columns).namesakes
    assert least < float(found[[r.id for r in records].index("z")]) < most


def test_weights_that_did_not_count_companies_take_them_for_common_ones() -> None:
    shared = {"company": "Acme Ltd", "phone": "+44 7700 900123"}
    records = [traits("hubspot", "1", name="Ada Thornfield", **shared), traits("zendesk", "1", **shared)]
    columns = Columns(records)

    weights = replace(counted(columns), people=10_000.0)
    uncounted = {kind: held for kind, held in weights.held.items() if kind != "orgs"}

    def score(w: Weights) -> float:
        scored = Scorer(w, columns).score(compare(columns, np.array([0]), np.array([1])))
        return float(scored.total[0])

    assert score(replace(weights, version=2)) < score(weights) - 1.0
    assert score(replace(weights, held=uncounted)) < score(weights) - 1.0
    assert "orgs" not in counted(Columns([replace(r, org="") for r in records])).held
