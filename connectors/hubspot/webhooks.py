"""HubSpot's webhooks: a list of events, signed in version 3. They belong to the app, not to the account, so
they are set up where the app is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from connectors.hooks import (
    ByHand,
    Hook,
    HookCall,
    Touched,
    bounded,
    forged,
    malformed,
    on_time,
    parsed,
    same,
)
from connectors.hubspot.signature import SIGNATURE, TIMESTAMP, sign

OBJECTS: Final = {"contact": "contacts", "company": "companies"}
SET_UP: Final = (
    "HubSpot keeps webhooks with its app, and has no call for this with an account's token. In the settings"
    " of your app set the target URL to {url} and subscribe, for contacts and companies, to creation,"
    " deletion, merge, restore, association change and the property changes that the mapping names. Give the"
    " app's client secret in the config, as credentials.webhook_secret (with a login, oauth.client_secret is"
    " taken)."
)


class HubSpotHooks:
    """`own_secret`: the app's client secret, with which HubSpot signs."""

    def __init__(self, own_secret: str = "") -> None:
        self.own_secret = own_secret

    def read(self, call: HookCall, secret: str, now: float) -> Sequence[Touched]:
        at, signature = call.headers.get(TIMESTAMP.lower(), ""), call.headers.get(SIGNATURE.lower(), "")
        if not secret or not at.isdecimal():
            raise forged()
        if not same(signature, sign(secret, call.method, call.url, call.body, at)):
            raise forged()
        on_time(int(at) / 1000, now)
        events = parsed(call.body)
        if not isinstance(events, list):
            raise malformed()
        return bounded(list(dict.fromkeys(found for event in events for found in _touched(event))))

    def there(self) -> Sequence[Hook]:
        raise ByHand(SET_UP)

    def register(self, url: str) -> Hook:
        raise ByHand(SET_UP)

    def remove(self, id: str) -> None:
        raise ByHand(SET_UP)


def _touched(event: Any) -> list[Touched]:
    """A merge may give the winner a new id; an association names both ends."""
    kind = str(event.get("subscriptionType") if isinstance(event, dict) else "").partition(".")[0]
    if not kind:
        raise malformed()
    names = ("objectId", "primaryObjectId", "newObjectId", "fromObjectId")
    ids = [event[name] for name in names if event.get(name)]
    merged = event.get("mergedObjectIds") or []
    ids += merged if isinstance(merged, list) else []
    if not all(isinstance(id, int) and not isinstance(id, bool) for id in ids):
        raise malformed()
    return [Touched(OBJECTS[kind], str(id)) for id in ids] if kind in OBJECTS else []
