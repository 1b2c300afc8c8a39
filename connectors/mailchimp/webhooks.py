"""Mailchimp's webhooks: a form that names the member by its address, signed over a time and the body.
Webhooks that were made before Mailchimp signed them are not taken."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qs

from connectors.hooks import Hook, HookCall, Touched, forged, malformed, on_time, same
from connectors.http import Http
from connectors.mailchimp.connection import listed, whole

EVENTS: Final = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail")
HEADER: Final = "x-mailchimp-signature"
OBJECT, FIELD = "members", "email_address"
_SIGNED: Final = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


class MailchimpHooks:
    """The webhooks of one audience; `path`: where it is."""

    own_secret = ""

    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = f"{path}/webhooks"

    def read(self, call: HookCall, secret: str, now: float) -> Sequence[Touched]:
        given = _SIGNED.fullmatch(call.headers.get(HEADER, ""))
        if given is None or not secret:
            raise forged()
        signed = hmac.digest(secret.encode(), f"{given[1]}.".encode() + call.body, hashlib.sha256).hex()
        if not same(given[2], signed):
            raise forged()
        on_time(float(given[1]), now)
        try:
            form = {
                name: values[-1] for name, values in parse_qs(call.body.decode(), strict_parsing=True).items()
            }
        except ValueError:
            raise malformed() from None
        if form.get("type") not in (*EVENTS, "campaign"):
            raise malformed()
        names = ("data[email]", "data[new_email]", "data[old_email]")
        found = dict.fromkeys(form[name] for name in names if "@" in form.get(name, ""))
        if not found and form["type"] != "campaign":
            raise malformed()
        return [Touched(OBJECT, field=FIELD, value=address) for address in found]

    def there(self) -> Sequence[Hook]:
        return [_hook(item) for item in listed(self._http, self._path, "webhooks")]

    def register(self, url: str) -> Hook:
        """Also of what comes by the API, since other programs' edits do; our own cost a look each."""
        body = {
            "url": url,
            "events": dict.fromkeys(EVENTS, True),
            "sources": {"user": True, "admin": True, "api": True},
        }
        return _hook(whole(self._http.write("POST", self._path, body=body)))

    def remove(self, id: str) -> None:
        self._http.write("DELETE", f"{self._path}/{id}", allow=(404,))


def _hook(item: dict[str, Any]) -> Hook:
    return Hook(str(item.get("id")), str(item.get("url")), True, str(item.get("signing_secret") or ""))
