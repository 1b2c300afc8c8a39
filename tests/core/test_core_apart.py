"""A golden record that is taken apart while a question about it waits."""

from __future__ import annotations

import pytest

from conflicts.candidate import Candidate
from mappings.model import Value
from syncer.core.apart import split
from syncer.core.deeds import Reversal, Rules
from syncer.model import Unit
from tests.core.worlds import agreeing, at, golden, lens, one

TITLE = one("title")


@pytest.mark.parametrize(
    ("source", "value", "kind", "title", "waits"),
    [
        ("desk", "Chief", "edit", "CEO", True),
        ("mail", "Chief", "edit", "Chief", False),
        ("crm", "Chief", "edit", "Chief", False),
        ("mail", None, "edit", None, False),
        ("crm", None, "join", "CEO", False),
    ],
    ids=[
        "another record of its side stands for golden",
        "golden came from the other side",
        "golden came from the record itself, before",
        "the one value that is left is a blank that somebody made",
        "a blank that nobody made is no answer",
    ],
)
def test_a_question_stays_as_long_as_its_side_has_two_answers(
    source: str, value: Value, kind: str, title: Value, waits: bool
) -> None:
    record = golden(source, title="CEO")
    record.held["title"] = [Candidate(value, "crm", "crm-1", at(-1), kind)]  # type: ignore[arg-type]
    links = agreeing(TITLE, record)
    own = {link.key: dict(link.seen) for link in links}
    looked = Reversal(Unit(record, links))
    parts = split(looked, [("mail", "mail-1")], "other", own, Rules("r1"), lens(TITLE))
    stays = parts.stays.unit.golden
    assert (stays.value["title"], bool(stays.held.get("title"))) == (title, waits)


def test_a_question_of_a_field_that_the_mapping_lost_stays_until_the_next_run_closes_it() -> None:
    record = golden("desk", title="CEO", job="CEO")
    record.held["job"] = [Candidate("Chief", "crm", "crm-1", at(-1))]
    links = agreeing(TITLE, golden("desk", title="CEO"))
    own = {link.key: dict(link.seen) for link in links}
    parts = split(Reversal(Unit(record, links)), [("crm", "crm-1")], "other", own, Rules("r1"), lens(TITLE))
    assert list(parts.stays.unit.golden.held) == ["job"]
    assert not parts.leaves.unit.golden.held
