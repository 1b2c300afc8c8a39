"""MailerLite's subscribers in the sandbox."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from connectors.mailerlite.sandbox.account import STATUSES, Account
from connectors.mailerlite.sandbox.events import snapshot, tell, tell_changes
from connectors.sandbox.clock import DAY_US, plain_s
from connectors.sandbox.table import Row, after
from connectors.sandbox.wire import Answer, Call, Json, Refused, Routes

MAX_PAGE = 1000
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>().\"]{2,}")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
FINAL = ("unsubscribed", "bounced", "junk")
TIMES = ("subscribed_at", "unsubscribed_at", "opted_in_at")
OTHERS = (*TIMES, "ip_address", "optin_ip")
KNOWN = {"email", "fields", "groups", "status", "resubscribe", *OTHERS}


def invalid(errors: dict[str, list[str]], message: str = "The given data was invalid.") -> Refused:
    return Refused(Answer(422, {"message": message, "errors": errors}))


def missing() -> Refused:
    return Refused(Answer(404, {"message": "Resource not found."}))


def subscriber(account: Account, key: str) -> Row:
    row = account.find(key)
    if row is None:
        raise missing()
    return row


def view(account: Account, row: Row) -> Json:
    """A subscriber with its groups."""
    groups = account.groups_of.get(int(row["id"]), ())
    return {**row, "groups": [account.groups.rows[id] for id in groups]}


# -- reading -----------------------------------------------------------------------------------------


def listing(account: Account, call: Call) -> Answer:
    status = call.query.get("filter[status]")
    if status is not None and status not in STATUSES:
        raise invalid({"filter.status": ["The selected filter.status is invalid."]})
    ids = account.by_status[status] if status else account.subscribers.ids
    if call.query.get("limit") == "0":
        return Answer(200, {"total": len(ids)})
    return page(account, call, ids, default=25)


def page(account: Account, call: Call, ids: Sequence[int], default: int) -> Answer:
    """A page of subscribers by opaque cursor; `groups` only where asked for."""
    limit = call.number("limit", default)
    if not 1 <= limit <= MAX_PAGE:
        raise invalid({"limit": [f"The limit must be between 1 and {MAX_PAGE}."]})
    found, more = after(ids, _position(call.query.get("cursor")), limit)
    rows = account.subscribers.rows
    data = [rows[id] for id in found]
    if call.query.get("include") == "groups":
        data = [view(account, row) for row in data]
    following = _cursor(found[-1], True) if more else None
    before = _cursor(found[0], False) if found and call.query.get("cursor") else None
    path = f"{call.base}{call.path}"
    return Answer(
        200,
        {
            "data": data,
            "links": {
                "first": None,
                "last": None,
                "prev": f"{path}?cursor={before}" if before else None,
                "next": f"{path}?cursor={following}" if following else None,
            },
            "meta": {"path": path, "per_page": limit, "next_cursor": following, "prev_cursor": before},
        },
    )


def _cursor(id: int, forward: bool) -> str:
    return (
        base64.urlsafe_b64encode(orjson.dumps({"id": id, "_pointsToNextItems": forward})).decode().rstrip("=")
    )


def _position(cursor: str | None) -> int | None:
    if not cursor:
        return None
    try:
        return int(orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))["id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise invalid({"cursor": ["The cursor is invalid."]}) from None


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"data": view(account, subscriber(account, call.args["key"]))})


# -- writing -----------------------------------------------------------------------------------------


def upsert(account: Account, call: Call) -> Answer:
    """201 created, 200 existed. What is not named stays; groups are only added."""
    given = _checked(account, call, create=True)
    email = given["email"]
    row = account.find(email) if not email.isdecimal() else None
    if row is None:
        now = account.clock.tick()
        row = account.new_subscriber(email, given["status"] or "active", given["fields"], now, "api")
        row.update(given["more"])
        if not account.mode.muted:
            account.store(row)
            account.join(int(row["id"]), given["groups"] or ())
        tell(account, "subscriber.created", row)
        return Answer(201, {"data": view(account, row)})
    before = snapshot(account, row)
    if call.body.get("resubscribe") is True and row["status"] == "unsubscribed":
        status = given["status"] or "active"
    else:
        status = _next_status(row, given["status"])
    row = account.change(row, status, given["fields"], given["more"])
    account.join(int(row["id"]), given["groups"] or ())
    tell_changes(account, before, row)
    return Answer(200, {"data": view(account, row)})


def update(account: Account, call: Call) -> Answer:
    """As the upsert, but groups that are not listed are left, and the address cannot be changed."""
    row = subscriber(account, call.args["key"])
    given = _checked(account, call, create=False)
    if "email" in call.body and str(call.body["email"]).strip().lower() != row["email"]:
        call.ignored.append("email (cannot be changed)")
    before = snapshot(account, row)
    row = account.change(row, _next_status(row, given["status"]), given["fields"], given["more"])
    if given["groups"] is not None:
        id = int(row["id"])
        for group in set(account.groups_of[id]) - set(given["groups"]):
            account.leave(id, group)
        account.join(id, given["groups"])
    tell_changes(account, before, row)
    return Answer(200, {"data": view(account, row)})


def delete(account: Account, call: Call) -> Answer:
    row = subscriber(account, call.args["key"])
    account.remove(row)
    tell(account, "subscriber.deleted", row)
    return Answer(204)


def forget(account: Account, call: Call) -> Answer:
    """Erased within 30 days; gone from all lists at once."""
    row = subscriber(account, call.args["key"])
    now = account.clock.now()
    shown = view(account, row) | {
        "deleted_at": plain_s(now),
        "forget_at": plain_s(now + 30 * DAY_US),
        "location": None,
        "email_changed_at": None,
    }
    account.remove(row)
    tell(account, "subscriber.deleted", row)
    return Answer(200, {"data": shown})


def _next_status(row: Row, asked: str | None) -> str:
    """Who has left, bounced or complained is not brought back through the API."""
    old: str = row["status"]
    if asked is None or asked == old:
        return old
    if old in FINAL and asked in ("active", "unconfirmed"):
        names = {"unsubscribed": "unsubscribed", "bounced": "bounced", "junk": "marked as junk"}
        text = f"This subscriber is {names[old]} and cannot be imported"
        raise invalid({"status": [text]}, text)
    return asked


def _checked(account: Account, call: Call, create: bool) -> Json:
    """The parts of the body in stored form; raises `Refused` with all mistakes."""
    body, errors = call.body, dict[str, list[str]]()
    email = str(body.get("email") or "").strip().lower()
    if create and not email:
        errors["email"] = ["The email field is required."]
    elif create and not EMAIL.fullmatch(email):
        errors["email"] = ["The email must be a valid email address."]
    status = body.get("status")
    if status is not None and status not in STATUSES:
        errors["status"] = ["The selected status is invalid."]
    fields = _fields(account, call, errors)
    groups = _groups(account, body.get("groups"), errors)
    more = {key: body[key] for key in OTHERS if key in body}
    for key in TIMES:
        if more.get(key) is not None and not TIME.fullmatch(str(more[key])):
            errors[key] = [f"The {key} does not match the format Y-m-d H:i:s."]
    if errors:
        raise invalid(errors)
    call.ignored += sorted(set(body) - KNOWN)
    return {"email": email, "status": status, "fields": fields, "groups": groups, "more": more}


def _fields(account: Account, call: Call, errors: dict[str, list[str]]) -> dict[str, Any]:
    """Unknown keys have no effect; null and "" clear."""
    given = call.body.get("fields") or {}
    if not isinstance(given, dict):
        errors["fields"] = ["The fields must be an array."]
        return {}
    types = {item["key"]: item["type"] for item in account.fields.values()}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in types:
            call.ignored.append(f"fields.{key}")
        elif value is None or value == "":
            values[key] = None
        elif types[key] == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
            errors[f"fields.{key}"] = [f"The fields.{key} must be a number."]
        elif types[key] == "date" and not _is_date(str(value)):
            errors[f"fields.{key}"] = [f"The fields.{key} is not a valid date."]
        else:
            values[key] = str(value)
    return values


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _groups(account: Account, given: Any, errors: dict[str, list[str]]) -> list[int] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        errors["groups"] = ["The groups must be an array."]
        return None
    ids = [int(id) if str(id).isdecimal() else -1 for id in given]
    for at, id in enumerate(ids):
        if id not in account.groups.rows:
            errors[f"groups.{at}"] = [f"The selected groups.{at} is invalid."]
    return ids


def receive(account: Account, call: Call) -> Answer:
    """A mail of a campaign goes out to a subscriber: what people do is no part of MailerLite's API."""
    row = subscriber(account, call.args["key"])
    row["sent"] += not account.mode.muted
    return Answer(200, {"data": view(account, row)})


SUBSCRIBERS: Routes[Account] = {
    ("GET", "/api/subscribers"): listing,
    ("POST", "/api/subscribers"): upsert,
    ("GET", "/api/subscribers/{key}"): one,
    ("PUT", "/api/subscribers/{key}"): update,
    ("DELETE", "/api/subscribers/{key}"): delete,
    ("POST", "/api/subscribers/{key}/forget"): forget,
    ("POST", "/api/subscribers/{key}/_person/receive"): receive,
}
