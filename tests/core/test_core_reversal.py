"""Going back, value by value, in cases that a whole history seldom meets."""

from __future__ import annotations

from syncer.core.deeds import Deed, Rules, Written
from syncer.core.reversal import look, reverse
from syncer.model import ABSENT, Unit
from tests.core.worlds import agreeing, golden, lens, one, seen

TITLE = one("title")


def test_a_record_that_is_to_go_may_be_parted_in_a_field_that_left_the_mapping() -> None:
    record = golden("desk", title="CEO")
    links = agreeing(TITLE, record)
    crm = next(link for link in links if link.app == "crm")
    crm.parted["former"] = "Founder"
    made = Written("run-1", "crm", crm.id, "create", "applied", {"title": (ABSENT, "CEO")})
    rules = Rules("run-2", archives={"crm": "restorable"})
    r = reverse(Unit(record, links), Deed("run-1", {}, [made], [made]), rules, lens(TITLE))
    assert [(x.act, x.app) for x in r.lines] == [("archive", "crm")]
    assert [link.parted for link in r.unit.links if link.app == "crm"] == [{}]


def test_what_is_read_in_another_way_since_waits_to_be_merged() -> None:
    record = golden("desk", title="CEO")
    links = agreeing(TITLE, record)
    for link in links:
        link.anew = frozenset({"title"})
    shown = seen("crm", title="CEO")
    r = look(Unit(record, links, {shown.key: shown}), lens(TITLE))
    assert [(o.key, o.values) for o in r.waiting] == [(shown.key, {"title": "CEO"})]
    assert all(link.anew for link in r.unit.links)
    assert not r.news
