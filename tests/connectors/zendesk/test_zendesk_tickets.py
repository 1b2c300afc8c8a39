"""Zendesk's tickets on the wire: read, never written, and told where they hang on a user."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from connectors.contract import AppError, Write
from connectors.zendesk import ZendeskConnector

# Describing.


TICKET_FIELDS = [
    {"id": 1, "type": "subject", "title": "Subject"},
    {"id": 77, "type": "text", "title": "Order number"},
    {
        "id": 78,
        "type": "tagger",
        "title": "Product",
        "custom_field_options": [{"name": "Tea", "value": "tea"}],
    },
]


def ticket(id: int, **more: Any) -> dict[str, Any]:
    base = {"id": id, "subject": "Late", "status": "open", "requester_id": 5, "organization_id": None}
    own = [{"id": 77, "value": "A-1"}, {"id": 78, "value": None}]
    return {**base, "custom_fields": own, "updated_at": "2026-11-20T10:00:00Z", **more}


def test_tickets_are_read_with_their_own_fields_and_references(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    app.get("/ticket_fields").respond(json={"ticket_fields": TICKET_FIELDS, "meta": {}})
    tickets = [ticket(1), ticket(2, status="deleted")]
    route = app.get("/incremental/tickets/cursor").respond(
        json={"tickets": tickets, "after_cursor": "t1", "end_of_stream": True}
    )
    spec = zendesk.describe("tickets")
    assert {field.writable for field in spec.fields.values()} == {"no"}
    assert spec.fields["custom_fields.78"].options == ("tea",)
    assert "custom_fields.1" not in spec.fields  # the subject is a field of its own
    asked = ("subject", "requester_id", "organization_id", "custom_fields.77", "custom_fields.78")
    (page,) = zendesk.pull("tickets", None, asked)
    assert page.cursor == "t1"
    assert page.records[0].values == {
        "subject": "Late",
        "requester_id": "5",
        "organization_id": None,
        "custom_fields.77": "A-1",
        "custom_fields.78": None,
    }
    assert [record.archived for record in page.records] == [False, True]
    assert "include" not in route.calls.last.request.url.params


def test_a_ticket_that_only_the_system_moved_is_read(
    app: respx.MockRouter, zendesk: ZendeskConnector
) -> None:
    """It comes by its `generated_timestamp`; what it says of its last update is older than the cursor."""
    app.get("/ticket_fields").respond(json={"ticket_fields": TICKET_FIELDS, "meta": {}})
    older = ticket(1, updated_at="2019-01-01T00:00:00Z", generated_timestamp=1_800_000_000)
    app.get("/incremental/tickets/cursor", params={"cursor": "t1"}).respond(
        json={"tickets": [older], "after_cursor": "t2", "end_of_stream": True}
    )
    (page,) = zendesk.pull("tickets", "t1", ("subject",))
    assert [record.id for record in page.records] == ["1"]
    assert page.cursor == "t2"


def test_tickets_are_never_written(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    before = len(app.calls)
    for kind, id in (("create", None), ("update", "1"), ("archive", "1")):
        (result,) = zendesk.write("tickets", [Write("r", kind, id, {"subject": "x"})])
        assert (result.outcome, result.ref) == ("rejected", "r")
        assert "does not write" in result.reason
    with pytest.raises(AppError, match="make them in Zendesk"):
        zendesk.create_fields("tickets", [])
    assert len(app.calls) == before


def test_what_hangs_on_a_user_is_told_in_words(app: respx.MockRouter, zendesk: ZendeskConnector) -> None:
    app.get("/users/5/tickets/requested").respond(json={"tickets": [ticket(1), ticket(2)]})
    app.get("/users/6/tickets/requested").respond(json={"tickets": []})
    app.get("/users/7/tickets/requested").respond(404, json={"error": "RecordNotFound"})
    assert zendesk.attached("users", ["5", "6", "7"]) == {"5": "2 tickets"}
