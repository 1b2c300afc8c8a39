"""HubSpot's lists (v3) in the sandbox: static ones, and one that fills itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.sandbox.clock import Clock, iso_ms
from connectors.sandbox.table import Table
from connectors.sandbox.wire import Json, Mode

STATIC = ("MANUAL", "SNAPSHOT")


@dataclass(slots=True)
class StaticList:
    """A list of contacts: who joined, and when (microseconds). A dynamic one takes nobody by API."""

    id: int
    name: str
    processing: str
    created: int
    members: dict[int, int] = field(default_factory=dict)

    def shown(self) -> Json:
        at = iso_ms(self.created)
        return {
            "listId": str(self.id),
            "listVersion": 1,
            "name": self.name,
            "objectTypeId": "0-1",
            "processingType": self.processing,
            "processingStatus": "COMPLETE",
            "createdAt": at,
            "updatedAt": at,
            "additionalProperties": {"hs_list_size": str(len(self.members))},
        }


class StaticLists:
    """The lists of an account. Membership does not move the time of change of a contact."""

    def __init__(self, clock: Clock, mode: Mode) -> None:
        self._clock = clock
        self._mode = mode
        self.known: dict[int, StaticList] = {}
        self._last = 0
        self.add("Everybody new", "DYNAMIC")

    def add(self, name: str, processing: str) -> StaticList:
        made = StaticList(self._last + 1, name, processing, self._clock.now())
        if not self._mode.muted:
            self.known[made.id] = made
            self._last = made.id
        return made

    def rename(self, one: StaticList, name: str) -> None:
        if not self._mode.muted:
            one.name = name

    def remove(self, one: StaticList) -> None:
        if not self._mode.muted:
            del self.known[one.id]

    def named(self, name: str) -> StaticList | None:
        return next((one for one in self.known.values() if one.name.lower() == name.lower()), None)

    def change(
        self, one: StaticList, contacts: Table, add: list[str], remove: list[str]
    ) -> tuple[list[str], list[str], list[str]]:
        """(added, removed, missing): those who are so already are neither."""
        live = [id for id in dict.fromkeys((*add, *remove)) if id.isdecimal() and int(id) in contacts.rows]
        missing = [id for id in dict.fromkeys((*add, *remove)) if id not in live]
        added = [id for id in live if id in add and int(id) not in one.members]
        removed = [id for id in live if id in remove and int(id) in one.members]
        if not self._mode.muted:
            one.members |= {int(id): self._clock.tick() for id in added}
            for id in removed:
                del one.members[int(id)]
        return added, removed, missing

    def forget(self, contact: int) -> None:
        """A contact was archived."""
        for one in self.known.values():
            one.members.pop(contact, None)
