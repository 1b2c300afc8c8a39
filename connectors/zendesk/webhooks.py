"""Zendesk's webhooks: one event a call, signed over a time and the body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from connectors.hooks import Hook, HookCall, Touched, forged, malformed, on_time, parsed, same
from connectors.http import Http
from connectors.zendesk.feeds import listed

PREFIX: Final = "zen:event-type:"
OBJECTS: Final = {"user": "users", "organization": "organizations"}
BOTH: Final = "created deleted name_changed external_id_changed custom_field_changed tags_changed".split()
USERS: Final = (
    "merged role_changed active_changed suspended_changed identity_created identity_changed identity_deleted"
    " organization_membership_created organization_membership_deleted"
).split()
EVENTS: Final = (
    *(f"{PREFIX}user.{name}" for name in (*BOTH, *USERS)),
    *(f"{PREFIX}organization.{name}" for name in BOTH),
)
SIGNATURE: Final = "x-zendesk-webhook-signature"
TIME: Final = "x-zendesk-webhook-signature-timestamp"
_SUBJECT: Final = re.compile(r"zen:(\w+):(\d{1,20})")


class ZendeskHooks:
    own_secret = ""

    def __init__(self, http: Http) -> None:
        self._http = http

    def read(self, call: HookCall, secret: str, now: float) -> Sequence[Touched]:
        time = call.headers.get(TIME, "")
        signed = hmac.digest(secret.encode(), time.encode() + call.body, hashlib.sha256)
        if not secret or not same(call.headers.get(SIGNATURE), base64.b64encode(signed).decode()):
            raise forged()
        try:
            on_time(datetime.fromisoformat(time).timestamp(), now)
        except ValueError:
            raise malformed() from None
        event = parsed(call.body)
        subject = event.get("subject") if isinstance(event, dict) else None
        found = _SUBJECT.fullmatch(subject) if isinstance(subject, str) else None
        if found is None:
            raise malformed()
        return [Touched(OBJECTS[found[1]], found[2])] if found[1] in OBJECTS else []

    def there(self) -> Sequence[Hook]:
        return [_hook(item) for item in listed(self._http, "/webhooks", "webhooks")]

    def register(self, url: str) -> Hook:
        body = {
            "name": "syncer",
            "endpoint": url,
            "http_method": "POST",
            "request_format": "json",
            "status": "active",
            "subscriptions": list(EVENTS),
        }
        made = _hook(
            self._http.write("POST", "/webhooks", body={"webhook": body}).detail.get("webhook") or {}
        )
        answer = self._http.read("GET", f"/webhooks/{made.id}/signing_secret").detail
        secret = (answer.get("signing_secret") or {}).get("secret")
        return Hook(made.id, made.url, made.active, str(secret or ""))

    def remove(self, id: str) -> None:
        self._http.write("DELETE", f"/webhooks/{id}", allow=(404,))


def _hook(item: dict[str, Any]) -> Hook:
    return Hook(str(item.get("id")), str(item.get("endpoint")), item.get("status") == "active")
