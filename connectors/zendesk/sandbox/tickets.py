"""Zendesk's tickets in the sandbox: made, changed, deleted and restored; changes show in their export."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.clock import iso_s
from connectors.sandbox.table import Row
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes
from connectors.zendesk.sandbox import users
from connectors.zendesk.sandbox.account import ADMIN_EMAIL, Account
from connectors.zendesk.sandbox.answers import (
    MAX_MANY,
    Mistakes,
    bad_value,
    ids_of,
    invalid,
    listing,
    mistake,
    not_found,
    numbered,
    too_many,
    wrapped,
)
from connectors.zendesk.sandbox.jobs import submit
from connectors.zendesk.sandbox.webhooks import tell, tell_changes, watched

CHOICES = {
    "status": ("new", "open", "pending", "hold", "solved", "closed"),
    "priority": ("urgent", "high", "normal", "low", None),
    "type": ("problem", "incident", "question", "task", None),
}
PLAIN = (*CHOICES, "subject", "external_id", "assignee_id", "group_id", "organization_id", "brand_id")
LOCK = ("safe_update", "updated_stamp")
KNOWN = {*PLAIN, *LOCK, "comment", "requester", "requester_id", "submitter_id", "tags", "custom_fields"}
UPDATES = ("update_tickets", 100, 60.0)
PER_TICKET = ("update_ticket", 30, 600.0)
DELETIONS = ("delete_tickets", 400, 60.0)
LISTS_OF_DELETED = ("deleted_tickets", 10, 60.0)
SYSTEM = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")


# -- reading -----------------------------------------------------------------------------------------


def all_tickets(account: Account, call: Call) -> Answer:
    return listing(call, "tickets", account.tickets, lambda row: row["status"] != "deleted")


def requested(account: Account, call: Call) -> Answer:
    return _of(account, call, "requester_id")


def of_organization(account: Account, call: Call) -> Answer:
    return _of(account, call, "organization_id")


def _of(account: Account, call: Call, name: str) -> Answer:
    """The tickets of one user or organization."""

    def theirs(row: Row) -> bool:
        return row["status"] != "deleted" and str(row.get(name)) == call.args["id"]

    return listing(call, "tickets", account.tickets, theirs)


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"ticket": _live(account, call.args["id"])})


def many(account: Account, call: Call) -> Answer:
    rows = [account.tickets.rows.get(id) for id in ids_of(call.query.get("ids"))]
    return numbered(call, "tickets", [row for row in rows if row and row["status"] != "deleted"])


def deleted(account: Account, call: Call) -> Answer:
    account.limits.take(*LISTS_OF_DELETED)
    return listing(call, "deleted_tickets", account.tickets, lambda row: row["status"] == "deleted")


def fields(account: Account, call: Call) -> Answer:
    return numbered(call, "ticket_fields", list(account.ticket_fields.values()))


# -- writing -----------------------------------------------------------------------------------------


def create(account: Account, call: Call) -> Answer:
    row = _create(account, wrapped(call, "ticket"), call)
    return Answer(201, {"ticket": row, "audit": {"ticket_id": row["id"], "events": []}})


def create_many(account: Account, call: Call) -> Answer:
    def step(item: Json) -> Json:
        return {"id": _create(account, item, call)["id"], "account_id": 18525119}

    return submit(account, call, "Bulk Create Ticket", _items(call), step, "TicketCreateError")


def update(account: Account, call: Call) -> Answer:
    row = _live(account, call.args["id"])
    account.limits.take(*UPDATES)
    account.limits.take(*PER_TICKET, key=str(row["id"]))
    row = _update(account, row, wrapped(call, "ticket"), call)
    return Answer(200, {"ticket": row, "audit": {"ticket_id": row["id"], "events": []}})


def update_many(account: Account, call: Call) -> Answer:
    """A list of tickets with their ids, or one change for all ``ids``."""
    items = _items(call) if "tickets" in call.body else []
    if not items:
        change = wrapped(call, "ticket")
        items = [{**change, "id": id} for id in ids_of(call.query.get("ids"))]

    def step(item: Json) -> Json:
        row = _update(account, _live(account, str(item.get("id", ""))), item, call)
        return {"action": "update", "id": row["id"], "status": "Updated", "success": True}

    return submit(account, call, "Bulk Update Ticket", items, step, "TicketUpdateError")


def delete(account: Account, call: Call) -> Answer:
    account.limits.take(*DELETIONS)
    _set_status(account, _live(account, call.args["id"]), "deleted")
    return Answer(204)


def restore(account: Account, call: Call) -> Answer:
    row = account.tickets.get(int(call.args["id"])) if call.args["id"].isdecimal() else None
    if row is None or row["status"] != "deleted":
        raise not_found()
    _set_status(account, row, "open")
    return Answer(200)


def _create(account: Account, given: Json, call: Call) -> Row:
    """A requester by address that nobody has yet becomes a user."""
    details: Mistakes = {}
    comment = given.get("comment") or {}
    body = str(comment.get("body") or comment.get("html_body") or "").strip()
    if not body:
        mistake(details, "base", "Description: cannot be blank", "BlankValue")
    changes = _checked(account, given, details, call)
    if details:
        raise invalid(details)
    requester = _requester(account, given, call)
    now = account.clock.tick()
    id = account.new_id("ticket")
    row: Row = {
        "id": id,
        "url": f"{call.base}/api/v2/tickets/{id}.json",
        "external_id": None,
        "subject": body[:80],
        "raw_subject": body[:80],
        "description": body,
        "status": "new",
        "priority": None,
        "type": None,
        "requester_id": requester["id"],
        "submitter_id": given.get("submitter_id") or requester["id"],
        "assignee_id": None,
        "organization_id": requester["organization_id"],
        "group_id": None,
        "brand_id": None,
        "tags": [],
        "custom_fields": [{"id": field, "value": None} for field in _custom(account)],
        "via": {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": iso_s(now),
        "updated_at": iso_s(now),
        "generated_timestamp": now // 1_000_000,
    }
    _apply(row, changes)
    if not account.mode.muted:
        account.tickets.add(id, row)
        account.ticket_feed.set(id, now)
    tell(account, "ticket", "created", row)
    return row


def _update(account: Account, row: Row, given: Json, call: Call) -> Row:
    """Closed tickets stay as they are; with `safe_update`, so does one that has changed since it was read."""
    details: Mistakes = {}
    if row["status"] == "closed":
        mistake(details, "status", "closed prevents ticket update")
    changes = _checked(account, given, details, call)
    if details:
        raise invalid(details)
    if given.get("safe_update") and given.get("updated_stamp") != row["updated_at"]:
        raise _conflict()
    if account.mode.muted:
        row = {**row, "custom_fields": [dict(item) for item in row["custom_fields"]]}
    before = watched(account, row)
    _apply(row, changes)
    _touch(account, row)
    tell_changes(account, "ticket", before, row)
    return row


def _set_status(account: Account, row: Row, status: str) -> None:
    if not account.mode.muted:
        row["status"] = status
        _touch(account, row)


def _touch(account: Account, row: Row) -> None:
    now = account.clock.tick()
    row |= {"updated_at": iso_s(now), "generated_timestamp": now // 1_000_000}
    if not account.mode.muted:
        account.ticket_feed.set(row["id"], now)


def _checked(account: Account, given: Json, details: Mistakes, call: Call) -> Json:
    call.ignored += [f"ticket.{name}" for name in given if name not in KNOWN | {"id"}]
    changes: Json = {name: given[name] for name in PLAIN if name in given}
    for name, options in CHOICES.items():
        if name in changes and changes[name] not in options:
            mistake(details, name, f"{changes[name]} is not valid")
    organization = changes.get("organization_id")
    if organization is not None and organization not in account.organizations.rows:
        mistake(details, "organization", "is invalid")
    if "tags" in given:
        changes["tags"] = sorted({str(tag) for tag in given["tags"] or ()})
    own: dict[int, Any] = {}
    for item in given.get("custom_fields") or ():
        if item.get("id") in _custom(account):
            own[item["id"]] = item.get("value")
        else:
            call.ignored.append(f"ticket.custom_fields.{item.get('id')}")
    return {**changes, "custom_fields": own}


def _apply(row: Row, changes: Json) -> None:
    own = changes.pop("custom_fields")
    row.update(changes)
    for item in row["custom_fields"]:
        item["value"] = own.get(item["id"], item["value"])


def _requester(account: Account, given: Json, call: Call) -> Row:
    asked = given.get("requester")
    if isinstance(asked, dict):
        id = account.emails.get(str(asked.get("email") or "").strip().lower())
        return users.create(account, asked, call.base, call.ignored) if id is None else account.users.rows[id]
    return account.user(given.get("requester_id") or account.emails[ADMIN_EMAIL])


def _live(account: Account, id: str) -> Row:
    row = account.tickets.get(int(id)) if id.isdecimal() else None
    if row is None or row["status"] == "deleted":
        raise not_found()
    return row


def _custom(account: Account) -> list[int]:
    return [item["id"] for item in account.ticket_fields.values() if item["type"] not in SYSTEM]


def _items(call: Call) -> list[Json]:
    given = call.body.get("tickets")
    if not isinstance(given, list) or not given:
        raise bad_value("tickets must be a list")
    if len(given) > MAX_MANY:
        raise too_many(f"Parameter  cannot specify more than {MAX_MANY} values")
    return given


def _conflict() -> Refused:
    text = (
        "Safe Update prevented the update due to outdated ticket data. "
        "Please fetch the latest ticket data and try again."
    )
    return Refused(Answer(409, {"error": "UpdateConflict", "description": text}))


TICKETS: Routes[Account] = {
    ("GET", "/tickets"): all_tickets,
    ("POST", "/tickets"): create,
    ("GET", "/tickets/show_many"): many,
    ("POST", "/tickets/create_many"): create_many,
    ("PUT", "/tickets/update_many"): update_many,
    ("GET", "/tickets/{id}"): one,
    ("PUT", "/tickets/{id}"): update,
    ("DELETE", "/tickets/{id}"): delete,
    ("GET", "/users/{id}/tickets/requested"): requested,
    ("GET", "/organizations/{id}/tickets"): of_organization,
    ("GET", "/deleted_tickets"): deleted,
    ("PUT", "/deleted_tickets/{id}/restore"): restore,
    ("GET", "/ticket_fields"): fields,
}
