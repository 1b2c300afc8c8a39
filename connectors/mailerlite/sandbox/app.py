"""A simulated MailerLite: subscribers, groups, custom fields, batches, imports. There is no change feed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from connectors.mailerlite.sandbox.account import Account
from connectors.mailerlite.sandbox.groups import GROUPS
from connectors.mailerlite.sandbox.imports import IMPORTS as IMPORTED
from connectors.mailerlite.sandbox.subscribers import SUBSCRIBERS, invalid
from connectors.mailerlite.sandbox.webhooks import WEBHOOKS
from connectors.sandbox.clock import Clock, plain_s
from connectors.sandbox.limits import Denied, Limits
from connectors.sandbox.names import TAGS
from connectors.sandbox.people import Person, World
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Answer, App, Call, Json, Mode, Query, Refused, Router

TOKEN = "sandbox-mailerlite"
GENERAL = ("general", 120, 60.0)
IMPORTS = ("imports", 5, 60.0)
MAX_BATCH = 50
IMPORT = re.compile(r"/api/groups/[^/]+/(import-subscribers|subscribers/import)")
ROUTER = Router(IMPORTED, SUBSCRIBERS, GROUPS, WEBHOOKS)
STATUS = {
    "subscribed": "active",
    "unsubscribed": "unsubscribed",
    "pending": "unconfirmed",
    "bounced": "bounced",
    "complained": "junk",
}


class MailerLite(App[Account]):
    """Every call counts against 120 a minute. A batch is one call; one that holds nothing but upserts of
    subscribers also counts as an import, of which 5 a minute are allowed, as one into a group does."""

    name = "mailerlite"

    def __init__(self, clock: Clock, limits: Limits, world: World, start: int) -> None:
        mode = Mode()
        super().__init__(Account(clock, mode), ROUTER, limits, mode)
        _load(self.account, world, start)

    def authenticate(self, call: Call) -> None:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(Answer(401, {"message": "Unauthenticated."}))

    def throttle(self, call: Call) -> dict[str, str]:
        room = self.limits.take(*GENERAL)
        return {"X-RateLimit-Limit": str(room.limit), "X-RateLimit-Remaining": str(room.remaining)}

    def limited(self, denied: Denied, call: Call) -> Answer:
        imports = denied.bucket == IMPORTS[0]
        text = "You're being rate limited on import creation." if imports else "Too Many Attempts."
        room = denied.room
        headers = {
            "X-RateLimit-Limit": str(room.limit),
            "X-RateLimit-Remaining": "0",
            "Retry-After": str(room.seconds),
        }
        return Answer(429, {"message": text}, headers)

    def malformed(self) -> Answer:
        return Answer(400, {"message": "The request body is not valid JSON."})

    def dispatch(self, call: Call) -> Answer:
        if (call.method, call.path) == ("POST", "/api/batch"):
            return self._batch(call)
        if call.method == "POST" and IMPORT.fullmatch(call.path):
            self.limits.take(*IMPORTS)
        return super().dispatch(call)

    def _batch(self, call: Call) -> Answer:
        requests = call.body.get("requests")
        if not isinstance(requests, list) or not requests:
            raise invalid({"requests": ["The requests field is required."]})
        if len(requests) > MAX_BATCH:
            raise invalid({"requests": [f"The requests must not have more than {MAX_BATCH} items."]})
        errors: dict[str, list[str]] = {}
        for at, item in enumerate(requests):
            if item.get("method") not in ("GET", "POST", "PUT", "DELETE"):
                errors[f"requests.{at}.method"] = [f"The selected requests.{at}.method is invalid."]
            if not str(item.get("path", "")).startswith("api/"):
                errors[f"requests.{at}.path"] = [f"The requests.{at}.path must start with api/."]
        if errors:
            raise invalid(errors)
        if all((item["method"], item["path"].strip("/")) == ("POST", "api/subscribers") for item in requests):
            self.limits.take(*IMPORTS)
        responses = [self._part(call, item) for item in requests]
        good = sum(1 for response in responses if response["code"] < 400)
        return Answer(
            200,
            {
                "total": len(responses),
                "successful": good,
                "failed": len(responses) - good,
                "responses": responses,
            },
        )

    def _part(self, batch: Call, item: Json) -> Json:
        parts = urlsplit(item["path"])
        body: Any = item.get("body")
        call = Call(
            method=item["method"],
            path="/" + unquote(parts.path.strip("/")),
            query=Query(dict(parse_qsl(parts.query))),
            base=batch.base,
            ignored=batch.ignored,
            raw=orjson.dumps(body) if body else b"",
            parsed=body or None,
        )
        try:
            answer = super().dispatch(call)
        except Refused as refused:
            answer = refused.answer
        return {"code": answer.status, "body": answer.body}

    def outgoing(self) -> list[Delivery]:
        sent, self.account.outbox = self.account.outbox, []
        return sent

    def state(self) -> Json:
        account = self.account
        names = {id: row["name"] for id, row in account.groups.rows.items()}
        return {
            "subscribers": [
                {**row, "groups": [names[id] for id in account.groups_of[int(row["id"])]]}
                for row in account.subscribers
            ],
            "groups": list(account.groups),
            "fields": list(account.fields.values()),
        }


def _load(account: Account, world: World, start: int) -> None:
    """Put in the seeded world; `start` (microseconds) is where its ages count back from."""
    people = world.people["mailerlite"]
    names = (*TAGS, "Spring campaign") if people else ()
    groups = {name: int(account.new_group(name, start)["id"]) for name in names}
    for person in people:
        created = start - person.created * 1_000_000
        row = account.new_subscriber(
            person.email, STATUS[person.consent], _fields(person, world), created, "manual"
        )
        row["updated_at"] = plain_s(start - person.updated * 1_000_000)
        account.store(row)
        account.join(int(row["id"]), [groups[tag] for tag in person.tags])


def _fields(person: Person, world: World) -> dict[str, str]:
    company = world.company_names.get(person.company or 0, "")
    values = {
        "name": person.first,
        "last_name": person.last,
        "phone": person.phone,
        "job_title": person.job,
        "company": company,
        "city": person.city,
        "country": person.country,
        "language": person.language,
    }
    return {key: value for key, value in values.items() if value}
