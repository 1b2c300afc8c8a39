"""All that a simulated Zendesk account holds, with its indexes and ids."""

from __future__ import annotations

from typing import Any

from connectors.sandbox.clock import Clock, iso_s
from connectors.sandbox.limits import Limits
from connectors.sandbox.table import Feed, Row, Table
from connectors.sandbox.wire import Json, Mode
from connectors.zendesk.sandbox_answers import not_found
from connectors.zendesk.sandbox_schema import standard_organization_fields, standard_user_fields

ADMIN_EMAIL = "admin@sandbox.test"


class Account:
    """Users, organizations, memberships, identities, custom fields, jobs.

    emails         every address of every live user -> its user
    identities     kept apart only for users who have more than their one address
    mails          how many mails to people the calls would have sent
    """

    def __init__(self, clock: Clock, mode: Mode, limits: Limits) -> None:
        self.clock = clock
        self.mode = mode
        self.limits = limits
        self.users = Table()
        self.user_feed = Feed()
        self.emails: dict[str, int] = {}
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
        self.jobs: dict[str, Any] = {}
        self.mails = 0
        self._next = {
            "user": 421_941_820_731,
            "organization": 360_170_000_017,
            "membership": 900_300_000_001,
            "identity": 810_500_000_003,
            "field": 7_202_000_000_001,
            "job": 1,
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
        """A user's addresses, the primary one first."""
        if row["id"] not in self.identities:
            first = [self.new_identity(row, row["email"], True)] if row["email"] else []
            self.identities[row["id"]] = first
        return self.identities[row["id"]]

    def new_identity(self, row: Row, value: str, primary: bool, verified: bool = True) -> Json:
        now = iso_s(self.clock.now())
        return {
            "id": self.new_id("identity"),
            "user_id": row["id"],
            "type": "email",
            "value": value,
            "verified": verified,
            "primary": primary,
            "undeliverable_count": 0,
            "deliverable_state": "deliverable",
            "created_at": now,
            "updated_at": now,
        }

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
