"""The full comparison of one field: what is drift, and what differs for a reason."""

from __future__ import annotations

from typing import Any

import pytest

from conflicts.candidate import Candidate
from syncer.core.drift import compare
from syncer.model import DISAGREES, FREEZE_AFTER, Golden, Link, Refusal
from tests.core.worlds import at, golden, lens, link, one

TITLE = one("title")
REFUSED_BY = TITLE.version_of(TITLE.apps["crm"].slots["title"])


def boss(**more: Any) -> Golden:
    record = golden("desk", title="Boss")
    for name, value in more.items():
        setattr(record, name, value)
    return record


def known(seen: str = "Old", agreed: Any = "Boss", **more: Any) -> Link:
    """What crm was last known to hold, and which golden value it agreed with."""
    return link("crm", {"title": seen}, {"title": agreed}, version=TITLE.version, **more)


WAITS = [Candidate("Old", "crm", "crm-1", at(-5)), Candidate("Boss", "desk", "desk-1", at(-4))]
CASES = {
    "in step": (boss(), known("Boss"), "Boss", None, False),
    "in step, after an edit that nobody took in": (boss(), known("Old", DISAGREES), "Boss", None, False),
    "edited since": (boss(), known("Boss"), "Chief", "due", True),
    "changed without a trace": (boss(), known("Old", DISAGREES), "Old", "due", True),
    "left different by an undo": (boss(), known(parted={"title": "Old"}), "Old", "parted", False),
    "to be put back by an undo": (boss(), known(parted={"title": "Former"}), "Old", "due", True),
    "to be put back by an undo, and held": (
        boss(held={"title": WAITS}),
        known(parted={"title": "Former"}),
        "Old",
        "due",
        True,
    ),
    "held for a person": (boss(held={"title": WAITS}), known("Old", DISAGREES), "Old", "held", False),
    "refused for good": (
        boss(),
        known("Old", DISAGREES, refused={"title": Refusal("Boss", "too long", REFUSED_BY)}),
        "Old",
        "refused",
        False,
    ),
    "changed back again and again": (
        boss(),
        known("Old", DISAGREES, rewrites={"title": ("Boss", FREEZE_AFTER)}),
        "Old",
        "frozen",
        False,
    ),
}


@pytest.mark.parametrize(("record", "there", "shown", "kind", "drift"), CASES.values(), ids=CASES)
def test_a_field_that_is(record: Golden, there: Link, shown: str, kind: str | None, drift: bool) -> None:
    number, found = compare(lens(TITLE), record, there, {"title": shown})
    assert number == 1
    assert [f.kind for f in found] == ([kind] if kind else [])
    assert any(f.is_drift for f in found) == drift
    put_back = there.parted.get("title", "Old") != "Old"  # what is written is what the undo wants there
    assert {f.wanted for f in found} <= ({"Former"} if put_back else {None} if record.held else {"Boss"})


@pytest.mark.parametrize(("shown", "drift"), [(None, False), ("None given", False), ("Chief", True)])
def test_a_field_that_a_record_of_ours_was_never_read_in_drifts_by_what_a_person_put_there(
    shown: str | None, drift: bool
) -> None:
    title = one("title")
    title.apps["crm"].slots["title"].default = "None given"  # as an app fills it in
    _, found = compare(lens(title), golden("desk"), link("crm", {}), {"title": shown})
    assert [f.kind for f in found] == (["due"] if drift else [])


@pytest.mark.parametrize(
    ("there", "shown", "kind"),
    [(known("Old", DISAGREES), "Old", "writes_off"), (known("Boss"), "Chief", "due")],
    ids=["differs", "was edited since, and no run has read it"],
)
def test_a_field_of_an_app_that_is_not_written_to(there: Link, shown: str, kind: str) -> None:
    _, found = compare(lens(TITLE), boss(), there, {"title": shown}, writes=False)
    assert [f.kind for f in found] == [kind]
