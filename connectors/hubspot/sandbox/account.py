"""All that a simulated HubSpot account holds."""

from __future__ import annotations

from connectors.hubspot.sandbox.associations import Links
from connectors.hubspot.sandbox.attached import Attached
from connectors.hubspot.sandbox.lists import StaticLists
from connectors.hubspot.sandbox.records import Records
from connectors.hubspot.sandbox.webhooks import Webhooks
from connectors.sandbox.clock import Clock
from connectors.sandbox.tokens import TokenServer
from connectors.sandbox.wire import Mode, Refused, not_covered

KINDS = {
    **dict.fromkeys(("contacts", "contact", "0-1"), "contacts"),
    **dict.fromkeys(("companies", "company", "0-2"), "companies"),
    **dict.fromkeys(("deals", "deal", "0-3"), "deals"),
    **dict.fromkeys(("tickets", "ticket", "0-5"), "tickets"),
    **dict.fromkeys(("notes", "note", "0-46"), "notes"),
    **dict.fromkeys(("meetings", "meeting", "0-47"), "meetings"),
    **dict.fromkeys(("calls", "call", "0-48"), "calls"),
    **dict.fromkeys(("emails", "email", "0-49"), "emails"),
    **dict.fromkeys(("tasks", "task", "0-27"), "tasks"),
}
FIRST_IDS = {
    "contacts": 101,
    "companies": 5001,
    "deals": 70_001,
    "tickets": 90_001,
    "emails": 110_001,
    "calls": 130_001,
    "meetings": 150_001,
    "notes": 170_001,
    "tasks": 190_001,
}


class Account:
    """Records by kind, the links between them, what is attached to them, lists, and e-mail subscriptions."""

    def __init__(self, clock: Clock, mode: Mode) -> None:
        self.clock = clock
        self.mode = mode
        self.tokens = TokenServer("hubspot", clock, mode)
        self.webhooks = Webhooks(clock, mode, self.tokens.client_secret)
        self.records = {
            kind: Records(kind, clock, mode, first, self.webhooks.note) for kind, first in FIRST_IDS.items()
        }
        self.lists = StaticLists(clock, mode)
        self.links = Links(mode)
        self.attached = Attached(mode)
        self.subscriptions: dict[tuple[str, int], str] = {}

    def of(self, name: str) -> Records:
        """The records of an object type, by any of its names."""
        if name not in KINDS:
            raise Refused(not_covered(f"HubSpot objects {name!r}"))
        return self.records[KINDS[name]]
