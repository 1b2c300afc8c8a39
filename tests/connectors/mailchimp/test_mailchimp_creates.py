"""Mailchimp on the wire: creates, five hundred a call, and what is said of each."""

from __future__ import annotations

import httpx
import pytest
import respx

from connectors.mailchimp import MailchimpConnector
from connectors.mailchimp.lookup import hashed
from tests.connectors.mailchimp_wire import (
    ALL,
    INVALID,
    LIST,
    ONE,
    batch,
    create,
    member,
    problem,
    sent,
    update,
    written,
)


def test_creates_go_by_the_hundred_in_a_call_that_refuses_who_is_there(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    new = member("c9", "new@x.test")
    there = {
        "email_address": "old@x.test",
        "error": "old@x.test is already a list member, do you want to update? please provide"
        " update_existing:true in the request body",
        "error_code": "ERROR_CONTACT_EXISTS",
        "field": "",
        "field_message": "",
    }
    route = app.post(LIST).mock(return_value=batch(new=[new], errors=[there]))
    app.get(f"{ALL}/{hashed('old@x.test')}").respond(json=member("c1", "old@x.test"))
    values = {"status": "subscribed", "merge_fields.FNAME": " Dorthy ", "tags": ["vip"]}
    results = written(described, create("a", "New@x.test", **values), create("b", "old@x.test"))
    assert [(r.outcome, r.id) for r in results] == [("applied", "c9"), ("existed", "c1")]
    assert sent(route)["update_existing"] is False
    assert sent(route)["members"][0] == {
        "email_address": "New@x.test",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Dorthy"},
        "tags": ["VIP"],
    }
    assert results[0].record is not None
    assert results[0].record.values["email_address"] == "new@x.test"
    assert "old@x.test" not in results[1].reason


def test_nobody_is_subscribed_without_being_said_to_be(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    route = app.post(LIST).mock(return_value=batch(new=[member(email="a@x.test", status="transactional")]))
    written(described, create("a", "a@x.test"))
    assert sent(route)["members"][0]["status"] == "transactional"
    assert described.describe("members").consent_on_new is None


def test_a_required_merge_field_that_is_not_mapped_is_no_reason_to_refuse(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    created = app.post(LIST).mock(return_value=batch(new=[member(email="a@x.test")]))
    changed = app.patch(ONE).respond(json=member())
    written(described, create("a", "a@x.test"), update({"merge_fields.FNAME": "B"}))
    for route in (created, changed):
        assert route.calls.last.request.url.params["skip_merge_validation"] == "true"


def test_five_hundred_a_call(app: respx.MockRouter, described: MailchimpConnector) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        import json

        given = json.loads(request.content)["members"]
        return batch(new=[member(f"c-{m['email_address']}", m["email_address"]) for m in given])

    route = app.post(LIST).mock(side_effect=answer)
    results = written(described, *(create(f"r{n}", f"p{n}@x.test") for n in range(501)))
    assert [len(sent(route, call)["members"]) for call in (0, 1)] == [500, 1]
    assert {result.outcome for result in results} == {"applied"}


def test_an_address_is_sent_once_a_call(app: respx.MockRouter, described: MailchimpConnector) -> None:
    route = app.post(LIST).mock(return_value=batch(new=[member("c9", "a@x.test")]))
    results = written(described, create("a", "a@x.test"), create("b", "A@X.test"))
    assert [result.outcome for result in results] == ["applied", "retry"]
    assert len(sent(route)["members"]) == 1


def test_who_is_not_named_in_a_batch_answer_is_unknown(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    app.post(LIST).mock(return_value=batch(new=[member("c9", "a@x.test")]))
    results = written(described, create("a", "a@x.test"), create("b", "b@x.test"))
    assert [result.outcome for result in results] == ["applied", "unknown"]


def test_a_badly_formed_member_is_named_by_its_place_and_the_others_go(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    accepted = "Data presented is not one of the accepted values: subscribed, unsubscribed."
    refused = problem(400, "Invalid Resource", INVALID, ("members.item:1.status", accepted))
    others = [member("c1", "a@x.test"), member("c3", "c@x.test")]
    route = app.post(LIST).mock(side_effect=[refused, batch(new=others)])
    writes = [create(f"r{n}", f"{n}@x.test", status="subscribed") for n in "abc"]
    results = written(described, *writes)
    assert [result.outcome for result in results] == ["applied", "rejected", "applied"]
    assert results[1].fields.keys() == {"status"}
    assert route.call_count == 2


def test_a_batch_refused_without_a_name_is_halved(
    app: respx.MockRouter, described: MailchimpConnector
) -> None:
    refused = problem(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.")

    def answer(request: httpx.Request) -> httpx.Response:
        if b"bad@x.test" in request.content:
            return refused
        return batch(new=[member("c1", "good@x.test")])

    app.post(LIST).mock(side_effect=answer)
    results = written(described, create("a", "good@x.test"), create("b", "bad@x.test"))
    assert [result.outcome for result in results] == ["applied", "rejected"]


BATCH_ERRORS: dict[str, tuple[dict[str, str], str, set[str]]] = {
    "merge field": (
        {
            "error": "Your merge fields were invalid.",
            "error_code": "ERROR_GENERIC",
            "field": "LTV",
            "field_message": "Please enter a number",
        },
        "rejected",
        {"merge_fields.LTV"},
    ),
    "fake address": (
        {
            "error": "a@x.test looks fake or invalid, please enter a real email address.",
            "error_code": "ERROR_GENERIC",
        },
        "rejected",
        {"email_address"},
    ),
    "forgotten": (
        {
            "error": "a@x.test was permanently deleted and cannot be re-imported. The contact must"
            " re-subscribe to get back on the list.",
            "error_code": "ERROR_GENERIC",
        },
        "rejected",
        {"email_address"},
    ),
    "compliance": (
        {
            "error": "a@x.test is in a compliance state due to unsubscribe, bounce, or compliance review"
            " and cannot be subscribed.",
            "error_code": "ERROR_GENERIC",
        },
        "rejected",
        {"status"},
    ),
    "spam guard": (
        {
            "error": "a@x.test has signed up to a lot of lists very recently; we're not allowing more"
            " signups for now",
            "error_code": "ERROR_GENERIC",
        },
        "retry",
        set(),
    ),
}


@pytest.mark.parametrize("case", BATCH_ERRORS)
def test_a_member_that_cannot_be_taken_is_told(
    app: respx.MockRouter, described: MailchimpConnector, case: str
) -> None:
    error, outcome, fields = BATCH_ERRORS[case]
    app.post(LIST).mock(return_value=batch(errors=[{"email_address": "a@x.test", **error}]))
    values = {"status": "subscribed", "merge_fields.LTV": "x"}
    (result,) = written(described, create("a", "a@x.test", **values))
    assert (result.outcome, set(result.fields)) == (outcome, fields)
    assert result.reason
    assert "a@x.test" not in f"{result.reason} {result.fields}"
