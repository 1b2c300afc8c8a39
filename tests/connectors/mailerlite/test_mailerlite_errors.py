"""MailerLite's documented refusals, word for word, and what they are taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest
import respx

from connectors.contract import AuthRefused, Options, Unavailable, Unexpected, Write
from connectors.mailerlite import MailerLiteConnector

API = "https://connect.mailerlite.com/api"
TOO_MANY = {"message": "Too Many Attempts."}
TOO_MANY_IMPORTS = {"message": "You're being rate limited on import creation."}
INVALID = {"message": "The given data was invalid."}


@pytest.fixture
def app() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        city = {"id": "9", "name": "City", "key": "city", "type": "text"}
        router.get("/fields").respond(json={"data": [city], "meta": {"last_page": 1}})
        router.get("/groups").respond(json={"data": [], "meta": {"last_page": 1}})
        yield router


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def mailerlite(slept: list[float]) -> Iterator[MailerLiteConnector]:
    connector = MailerLiteConnector(Options("mail", credentials={"token": "tok-1"}, sleep=slept.append))
    yield connector
    connector.close()


# The answer to a whole call of a read, what is raised, and what the admin is told.
READS: dict[str, tuple[httpx.Response, type[Exception], str]] = {
    "token that is none": (
        httpx.Response(401, json={"message": "Unauthenticated."}),
        AuthRefused,
        "renew it",
    ),
    "not in this plan": (httpx.Response(403, json={"message": "Forbidden"}), AuthRefused, "scope or role"),
    "wrong address": (httpx.Response(404, json={"message": "Not found"}), Unexpected, "404"),
    "wrong method": (httpx.Response(405, json={"message": "Method not allowed"}), Unexpected, "405"),
    "their time-out": (httpx.Response(408, text=""), Unavailable, "408"),
    "a status that is none": (httpx.Response(422, json={**INVALID, "errors": {}}), Unexpected, "422"),
    "too many calls": (
        httpx.Response(429, json=TOO_MANY, headers={"retry-after": "119"}),
        Unavailable,
        "429",
    ),
    "their failure": (httpx.Response(500, json={"message": "Server Error"}), Unavailable, "500"),
    "maintenance": (httpx.Response(503, html="<h1>Down</h1>"), Unavailable, "503"),
    "a page to log in": (httpx.Response(302, headers={"location": "/login"}), Unexpected, "Redirects"),
    "HTML with 200": (httpx.Response(200, html="<h1>Hello</h1>"), Unavailable, "JSON"),
    "an answer that is cut off": (httpx.Response(200, text='{"data": [{"id": "1"'), Unavailable, "JSON"),
    "null for the list": (httpx.Response(200, json={"data": None}), Unexpected, "no list"),
}


@pytest.mark.parametrize("case", READS)
def test_a_refused_scan_says_what_to_do(
    case: str, app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    answer, error, words = READS[case]
    app.get("/subscribers").mock(return_value=answer)
    with pytest.raises(error, match=words) as caught:
        list(mailerlite.pull("subscribers", None, ("email",)))
    assert "tok-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "seconds"), [(TOO_MANY, 119), (TOO_MANY_IMPORTS, 60)], ids=["calls", "imports"]
)
def test_a_429_is_waited_out(
    body: Any, seconds: int, app: respx.MockRouter, mailerlite: MailerLiteConnector, slept: list[float]
) -> None:
    limited = httpx.Response(
        429, json=body, headers={"retry-after": str(seconds), "x-ratelimit-remaining": "0"}
    )
    done = httpx.Response(200, json={"responses": [{"code": 200, "body": {"data": {"id": "1"}}}]})
    route = app.post("/batch").mock(side_effect=[limited, done])
    (result,) = mailerlite.write("subscribers", [Write("r", "update", "1", {"fields.city": "Yazd"})])
    assert (result.outcome, route.call_count) == ("applied", 2)
    assert seconds <= slept[0] < seconds + 1


# One item of a batch of three updates: outcome, refused fields, words.
ITEMS: dict[str, tuple[int, Any, str, list[str], str]] = {
    "bad value": (
        422,
        {**INVALID, "errors": {"fields.city": ["The fields.city must be a string."]}},
        "rejected",
        ["fields.city"],
        "invalid",
    ),
    "a refusal that names no field": (
        422,
        {**INVALID, "errors": {"groups.0": ["invalid"]}},
        "rejected",
        [],
        "invalid",
    ),
    "one who has left": (
        422,
        {"message": "This subscriber is unsubscribed and cannot be imported", "errors": {}},
        "rejected",
        [],
        "cannot be imported",
    ),
    "gone": (404, {"message": "Resource not found."}, "stale", [], "no longer"),
    "gone without a word": (404, None, "stale", [], "no longer"),
    "not allowed": (403, {"message": "Forbidden"}, "rejected", [], "Forbidden"),
    "their time-out": (408, None, "unknown", [], "did not answer"),
    "a pause": (429, TOO_MANY, "retry", [], "pause"),
    "their failure": (500, {"message": "Server Error"}, "unknown", [], "did not answer"),
    "no code at all": (0, None, "unknown", [], "did not answer"),
}


@pytest.mark.parametrize("case", ITEMS)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "middle", "last"])
def test_an_item_of_a_batch_is_told_as(
    case: str, place: int, app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    code, body, outcome, fields, words = ITEMS[case]
    items: list[dict[str, Any]] = [
        {"code": 200, "body": {"data": {"id": str(n), "fields": {}}}} for n in range(3)
    ]
    items[place] = {"code": code, "body": body}
    app.post("/batch").respond(json={"total": 3, "successful": 2, "failed": 1, "responses": items})
    writes = [Write(f"r{n}", "update", str(n), {"fields.city": "Yazd"}) for n in range(3)]
    results = {result.ref: result for result in mailerlite.write("subscribers", writes)}
    told = results.pop(f"r{place}")
    assert (told.outcome, list(told.fields)) == (outcome, fields)
    assert words in told.reason
    assert {result.outcome for result in results.values()} == {"applied"}


# The answer to a whole batch of two updates.
BATCHES: dict[str, tuple[httpx.Response, str]] = {
    "time-out": (httpx.Response(504, text=""), "unknown"),
    "their failure": (httpx.Response(500, json={"message": "Server Error"}), "unknown"),
    "cut off": (httpx.Response(200, text='{"responses": [{"code"'), "unknown"),
    "without answers": (httpx.Response(200, json={"total": 2}), "unknown"),
    "empty": (httpx.Response(200, json={"responses": []}), "unknown"),
    "too large": (httpx.Response(413, text=""), "rejected"),
}


@pytest.mark.parametrize("case", BATCHES)
def test_a_batch_is_told_as(case: str, app: respx.MockRouter, mailerlite: MailerLiteConnector) -> None:
    answer, outcome = BATCHES[case]
    app.post("/batch").mock(return_value=answer)
    writes = [Write(f"r{n}", "update", str(n), {"fields.city": "Yazd"}) for n in range(2)]
    assert {result.outcome for result in mailerlite.write("subscribers", writes)} == {outcome}


def test_a_batch_that_is_refused_as_a_whole_is_halved_down_to_the_item_to_blame(
    app: respx.MockRouter, mailerlite: MailerLiteConnector
) -> None:
    errors = {"requests.1.method": ["The selected requests.1.method is invalid."]}

    def answer(request: httpx.Request) -> httpx.Response:
        asked = orjson.loads(request.content)["requests"]
        if any(item["path"].endswith("/2") for item in asked):
            return httpx.Response(422, json={**INVALID, "errors": errors})
        done = [{"code": 200, "body": {"data": {"id": item["path"][-1]}}} for item in asked]
        return httpx.Response(200, json={"responses": done})

    route = app.post("/batch").mock(side_effect=answer)
    writes = [Write(f"r{n}", "update", str(n), {"fields.city": "Yazd"}) for n in range(4)]
    results = {result.ref: result.outcome for result in mailerlite.write("subscribers", writes)}
    assert results == {"r0": "applied", "r1": "applied", "r2": "rejected", "r3": "applied"}
    assert route.call_count == 5  # four, two, two, one, one
