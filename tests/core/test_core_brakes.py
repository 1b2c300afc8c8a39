"""The brakes: what each of them counts, and when it holds."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from syncer.core.brakes import KINDS, ChangeKind, Limit, count, tripped
from syncer.model import ABSENT, Item, Value
from tests.core.worlds import mapping

KNOWN = mapping()


def update(app: str, record: str, **after: Value) -> Item:
    return Item("update", app, "g1", record, {name: ("before", value) for name, value in after.items()})


COUNTED = {
    "a new record": (Item("create", "crm", "g1", None, {"title": (ABSENT, "x")}), {"creates"}),
    "an archive": (Item("archive", "crm", "g1", "1", {}), {"archives"}),
    "a change": (update("crm", "1", title="x"), {"updates"}),
    "a field emptied": (update("crm", "1", title=None), {"updates", "blanks"}),
    "a text emptied": (update("crm", "1", title=""), {"updates", "blanks"}),
    "a set emptied": (update("crm", "1", tags=[]), {"updates", "blanks"}),
    "an opt-out": (update("crm", "1", optout="true"), {"updates", "unsubscribes"}),
    "an opt-out in another form": (update("mail", "1", status="out"), {"updates", "unsubscribes"}),
    "an opt-in": (update("mail", "1", status="active"), {"updates"}),
}


@pytest.mark.parametrize(("item", "kinds"), COUNTED.values(), ids=COUNTED)
def test_what_counts_as(item: Item, kinds: set[ChangeKind]) -> None:
    assert {kind for (_, kind) in count([item], KNOWN)} == kinds


def test_records_are_counted_app_by_app() -> None:
    items = [
        update("crm", "1", title="x", note="y"),
        update("crm", "2", title="x"),
        update("mail", "1", title="x"),
    ]
    assert count(items, KNOWN) == {("crm", "updates"): 2, ("mail", "updates"): 1}


HELD = {
    "both are passed": (11, 100, Limit(0.1, 5), True),
    "as many as are allowed": (10, 100, Limit(0.1, 5), False),
    "a large share of few": (5, 6, Limit(0.1, 5), False),
    "a large number of many": (50, 1000, Limit(0.1, 5), False),
    "nothing is linked yet": (6, 0, Limit(0.1, 5), True),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("number", "linked", "limit", "held"), HELD.values(), ids=HELD)
def test_a_brake_holds_where(number: int, linked: int, limit: Limit, held: bool, kind: ChangeKind) -> None:
    limits: Mapping[ChangeKind, Limit] = {kind: limit}
    trips = tripped({("crm", kind): number}, {"crm": linked}, limits)
    assert bool(trips) == held
    assert tripped({("crm", kind): number}, {"crm": linked}, {}) == []
    if held and linked:
        assert str(trips[0]) == f"crm: 11 {kind} (11% of 100 linked records), and at most 10 go unasked"
