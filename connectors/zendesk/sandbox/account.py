"""All that a simulated Zendesk account holds, with its indexes and ids."""

from __future__ import annotations

import re
from typing import Any

from connectors.sandbox.clock import Clock, iso_s
from connectors.sandbox.limits import Limits
from connectors.sandbox.table import Feed, Row, Table
from connectors.sandbox.tokens import TokenServer
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Json, Mode
from connectors.zendesk.sandbox.answers import not_found
from connectors.zendesk.sandbox.schema import (
    standard_organization_fields,
    standard_ticket_fields,
    standard_user_fields,
)

ADMIN_EMAIL = "admin@sandbox.test"
PHONE = "phone_number"
DIRECT_LINE = re.compile(r"\+\d{7,15}")
FIRST_EMAIL, FIRST_PHONE = 810_000_000_000, 820_000_000_000  # ids of the identities that need not be kept


class Account:
    """Users, organizations, memberships, identities, tickets, custom fields, jobs.

    emails         every address of every live user -> its user
    phones         every direct line of a live user -> its user; others have the number as a shared one
    identities     kept apart only for users who have more than their one address and one direct line
    merges         merges of organizations by their id
    mails          how many mails to people the calls would have sent
    """

    def __init__(self, clock: Clock, mode: Mode, limits: Limits) -> None:
        self.clock = clock
        self.mode = mode
        self.limits = limits
        self.tokens = TokenServer("zendesk", clock, mode)
        self.users = Table()
        self.user_feed = Feed()
        self.emails: dict[str, int] = {}
        self.phones: dict[str, int] = {}
        self.user_keys: dict[str, int] = {}
        self.deleted: Table = Table()
        self.identities: dict[int, list[Json]] = {}
        self.organizations = Table()
        self.organization_feed = Feed()
        self.names: dict[str, int] = {}
        self.organization_keys: dict[str, int] = {}
        self.memberships = Table()
        self.of_user: dict[int, list[int]] = {}
        self.of_organization: dict[int, dict[int, None]] = {}
        self.user_fields: dict[str, Json] = {item["key"]: item for item in standard_user_fields()}
        self.organization_fields = {item["key"]: item for item in standard_organization_fields()}
        self.tickets = Table()
        self.ticket_feed = Feed()
        self.ticket_fields = {item["key"]: item for item in standard_ticket_fields()}
        self.merges: dict[str, Json] = {}
        self.jobs: dict[str, Any] = {}
        self.webhooks: dict[str, Json] = {}
        self.outbox: list[Delivery] = []
        self.mails = 0
        self._next = {
            "user": 421_941_820_731,
            "organization": 360_170_000_017,
            "membership": 900_300_000_001,
            "identity": 810_500_000_003,
            "field": 7_202_000_000_001,
            "job": 1,
            "ticket": 35_436,
            "merge": 1,
            "webhook": 1,
            "event": 1,
        }

    def new_id(self, what: str) -> int:
        id = self._next[what]
        self._next[what] += 1
        return id

    # -- users -----------------------------------------------------------------------------------

    def user(self, id: int | str) -> Row:
        """A user by id, deleted ones included."""
        row = self.users.get(int(id)) if str(id).isdecimal() else None
        if row is None:
            raise not_found()
        return row

    def touch_user(self, row: Row) -> None:
        now = self.clock.tick()
        row["updated_at"] = iso_s(now)
        self.user_feed.set(row["id"], now)

    def identities_of(self, row: Row) -> list[Json]:
        """A user's addresses, the primary one first, and its direct lines. What is not kept apart looks the
        same each time."""
        kept = self.identities.get(row["id"])
        if kept is not None:
            return kept
        found = []
        if row["email"]:
            found.append(_identity(FIRST_EMAIL + row["id"], row, "email", row["email"], primary=True))
        if row["phone"] and self.phones.get(row["phone"]) == row["id"]:
            found.append(_identity(FIRST_PHONE + row["id"], row, PHONE, row["phone"]))
        return found

    def own_identities(self, row: Row) -> list[Json]:
        """The same, to be changed."""
        return self.identities.setdefault(row["id"], self.identities_of(row))

    def new_identity(
        self, row: Row, value: str, primary: bool = False, type: str = "email", verified: bool = True
    ) -> Json:
        now = iso_s(self.clock.now())
        made = _identity(self.new_id("identity"), row, type, value, primary)
        return {**made, "verified": verified, "created_at": now, "updated_at": now}

    def add_phone(self, row: Row, number: str | None) -> None:
        """What setting a phone does: a number that nobody has becomes a direct line, kept beside earlier
        ones; somebody else's becomes a shared number. Without a number the present line ends."""
        old = row["phone"]
        if number == old:
            return
        own = self.own_identities(row)
        if not number and old and self.phones.get(old) == row["id"]:
            del self.phones[old]
            own[:] = [item for item in own if (item["type"], item["value"]) != (PHONE, old)]
        row["phone"] = number
        owner = self.phones.get(number or "")
        row["shared_phone_number"] = (owner is not None and owner != row["id"]) if number else None
        if number and owner is None and DIRECT_LINE.fullmatch(number):
            self.phones[number] = row["id"]
            own.append(self.new_identity(row, number, type=PHONE))

    # -- memberships -----------------------------------------------------------------------------

    def join(self, user: Row, organization: int, default: bool = False) -> Row:
        """A new membership; the first one of a user is the default. Times of change do not move."""
        now = iso_s(self.clock.now())
        own = self.of_user.get(user["id"], [])
        default = default or not own
        row = {
            "id": self.new_id("membership"),
            "user_id": user["id"],
            "organization_id": organization,
            "default": True if default else None,
            "created_at": now,
            "updated_at": now,
            "view_tickets": False,
        }
        if not self.mode.muted:
            if default:
                self._undefault(user)
                user["organization_id"] = organization
            self.memberships.add(row["id"], row)
            self.of_user.setdefault(user["id"], []).append(row["id"])
            self.of_organization.setdefault(organization, {})[row["id"]] = None
        return row

    def leave(self, membership: Row) -> None:
        """End a membership; where it was the default one, the oldest other takes its place."""
        if self.mode.muted:
            return
        id, user = membership["id"], self.users.rows[membership["user_id"]]
        self.memberships.remove(id)
        self.of_user[user["id"]].remove(id)
        del self.of_organization[membership["organization_id"]][id]
        if membership["default"]:
            rest = self.of_user[user["id"]]
            user["organization_id"] = None
            if rest:
                self.make_default(self.memberships.rows[rest[0]])

    def make_default(self, membership: Row) -> None:
        if not self.mode.muted:
            user = self.users.rows[membership["user_id"]]
            self._undefault(user)
            membership["default"] = True
            user["organization_id"] = membership["organization_id"]

    def _undefault(self, user: Row) -> None:
        for id in self.of_user.get(user["id"], ()):
            self.memberships.rows[id]["default"] = None

    def set_only_organization(self, user: Row, organization: int | None) -> None:
        """What writing ``organization_id`` does: all other memberships end."""
        found = False
        for id in list(self.of_user.get(user["id"], ())):
            membership = self.memberships.rows[id]
            if membership["organization_id"] == organization:
                found = True
            else:
                self.leave(membership)
        if organization is not None and not found:
            self.join(user, organization, default=True)
        user["organization_id"] = organization


def _identity(id: int, row: Row, type: str, value: str, primary: bool = False) -> Json:
    return {
        "id": id,
        "user_id": row["id"],
        "type": type,
        "value": value,
        "verified": True,
        "primary": primary,
        "undeliverable_count": 0,
        "deliverable_state": "deliverable",
        "created_at": row["created_at"],
        "updated_at": row["created_at"],
    }
