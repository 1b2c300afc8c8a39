"""Zendesk's webhooks in the sandbox: events of users, organizations and tickets, signed as Zendesk signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any, Final

import orjson

from connectors.sandbox.clock import iso_s
from connectors.sandbox.table import Row
from connectors.sandbox.webhooks import Delivery, is_near, secret_of
from connectors.sandbox.wire import Answer, Call, Json, Routes
from connectors.zendesk.sandbox.account import Account
from connectors.zendesk.sandbox.answers import Mistakes, invalid, mistake, not_found, numbered, wrapped

PREFIX: Final = "zen:event-type:"
VERSION: Final = "2022-06-20"
# What of a record is told as an event of its own.
TOLD: Final = {
    "name": "name_changed",
    "external_id": "external_id_changed",
    "tags": "tags_changed",
    "role": "role_changed",
    "suspended": "suspended_changed",
    "user_fields": "custom_field_changed",
    "organization_fields": "custom_field_changed",
    "status": "status_changed",
    "priority": "priority_changed",
    "custom_fields": "custom_field_changed",
}
DETAIL: Final = (
    "email",
    "external_id",
    "organization_id",
    "role",
    "name",
    "status",
    "created_at",
    "updated_at",
)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """base64(HMAC-SHA256(secret, timestamp + body)), with nothing between the two."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)).decode()


def tell(account: Account, kind: str, event: str, row: Row, more: Json | None = None) -> None:
    """Leave an event for each webhook that wants it. `kind` is user, organization or ticket."""
    if account.mode.muted:
        return
    type = f"{PREFIX}{kind}.{event}"
    for hook in account.webhooks.values():
        if hook["status"] == "active" and type in hook["subscriptions"]:
            account.outbox.append(_delivery(account, hook, kind, type, row, more or {}))


def tell_changes(account: Account, kind: str, before: Row, row: Row) -> None:
    """An event for each told attribute that is another one than before."""
    for name, event in TOLD.items():
        if name in row and before.get(name) != row[name]:
            tell(account, kind, event, row, {"previous": before.get(name), "current": row[name]})


def watched(account: Account, row: Row) -> Row:
    """A copy to compare with later; nothing where nobody listens."""
    return orjson.loads(orjson.dumps(row)) if account.webhooks else row


def _delivery(account: Account, hook: Json, kind: str, type: str, row: Row, more: Json) -> Delivery:
    now, number = iso_s(account.clock.now()), account.new_id("event")
    detail = {name: row[name] for name in DETAIL if name in row}
    body: Any = {
        "account_id": 18525119,
        "id": _uuid(number),
        "type": type,
        "subject": f"zen:{kind}:{row['id']}",
        "time": now,
        "zendesk_event_version": VERSION,
        "detail": {**detail, "id": str(row["id"])},
        "event": more,
    }
    content = orjson.dumps(body)
    headers = {
        "X-Zendesk-Account-Id": "18525119",
        "X-Zendesk-Webhook-Id": hook["id"],
        "X-Zendesk-Webhook-Invocation-Id": _uuid(number),
        "X-Zendesk-Webhook-Signature": signature(_secret(hook["id"]), now, content),
        "X-Zendesk-Webhook-Signature-Timestamp": now,
    }
    return Delivery(hook["endpoint"], content, headers)


def _uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def _secret(id: str) -> str:
    return secret_of("zendesk", id)


# -- the endpoints -----------------------------------------------------------------------------------


def listing(account: Account, call: Call) -> Answer:
    return numbered(call, "webhooks", list(account.webhooks.values()))


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"webhook": _hook(account, call)})


def create(account: Account, call: Call) -> Answer:
    given, number = wrapped(call, "webhook"), account.new_id("webhook")
    _check(given)
    made = {
        "id": f"01HW{number:022d}",
        "name": given["name"],
        "endpoint": given["endpoint"],
        "http_method": "POST",
        "request_format": "json",
        "status": given.get("status", "active"),
        "subscriptions": list(given.get("subscriptions") or ()),
        "created_at": iso_s(account.clock.now()),
    }
    if not account.mode.muted:
        account.webhooks[made["id"]] = made
    return Answer(201, {"webhook": made})


def update(account: Account, call: Call) -> Answer:
    hook, given = _hook(account, call), wrapped(call, "webhook")
    _check({**hook, **given})
    if not account.mode.muted:
        hook |= {
            name: given[name] for name in ("name", "endpoint", "status", "subscriptions") if name in given
        }
    return Answer(204)


def delete(account: Account, call: Call) -> Answer:
    hook = _hook(account, call)
    if not account.mode.muted:
        del account.webhooks[hook["id"]]
    return Answer(204)


def signing_secret(account: Account, call: Call) -> Answer:
    secret = {"algorithm": "SHA256", "secret": _secret(_hook(account, call)["id"])}
    return Answer(200, {"signing_secret": secret})


def _check(given: Json) -> None:
    details: Mistakes = {}
    if not given.get("name"):
        mistake(details, "name", "cannot be blank", "BlankValue")
    if not is_near(given.get("endpoint")):
        mistake(details, "endpoint", "the sandbox calls addresses on this machine only")
    if given.get("http_method", "POST") != "POST" or given.get("request_format", "json") != "json":
        mistake(details, "request_format", "the sandbox sends JSON by POST only")
    if details:
        raise invalid(details)


def _hook(account: Account, call: Call) -> Json:
    found = account.webhooks.get(call.args["id"])
    if found is None:
        raise not_found()
    return found


WEBHOOKS: Routes[Account] = {
    ("GET", "/webhooks"): listing,
    ("POST", "/webhooks"): create,
    ("GET", "/webhooks/{id}"): one,
    ("PUT", "/webhooks/{id}"): update,
    ("DELETE", "/webhooks/{id}"): delete,
    ("GET", "/webhooks/{id}/signing_secret"): signing_secret,
}
