"""Zendesk on the wire: the calls that are made, and what its documented answers are taken for.

Over 400 lines because it is one app, call by call, which is read beside its API.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx
from zendesk_wire import EPOCH, connect, organization, user

from connectors.contract import AppError, AuthRefused, Options, Unavailable
from connectors.zendesk import ZendeskConnector

# Describing.


def test_fields_become_field_specs(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    spec = zendesk.describe("users")
    assert spec.external_id == "external_id"
    assert spec.needs == (("name",),)
    assert spec.fields["organization_id"].reference == "organizations"
    assert spec.fields["user_fields.seats"].kind == "integer"
    assert "user_fields.old" not in spec.fields
    assert spec.fields["locale"].default == "en-US"
    assert spec.fields["user_fields.vip"].default is False  # as it is where nobody ever ticked it
    consent = spec.fields["user_fields.marketing_consent"]
    assert spec.consent_field == consent.name
    assert consent.consent == {"subscribed": "subscribed", "unsubscribed": "unsubscribed"}
    assert consent.consent_set["bounced"] == "unsubscribed"  # it has no choice of its own here
    assert "pending" not in consent.consent_set


def test_the_accounts_language_is_a_setting(app: respx.MockRouter) -> None:
    zendesk = connect(default_locale="id")
    assert zendesk.describe("users").fields["locale"].default == "id"
    zendesk.close()


def test_the_login_is_address_slash_token(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.get("/users/me").respond(json={"user": user(role="admin")})
    account = zendesk.check()
    # base64 of admin@acme.test/token:tok-1
    expected = "Basic YWRtaW5AYWNtZS50ZXN0L3Rva2VuOnRvay0x"
    assert app.calls.last.request.headers["authorization"] == expected
    assert (account.id, account.scopes) == ("acme.zendesk.com", ("admin",))


def test_an_anonymous_answer_is_a_refusal(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.get("/users/me").respond(json={"user": {"id": None}})
    with pytest.raises(AuthRefused, match="anonymous"):
        zendesk.check()


def test_the_address_of_the_account_is_needed() -> None:
    with pytest.raises(AppError, match="base_url"):
        ZendeskConnector(Options("desk", credentials={"email": "a@x.test", "token": "t"}))


# Reading users.


def test_the_cursor_export_keeps_its_last_cursor(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    answers = [
        {"users": [user(1)], "after_cursor": "c1", "end_of_stream": False},
        {"users": [user(2, active=False)], "after_cursor": "c2", "end_of_stream": True},
    ]
    route = app.get("/incremental/users/cursor").mock(
        side_effect=[httpx.Response(200, json=a) for a in answers]
    )
    first, last = zendesk.pull("users", None, ("email",))
    more = {"per_page": "1000", "include": "identities"}
    assert dict(route.calls[0].request.url.params) == {"start_time": "0", **more}
    assert dict(route.calls[1].request.url.params) == {"cursor": "c1", **more}
    assert (first.cursor, last.cursor, last.last) == ("c1", "c2", True)
    assert last.records[0].archived


def test_a_poll_is_one_call(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    zendesk.describe("users")
    before = zendesk.calls
    app.get("/incremental/users/cursor").respond(
        json={"users": [], "after_cursor": "c2", "end_of_stream": True}
    )
    (page,) = zendesk.pull("users", "c2", ("email",))
    assert (page.cursor, zendesk.calls - before) == ("c2", 1)


def test_a_cursor_that_stands_still_is_asked_again_and_then_given_up(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    """Taken for the end, it would leave out what follows; followed, it would never end."""
    body = {"users": [], "after_cursor": "c2", "end_of_stream": False}
    route = app.get("/incremental/users/cursor").respond(json=body)
    with pytest.raises(Unavailable, match="repeats one page"):
        list(zendesk.pull("users", "c2", ("email",)))
    assert route.call_count == 3


def test_a_page_that_comes_twice_is_read_past(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    stuck, last = ({"users": [], "after_cursor": "c1", "end_of_stream": end} for end in (False, True))
    app.get("/incremental/users/cursor").mock(
        side_effect=[httpx.Response(200, json=a) for a in (stuck, last)]
    )
    assert [page.last for page in zendesk.pull("users", "c1", ("email",))] == [False, True]


def test_further_addresses_and_numbers_come_with_the_export(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    identities = [
        {"user_id": 1, "type": "email", "value": "a@x.test", "primary": True},
        {"user_id": 1, "type": "email", "value": "Second@x.test"},
        {"user_id": 1, "type": "phone_number", "value": "+62811000"},
        {"user_id": 1, "type": "phone_number", "value": "+62811999"},
        {"user_id": 1, "type": "twitter", "value": "sara"},
        {"user_id": 2, "type": "email", "value": "b@x.test", "primary": True},
    ]
    users = [user(1, phone="+62811000"), user(2, email="b@x.test")]
    app.get("/incremental/users/cursor").respond(
        json={"users": users, "identities": identities, "after_cursor": "c", "end_of_stream": True}
    )
    (page,) = zendesk.pull("users", None, ("email", "phone"))
    assert [record.other_keys for record in page.records] == [
        {"email": ("second@x.test",), "phone": ("+62811999",)},
        {},
    ]


def test_records_are_flat_and_blanks_are_none(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    item = user(
        phone="",
        tags=[],
        organization_id=55,
        role="end-user",
        user_fields={"city": None, "seats": 0, "marketing_consent": "subscribed"},
    )
    app.get("/incremental/users/cursor").respond(json={"users": [item], "after_cursor": "c"})
    fields = ("name", "phone", "tags", "organization_id", "role", "user_fields.city", "user_fields.seats")
    (page,) = zendesk.pull("users", None, (*fields, "notes"))
    (record,) = page.records
    assert record.values == {
        "name": "Sara",
        "phone": None,
        "tags": None,
        "organization_id": "55",
        "role": "end-user",
        "user_fields.city": None,
        "user_fields.seats": 0,
    }  # notes was not returned, so it is not blank
    assert record.stamp == datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("shown", ["2019-07-23T00:00:00Z", "2019-07-23T00:00:00+00:00"])
def test_a_date_is_a_day_whatever_midnight_it_is_shown_as(
    shown: str, app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.get("/user_fields").respond(json={"user_fields": [{"key": "renewal", "type": "date"}]})
    item = user(user_fields={"renewal": shown})
    app.get("/incremental/users/cursor").respond(json={"users": [item], "after_cursor": "c"})
    (page,) = zendesk.pull("users", None, ("user_fields.renewal",))
    assert page.records[0].values == {"user_fields.renewal": "2019-07-23"}


def test_deleted_users_are_told_and_missing_ones_are_not(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.get("/users/search").respond(json={"users": []})
    route = app.get("/users/show_many").respond(json={"users": [user(1), user(2, active=False)]})
    app.get("/users/3").respond(403, json={"error": "Forbidden"})
    app.get("/users/4").respond(404, json={"error": "RecordNotFound", "description": "Not found"})
    app.get("/users/5").respond(404, text="")
    with pytest.raises(AuthRefused):
        zendesk.fetch("users", ["3"], ("email",))
    answers = zendesk.fetch("users", ["1", "2", "4", "5"], ("email",))
    assert [answer.state for answer in answers] == ["found", "deleted", "deleted", "unknown"]
    asked = {"ids": "1,2,4,5", "include_deleted": "true", "include": "identities"}
    assert dict(route.calls.last.request.url.params) == asked


def test_a_user_whose_address_went_to_another_was_merged_into_that_one(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.get("/users/show_many").respond(json={"users": [user(2, active=False, email="old@x.test")]})
    app.get("/users/search").respond(json={"users": [user(7, email="main@x.test")]})
    app.get("/users/7/identities").respond(json={"identities": [{"type": "email", "value": "old@x.test"}]})
    (answer,) = zendesk.fetch("users", ["2"], ("email",))
    assert (answer.state, answer.into) == ("merged", "7")


def test_a_permanently_deleted_user_is_deleted_and_has_nothing_to_look_up(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    erased = user(2, active=False, email=None, phone=None, name="Permanently Deleted User")
    app.get("/users/show_many").respond(json={"users": [erased]})
    (answer,) = zendesk.fetch("users", ["2"], ("name",))
    assert (answer.state, answer.record is not None and answer.record.archived) == ("deleted", True)


@pytest.mark.parametrize(
    ("lines", "state"), [(["+62811"], "merged"), ([], "deleted")], ids=["moved", "shared"]
)
def test_a_user_without_address_is_told_by_its_direct_line(
    lines: list[str], state: str, app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    """A number that another user only shares says nothing."""
    gone = user(2, active=False, email=None, phone="+62811")
    app.get("/users/show_many").respond(json={"users": [gone]})
    route = app.get("/users/search").respond(json={"users": [user(7, phone="+62811")]})
    identities = [{"type": "phone_number", "value": line} for line in lines]
    app.get("/users/7/identities").respond(json={"identities": identities})
    (answer,) = zendesk.fetch("users", ["2"], ("email",))
    assert (answer.state, answer.into) == (state, "7" if lines else None)
    assert route.calls.last.request.url.params["query"] == "phone:+62811"


def test_users_are_found_by_external_id_in_one_call(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    route = app.get("/users/show_many").respond(json={"users": [user(1, external_id="g1")]})
    found = zendesk.find("users", "external_id", ["g1", "g2"], ("external_id",))
    assert [record.values for record in found] == [{"external_id": "g1"}]
    assert route.calls.last.request.url.params["external_ids"] == "g1,g2"


def test_a_search_by_address_sees_further_addresses_and_ignores_near_ones(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    route = app.get("/users/search").respond(
        json={
            "users": [user(1, email="sara@x.test"), user(2, email="main@x.test"), user(3, email="no@x.test")]
        }
    )
    identities = [{"type": "email", "value": "main@x.test"}, {"type": "email", "value": "Sara@x.test"}]
    app.get("/users/2/identities").respond(json={"identities": identities})
    app.get("/users/3/identities").respond(json={"identities": []})
    found = zendesk.find("users", "email", ["Sara@x.test"], ("email",))
    assert [record.id for record in found] == ["1", "2"]
    assert found[1].other_keys == {"email": ("sara@x.test",)}
    assert route.calls.last.request.url.params["query"] == "email:sara@x.test"


# Reading organizations.


def export(app: respx.MockRouter, *pages: dict[str, Any]) -> respx.Route:
    answers = [
        httpx.Response(200, json=page, headers={"date": "Mon, 23 Nov 2026 10:00:00 GMT"}) for page in pages
    ]
    return app.get("/incremental/organizations").mock(side_effect=answers)


def test_the_time_export_drops_repeats_and_goes_on_at_its_end_time(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    first = {"organizations": [organization(1), organization(2)], "end_time": 500, "end_of_stream": False}
    last = {"organizations": [organization(2), organization(3)], "end_time": 600, "end_of_stream": True}
    route = export(app, first, last)
    pages = list(zendesk.pull("organizations", None, ("name", "domain_names")))
    assert [[record.id for record in page.records] for page in pages] == [["1", "2"], ["3"]]
    assert [page.cursor for page in pages] == ["500", "600"]
    assert [call.request.url.params["start_time"] for call in route.calls] == ["0", "500"]
    assert pages[0].records[0].values == {"name": "Org 1", "domain_names": ["x.test"]}


def test_a_full_second_is_stepped_over(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    full = [organization(n) for n in range(1000)]
    stuck = {"organizations": full, "end_time": 500, "end_of_stream": False}
    route = export(app, stuck, {"organizations": [], "end_time": 501, "end_of_stream": True})
    assert len(list(zendesk.pull("organizations", "500", ("name",)))) == 2
    assert route.calls[1].request.url.params["start_time"] == "501"


def test_a_short_page_that_stands_still_is_the_end(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    route = export(app, {"organizations": [organization(1)], "end_time": 500, "end_of_stream": False})
    (page,) = zendesk.pull("organizations", "500", ("name",))
    assert (page.last, page.cursor, route.call_count) == (True, "500", 1)


def test_the_newest_minute_is_never_asked_for_nor_passed(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    route = export(app, {"organizations": [], "end_time": EPOCH, "end_of_stream": True})
    (page,) = zendesk.pull("organizations", str(EPOCH), ("name",))
    assert route.calls[0].request.url.params["start_time"] == str(EPOCH - 61)
    assert page.cursor == str(EPOCH - 61)


def test_an_organization_counts_as_deleted_on_zendesks_word_only(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.get("/organizations/show_many").respond(json={"organizations": [organization(1)]})
    app.get("/organizations/2").respond(404, json={"error": "RecordNotFound", "description": "Not found"})
    app.get("/organizations/2/merges").respond(404, json={"error": "RecordNotFound"})
    app.get("/organizations/3").respond(404, text="")
    answers = zendesk.fetch("organizations", ["1", "2", "3"], ("name",))
    assert [answer.state for answer in answers] == ["found", "deleted", "unknown"]


@pytest.mark.parametrize(
    "merges",
    [
        httpx.Response(403, json={"error": "Forbidden"}),
        httpx.Response(404, json={"error": "InvalidEndpoint", "description": "Not found"}),
        httpx.Response(404, html="<html>no</html>"),
        httpx.Response(200, json={"organization_merges": [{"loser_id": 2, "winner_id": 9, "status": "new"}]}),
    ],
    ids=["this login may not see merges", "no account like this has any", "a proxy", "it is being merged"],
)
def test_an_organization_that_may_have_been_merged_is_not_told_as_deleted(
    app: respx.MockRouter, zendesk: ZendeskConnector, merges: httpx.Response
) -> None:
    app.get("/organizations/show_many").respond(json={"organizations": [organization(1)]})
    app.get("/organizations/2").respond(404, json={"error": "RecordNotFound"})
    app.get("/organizations/2/merges").mock(merges)
    one, answer = zendesk.fetch("organizations", ["1", "2"], ("name",))
    assert (answer.state, answer.record) == ("unknown", None)
    assert one.state == "found", "what is not said of one keeps nothing of the others back"


def test_a_merged_organization_leads_to_the_one_that_took_it_in(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    show_many = app.get("/organizations/show_many")
    show_many.side_effect = [
        httpx.Response(200, json={"organizations": []}),
        httpx.Response(200, json={"organizations": [organization(9)]}),
    ]
    app.get("/organizations/2").respond(404, json={"error": "RecordNotFound", "description": "Not found"})
    merges = [
        {"loser_id": 2, "winner_id": 8, "status": "error"},
        {"loser_id": 2, "winner_id": 9, "status": "complete"},
    ]
    app.get("/organizations/2/merges").respond(json={"organization_merges": merges})
    (answer,) = zendesk.fetch("organizations", ["2"], ("name",))
    assert (answer.state, answer.into) == ("merged", "9")
    assert answer.record is not None
    assert answer.record.values == {"name": "Org 9"}
