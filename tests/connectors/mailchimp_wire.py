"""A Mailchimp audience as HTTP answers, for tests of the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import respx

from connectors.contract import Options, Result, Write
from connectors.mailchimp import MailchimpConnector
from connectors.mailchimp.lookup import hashed

API = "https://us19.api.mailchimp.com/3.0"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ID = "53a728c901621a09feebb95e7b92ff1b"
KEY = "k3y-us19"
LIST, ALL = "/lists/a36b032126", "/lists/a36b032126/members"
MERGE = [
    {"merge_id": 1, "tag": "FNAME", "name": "First Name", "type": "text"},
    {"merge_id": 2, "tag": "LTV", "name": "Value", "type": "number"},
    {"merge_id": 3, "tag": "TIER", "name": "Tier", "type": "dropdown", "options": {"choices": ["a", "b"]}},
    {"merge_id": 4, "tag": "ADDRESS", "name": "Address", "type": "address"},
    {"merge_id": 5, "tag": "SINCE", "name": "Since", "type": "date"},
]
ONE, HASH = f"{ALL}/{ID}", hashed("a@x.test")
FIELDS = ("email_address", "status", "merge_fields.FNAME", "merge_fields.LTV")
INVALID = "The resource submitted could not be validated. For field-specific details, see the 'errors' array."
PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}


@contextmanager
def served() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        listed = {"merge_fields": MERGE, "total_items": len(MERGE)}
        router.get(f"{LIST}/merge-fields").respond(json=listed)
        router.get(f"{LIST}/tag-search").respond(json={"tags": [{"id": 1, "name": "VIP"}], "total_items": 1})
        router.get(LIST).respond(json={"id": "a36b032126", "name": "News"})
        yield router


def connect(
    sleep: Callable[[float], None] = lambda _: None, key: str = KEY, **settings: Any
) -> MailchimpConnector:
    settings = {"audience": "a36b032126", "connections": 1, "rate_limit": 0, **settings}
    given = Options("news", credentials={"token": key}, settings=settings, sleep=sleep, now=lambda: NOW)
    return MailchimpConnector(given)


def member(id: str = ID, email: str = "A@x.test", **more: Any) -> dict[str, Any]:
    base = {
        "id": "6373a8b568272a9aa5ec381fc83bd926",
        "email_address": email,
        "unique_email_id": "c3262b9248",
        "contact_id": id,
        "status": "subscribed",
        "merge_fields": {"FNAME": "Dorthy", "LTV": 290.53, "TIER": "", "ADDRESS": "", "SINCE": ""},
        "last_changed": "2026-11-20T16:25:57+00:00",
        "language": "",
        "vip": False,
        "tags_count": 0,
        "tags": [],
    }
    return {**base, **more}


def problem(status: int, title: str, detail: str, *errors: tuple[str, str]) -> httpx.Response:
    """An error in Mailchimp's form."""
    body: dict[str, Any] = {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "14c40d88-0000-4000-8000-000000000000",
    }
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors]
    return httpx.Response(status, json=body, headers=PROBLEM)


def page(*members: dict[str, Any], total: int | None = None) -> httpx.Response:
    return httpx.Response(
        200, json={"members": list(members), "total_items": len(members) if total is None else total}
    )


def batch(
    new: list[Any] | None = None, errors: list[Any] | None = None, updated: list[Any] | None = None
) -> httpx.Response:
    body = {"new_members": new or [], "updated_members": updated or [], "errors": errors or []}
    return httpx.Response(200, json={**body, "total_created": len(new or [])})


def sent(route: respx.Route, call: int = -1) -> Any:
    return orjson.loads(route.calls[call].request.content)


def create(ref: str, email: str, **values: Any) -> Write:
    return Write(ref, "create", None, {"email_address": email, **values})


def update(values: dict[str, Any], id: str = ID) -> Write:
    return Write("u1", "update", id, values)


def written(mailchimp: MailchimpConnector, *writes: Write) -> list[Result]:
    """The results, in the order of the writes."""
    by_ref = {result.ref: result for result in mailchimp.write("members", writes)}
    return [by_ref[write.ref] for write in writes]
