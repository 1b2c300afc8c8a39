"""Lists whose cursors lead back: given up in words, neither followed for ever nor taken for their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.contract import Connector, Unavailable
from connectors.cursors import PATIENCE, Trail
from tests.connectors import hubspot_wire, zendesk_wire

NEXT = {"paging": {"next": {"after": "3"}}}
LIST = {"listId": "1", "name": "News", "processingType": "MANUAL", "objectTypeId": "0-1"}
LISTED = {"lists": [LIST], "hasMore": False}
CONTACTS = {"results": [hubspot_wire.contact("1"), hubspot_wire.contact("2", "2026-11-23T09:01:00.000Z")]}
INSTANT = {"results": [hubspot_wire.contact("1"), hubspot_wire.contact("2")], **NEXT}
TO = [{"toObjectId": 5, "associationTypes": [{"typeId": 279}]}]
COMPANIES = {"results": [{"from": {"id": "1"}, "to": TO, **NEXT}]}


def pulled(cursor: str | None, *fields: str) -> Callable[[Connector], Any]:
    return lambda app: list(app.pull("contacts", cursor, fields))


def described(app: Connector) -> Any:
    return app.describe("contacts")


def fetched(app: Connector) -> Any:
    return app.fetch("contacts", ["1"], ["company"])


def found(object: str, field: str) -> Callable[[Connector], Any]:
    return lambda app: app.find(object, field, ["a.test"], [field])


OBJECTS, LISTS = "/crm/v3/objects", "/crm/v3/lists"
# what is listed -> the call that lists it, its answer, and how it comes to be asked for
HUBSPOT: dict[str, tuple[str, str, Any, Callable[[Connector], Any]]] = {
    "list": ("GET", f"{OBJECTS}/contacts", CONTACTS | NEXT, pulled(None, "email")),
    "poll": ("POST", f"{OBJECTS}/contacts/search", CONTACTS | NEXT, pulled("since|2026-11-23T08:00:00Z")),
    "instant": ("POST", f"{OBJECTS}/contacts/search", INSTANT, pulled("since|2026-11-23T09:00:00Z")),
    "values": ("POST", f"{OBJECTS}/companies/search", {"results": [], **NEXT}, found("companies", "domain")),
    "lists": ("POST", f"{LISTS}/search", {**LISTED, "hasMore": True, "offset": 1}, described),
    "members": ("GET", f"{LISTS}/1/memberships", {"results": [], **NEXT}, pulled(None, "lists")),
    "companies": ("POST", "/crm/v4/associations/contacts/companies/batch/read", COMPANIES, fetched),
}


def over_and_over(body: Any) -> Callable[[httpx.Request], httpx.Response]:
    """The same answer to each call; after too many of them the test is over."""
    answers: Iterator[httpx.Response] = iter([httpx.Response(200, json=body)] * (PATIENCE + 2))
    return lambda _: next(answers)


@pytest.mark.parametrize(("method", "path", "body", "call"), HUBSPOT.values(), ids=HUBSPOT.keys())
def test_a_list_of_hubspots_that_goes_round_is_given_up(
    method: str, path: str, body: Any, call: Callable[[Connector], Any]
) -> None:
    with hubspot_wire.served() as app:
        app.post("/crm/v3/lists/search").respond(json=LISTED)
        app.get("/crm/v3/lists/1/memberships").respond(json={"results": []})
        app.post("/crm/v3/objects/contacts/batch/read").respond(json=CONTACTS)
        app.request(method, path).mock(side_effect=over_and_over(body))
        with pytest.raises(Unavailable, match="repeats one page"):
            call(hubspot_wire.connect())


def test_a_list_of_zendesks_that_goes_round_is_given_up() -> None:
    fields = {"user_fields": [], "meta": {"has_more": True, "after_cursor": "c1"}}
    with zendesk_wire.served() as app:
        app.get("/user_fields").mock(side_effect=over_and_over(fields))
        with pytest.raises(Unavailable, match="Zendesk's list of user_fields repeats one page"):
            zendesk_wire.connect().describe("users")


def test_a_circle_of_several_pages_is_noticed() -> None:
    trail = Trail("A list", "a")
    for cursor in ["b", "a"] * (PATIENCE - 1):
        assert trail.follow(cursor) == cursor
    assert trail.follow("b") == "b"
    with pytest.raises(Unavailable, match="A list repeats one page"):
        trail.follow("a")
