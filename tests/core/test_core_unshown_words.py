"""A word of a set that an app has no option for (`unknown: hold`): nobody there takes it away."""

from __future__ import annotations

import pytest

from mappings.model import ObjectMapping
from syncer.model import Link
from tests.core.worlds import agreeing, due, golden, link, mapping, run, seen

BOTH = ["trial", "vip"]


def of(said: str = "rule: union") -> ObjectMapping:
    """Two apps with choices, of which one has no option for `trial`."""
    crm = "{field: tags, values: {vip: VIP, partner: Partner}}"
    field = f"{{type: multi_choice, unknown: hold, {said}, in: {{crm: {crm}, desk: tags}}}}"
    return mapping(f"\n  tags: {field}\n", apps="crm desk")


def met(made: ObjectMapping, **crm: object) -> list[Link]:
    """Golden is known in both apps."""
    links = [link("crm", {"tags": ["VIP"]}, {"tags": BOTH}, version=made.version)]
    return links + agreeing(made, golden(tags=BOTH), "desk")


@pytest.mark.parametrize(
    ("name", "shown", "expected"),
    [
        ("another is given", ["VIP", "Partner"], ["partner", "trial", "vip"]),
        ("another is taken away", [], ["trial"]),
        ("another takes its place", ["Partner", "of its own"], ["partner", "trial"]),
    ],
)
@pytest.mark.parametrize("rule", ["union", "newest", "manual"])
def test_what_an_app_cannot_show_is_taken_away_by_nobody_there(
    rule: str, name: str, shown: list[str], expected: list[str]
) -> None:
    made = of(f"rule: {rule}")
    found = run(made, golden(tags=BOTH), met(made), seen("crm", tags=shown))
    assert found.unit.golden.value["tags"] == expected, name
    assert {app: sorted(sent["tags"]) for app, sent in due(found).items()} == {"desk": expected}


def test_one_that_shows_none_of_them_at_first_takes_none_away() -> None:
    made = of("rule: newest, on_join: rule")
    links = [link("crm", {}, version=made.version, observed_at=None)]
    links += agreeing(made, golden(tags=BOTH), "desk")
    found = run(made, golden(tags=BOTH), links, seen("crm", tags=["of its own"]))
    assert found.unit.golden.value["tags"] == BOTH
    assert due(found) == {"crm": {"tags": ["of its own", "VIP"]}}


def test_a_blank_that_does_not_travel_takes_nothing_away() -> None:
    made = of("rule: newest, blank: keep")
    found = run(made, golden(tags=BOTH), met(made), seen("crm", tags=[]))
    assert found.unit.golden.value["tags"] == BOTH
    assert due(found) == {"crm": {"tags": ["VIP"]}}
    assert [entry.kind for entry in found.log] == ["overruled"]
