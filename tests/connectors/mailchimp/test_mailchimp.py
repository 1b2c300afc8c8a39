"""Mailchimp on the wire: how it is read, and what its documented answers are taken for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from connectors.contract import AppError, AuthRefused, FieldSpec, Options, Unavailable, Unexpected
from connectors.mailchimp import MailchimpConnector
from tests.connectors.mailchimp_wire import ALL, FIELDS, LIST, connect, problem, sent

# Connecting.


def test_the_key_names_the_data_centre_and_is_the_password_of_any_user(app: respx.MockRouter) -> None:
    connector = connect()
    assert connector.check().name == "Mailchimp audience News"
    request = app.calls.last.request
    assert request.url.host == "us19.api.mailchimp.com"
    assert httpx.BasicAuth("syncer", "k3y-us19")._auth_header == request.headers["authorization"]


def test_an_oauth_token_needs_a_base_url() -> None:
    with pytest.raises(AppError, match="Set base_url"):
        connect(key="an-oauth-token")


def test_an_oauth_token_is_a_bearer_token() -> None:
    given = Options("news", "https://us3.api.mailchimp.com", {"token": "oauth-t0ken"}, {"audience": "a1"})
    with respx.mock(base_url="https://us3.api.mailchimp.com/3.0") as router:
        router.get("/lists/a1").respond(json={"id": "a1", "name": "News"})
        MailchimpConnector(given).check()
        assert router.calls.last.request.headers["authorization"] == "Bearer oauth-t0ken"


@pytest.mark.parametrize("audience", [None, "", "../campaigns", "a b"])
def test_an_audience_has_to_be_named(audience: str | None) -> None:
    with pytest.raises(AppError, match=r"settings\.audience"):
        connect(audience=audience)


def test_an_audience_that_is_not_there_is_told(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    app.get(LIST).mock(
        return_value=problem(404, "Resource Not Found", "The requested resource could not be found.")
    )
    with pytest.raises(AppError, match="no audience with the id"):
        mailchimp.check()


def test_two_audiences_of_one_account_are_two_accounts_to_us(app: respx.MockRouter) -> None:
    app.get("/lists/b2").respond(json={"id": "b2", "name": "Events"})
    assert connect().check().id != connect(audience="b2").check().id


def test_two_audiences_of_one_account_share_its_connections() -> None:
    one, other, stranger = connect(), connect(audience="b2"), connect(key="other-us19")
    assert one._http._gate is other._http._gate
    assert one._http._gate is not stranger._http._gate


# Errors that end a call.


@pytest.mark.parametrize(
    ("status", "title", "detail", "error", "told"),
    [
        (401, "API Key Invalid", "Your API key may be invalid", AuthRefused, "renew it"),
        (403, "User Action Not Permitted", "not permitted", AuthRefused, "lacks a right"),
        (405, "Method Not Allowed", "not compatible", Unexpected, "405"),
        (414, "URI Too Long", "too long", Unexpected, "414"),
        (422, "Unprocessable", "no", Unexpected, "422"),
        (426, "Upgrade Required", "use https", Unexpected, "426"),
        (500, "Internal Server Error", "sorry", Unavailable, "500"),
    ],
)
def test_an_error_is_told_in_words(
    app: respx.MockRouter,
    mailchimp: MailchimpConnector,
    status: int,
    title: str,
    detail: str,
    error: type[AppError],
    told: str,
) -> None:
    app.get(LIST).mock(return_value=problem(status, title, detail))
    with pytest.raises(error, match=told) as caught:
        mailchimp.check()
    assert "k3y-us19" not in str(caught.value)


def test_429_names_no_time_to_wait_and_is_repeated(app: respx.MockRouter) -> None:
    busy = problem(429, "Too Many Requests", "You have exceeded the limit of 10 simultaneous connections.")
    fine = httpx.Response(200, json={"id": "a36b032126", "name": "News"})
    route = app.get(LIST).mock(side_effect=[busy, busy, fine])
    slept: list[float] = []
    connect(slept.append).check()
    assert route.call_count == 3
    assert len(slept) == 2


def test_403_without_a_body_asks_for_a_slower_pace(app: respx.MockRouter) -> None:
    front_door = httpx.Response(403, text="<html>Forbidden</html>", headers={"content-type": "text/html"})
    fine = httpx.Response(200, json={"id": "a36b032126", "name": "News"})
    route = app.get(LIST).mock(side_effect=[front_door, fine])
    connect().check()
    assert route.call_count == 2


def test_a_list_that_is_no_list_is_unexpected(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    app.get(ALL).respond(json={"members": "many"})
    with pytest.raises(Unexpected):
        list(mailchimp.pull("members", None, FIELDS))


# Describing.


def test_merge_fields_become_field_specs(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    spec = mailchimp.describe("members")
    kinds = {name: spec.fields[f"merge_fields.{name}"].kind for name in ("FNAME", "LTV", "TIER", "SINCE")}
    assert kinds == {"FNAME": "text", "LTV": "decimal", "TIER": "choice", "SINCE": "date"}
    assert spec.fields["merge_fields.TIER"].options == ("a", "b")
    assert spec.fields["merge_fields.ADDRESS.city"].writable == "no"
    assert spec.fields["status"].consent["cleaned"] == "bounced"
    assert (spec.unique, spec.feed, spec.archive) == (("email_address",), "changes", "restorable")


def test_the_archive_says_nothing_of_consent(app: respx.MockRouter, mailchimp: MailchimpConnector) -> None:
    """What somebody's status was before it is lost: `archived` is read as no answer, and never written."""
    status = mailchimp.describe("members").fields["status"]
    assert "archived" not in status.consent
    assert "archived" not in status.consent_set.values()


