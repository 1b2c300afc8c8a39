"""Mailchimp on the wire: its members, by the feed, by id and by address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from connectors.contract import AppError, Unavailable
from connectors.mailchimp import MailchimpConnector
from tests.connectors.mailchimp_wire import (
    ALL,
    API,
    FIELDS,
    HASH,
    ID,
    LIST,
    connect,
    member,
    page,
    problem,
    served,
)


def test_records_are_flat_keyed_by_contact_id_and_blanks_are_none(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    item = member(tags=[{"id": 1, "name": "vip"}], tags_count=1)
    app.get(f"{ALL}/{ID}").respond(json=item)
    fields = (*FIELDS, "merge_fields.TIER", "merge_fields.ADDRESS.city", "tags", "language", "vip")
    (answer,) = mailchimp.fetch("members", [ID], fields)
    assert answer.record is not None
    assert answer.record.id == ID
    assert dict(answer.record.values) == {
        "email_address": "A@x.test",
        "status": "subscribed",
        "merge_fields.FNAME": "Dorthy",
        "merge_fields.LTV": 290.53,
        "merge_fields.TIER": None,
        "merge_fields.ADDRESS.city": None,
        "tags": ["vip"],
        "language": None,
        "vip": False,
    }
    assert answer.record.stamp == datetime(2026, 11, 20, 16, 25, 57, tzinfo=UTC)


def test_an_address_is_read_in_its_parts(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    address = {"addr1": "1 High St", "city": "Yazd", "state": "Yazd", "zip": "89", "country": "IR"}
    app.get(f"{ALL}/{ID}").respond(json=member(merge_fields={"ADDRESS": address}))
    (answer,) = mailchimp.fetch("members", [ID], ["merge_fields.ADDRESS.city"])
    assert answer.record is not None
    assert dict(answer.record.values) == {"merge_fields.ADDRESS.city": "Yazd"}


def test_a_member_shows_fifty_tags_and_the_rest_is_asked_for(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    names = [f"tag {n}" for n in range(51)]
    shown = member(tags=[{"id": n, "name": name} for n, name in enumerate(names[:50])], tags_count=51)
    app.get(f"{ALL}/{ID}").respond(json=shown)
    every = {"tags": [{"name": name} for name in names], "total_items": 51}
    app.get(f"{ALL}/{ID}/tags").respond(json=every)
    (answer,) = mailchimp.fetch("members", [ID], ["tags"])
    assert answer.record is not None
    assert answer.record.values["tags"] == names


def test_the_feed_is_asked_for_everything_that_it_leaves_out_by_itself(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    """A thousand a page (ten are usual), only the parts that are mapped, archived members by name."""
    route = app.get(ALL).mock(side_effect=[page(member()), page(member(status="archived"))])
    pages = list(mailchimp.pull("members", None, FIELDS))
    first, second = (call.request.url.params for call in route.calls)
    assert first["count"] == "1000"
    assert (first["sort_field"], first["sort_dir"]) == ("last_changed", "ASC")
    assert "members.merge_fields" in first["fields"]
    assert "members._links" not in first["fields"]
    assert "status" not in first
    assert second["status"] == "archived"
    assert [record.archived for page in pages for record in page.records] == [False, True]


def test_the_window_closes_where_the_read_began_by_the_apps_own_clock(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    """Ours may be an hour behind: nothing is left out for that, and the next poll begins by ours."""
    ahead = {"date": "Mon, 23 Nov 2026 11:00:00 GMT"}
    answers = [{"members": [member()], "total_items": 1}, {"members": [], "total_items": 0}]
    route = app.get(ALL).mock(side_effect=[httpx.Response(200, json=body, headers=ahead) for body in answers])
    (*_, last) = mailchimp.pull("members", None, FIELDS)
    first, second = (call.request.url.params for call in route.calls)
    assert "before_last_changed" not in first
    assert second["before_last_changed"] == "2026-11-23T11:00:00+00:00"
    assert last.cursor == "since|2026-11-23T09:59:00+00:00"


def test_a_poll_reads_a_minute_twice_and_never_passes_its_start(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    """Seconds are whole, and "since" leaves its own out."""
    behind = {"date": "Mon, 23 Nov 2026 09:59:30 GMT"}
    answer = httpx.Response(200, json={"members": [], "total_items": 0}, headers=behind)
    route = app.get(ALL).mock(return_value=answer)
    (*_, last) = mailchimp.pull("members", "since|2026-11-23T09:00:00+00:00", FIELDS)
    assert route.calls[0].request.url.params["since_last_changed"] == "2026-11-23T09:00:00+00:00"
    assert last.cursor == "since|2026-11-23T09:58:30+00:00"


def changed(second: int, n: int = 0, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=second)
    return member(f"c{second}-{n}", f"p{second}-{n}@x.test", last_changed=at.isoformat(), **more)


def test_pages_go_on_from_the_last_second_and_not_by_offset(app: respx.MockRouter) -> None:
    """So an edit while we read pushes nobody over a page edge, and no offset gets deep."""
    first, second = [changed(1), changed(2), changed(3)], [changed(3), changed(9)]
    route = app.get(ALL).mock(side_effect=[page(*first, total=4), page(*second), page()])
    pages = list(connect(page_size=3).pull("members", None, FIELDS))
    asked = [call.request.url.params for call in route.calls]
    assert [(params["offset"], params.get("since_last_changed")) for params in asked[:2]] == [
        ("0", None),
        ("0", "2026-11-20T00:00:02+00:00"),
    ]
    assert pages[0].cursor is not None
    assert pages[0].cursor.endswith("|0|2026-11-20T00:00:02+00:00")


def test_a_second_with_more_than_a_page_is_read_by_offset(app: respx.MockRouter) -> None:
    everyone = [changed(1, n) for n in range(5)]
    answers = [page(*everyone[:3], total=5), page(*everyone[:3], total=5), page(*everyone[3:], total=5)]
    route = app.get(ALL).mock(side_effect=[*answers, page()])
    read = [r.id for p in connect(page_size=3).pull("members", None, FIELDS) for r in p.records]
    assert set(read) == {item["contact_id"] for item in everyone}
    asked = [call.request.url.params for call in route.calls]
    assert [params["offset"] for params in asked[:3]] == ["0", "0", "3"]


def test_rows_that_leave_while_we_read_by_offset_take_nobody_with_them(app: respx.MockRouter) -> None:
    """The list says how many it holds: one fewer than before, and the page is asked for again one earlier."""
    first = page(*(changed(1, n) for n in (0, 1, 2)), total=6)
    again = page(*(changed(1, n) for n in (0, 1, 2)), total=6)
    moved = page(changed(1, 4), changed(1, 5), total=5)  # 0 was edited: 3 has slipped into the first page
    earlier = page(changed(1, 3), changed(1, 4), changed(1, 5), total=5)
    route = app.get(ALL).mock(side_effect=[first, again, moved, earlier, page()])
    read = {r.id for p in connect(page_size=3).pull("members", None, FIELDS) for r in p.records}
    assert read == {f"c1-{n}" for n in range(6)}
    assert [call.request.url.params["offset"] for call in route.calls][:4] == ["0", "0", "3", "2"]


@pytest.mark.parametrize(
    "wrong",
    [page(total=2), page(changed(1), total=2), page(changed(7, status="subscribed"), total=2)],
    ids=["empty_too_early", "of_another_time", "of_another_status"],
)
def test_a_page_that_was_not_asked_for_is_asked_for_again(
    app: respx.MockRouter, wrong: httpx.Response
) -> None:
    cursor = "read|2026-11-20T00:00:00+00:00||1|2026-11-20T00:00:05+00:00"  # in the archived ones
    right = page(changed(7, status="archived"), changed(8, status="archived"))
    app.get(ALL).mock(side_effect=[wrong, right])
    (only,) = connect().pull("members", cursor, FIELDS)
    assert [record.id for record in only.records] == ["c7-0", "c8-0"]
    app.get(ALL).mock(return_value=wrong)
    with pytest.raises(Unavailable, match="another page"):
        list(connect().pull("members", cursor, FIELDS))


@pytest.mark.parametrize("cursor", ["after|3", "read|x", "since|yesterday"])
def test_a_cursor_of_another_connector_is_told(mailchimp: MailchimpConnector, cursor: str) -> None:
    mailchimp.remember(connect_spec())
    with pytest.raises(AppError):
        list(mailchimp.pull("members", cursor, FIELDS))


def connect_spec() -> Any:
    with served():
        return connect().describe("members")


# By id and by address.


def test_gone_for_good_is_told_by_404_while_the_audience_stands(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    app.get(f"{ALL}/{ID}").mock(return_value=problem(404, "Resource Not Found", "could not be found."))
    (answer,) = mailchimp.fetch("members", [ID], FIELDS)
    assert (answer.state, answer.record) == ("deleted", None)


def test_a_404_that_is_not_mailchimps_deletes_nobody(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    app.get(f"{ALL}/{ID}").respond(404, text="<html>not found</html>")
    with pytest.raises(Unavailable, match="bare 404"):
        mailchimp.fetch("members", [ID], FIELDS)
    app.get(f"{ALL}/{ID}/activity").respond(404, text="<html>not found</html>")
    with pytest.raises(Unavailable, match="bare 404"):
        mailchimp.attached("members", [ID])


def test_a_missing_audience_deletes_nobody(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    gone = problem(404, "Resource Not Found", "The requested resource could not be found.")
    app.get(f"{ALL}/{ID}").mock(return_value=gone)
    app.get(LIST).mock(return_value=gone)
    with pytest.raises(AppError, match="no audience"):
        mailchimp.fetch("members", [ID], FIELDS)


@pytest.mark.parametrize("own", [None, {}, []])
def test_a_member_that_comes_without_merge_fields_has_not_lost_them(
    app: respx.MockRouter, mailchimp: MailchimpConnector, own: Any
) -> None:
    app.get(f"{ALL}/{ID}").respond(json=member(merge_fields=own))
    (answer,) = mailchimp.fetch("members", [ID], FIELDS)
    assert answer.record is not None
    assert answer.record.values.keys() == {"email_address", "status"}


def test_an_archived_member_is_told_as_archived(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    app.get(f"{ALL}/{ID}").respond(json=member(status="archived"))
    (answer,) = mailchimp.fetch("members", [ID], FIELDS)
    assert answer.state == "archived"


def test_an_address_is_looked_up_by_its_hash_in_lower_case(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    route = app.get(f"{ALL}/{HASH}").respond(json=member())
    (record,) = mailchimp.find("members", "email_address", [" A@X.test", "a@x.TEST"], FIELDS)
    assert record.id == ID
    assert route.call_count == 1


def test_members_are_found_by_address_alone(mailchimp: MailchimpConnector) -> None:
    with pytest.raises(AppError, match="email_address only"):
        mailchimp.find("members", "merge_fields.FNAME", ["A"], FIELDS)


def test_where_many_are_asked_for_the_list_is_read(app: respx.MockRouter) -> None:
    """60 members of an audience of 60: one call, and one more for whoever the list did not show."""
    ids = [f"c1-{n}" for n in range(60)]
    app.get(ALL).mock(return_value=page(*(changed(1, n) for n in range(59)), total=59))
    app.get(f"{ALL}/c1-59").respond(json=changed(1, 59))
    mailchimp = connect()
    mailchimp.describe("members")
    before = mailchimp.calls
    answers = mailchimp.fetch("members", ids, FIELDS)
    assert {answer.state for answer in answers} == {"found"}
    assert mailchimp.calls - before == 2


def test_a_list_that_is_too_long_is_left_alone(app: respx.MockRouter) -> None:
    """60 of 100,000: after the first page it is clear that they are read faster one by one."""
    listed = app.get(ALL).mock(return_value=page(changed(1), total=100_000))
    single = app.get(url__regex=rf"{API}{ALL}/c1-\d+").mock(
        side_effect=lambda request: httpx.Response(200, json=member(request.url.path.rpartition("/")[2]))
    )
    connect().fetch("members", [f"c1-{n}" for n in range(60)], FIELDS)
    assert listed.call_count == 1
    assert single.call_count == 59
