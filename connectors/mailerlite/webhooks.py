"""MailerLite's webhooks: one event or a batch of them, signed over the body alone. There is no time in the
signature, so an old call cannot be told from a new one: that the same is not taken twice is all that can be
done, and since only ids are taken, one that slips through costs a read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

from connectors.hooks import Hook, HookCall, Touched, bounded, forged, malformed, parsed, same
from connectors.http import Http

OBJECT: Final = "subscribers"
EVENTS: Final = tuple(
    f"subscriber.{name}"
    for name in (
        "created updated unsubscribed added_to_group removed_from_group bounced spam_reported active deleted"
    ).split()
)


class MailerLiteHooks:
    own_secret = ""

    def __init__(self, http: Http) -> None:
        self._http = http

    def read(self, call: HookCall, secret: str, now: float) -> Sequence[Touched]:
        signed = hmac.digest(secret.encode(), call.body, hashlib.sha256).hex()
        if not secret or not same(call.headers.get("signature"), signed):
            raise forged()
        said = parsed(call.body)
        events = said.get("events", [said]) if isinstance(said, dict) else None
        if not isinstance(events, list):
            raise malformed()
        return bounded(list(dict.fromkeys(_touched(event) for event in events)))

    def there(self) -> Sequence[Hook]:
        items = self._http.read("GET", "/webhooks").items("data")
        return [_hook(item) for item in items]

    def register(self, url: str) -> Hook:
        """Batched, since deletions are told in batches only."""
        body = {"name": "syncer", "url": url, "events": list(EVENTS), "enabled": True, "batchable": True}
        answer = self._http.write("POST", "/webhooks", body=body)
        return _hook(answer.detail.get("data") or {})

    def remove(self, id: str) -> None:
        self._http.write("DELETE", f"/webhooks/{id}", allow=(404,))


def _touched(event: Any) -> Touched:
    said = event.get("subscriber", event) if isinstance(event, dict) else None
    id = said.get("id") if isinstance(said, dict) else None
    if not isinstance(id, str | int) or not str(id).isdecimal():
        raise malformed()
    return Touched(OBJECT, str(id))


def _hook(item: dict[str, Any]) -> Hook:
    return Hook(
        str(item.get("id")), str(item.get("url")), bool(item.get("enabled")), str(item.get("secret") or "")
    )
