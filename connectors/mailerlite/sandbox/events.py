"""Events of MailerLite's subscribers in the sandbox, for the webhooks that want them. The signature is the
hex HMAC-SHA256 of the body; there is no time in it."""

from __future__ import annotations

import hashlib
import hmac

import orjson

from connectors.mailerlite.sandbox.account import Account
from connectors.sandbox.table import Row
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Json

STATUS_EVENTS = {
    "unsubscribed": "unsubscribed",
    "bounced": "bounced",
    "junk": "spam_reported",
    "active": "active",
}


def signature(secret: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def tell(account: Account, event: str, row: Row, group: Row | None = None) -> None:
    """Leave an event for each webhook that wants it: flat, with the group, or in a batch of one."""
    if account.mode.muted:
        return
    own = account.groups_of.get(int(row["id"]), ())
    shown = {**row, "groups": [account.groups.rows[id] for id in own]}
    body: Json = {**shown, "event": event, "account_id": 1}
    if group is not None:
        body = {
            "type": event,
            "subscriber": shown,
            "group": {k: group[k] for k in ("id", "name")},
            "account_id": 1,
        }
    for hook in account.webhooks.values():
        if hook["enabled"] and event in hook["events"]:
            content = orjson.dumps({"events": [body], "total": 1} if hook["batchable"] else body)
            signed = {"Signature": signature(hook["secret"], content)}
            account.outbox.append(Delivery(hook["url"], content, signed))


def tell_changes(account: Account, before: Json, row: Row) -> None:
    """What a change of a subscriber is told as; `before` holds its status, fields and groups."""
    now = snapshot(account, row)
    name = STATUS_EVENTS.get(now["status"])
    if name and before["status"] != now["status"]:
        tell(account, f"subscriber.{name}", row)
    if before["fields"] != now["fields"]:
        tell(account, "subscriber.updated", row)
    for id in sorted(now["groups"] - before["groups"]):
        tell(account, "subscriber.added_to_group", row, account.groups.rows[id])
    for id in sorted(before["groups"] - now["groups"]):
        tell(account, "subscriber.removed_from_group", row, account.groups.rows[id])


def snapshot(account: Account, row: Row) -> Json:
    groups = set(account.groups_of.get(int(row["id"]), ()))
    return {"status": row["status"], "fields": dict(row["fields"]), "groups": groups}
