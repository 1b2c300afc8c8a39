"""Mailchimp's webhooks in the sandbox: forms, not JSON, signed over a time and the body. An audience tells
what people or API clients do, as each webhook wants. That Mailchimp first looks at the address by GET is
left out."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlencode

from connectors.mailchimp.sandbox.account import Account
from connectors.mailchimp.sandbox.answers import mismatch, missing, page, partial
from connectors.mailchimp.sandbox.audience import Audience, Member, digest, hashed
from connectors.sandbox.clock import plain_s
from connectors.sandbox.webhooks import Delivery, is_near, secret_of
from connectors.sandbox.wire import Answer, Call, Json, Routes

EVENTS: Final = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
SOURCES: Final = ("user", "admin", "api")
REASONS: Final = {"SPAM": "abuse", "NORMAL": "normal"}


def signature(secret: str, at: int, body: bytes) -> str:
    """``t=<seconds>,v1=<hex HMAC-SHA256 of "seconds.body">``."""
    signed = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={signed}"


# -- what happened ---------------------------------------------------------------------------------------


def told(audience: Audience, before: Member | None, after: Member | None, source: str) -> None:
    """Leave the events of one change for the webhooks that want them. `before` is None for a new member,
    `after` for one that is gone for good."""
    if audience.mode.muted:
        return
    if after is None:
        if before is not None:
            _tell(audience, "unsubscribe", before, source, {"action": "delete", "reason": "manual"})
        return
    if before is not None and before.email != after.email:
        renamed = {"new_id": hashed(after.email)[:10], "new_email": after.email, "old_email": before.email}
        _tell(audience, "upemail", after, source, renamed)
    if before is None or before.status != after.status:
        _tell_status(audience, before, after, source)
    elif before.merge != after.merge:
        _tell(audience, "profile", after, source, {})


def _tell_status(audience: Audience, before: Member | None, after: Member, source: str) -> None:
    if after.status == "subscribed":
        _tell(audience, "subscribe", after, source, {})
    elif after.status == "cleaned":
        _tell(audience, "cleaned", after, source, {"reason": "hard"})
    elif before is not None and after.status in ("unsubscribed", "archived"):
        action = "unsub" if after.status == "unsubscribed" else "delete"
        reason = REASONS.get(after.reason, "manual")
        _tell(audience, "unsubscribe", after, source, {"action": action, "reason": reason})


def _tell(audience: Audience, event: str, member: Member, source: str, more: Json) -> None:
    now = audience.clock.now()
    data: Json = {
        "id": hashed(member.email)[:10],
        "list_id": audience.id,
        "email": member.email,
        "email_type": member.email_type,
        **more,
    }
    form = {"type": event, "fired_at": plain_s(now)}
    form |= {f"data[{name}]": value for name, value in data.items()}
    form |= {f"data[merges][{tag}]": value for tag, value in member.merge.items() if value != ""}
    body = urlencode(form).encode()
    for hook in audience.webhooks.values():
        if hook["events"].get(event) and hook["sources"].get(source):
            headers = {
                "content-type": "application/x-www-form-urlencoded",
                "X-Mailchimp-Signature": signature(hook["secret"], now // 1_000_000, body),
            }
            audience.outbox.append(Delivery(hook["url"], body, headers))


# -- the webhooks themselves ---------------------------------------------------------------------------


def listing(account: Account, call: Call) -> Answer:
    audience = account.audience(call)
    return page(call, "webhooks", list(audience.webhooks.values()), _view, list_id=audience.id)


def one(account: Account, call: Call) -> Answer:
    return partial(call, _view(_hook(account.audience(call), call)))


def create(account: Account, call: Call) -> Answer:
    """The answer alone holds the secret."""
    audience = account.audience(call)
    id = digest(f"webhook {audience.id} {len(audience.webhooks)}")[:10]
    made: Json = {
        "id": id,
        "url": call.body.get("url"),
        "events": _flags("events", call, EVENTS),
        "sources": _flags("sources", call, SOURCES),
        "list_id": audience.id,
        "secret": secret_of("mailchimp", id),
        "_links": [],
    }
    if not is_near(made["url"]):
        raise mismatch(("url", "The sandbox calls addresses on this machine only."))
    if not account.mode.muted:
        audience.webhooks[id] = made
    return partial(call, {**_view(made), "signing_secret": made["secret"]})


def change(account: Account, call: Call) -> Answer:
    hook = _hook(account.audience(call), call)
    news: Json = {
        name: _flags(name, call, known)
        for name, known in (("events", EVENTS), ("sources", SOURCES))
        if name in call.body
    }
    if not account.mode.muted:
        hook.update(news)
    return partial(call, _view({**hook, **news}))


def delete(account: Account, call: Call) -> Answer:
    audience = account.audience(call)
    hook = _hook(audience, call)
    if not account.mode.muted:
        del audience.webhooks[hook["id"]]
    return Answer(204)


def _flags(name: str, call: Call, known: tuple[str, ...]) -> dict[str, bool]:
    given = call.body.get(name) or {}
    if not isinstance(given, dict) or set(given) - set(known):
        raise mismatch((name, f"Known are {', '.join(known)}."))
    return {key: bool(given.get(key)) for key in known}


def _view(hook: Json) -> Json:
    return {name: value for name, value in hook.items() if name != "secret"}


def _hook(audience: Audience, call: Call) -> Json:
    found = audience.webhooks.get(call.args["hook"])
    if found is None:
        raise missing()
    return found


WEBHOOKS: Routes[Account] = {
    ("GET", "/lists/{list}/webhooks"): listing,
    ("POST", "/lists/{list}/webhooks"): create,
    ("GET", "/lists/{list}/webhooks/{hook}"): one,
    ("PATCH", "/lists/{list}/webhooks/{hook}"): change,
    ("DELETE", "/lists/{list}/webhooks/{hook}"): delete,
}
