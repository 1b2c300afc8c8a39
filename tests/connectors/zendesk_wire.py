"""A Zendesk account as HTTP answers, for tests of the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
import respx

from connectors.contract import Options, Write
from connectors.zendesk import ZendeskConnector

API = "https://acme.zendesk.com/api/v2"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
USER_FIELDS = [
    {"key": "vip", "type": "checkbox", "title": "VIP", "active": True},
    {"key": "city", "type": "text", "title": "City"},
    {"key": "seats", "type": "integer"},
    {
        "key": "marketing_consent",
        "type": "dropdown",
        "custom_field_options": [{"name": "x", "value": value} for value in ("subscribed", "unsubscribed")],
    },
    {"key": "old", "type": "text", "active": False},
]


@contextmanager
def served() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=API, assert_all_called=False) as router:
        router.get("/user_fields").respond(json={"user_fields": USER_FIELDS, "meta": {"has_more": False}})
        router.get("/organization_fields").respond(json={"organization_fields": [], "meta": {}})
        yield router


def connect(sleep: Callable[[float], None] = lambda _: None, **settings: Any) -> ZendeskConnector:
    credentials = {"email": "admin@acme.test", "token": "tok-1"}
    return ZendeskConnector(
        Options(
            "desk",
            base_url="https://acme.zendesk.com",
            credentials=credentials,
            settings=settings,
            sleep=sleep,
            now=lambda: NOW,
        )
    )


def user(id: int = 1, **more: Any) -> dict[str, Any]:
    base = {
        "id": id,
        "name": "Sara",
        "email": "a@x.test",
        "updated_at": "2026-11-20T10:00:00Z",
        "active": True,
    }
    return {**base, **more}


def sent(route: respx.Route, call: int = -1) -> Any:
    return orjson.loads(route.calls[call].request.content)


def job(status: str, *results: Any) -> dict[str, Any]:
    return {"job_status": {"id": "V3-1", "status": status, "results": list(results)}}


def create(ref: str, **values: Any) -> Write:
    return Write(ref, "create", None, {"name": f"Name {ref}", **values})


def update(id: str, **values: Any) -> Write:
    return Write(f"u{id}", "update", id, {name.replace("__", "."): value for name, value in values.items()})


def organization(id: int, at: str = "2026-11-20T10:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Org {id}", "domain_names": ["x.test"], "updated_at": at, **more}
