"""A HubSpot account as HTTP answers, for tests of the wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import respx

from connectors.contract import Options, Write
from connectors.hubspot import HubSpotConnector

BASE = "https://api.hubapi.com"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
DATE = {"date": "Mon, 23 Nov 2026 10:00:00 GMT"}
PROPERTIES = [
    {"name": "email", "label": "E-mail", "type": "string", "fieldType": "text"},
    {"name": "firstname", "label": "First name", "type": "string", "fieldType": "text"},
    {"name": "phone", "label": "Phone", "type": "string", "fieldType": "phonenumber"},
    {"name": "score", "type": "number", "fieldType": "calculation_equation", "calculated": True},
    {"name": "hs_email_optout", "type": "bool", "modificationMetadata": {"readOnlyValue": True}},
    {
        "name": "customer_tags",
        "type": "enumeration",
        "fieldType": "checkbox",
        "options": [{"label": "VIP", "value": "vip"}, {"label": "Trial", "value": "trial"}],
    },
    {"name": "old", "type": "string", "archived": True},
]
FIELDS = ("email", "firstname")


@contextmanager
def served() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=BASE, assert_all_called=False) as router:
        router.get("/crm/v3/properties/contacts").respond(json={"results": PROPERTIES})
        router.get("/crm/v3/properties/companies").respond(
            json={"results": [{"name": "name", "type": "string"}, {"name": "domain", "type": "string"}]}
        )
        router.post("/crm/v3/lists/search").respond(json={"lists": [], "hasMore": False})
        yield router


def connect(**settings: Any) -> HubSpotConnector:
    given = {"token": "pat-1"}
    return HubSpotConnector(Options("crm", None, given, settings, sleep=lambda _: None, now=lambda: NOW))


def contact(id: str, at: str = "2026-11-23T09:00:00.000Z", **properties: str | None) -> dict[str, Any]:
    return {
        "id": id,
        "properties": {"lastmodifieddate": at, **properties},
        "updatedAt": at,
        "archived": False,
    }


def sent(route: respx.Route, call: int = -1) -> Any:
    return orjson.loads(route.calls[call].request.content)


def reply(body: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body, headers=DATE)


def create(ref: str, **values: Any) -> Write:
    return Write(ref, "create", None, values)


def update(id: str, **values: Any) -> Write:
    return Write(f"u{id}", "update", id, values)
