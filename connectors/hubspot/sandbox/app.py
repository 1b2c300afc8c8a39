"""A simulated HubSpot: contacts, companies, their association, deals, tickets, properties, static lists,
communication preferences; webhooks.

Covers versioned paths (``/crm/v3/objects/contacts``) and dated ones (``/crm/objects/2026-09/contacts``),
which have the same bodies.
"""

from __future__ import annotations

import re

from connectors.hubspot.sandbox.account import Account
from connectors.hubspot.sandbox.answers import bad_request, correlation, error
from connectors.hubspot.sandbox.associations_api import ASSOCIATIONS
from connectors.hubspot.sandbox.batches import BATCHES
from connectors.hubspot.sandbox.lists_api import LISTS
from connectors.hubspot.sandbox.objects import OBJECTS
from connectors.hubspot.sandbox.preferences import PREFERENCES
from connectors.hubspot.sandbox.properties import PROPERTIES
from connectors.hubspot.sandbox.scopes import lacking, missing
from connectors.hubspot.sandbox.search import SEARCHES
from connectors.hubspot.sandbox.tokens import token_answer
from connectors.hubspot.sandbox.world import load
from connectors.sandbox.clock import Clock
from connectors.sandbox.limits import Denied, Limits, Room
from connectors.sandbox.logins import page
from connectors.sandbox.people import World
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Answer, App, Call, Json, Mode, Refused, Router

TOKEN = "sandbox-hubspot"
BURST = ("ten_secondly_rolling", 190, 10.0)
SEARCH = ("secondly", 5, 1.0)
DAILY = 625_000
DAY = 86_400.0
EXPIRED = "The OAuth token used to make this call expired 7 second(s) ago."
# Dated prefixes -> the paths that the routes know, most specific first.
DATED = [
    (re.compile(pattern), known)
    for pattern, known in (
        (r"^/crm/objects/20\d\d-\d\d/(?=[^/]+/[^/]+/associations(/|$))", "/crm/v4/objects/"),
        (r"^/crm/objects/20\d\d-\d\d/", "/crm/v3/objects/"),
        (r"^/crm/properties/20\d\d-\d\d/", "/crm/v3/properties/"),
        (r"^/crm/lists/20\d\d-\d\d(?=/|$)", "/crm/v3/lists"),
        (r"^/crm/pipelines/20\d\d-\d\d/", "/crm/v3/pipelines/"),
        (r"^/crm/associations/20\d\d-\d\d/", "/crm/v4/associations/"),
        (r"^/communication-preferences/20\d\d-\d\d/", "/communication-preferences/v4/"),
        (r"^/account-info/20\d\d-\d\d/", "/account-info/v3/"),
    )
]
_TOKEN_PATH = re.compile(r"/oauth/(v1|v3|20\d\d-\d\d)/token")
ROUTER = Router(OBJECTS, BATCHES, SEARCHES, ASSOCIATIONS, LISTS, PROPERTIES, PREFERENCES)


class HubSpot(App[Account]):
    """Settings: ``search_lag`` in seconds (default 0); ``search_cap``, the rows after which a search ends
    (10,000); ``consent_batches``, whether the account may opt out many people in one call (default true);
    ``scopes``, those that the token has (default all); ``daily_limit``, the calls of a day (625,000)."""

    name = "hubspot"

    def __init__(self, clock: Clock, limits: Limits, world: World, start: int) -> None:
        mode = Mode()
        super().__init__(Account(clock, mode), ROUTER, limits, mode)
        self._day, self._used_today = 0, 0
        load(self.account, world, start)

    def own_path(self, path: str) -> str:
        for pattern, known in DATED:
            if pattern.match(path):
                return pattern.sub(known, path)
        return path

    def handle(self, call: Call) -> Answer:
        """The login asks for no token, and counts against no limit."""
        if _TOKEN_PATH.fullmatch(call.path):
            return token_answer(self.account.tokens, call)
        if call.path == "/oauth/authorize":
            return page(self.account.tokens, call)
        return super().handle(call)

    def outgoing(self) -> list[Delivery]:
        return self.account.webhooks.outgoing()

    def authenticate(self, call: Call) -> None:
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and (given == TOKEN or self.account.tokens.accepts(given)):
            return
        if scheme == "Bearer" and self.account.tokens.knows(given):
            raise Refused(error(401, "EXPIRED_AUTHENTICATION", EXPIRED))
        raise Refused(
            error(
                401,
                "INVALID_AUTHENTICATION",
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and "
                "you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
            )
        )

    def expired(self, call: Call) -> Answer:
        self.account.tokens.end()
        return error(401, "EXPIRED_AUTHENTICATION", EXPIRED)

    def dispatch(self, call: Call) -> Answer:
        if scope := lacking(self.mode.settings.get("scopes"), call.method, call.path):
            raise Refused(missing(scope))
        return super().dispatch(call)

    def throttle(self, call: Call) -> dict[str, str]:
        """Every call counts against the day and the burst, searches also against their own limit. Answers of
        the search carry no rate headers, nor do any where limits are off."""
        headers = {"X-HubSpot-Correlation-Id": correlation()}
        room = self.limits.take(*BURST)
        self._count_day()
        if call.path.endswith("/search"):
            self.limits.take(*SEARCH)
            return headers
        if not self.limits.scale:
            return headers
        headers |= {
            "X-HubSpot-RateLimit-Max": str(room.limit),
            "X-HubSpot-RateLimit-Remaining": str(room.remaining),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.limits.window(BURST[2]) * 1000)),
            **self._daily(),
        }
        return headers

    def _count_day(self) -> None:
        """A day ends at midnight UTC, the account's zone; at another pace it is as much shorter."""
        length = int(self.limits.window(DAY) * 1_000_000)
        if not length:
            return
        day, into = divmod(self.account.clock.now(), length)
        if day != self._day:
            self._day, self._used_today = day, 0
        if self._used_today >= self._daily_limit:
            raise Denied("daily", Room(self._daily_limit, 0, (length - into) / 1_000_000))
        self._used_today += 1

    @property
    def _daily_limit(self) -> int:
        return int(self.mode.settings.get("daily_limit", DAILY))

    def _daily(self) -> dict[str, str]:
        return {
            "X-HubSpot-RateLimit-Daily": str(self._daily_limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self._daily_limit - self._used_today)),
        }

    def limited(self, denied: Denied, call: Call) -> Answer:
        """Two bodies, as seen: the search names a category, the burst and the day a policy. None has
        Retry-After."""
        message = f"You have reached your {denied.bucket} limit."
        if denied.bucket == SEARCH[0]:
            return error(429, "RATE_LIMITS", message)
        body = {
            "status": "error",
            "message": message,
            "errorType": "RATE_LIMIT",
            "policyName": denied.bucket.upper(),
            "correlationId": correlation(),
            "requestId": correlation(),
        }
        headers = {
            "X-HubSpot-RateLimit-Max": str(denied.room.limit),
            "X-HubSpot-RateLimit-Remaining": "0",
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.limits.window(BURST[2]) * 1000)),
        }
        return Answer(429, body, self._daily() if denied.bucket == "daily" else headers)

    def malformed(self) -> Answer:
        return bad_request("Invalid input JSON: the body could not be read")

    def state(self) -> Json:
        account = self.account
        return {kind: list(records.table) for kind, records in account.records.items()} | {
            "archived": {kind: list(records.archived) for kind, records in account.records.items()},
            "primary_company": {str(one): str(other) for one, other in account.links.primary.items()},
            "opted_out": sorted(account.records["contacts"].opted_out),
            "lists": {one.name: sorted(one.members) for one in account.lists.known.values()},
        }