def test_ten_merge_fields_a_page_unless_more_are_asked_for(
    app: respx.MockRouter, mailchimp: MailchimpConnector
) -> None:
    mailchimp.describe("members")
    assert app.calls.last.request.url.params["count"] == "1000"


def test_a_list_that_gives_fewer_than_it_says_is_asked_again(app: respx.MockRouter) -> None:
    short = httpx.Response(200, json={"merge_fields": [], "total_items": 1})
    whole = httpx.Response(
        200, json={"merge_fields": [{"tag": "FNAME", "type": "text", "name": "N"}], "total_items": 1}
    )
    app.get(f"{LIST}/merge-fields").mock(side_effect=[short, whole])
    assert "merge_fields.FNAME" in connect().describe("members").fields
    app.get(f"{LIST}/merge-fields").mock(return_value=short)
    with pytest.raises(Unavailable, match="fewer merge_fields"):
        connect().describe("members")


def test_an_opt_in_mail_is_only_sent_if_asked_for(app: respx.MockRouter) -> None:
    assert "pending" not in connect().describe("members").fields["status"].consent_set
    asked = connect(opt_in_mail=True).describe("members").fields["status"].consent_set
    assert asked["pending"] == "pending"


@pytest.mark.parametrize(
    ("spec", "body"),
    [
        (FieldSpec("merge_fields.CITY"), {"tag": "CITY", "name": "City", "type": "text"}),
        (FieldSpec("merge_fields.SEATS", "integer"), {"tag": "SEATS", "name": "Seats", "type": "number"}),
        (
            FieldSpec("merge_fields.TIER2", "choice", options=("a",)),
            {"tag": "TIER2", "name": "Tier2", "type": "dropdown", "options": {"choices": ["a"]}},
        ),
        (
            FieldSpec("merge_fields.DAY", "date"),
            {"tag": "DAY", "name": "Day", "type": "date", "options": {"date_format": "YYYY-MM-DD"}},
        ),
    ],
)
def test_a_field_that_is_missing_is_made(
    app: respx.MockRouter, mailchimp: MailchimpConnector, spec: FieldSpec, body: dict[str, Any]
) -> None:
    route = app.post(f"{LIST}/merge-fields").respond(json={"merge_id": 9})
    mailchimp.create_fields("members", [spec, FieldSpec("status")])
    assert sent(route) == body
    assert route.call_count == 1


@pytest.mark.parametrize("tag", ["MEMBERSHIPNO", "city", "CITÉ", "A B"])
def test_a_tag_has_ten_capital_letters_at_most(mailchimp: MailchimpConnector, tag: str) -> None:
    with pytest.raises(AppError, match="at most 10"):
        mailchimp.create_fields("members", [FieldSpec(f"merge_fields.{tag}")])
