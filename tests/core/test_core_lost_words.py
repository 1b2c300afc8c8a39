"""A word of a set whose group an app has lost: neither missed nor written there, and met again later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mappings.model import ObjectMapping
from syncer.core.carry import meet_again
from syncer.model import DISAGREES
from tests.core.worlds import FIELDS, agreeing, due, golden, link, mapping, run, seen

TAGS = next(line for line in FIELDS.splitlines() if "tags:" in line)
BOTH = ["partner", "vip"]
ALL = ["partner", "trial", "vip"]


@pytest.fixture
def of() -> Iterator[ObjectMapping]:
    """Two apps with tags, of which one has no group for `vip` any more."""
    made = mapping(f"\n{TAGS}\n", "# of two", "crm desk")
    made.apps["crm"].slots["tags"].lost = frozenset({"vip"})
    yield made
    made.apps["crm"].slots["tags"].lost = frozenset()


SHOWN = [
    ("nobody was taken out", ["partner"], BOTH, BOTH, {}),
    ("another tag is taken away", [], BOTH, ["vip"], {"desk": ["vip"]}),
    ("another tag is given", ["partner", "trial"], BOTH, ALL, {"desk": [*BOTH, "trial"]}),
    ("it is taken away where it is", ["partner"], ["partner"], ["partner"], {}),
    ("another is given where it is", ["partner"], [*BOTH, "trial"], ALL, {"crm": ["partner", "trial"]}),
]


@pytest.mark.parametrize("before", [BOTH, ["partner"]], ids=["known to be in it", "known to be out of it"])
@pytest.mark.parametrize(("name", "crm", "desk", "expected", "sent"), SHOWN, ids=[row[0] for row in SHOWN])
def test_a_lost_word_is_nobodys_removal(
    of: ObjectMapping,
    before: list[str],
    name: str,
    crm: list[str],
    desk: list[str],
    expected: list[str],
    sent: dict[str, list[str]],
) -> None:
    record = golden(tags=BOTH)
    links = [link("crm", {"tags": before}, {"tags": BOTH}, version=of.version)]
    links += agreeing(of, record, "desk")
    found = run(of, record, links, seen("crm", tags=crm), seen("desk", tags=desk))
    assert found.unit.golden.value["tags"] == expected, name
    assert due(found) == {app: {"tags": tags} for app, tags in sent.items()}


def test_a_lost_word_is_not_written_over_what_is_known_of_it(of: ObjectMapping) -> None:
    """What the app held when it was last seen is not sent again: that would make the group anew."""
    record = golden(tags=[*BOTH, "trial"])
    found = run(of, record, [link("crm", {"tags": BOTH}, {"tags": BOTH}, version=of.version)])
    assert due(found) == {"crm": {"tags": ["partner", "trial"]}}


@pytest.mark.parametrize(
    ("held", "has", "left"),
    [
        (["partner"], BOTH, ["partner"]),
        (BOTH, BOTH, ["partner"]),
        (["vip"], ["partner"], None),
        (["partner"], ["partner"], "untouched"),
    ],
    ids=["out of it", "in it", "in it, and the tag was taken away", "of no concern"],
)
def test_a_group_that_is_there_again_is_met_for_the_first_time(
    of: ObjectMapping, held: list[str], has: list[str], left: object
) -> None:
    record, slot = golden(tags=has), of.apps["crm"].slots["tags"]
    known = link("crm", {"tags": held}, {"tags": has})
    assert meet_again(known, slot, record, {"vip"}) == (left != "untouched")
    if left == "untouched":
        assert (known.seen, known.agreed) == ({"tags": held}, {"tags": has})
    else:
        assert (known.seen, known.agreed) == ({"tags": left}, {"tags": DISAGREES})


@pytest.mark.parametrize(
    ("said", "word", "expected"),
    [
        ("type: tags, only: [vip]", "vip", True),
        ("type: tags, only: [vip]", "trial", False),
        ("type: multi_choice, unknown: hold", "vip", True),
        ("type: multi_choice, unknown: hold", "trial", False),
    ],
)
def test_which_words_the_mapping_gives_to_an_app(said: str, word: str, expected: bool) -> None:
    """By golden words, whatever the app calls them."""
    place = "{field: tags, values: {vip: VIP Customers}}" if "choice" in said else "tags"
    of = mapping(f"\n  tags: {{{said}, in: {{crm: {place}, desk: tags}}}}\n", "", "crm desk")
    assert of.apps["crm"].slots["tags"].names(word) is expected
