"""MailerLite's webhooks in the sandbox."""

from __future__ import annotations

from typing import Final

from connectors.mailerlite.sandbox.account import Account
from connectors.mailerlite.sandbox.subscribers import invalid, missing
from connectors.sandbox.clock import plain_s
from connectors.sandbox.webhooks import is_near, secret_of
from connectors.sandbox.wire import Answer, Call, Json, Routes

EVENTS: Final = tuple(
    f"subscriber.{name}"
    for name in (
        "created updated unsubscribed added_to_group removed_from_group bounced spam_reported active deleted"
    ).split()
)
BATCHED_ONLY: Final = ("subscriber.deleted",)


def listing(account: Account, call: Call) -> Answer:
    return Answer(200, {"data": list(account.webhooks.values())})


def one(account: Account, call: Call) -> Answer:
    return Answer(200, {"data": _hook(account, call)})


def create(account: Account, call: Call) -> Answer:
    """The answer holds the secret."""
    given, id = call.body, str(len(account.webhooks) + 1)
    now = plain_s(account.clock.now())
    made = {
        "id": id,
        "name": given.get("name") or "",
        "url": given.get("url"),
        "events": given.get("events"),
        "enabled": given.get("enabled", True),
        "batchable": bool(given.get("batchable")),
        "secret": secret_of("mailerlite", id),
        "created_at": now,
        "updated_at": now,
    }
    _check(made)
    if not account.mode.muted:
        account.webhooks[id] = made
    return Answer(201, {"data": made})


def update(account: Account, call: Call) -> Answer:
    hook = _hook(account, call)
    settable = ("name", "url", "events", "enabled", "batchable")
    changes: Json = {name: call.body[name] for name in settable if name in call.body}
    _check({**hook, **changes})
    if not account.mode.muted:
        hook |= changes
    return Answer(200, {"data": hook})


def delete(account: Account, call: Call) -> Answer:
    hook = _hook(account, call)
    if not account.mode.muted:
        del account.webhooks[hook["id"]]
    return Answer(204)


def _check(hook: Json) -> None:
    errors: dict[str, list[str]] = {}
    events = hook["events"]
    if not isinstance(events, list) or not events or any(event not in EVENTS for event in events):
        errors["events"] = ["The selected events are invalid."]
    elif not hook["batchable"] and any(event in BATCHED_ONLY for event in events):
        errors["events"] = ["subscriber.deleted is sent to batchable webhooks only."]
    if not is_near(hook["url"]):
        errors["url"] = ["The sandbox calls addresses on this machine only."]
    if errors:
        raise invalid(errors)


def _hook(account: Account, call: Call) -> Json:
    found = account.webhooks.get(call.args["id"])
    if found is None:
        raise missing()
    return found


WEBHOOKS: Routes[Account] = {
    ("GET", "/api/webhooks"): listing,
    ("POST", "/api/webhooks"): create,
    ("GET", "/api/webhooks/{id}"): one,
    ("PUT", "/api/webhooks/{id}"): update,
    ("DELETE", "/api/webhooks/{id}"): delete,
}
