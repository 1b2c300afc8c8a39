"""All that a simulated MailerLite account holds, and the only places that change it."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from typing import Any

from connectors.sandbox.clock import Clock, plain_s
from connectors.sandbox.table import Row, Table, discard
from connectors.sandbox.webhooks import Delivery
from connectors.sandbox.wire import Json, Mode

STATUSES = ("active", "unsubscribed", "unconfirmed", "bounced", "junk")
FIELDS = {
    **dict.fromkeys(("name", "last_name", "company", "country", "city", "phone", "state", "z_i_p"), "text"),
    **dict.fromkeys(("job_title", "language"), "text"),
}
TITLES = {"z_i_p": "ZIP"}
# Above 2**53, as the service's are: a client that reads ids as floating point numbers mixes them up.
FIRST_SUBSCRIBER, SUBSCRIBER_STEP = 131_072_000_000_000_001, 7_340_033
FIRST_GROUP, GROUP_STEP = 98_765_432_100_000_003, 1_000_003


class Account:
    """Subscribers with their groups; groups; custom fields; reports of imports."""

    def __init__(self, clock: Clock, mode: Mode) -> None:
        self.clock = clock
        self.mode = mode
        self.subscribers = Table()
        self.emails: dict[str, int] = {}
        self.by_status: dict[str, list[int]] = {status: [] for status in STATUSES}
        self.groups = Table()
        self.members: dict[int, dict[int, None]] = {}
        self.groups_of: dict[int, dict[int, None]] = {}
        self.fields: dict[int, Json] = {}
        self.imports: dict[str, Json] = {}
        self.webhooks: dict[str, Json] = {}
        self.outbox: list[Delivery] = []
        self._next_subscriber = FIRST_SUBSCRIBER
        self._next_group = FIRST_GROUP
        for key, type in FIELDS.items():
            self.add_field(TITLES.get(key, key.replace("_", " ").capitalize()), key, type)

    # -- subscribers -----------------------------------------------------------------------------

    def new_subscriber(self, email: str, status: str, fields: dict[str, Any], at: int, source: str) -> Row:
        """A subscriber that is not stored yet."""
        id, now = self._next_subscriber, plain_s(at)
        self._next_subscriber += SUBSCRIBER_STEP
        return {
            "id": str(id),
            "email": email,
            "status": status,
            "source": source,
            "sent": 0,
            "opens_count": 0,
            "clicks_count": 0,
            "open_rate": 0,
            "click_rate": 0,
            "ip_address": None,
            "subscribed_at": now if status == "active" else None,
            "unsubscribed_at": now if status == "unsubscribed" else None,
            "created_at": now,
            "updated_at": now,
            "fields": {item["key"]: fields.get(item["key"]) for item in self.fields.values()},
            "opted_in_at": None,
            "optin_ip": None,
        }

    def store(self, row: Row) -> None:
        id = int(row["id"])
        self.subscribers.add(id, row)
        self.emails[row["email"]] = id
        insort(self.by_status[row["status"]], id)
        self.groups_of[id] = {}

    def change(self, row: Row, status: str, fields: dict[str, Any], more: Json) -> Row:
        """Set a status, fields and other attributes; what is already so moves nothing."""
        same = status == row["status"] and all(row["fields"][key] == value for key, value in fields.items())
        if same and all(row[key] == value for key, value in more.items()):
            return row
        now = plain_s(self.clock.tick())
        if self.mode.muted:
            row = {**row, "fields": dict(row["fields"])}
        row["fields"].update(fields)
        if status != row["status"]:
            if not self.mode.muted:
                discard(self.by_status[row["status"]], int(row["id"]))
                insort(self.by_status[status], int(row["id"]))
            row["status"] = status
            row["unsubscribed_at"] = now if status == "unsubscribed" else row["unsubscribed_at"]
            row["subscribed_at"] = now if status == "active" else row["subscribed_at"]
        row.update(more)
        row["updated_at"] = now
        return row

    def remove(self, row: Row) -> None:
        if self.mode.muted:
            return
        id = int(row["id"])
        self.subscribers.remove(id)
        del self.emails[row["email"]]
        discard(self.by_status[row["status"]], id)
        for group in self.groups_of.pop(id):
            del self.members[group][id]

    def find(self, key: str) -> Row | None:
        """A subscriber by id or e-mail address."""
        id = int(key) if key.isdecimal() else self.emails.get(key.strip().lower(), -1)
        return self.subscribers.get(id)

    # -- groups and fields -----------------------------------------------------------------------

    def new_group(self, name: str, at: int) -> Row:
        id = self._next_group
        self._next_group += GROUP_STEP
        row = {
            "id": str(id),
            "name": name,
            "active_count": 0,
            "sent_count": 0,
            "opens_count": 0,
            "clicks_count": 0,
            "unsubscribed_count": 0,
            "unconfirmed_count": 0,
            "bounced_count": 0,
            "junk_count": 0,
            "created_at": plain_s(at),
        }
        if not self.mode.muted:
            self.groups.add(id, row)
            self.members[id] = {}
        return row

    def remove_group(self, id: int) -> None:
        if not self.mode.muted:
            self.groups.remove(id)
            for subscriber in self.members.pop(id):
                del self.groups_of[subscriber][id]

    def join(self, subscriber: int, groups: Iterable[int]) -> None:
        if not self.mode.muted:
            for group in groups:
                self.groups_of[subscriber][group] = None
                self.members[group][subscriber] = None

    def leave(self, subscriber: int, group: int) -> None:
        if not self.mode.muted:
            self.groups_of[subscriber].pop(group, None)
            self.members[group].pop(subscriber, None)

    def add_field(self, name: str, key: str, type: str) -> Json:
        id = max(self.fields, default=0) + 1
        made = {"id": str(id), "name": name, "key": key, "type": type}
        if not self.mode.muted:
            self.fields[id] = made
            for row in self.subscribers.rows.values():
                row["fields"][key] = None
        return made

    def remove_field(self, id: int) -> None:
        if not self.mode.muted:
            key = self.fields.pop(id)["key"]
            for row in self.subscribers.rows.values():
                row["fields"].pop(key, None)
