"""HubSpot's webhooks in the sandbox: what happened to records, signed, to an address that a setting names."""

from __future__ import annotations

from typing import Any

import orjson

from connectors.hubspot.signature import SIGNATURE, TIMESTAMP, sign
from connectors.sandbox.clock import Clock
from connectors.sandbox.webhooks import Delivery, is_near
from connectors.sandbox.wire import Json, Mode

PORTAL, APP = 62515, 54321


class Webhooks:
    """Settings of the app: ``webhook_url``, where events go, on this machine (none: nowhere);
    ``webhook_secret``, the client secret that signs them (unless told, that of the token endpoint). One
    request a call, with all its events."""

    def __init__(self, clock: Clock, mode: Mode, secret: str) -> None:
        self._clock = clock
        self._mode = mode
        self._secret = secret
        self._number = 0
        self._events: list[Json] = []

    def note(self, kind: str, what: str, id: int, **more: Any) -> None:
        """`kind` is the object in the singular; `what` as in ``contact.creation``."""
        if self._mode.muted or not is_near(self._mode.settings.get("webhook_url")):
            return
        self._number += 1
        event = {
            "eventId": self._number,
            "subscriptionId": 12345,
            "portalId": PORTAL,
            "appId": APP,
            "occurredAt": self._clock.now() // 1000,
            "subscriptionType": f"{kind}.{what}",
            "attemptNumber": 0,
            "objectId": id,
            "changeSource": "CRM",
        }
        self._events.append(event | more)

    def outgoing(self) -> list[Delivery]:
        """What the calls that have ended caused, signed now; at most a hundred events a request."""
        events, self._events = self._events, []
        return [
            self._signed(orjson.dumps(events[start : start + 100])) for start in range(0, len(events), 100)
        ]

    def _signed(self, body: bytes) -> Delivery:
        url = str(self._mode.settings["webhook_url"])
        secret = str(self._mode.settings.get("webhook_secret", self._secret))
        at = str(self._clock.now() // 1000)
        return Delivery(url, body, {SIGNATURE: sign(secret, "POST", url, body, at), TIMESTAMP: at})
