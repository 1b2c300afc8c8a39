"""A simulated Zendesk: users, identities, organizations, memberships, tickets, custom fields, incremental
exports, bulk jobs. Paths work with and without ``.json``."""

from __future__ import annotations

import base64

from connectors.sandbox.clock import Clock
from connectors.sandbox.limits import Denied, Limits
from connectors.sandbox.logins import page, token
from connectors.sandbox.people import World
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Answer, App, Call, Json, Mode, Refused, Router
from connectors.zendesk.sandbox.account import ADMIN_EMAIL, Account
from connectors.zendesk.sandbox.fields import FIELDS
from connectors.zendesk.sandbox.identities import IDENTITIES
from connectors.zendesk.sandbox.incremental import INCREMENTAL
from connectors.zendesk.sandbox.jobs import JOBS
from connectors.zendesk.sandbox.memberships import MEMBERSHIPS
from connectors.zendesk.sandbox.merges import MERGES
from connectors.zendesk.sandbox.organizations_api import ORGANIZATIONS
from connectors.zendesk.sandbox.tickets import TICKETS
from connectors.zendesk.sandbox.users_api import USERS
from connectors.zendesk.sandbox.webhooks import WEBHOOKS
from connectors.zendesk.sandbox.world import load

TOKEN = "sandbox-zendesk"
ROOT = "/api/v2"
GENERAL = ("general", 700, 60.0)
ROUTER = Router(
    USERS, IDENTITIES, ORGANIZATIONS, MERGES, MEMBERSHIPS, TICKETS, INCREMENTAL, JOBS, FIELDS, WEBHOOKS
)
AUTHORIZATION = "Basic " + base64.b64encode(f"{ADMIN_EMAIL}/token:{TOKEN}".encode()).decode()


class Zendesk(App[Account]):
    """Settings: ``bulk_user_imports`` (default true), without which create_many answers 403."""

    name = "zendesk"

    def __init__(self, clock: Clock, limits: Limits, world: World, start: int, base: str) -> None:
        mode = Mode()
        super().__init__(Account(clock, mode, limits), ROUTER, limits, mode)
        load(self.account, world, start, base)

    def handle(self, call: Call) -> Answer:
        """The login asks for no token, and counts against no limit."""
        if call.path == "/oauth/authorizations/new":
            return page(self.account.tokens, call)
        if call.path == "/oauth/tokens" and call.method == "POST":
            return token(self.account.tokens, call)
        return super().handle(call)

    def own_path(self, path: str) -> str:
        if not path.startswith(f"{ROOT}/"):
            raise Refused(Answer(404, {"error": "InvalidEndpoint", "description": "Not found"}))
        return path.removeprefix(ROOT).removesuffix(".json")

    def authenticate(self, call: Call) -> None:
        given = call.headers.get("authorization", "")
        if given == AUTHORIZATION or self.account.tokens.accepts(given.removeprefix("Bearer ")):
            return
        if self.account.tokens.knows(given.removeprefix("Bearer ")):
            raise Refused(self.expired(call))
        raise Refused(Answer(401, {"error": "Couldn't authenticate you"}))

    def expired(self, call: Call) -> Answer:
        self.account.tokens.end()
        text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
        return Answer(401, {"error": "invalid_token", "error_description": text})

    def throttle(self, call: Call) -> dict[str, str]:
        room = self.limits.take(*GENERAL)
        return {
            "X-Rate-Limit": str(room.limit),
            "X-Rate-Limit-Remaining": str(room.remaining),
            "ratelimit-limit": str(room.limit),
            "ratelimit-remaining": str(room.remaining),
            "ratelimit-reset": str(room.seconds),
        }

    def limited(self, denied: Denied, call: Call) -> Answer:
        """The limit for one user speaks plain text, the one for one organization has a form of its own."""
        headers = {"Retry-After": str(denied.room.seconds), "X-Rate-Limit": str(GENERAL[1])}
        if denied.bucket in ("update_user", "update_users"):
            text = "You have exceeded the rate limit for updating a single unique user. "
            return Answer(429, f"{text}user email: id: external_id: ", headers)
        if denied.bucket == "update_organization":
            errors = [{"code": "TooManyRequests", "title": "Too many requests to update"}]
            return Answer(429, {"errors": errors}, headers)
        headers["X-Rate-Limit-Remaining"] = "0"
        exports = "incremental export " if denied.bucket.startswith("incremental") else ""
        text = f"Number of allowed {exports}API requests per minute exceeded"
        return Answer(429, {"error": "APIRateLimitExceeded", "description": text}, headers)

    def malformed(self) -> Answer:
        return Answer(400, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"})

    def outgoing(self) -> list[Delivery]:
        sent, self.account.outbox = self.account.outbox, []
        return sent

    def state(self) -> Json:
        account = self.account
        return {
            "users": list(account.users),
            "organizations": list(account.organizations),
            "memberships": list(account.memberships),
            "tickets": list(account.tickets),
            "identities": {str(id): identities for id, identities in account.identities.items()},
            "mails": account.mails,
        }
