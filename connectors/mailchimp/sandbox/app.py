"""A simulated Mailchimp (Marketing API 3.0): audiences, members, merge fields, tags, batches."""

from __future__ import annotations

import base64
import binascii

from connectors.mailchimp.sandbox.account import NEWSLETTER, Account
from connectors.mailchimp.sandbox.answers import missing, problem
from connectors.mailchimp.sandbox.audience import Audience
from connectors.mailchimp.sandbox.batches import BATCHES, start
from connectors.mailchimp.sandbox.fields import FIELDS
from connectors.mailchimp.sandbox.lists import LISTS
from connectors.mailchimp.sandbox.members import MEMBERS
from connectors.mailchimp.sandbox.webhooks import WEBHOOKS
from connectors.sandbox.clock import Clock
from connectors.sandbox.limits import Denied, Limits, Room
from connectors.sandbox.logins import page, token
from connectors.sandbox.names import TAGS
from connectors.sandbox.people import Person, World
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Answer, App, Call, Json, Mode, Refused, Router

KEY = "sandbox-us1"
ROOT = "/3.0"
CONNECTIONS = 10
WRONG_KEY = "Your API key may be invalid, or you've attempted to access the wrong datacenter."
RESULTS = f"{ROOT}/_results/"  # stands for another host, which asks for no key
ROUTER = Router(LISTS, MEMBERS, FIELDS, BATCHES, WEBHOOKS)
STATUS = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "pending": "pending",
    "bounced": "cleaned",
    "complained": "unsubscribed",
}


class Mailchimp(App[Account]):
    """Calls are not counted: no more than ten of them may be on their way at once.

    Settings: ``fake_domains``, whose addresses are refused (default example.com, .net and .org);
    ``list_shows_archived``, whether lists without a status hold archived members (default false).
    """

    name = "mailchimp"

    def __init__(self, clock: Clock, limits: Limits, world: World, start: int) -> None:
        mode = Mode()
        super().__init__(Account(clock, mode, limits), ROUTER, limits, mode)
        _load(self.account.audiences[NEWSLETTER], world, start)

    def handle(self, call: Call) -> Answer:
        """The login asks for no key. Its tokens do not end."""
        if call.path == "/oauth2/authorize":
            return page(self.account.tokens, call)
        if call.path == "/oauth2/token" and call.method == "POST":
            return token(self.account.tokens, call, ends=False)
        return super().handle(call)

    def own_path(self, path: str) -> str:
        if not path.startswith(f"{ROOT}/") and path != ROOT:
            raise missing()
        return path.removeprefix(ROOT) or "/"

    def authenticate(self, call: Call) -> None:
        """The key by HTTP basic with any user name, or as a bearer token."""
        if call.path.startswith(RESULTS):
            return
        kind, _, given = call.headers.get("authorization", "").partition(" ")
        if not given:
            detail = "Your request did not include an API key."
            raise Refused(problem(401, "API Key Missing", detail))
        if self.account.tokens.knows(given):
            return
        if (_password(given) if kind.lower() == "basic" else given) != KEY:
            raise Refused(problem(401, "API Key Invalid", WRONG_KEY))

    def expired(self, call: Call) -> Answer:
        return problem(401, "API Key Invalid", WRONG_KEY)

    def throttle(self, call: Call) -> dict[str, str]:
        if call.connections > CONNECTIONS and self.limits.scale:
            raise Denied("connections", Room(CONNECTIONS, 0, 0.0))
        return {}

    def limited(self, denied: Denied, call: Call) -> Answer:
        """Nothing says for how long to wait."""
        detail = f"You have exceeded the limit of {CONNECTIONS} simultaneous connections."
        return problem(429, "Too Many Requests", detail)

    def malformed(self) -> Answer:
        detail = (
            "We encountered an unspecified JSON parsing error. This usually means that your JSON is invalid."
        )
        return problem(400, "JSON Parse Error", detail)

    def dispatch(self, call: Call) -> Answer:
        if (call.method, call.path) == ("POST", "/batches"):
            return start(self.account, call, super().dispatch)
        return super().dispatch(call)

    def outgoing(self) -> list[Delivery]:
        sent = [item for audience in self.account.audiences.values() for item in audience.outbox]
        for audience in self.account.audiences.values():
            audience.outbox = []
        return sent

    def state(self) -> Json:
        account = self.account
        return {
            "audiences": [
                {
                    "id": audience.id,
                    "name": audience.name,
                    "members": [audience.view(member) for member in audience.members.values()],
                    "forgotten": sorted(audience.forgotten),
                }
                for audience in account.audiences.values()
            ],
            "mails": account.mails,
            "automations": account.automations,
        }


def _password(basic: str) -> str:
    try:
        return base64.b64decode(basic).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _load(audience: Audience, world: World, start: int) -> None:
    """Put in the seeded world; `start` (microseconds) is where its ages count back from. Half of those who
    unsubscribed did so by themselves."""
    people = world.people["mailchimp"]
    tags = {name: audience.tag_id(name) for name in (TAGS if people else ())}
    for place, person in enumerate(people):
        created = start // 1_000_000 - person.created
        member = audience.new(person.email, STATUS[person.consent], created)
        member.changed = start // 1_000_000 - person.updated
        member.opted = created if member.status == "subscribed" else None
        member.left = member.status == "cleaned" or (member.status == "unsubscribed" and place % 2 == 0)
        member.merge = _merge(person, world)
        member.language = person.language
        member.source = "Import"
        member.tags = dict.fromkeys((tags[tag] for tag in person.tags), created)
        audience.store(member)


def _merge(person: Person, world: World) -> dict[str, str]:
    values = {
        "FNAME": person.first,
        "LNAME": person.last,
        "PHONE": person.phone,
        "JOBTITLE": person.job,
        "COMPANY": world.company_names.get(person.company or 0, ""),
        "CITY": person.city,
        "COUNTRY": person.country,
    }
    return {tag: value for tag, value in values.items() if value}
