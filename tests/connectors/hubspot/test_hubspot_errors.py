"""HubSpot's documented errors, in its own words on the wire, and what becomes of the call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import respx
from hubspot_wire import FIELDS, contact, create, reply, update

from connectors.contract import AppError, AuthRefused, Options, Unavailable, Unexpected
from connectors.hubspot import HubSpotConnector

TRACE = {"status": "error", "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf"}
LIST = "/crm/v3/objects/contacts"
BATCH = "/crm/v3/objects/contacts/batch"


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def hubspot(slept: list[float]) -> Iterator[HubSpotConnector]:
    made = HubSpotConnector(Options("crm", credentials={"token": "pat-1"}, sleep=slept.append))
    yield made
    made.close()


def said(status: int, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return httpx.Response(status, json={**TRACE, **body}, headers=headers)


SCOPES = [{"message": "missing", "context": {"requiredGranularScopes": ["crm.objects.contacts.read"]}}]
FINAL = {
    "a record without its id": (
        httpx.Response(200, json={"results": [{"properties": {}}]}),
        Unexpected,
        "a record comes without its id",
    ),
    "a token that is not known": (
        said(401, message="Authentication credentials not found.", category="INVALID_AUTHENTICATION"),
        AuthRefused,
        "Authentication credentials not found",
    ),
    "a token that has expired": (
        said(401, message="The OAuth token used expired 7 second(s) ago.", category="EXPIRED_AUTHENTICATION"),
        AuthRefused,
        "expired 7 second",
    ),
    "a scope that lacks": (
        said(
            403, message="This app hasn't been granted all scopes.", category="MISSING_SCOPES", errors=SCOPES
        ),
        AuthRefused,
        r"grant the scope crm\.objects\.contacts\.read, then try again",
    ),
    "a scope that lacks and is not named": (
        said(403, message="Forbidden", category="MISSING_SCOPES", errors=[{"context": None}, "scope"]),
        AuthRefused,
        "grant its scope or role",
    ),
    "a page size that is too large": (
        said(400, message="Invalid input", category="VALIDATION_ERROR"),
        Unexpected,
        "status 400",
    ),
    "an address that is too long": (httpx.Response(414, text="URI Too Long"), Unexpected, "status 414"),
    "a body that is too large": (httpx.Response(413, text=""), Unexpected, "status 413"),
    "an account that moves, for a day": (
        said(477, {"retry-after": "86400"}, message="Migration in progress"),
        Unavailable,
        "Migration in progress",
    ),
}


@pytest.mark.parametrize(("answer", "error", "words"), FINAL.values(), ids=FINAL.keys())
def test_what_ends_a_read_at_once(
    app: respx.MockRouter,
    hubspot: HubSpotConnector,
    answer: httpx.Response,
    error: type[AppError],
    words: str,
) -> None:
    route = app.get(LIST).mock(answer)
    with pytest.raises(error, match=words):
        list(hubspot.pull("contacts", None, FIELDS))
    assert route.call_count == 1


PASSING = {
    "ten seconds' worth of calls": said(
        429,
        message="You have reached your ten_secondly_rolling limit.",
        errorType="RATE_LIMIT",
        policyName="TEN_SECONDLY_ROLLING",
        requestId="99df04b9-da11-4504-bd97-2c15f58d0943",
    ),
    "the search's limit": said(429, message="You have reached your secondly limit.", category="RATE_LIMITS"),
    "locked": said(423, message="The resource is locked"),
    "an account that moves, for a moment": said(477, {"retry-after": "5"}, message="Migration in progress"),
    "a server error": said(500, message="internal error", category="INTERNAL"),
    "502 of the front door": httpx.Response(502, text="<html>Bad Gateway</html>"),
    "503": httpx.Response(503),
    "504": httpx.Response(504),
    "521 of the front door": httpx.Response(521),
    "523 of the front door": httpx.Response(523),
    "524 of the front door": httpx.Response(524),
    "a truncated list": httpx.Response(200, text='{"results":[{"id":"1","prop'),
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_what_a_read_outlasts(
    app: respx.MockRouter, hubspot: HubSpotConnector, answer: httpx.Response
) -> None:
    app.get(LIST).mock(side_effect=[answer, reply({"results": [contact("1", email="a@x.test")]})])
    (page,) = hubspot.pull("contacts", None, FIELDS)
    assert [record.id for record in page.records] == ["1"]


def test_a_lock_is_given_its_two_seconds(
    app: respx.MockRouter, hubspot: HubSpotConnector, slept: list[float]
) -> None:
    app.get(LIST).mock(side_effect=[said(423), reply({"results": []})])
    list(hubspot.pull("contacts", None, FIELDS))
    assert max(slept) >= 2.0


def embedded(code: str, name: str) -> str:
    return f'Property values were not valid: [{{"isValid":false,"error":"{code}","name":"{name}"}}]'


def refused(code: str, name: str) -> dict[str, Any]:
    error = {"message": "no", "code": code, "context": {"propertyName": [name]}}
    return {"message": embedded(code, name), "category": "VALIDATION_ERROR", "errors": [error]}


REJECTED = {
    "an option that is none": (said(400, **refused("INVALID_OPTION", "firstname")), "firstname", "choices"),
    "an address that is none": (said(400, **refused("INVALID_EMAIL", "email")), "email", "e-mail address"),
    "a date that is none": (said(400, **refused("INVALID_DATE", "phone")), "phone", "date"),
    "read-only": (said(400, **refused("READ_ONLY_VALUE", "firstname")), "firstname", "not let"),
    "a property that lacks": (said(400, **refused("PROPERTY_DOESNT_EXIST", "phone")), "phone", "no such"),
    "told in the message alone": (
        said(400, message=embedded("INVALID_EMAIL", "email")),
        "email",
        "e-mail address",
    ),
    "an address that another has": (
        said(409, message="Contact already exists. Existing ID: 12345", category="CONFLICT"),
        "email",
        "another contact",
    ),
    "a rule of the account": (
        said(400, **refused("PROPERTY_VALIDATION_RULE_VIOLATED", "phone")),
        "phone",
        "no",
    ),
}


@pytest.mark.parametrize(("answer", "field", "why"), REJECTED.values(), ids=REJECTED.keys())
def test_what_rejects_a_field(
    app: respx.MockRouter, hubspot: HubSpotConnector, answer: httpx.Response, field: str, why: str
) -> None:
    app.post(f"{BATCH}/read").respond(json={"results": [contact("1")]})
    app.post(f"{BATCH}/update").mock(answer)
    values = {"email": "a@x.test", "firstname": "Ada", "phone": "1"}
    (result,) = hubspot.write("contacts", [update("1", **values)])
    assert (result.outcome, list(result.fields)) == ("rejected", [field])
    assert why in result.fields[field]
    assert "a@x.test" not in result.reason


@pytest.mark.parametrize(
    "answer", [httpx.Response(400, text=""), httpx.Response(400, json={}), httpx.Response(400, json=[])]
)
def test_all_parts_of_an_error_body_are_optional(
    app: respx.MockRouter, hubspot: HubSpotConnector, answer: httpx.Response
) -> None:
    app.post(f"{BATCH}/update").mock(answer)
    (result,) = hubspot.write("contacts", [update("1", firstname="Ada")])
    assert (result.outcome, result.reason) == ("rejected", "refused")


def test_a_batch_that_is_too_large_for_the_server_is_halved(
    app: respx.MockRouter, hubspot: HubSpotConnector
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids = [part.split(b'"')[0].decode() for part in request.content.split(b'"id":"')[1:]]
        if len(ids) > 2:
            return httpx.Response(413, text="Request Entity Too Large")
        return reply({"status": "COMPLETE", "results": [contact(id, firstname="Ada") for id in ids]})

    route = app.post(f"{BATCH}/update").mock(side_effect=answer)
    results = hubspot.write("contacts", [update(str(n), firstname="Ada") for n in range(1, 6)])
    assert [result.outcome for result in results] == ["applied"] * 5
    assert route.call_count == 1 + 2 + 2  # five; two and three; one and two


UNKNOWN = {
    "a server error": said(500, message="internal error"),
    "a gateway's time-out": httpx.Response(504),
    "a truncated answer": httpx.Response(200, text='{"status":"COMPLETE","results":[{"id"'),
    "an empty answer": httpx.Response(200, text="{}"),
    "a lost connection": httpx.ReadError("lost"),
}


@pytest.mark.parametrize("answer", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_leaves_a_create_unknown(
    app: respx.MockRouter, hubspot: HubSpotConnector, answer: httpx.Response | httpx.TransportError
) -> None:
    route = app.post(f"{BATCH}/create").mock(side_effect=[answer])
    (result,) = hubspot.write("contacts", [create("c1", email="a@x.test")])
    assert result.outcome == "unknown"
    assert route.call_count == 1


def test_the_limit_of_the_day_ends_the_run_until_later(
    app: respx.MockRouter, hubspot: HubSpotConnector, slept: list[float]
) -> None:
    headers = {"x-hubspot-ratelimit-daily": "250000", "x-hubspot-ratelimit-daily-remaining": "0"}
    app.get(LIST).mock(said(429, headers, message="You have reached your daily limit.", policyName="DAILY"))
    with pytest.raises(Unavailable, match="no call for another 60 minutes"):
        list(hubspot.pull("contacts", None, FIELDS))
    assert sum(slept) < 60
