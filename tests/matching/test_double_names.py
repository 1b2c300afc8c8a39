"""Family names of two words, which look like a whole name where the given name is missing."""

from __future__ import annotations

import pytest

from syncer.matching.matcher import match
from syncer.matching.traits import Traits
from tests.matching.background import background, groups, traits

FAMILY = [traits("hubspot", f"f{n}", first_name=f"Given{n}", last_name=f"Jimenez Else{n}") for n in range(8)]
GIVEN = [traits("hubspot", f"g{n}", first_name="Jimenez", last_name=f"Else{n}") for n in range(8)]


@pytest.mark.parametrize(
    ("others", "one"),
    [
        pytest.param(FAMILY, True, id="others have it for a family name"),
        pytest.param(FAMILY + GIVEN, False, id="as many have it for a given name"),
        pytest.param(GIVEN, False, id="others have it for a given name"),
        pytest.param([], False, id="nobody else has it"),
    ],
)
@pytest.mark.parametrize("bare", ["Jimenez Quiroga", "J Jiménez Quiroga"])
def test_a_double_family_name_without_the_given_name(bare: str, others: list[Traits], one: bool) -> None:
    """It may be Juan's, or the whole name of somebody called Jimenez: others tell."""
    records = [*background(120), *others]
    records += [
        traits("hubspot", "h", first_name="Juan", last_name="Jiménez Quiroga", email="jq@mail.example.org"),
        traits("zendesk", "z", name=bare, email="jq@mail.example.org"),
    ]
    found = groups(match(records))
    assert (found["hubspot", "h"] == found["zendesk", "z"]) == one


def test_a_father_and_a_daughter_with_his_name_are_two_beside_few_others() -> None:
    """A sync compares a new record with those that resemble it alone."""
    weights = match([*background(120), *GIVEN]).weights
    home = {"phone": "+20 10 1234 5678", "city": "Cairo"}
    records = [
        traits("hubspot", "her", first_name="Sara", last_name="Ahmed Hassan", email="sara@h.example", **home),
        traits("zendesk", "his", first_name="Ahmed", last_name="Hassan", email="ahmed@h.example", **home),
    ]
    found = groups(match(records, weights, single=True))
    assert found["hubspot", "her"] != found["zendesk", "his"]
