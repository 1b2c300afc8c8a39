"""A MailerLite account as HTTP answers, for tests of the wire."""

from __future__ import annotations

from typing import Any

import httpx
import orjson
import respx

from connectors.contract import Write

API = "https://connect.mailerlite.com/api"
BIG = "31986843064993537"  # beyond what a float holds
OWN = [
    {"id": "17", "name": "Name", "key": "name", "type": "text"},
    {"id": "9", "name": "City", "key": "city", "type": "text"},
    {"id": "18", "name": "Seats", "key": "seats", "type": "number"},
]
GROUPS = [{"id": "4243829086487936", "name": "vip"}, {"id": "2", "name": "trial"}]


def subscriber(id: str = BIG, email: str = "a@x.test", **more: Any) -> dict[str, Any]:
    base = {"id": id, "email": email, "status": "active", "updated_at": "2021-09-01 14:03:50", "fields": {}}
    return {**base, **more}


def replies(*items: tuple[int, Any]) -> httpx.Response:
    responses = [{"code": code, "body": body} for code, body in items]
    return httpx.Response(200, json={"total": len(responses), "responses": responses})


def found(**more: Any) -> tuple[int, Any]:
    return 200, {"data": subscriber(**more)}


ABSENT = (404, {"message": "Resource not found."})
ZONES: tuple[int, Any] = (200, {"data": []})


def requests(route: respx.Route, call: int = -1) -> Any:
    return orjson.loads(route.calls[call].request.content)["requests"]


def create(ref: str, email: str, **values: Any) -> Write:
    return Write(ref, "create", None, {"email": email, **values})


def update(values: dict[str, Any], id: str = BIG) -> Write:
    return Write("u1", "update", id, values)


def scan(app: respx.MockRouter, pages: dict[tuple[str, str], tuple[list[Any], str | None]]) -> respx.Route:
    def answer(request: httpx.Request) -> httpx.Response:
        asked = (request.url.params["filter[status]"], request.url.params.get("cursor", ""))
        items, following = pages.get(asked, ([], None))
        return httpx.Response(200, json={"data": items, "meta": {"next_cursor": following}})

    return app.get("/subscribers").mock(side_effect=answer)
