"""Golden values under a mapping that reads fields in another way than it did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from mappings.model import Value
from syncer.core.carry import forget_lost, retype
from syncer.model import DISAGREES, Pending
from tests.core.worlds import FIELDS, at, golden, lens, link, mapping, one


@dataclass(frozen=True)
class Case:
    """Golden, and what the record it came from shows; the type of the field is `integer` now."""

    name: str
    before: Value
    after: Value
    seen: dict[str, Value]
    agreed: Any = None
    pending: Value = None


CASES = [
    Case("what its record shows is read anew", "9 ", 9, {"title": " 9"}, "9 "),
    Case("what golden says is read, while a write is unconfirmed", "9", 9, {"title": "7"}, "9", pending="9"),
    Case("what golden says is read, after an edit that lost", "9", 9, {"title": "7"}, DISAGREES),
    Case("what golden says is read, where its record shows nothing yet", "9", 9, {}, "9"),
    Case("what cannot be read is forgotten", "many", None, {"title": "many"}, "many"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_golden_is_told_by_a_record_that_holds_it(case: Case) -> None:
    of = mapping(FIELDS.replace("title: {type: text", "title: {type: integer"))
    known, shown = golden(title=case.before), link("crm", case.seen, {"title": case.agreed})
    shown.anew = frozenset({"title"})
    if case.pending is not None:
        shown.pending["title"] = Pending("7", case.pending, {"title": case.pending}, at(-1))
    retype(known, [shown], lens(of))
    assert known.value.get("title") == case.after


def test_what_is_known_of_a_field_goes_with_the_field() -> None:
    known = golden(title="CEO", job="CEO")
    forget_lost(known, lens(one("title")))
    assert (known.value, set(known.provenance)) == ({"title": "CEO"}, {"title"})
