"""Zendesk's documented and recorded refusals, word for word, and what they are taken for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx
from zendesk_wire import connect, create, job, organization, sent, update, user

from connectors.contract import AuthRefused, Unavailable, Write
from connectors.zendesk import ZendeskConnector

FORBIDDEN = {"error": {"title": "Forbidden", "message": "You do not have access to this page."}}
EXPIRED = {
    "error": "invalid_token",
    "error_description": "The access token provided is expired, revoked, malformed or invalid for other "
    "reasons.",
}
DUPLICATE = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {
        "email": [
            {
                "description": "Email: a@x.test is already being used by another user",
                "error": "DuplicateValue",
            }
        ]
    },
}
BAD_MAIL = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {"email": [{"description": "Email: badmail is not properly formatted"}]},
}
TOO_MANY_JOBS = {
    "error": "TooManyJobs",
    "description": "Too many UserBulkUpdateJobV2 jobs are currently queued or running. Try again later.",
    "current_job_ids": ["V3-1"],
}
UPDATE_CONFLICT = {
    "error": "UpdateConflict",
    "description": "Safe Update prevented the update due to outdated ticket data.",
}


# A read: what is raised, and what the admin is told.
READS: dict[str, tuple[httpx.Response, type[Exception], str]] = {
    "wrong credential": (
        httpx.Response(401, json={"error": "Couldn't authenticate you"}),
        AuthRefused,
        "Couldn't authenticate you.*renew",
    ),
    "expired token": (httpx.Response(401, json=EXPIRED), AuthRefused, "invalid_token.*renew"),
    "no admin": (httpx.Response(403, json=FORBIDDEN), AuthRefused, "scope or role"),
    "forbidden as text": (httpx.Response(403, json={"error": "Forbidden"}), AuthRefused, "Forbidden"),
    "too busy": (httpx.Response(503, text="", headers={"retry-after": "5"}), Unavailable, "503"),
    "a page of HTML": (httpx.Response(502, html="<h1>Bad gateway</h1>"), Unavailable, "502"),
}


@pytest.mark.parametrize("case", READS)
def test_a_refused_export_says_what_to_do(
    case: str, app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    answer, error, words = READS[case]
    app.get("/incremental/users/cursor").mock(return_value=answer)
    with pytest.raises(error, match=words):
        list(zendesk.pull("users", None, ("email",)))


# 429 has a form for each limit; none is parsed, all are waited out.
LIMITED: dict[str, dict[str, Any]] = {
    "one user, in plain text": {
        "text": "You have exceeded the rate limit for updating a single unique user. "
        "user email: id: external_id: "
    },
    "one organization": {
        "json": {"errors": [{"code": "TooManyRequests", "title": "Too many requests to update"}]}
    },
    "the account": {
        "json": {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests"}
    },
    "too many jobs": {"json": TOO_MANY_JOBS},
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_429_is_waited_out_whatever_its_form(case: str, app: respx.MockRouter) -> None:
    slept: list[float] = []
    zendesk = connect(slept.append)
    limited = httpx.Response(429, headers={"retry-after": "27", "x-rate-limit": "700"}, **LIMITED[case])
    route = app.put("/users/1").mock(side_effect=[limited, httpx.Response(200, json={"user": user(1)})])
    (result,) = zendesk.write("users", [update("1", name="Sara")])
    zendesk.close()
    assert (result.outcome, route.call_count) == ("applied", 2)
    assert 27 <= slept[0] < 28


# A single write: outcome, refused fields, words.
WRITES: dict[str, tuple[str, httpx.Response, str, list[str], str]] = {
    "not found": (
        "update",
        httpx.Response(404, json={"error": "RecordNotFound", "description": "Not found"}),
        "stale",
        [],
        "no longer",
    ),
    "bad address": (
        "create",
        httpx.Response(422, json=BAD_MAIL),
        "rejected",
        ["email"],
        "badmail is not properly",
    ),
    "taken address, whose owner it does not name": (
        "create",
        httpx.Response(422, json=DUPLICATE),
        "existed",
        [],
        "",
    ),
    "taken address on update": (
        "update",
        httpx.Response(422, json=DUPLICATE),
        "rejected",
        [],
        "already being used",
    ),
    "a value that is none": (
        "update",
        httpx.Response(400, json={"error": "InvalidValue", "description": "must be a string"}),
        "rejected",
        [],
        "must be a string",
    ),
    "an attribute that is no object": (
        "update",
        httpx.Response(
            400, json={"error": {"title": "Invalid attribute", "message": "user must be an object"}}
        ),
        "rejected",
        [],
        "400",
    ),
    "a collision": (
        "update",
        httpx.Response(409, json={"error": "DatabaseConflict", "description": "Database collision"}),
        "retry",
        [],
        "busy",
    ),
    "another write at once": ("update", httpx.Response(409, json={"error": "Conflict"}), "retry", [], "busy"),
    "an outdated stamp": ("update", httpx.Response(409, json=UPDATE_CONFLICT), "retry", [], "busy"),
    "a shared user": ("update", httpx.Response(403, json=FORBIDDEN), "rejected", [], "403"),
    "a server failure": ("create", httpx.Response(500, json={"error": "internal"}), "unknown", [], "500"),
    "a gateway time-out": ("update", httpx.Response(504, text=""), "unknown", [], "504"),
    "a body that is cut off": (
        "create",
        httpx.Response(201, text='{"user": {"id": 4'),
        "unknown",
        [],
        "JSON",
    ),
    "a body without the record": ("create", httpx.Response(201, json={}), "unknown", [], "no id"),
}


@pytest.mark.parametrize("case", WRITES)
def test_a_refused_write_is_told_as(case: str, app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    kind, answer, outcome, fields, words = WRITES[case]
    app.put("/users/1").mock(return_value=answer)
    app.post("/users").mock(return_value=answer)
    write = update("1", phone="x") if kind == "update" else create("r1", email="a@x.test")
    (result,) = zendesk.write("users", [write])
    assert (result.outcome, list(result.fields)) == (outcome, fields)
    assert words in result.reason
    assert "a@x.test" not in result.reason


# One item of a job: outcome and refused fields.
ITEMS: dict[str, tuple[str, dict[str, Any], str, list[str]]] = {
    "recorded: a taken name": (
        "update",
        {
            "index": 1,
            "error": "OrganizationUpdateFailed",
            "id": 12,
            "details": "Name:  Acme has already been taken",
        },
        "rejected",
        ["name"],
    ),
    "recorded: done": (
        "update",
        {"action": "update", "id": 12, "status": "Updated", "success": True},
        "applied",
        [],
    ),
    "done without success": (
        "update",
        {"id": 12, "success": False, "details": "Name: is too long"},
        "rejected",
        ["name"],
    ),
    "a create of a taken name": (
        "create",
        {"index": 1, "error": "OrganizationCreateError", "details": "Name: Acme has already been taken"},
        "existed",
        [],
    ),
    "gone": (
        "update",
        {"index": 1, "id": 12, "error": "RecordNotFound", "details": "Not found"},
        "stale",
        [],
    ),
    "busy": ("update", {"index": 1, "id": 12, "error": "TooManyRequests"}, "retry", []),
    "left out": ("create", {}, "unknown", []),
}


@pytest.mark.parametrize("case", ITEMS)
def test_an_item_of_a_job_is_told_as(case: str, app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    kind, item, outcome, fields = ITEMS[case]
    rest = [{"index": at, "id": 11 + at, "status": "Created"} for at in (0, 2, 3)]
    done = job("completed", rest[0], *([item] if item else []), *rest[1:])
    app.post("/organizations/create_many").respond(json=done)
    app.put("/organizations/update_many").respond(json=done)
    app.get("/organizations/show_many").respond(
        json={"organizations": [organization(n) for n in (11, 12, 13, 14)]}
    )
    made = [
        Write(f"r{n}", kind, None if kind == "create" else f"{11 + n}", {"name": f"Org {n}"})
        for n in range(4)
    ]
    results = {result.ref: result for result in zendesk.write("organizations", made)}
    assert (results["r1"].outcome, list(results["r1"].fields)) == (outcome, fields)
    assert {results[ref].outcome for ref in ("r0", "r2", "r3")} == {"applied"}


def test_a_failed_job_tells_nothing_of_its_items(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.post("/organizations/create_many").respond(json=job("failed"))
    writes = [Write(f"r{n}", "create", None, {"name": f"Org {n}"}) for n in range(4)]
    assert {result.outcome for result in zendesk.write("organizations", writes)} == {"unknown"}


def test_more_than_a_hundred_are_two_jobs(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    """Zendesk refuses a hundred and one: ``Maximum 100 users may be created per call``."""
    route = app.post("/users/create_many").respond(json=job("completed"))
    zendesk.write("users", [create(f"r{n}") for n in range(104)])
    assert [len(sent(route, call)["users"]) for call in range(2)] == [100, 4]


def test_a_refused_job_is_halved_until_its_items_go_one_by_one(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    body = {"error": "TooManyValues", "description": "Parameter  cannot specify more than 100 values"}
    bulk = app.post("/users/create_many").respond(400, json={**body, "max_count": 100})
    single = app.post("/users").mock(return_value=httpx.Response(201, json={"user": user(5)}))
    results = zendesk.write("users", [create(f"r{n}") for n in range(8)])
    assert {result.outcome for result in results} == {"applied"}
    assert bulk.call_count == 3  # eight, and twice four: fewer go one by one
    assert single.call_count == 8


def test_an_address_cannot_be_cleared(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    (result,) = zendesk.write("users", [update("1", email=None)])
    assert (result.outcome, list(result.fields)) == ("rejected", ["email"])


def test_the_same_user_twice_in_one_answer_comes_out_twice_in_order(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    """The later one is the newer: the engine keeps the last of each record."""
    users = [user(1, name="Old"), user(2), user(1, name="New")]
    app.get("/incremental/users/cursor").respond(
        json={"users": users, "after_cursor": "c", "end_of_stream": True}
    )
    (page,) = zendesk.pull("users", None, ("name",))
    assert [record.values["name"] for record in page.records if record.id == "1"] == ["Old", "New"]


def test_no_list_is_paged_by_offset(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    """Offset pages end at 10,000 records."""
    pages = [
        {"user_fields": [{"key": "a", "type": "text"}], "meta": {"has_more": True, "after_cursor": "c1"}},
        {"user_fields": [{"key": "b", "type": "text"}], "meta": {"has_more": False, "after_cursor": "c2"}},
    ]
    route = app.get("/user_fields").mock(side_effect=[httpx.Response(200, json=page) for page in pages])
    assert {"user_fields.a", "user_fields.b"} <= zendesk.describe("users").fields.keys()
    asked = [dict(call.request.url.params) for call in route.calls]
    assert asked == [{"page[size]": "100"}, {"page[size]": "100", "page[after]": "c1"}]
