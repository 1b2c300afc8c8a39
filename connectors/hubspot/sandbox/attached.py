"""What hangs on contacts and companies in the sandbox: deals, tickets, and what was exchanged with them."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox.wire import Mode

End = tuple[str, int]  # kind of record, its id
_OF_CONTACT = {
    "deals": 4,
    "tickets": 15,
    "emails": 197,
    "calls": 193,
    "meetings": 199,
    "notes": 201,
    "tasks": 203,
}
_TO_CONTACT = {
    "deals": 3,
    "tickets": 16,
    "emails": 198,
    "calls": 194,
    "meetings": 200,
    "notes": 202,
    "tasks": 204,
}
_OF_COMPANY = {
    "deals": 342,
    "tickets": 340,
    "emails": 185,
    "calls": 181,
    "meetings": 187,
    "notes": 189,
    "tasks": 191,
}
_TO_COMPANY = {
    "deals": 341,
    "tickets": 339,
    "emails": 186,
    "calls": 182,
    "meetings": 188,
    "notes": 190,
    "tasks": 192,
}
# (from, to) -> the id of the association type in that direction.
ATTACHED_TYPES = {
    **{("contacts", kind): type for kind, type in _OF_CONTACT.items()},
    **{(kind, "contacts"): type for kind, type in _TO_CONTACT.items()},
    **{("companies", kind): type for kind, type in _OF_COMPANY.items()},
    **{(kind, "companies"): type for kind, type in _TO_COMPANY.items()},
}


class Attached:
    """Which records hang on each other, seen from both ends."""

    def __init__(self, mode: Mode) -> None:
        self._mode = mode
        self._ends: dict[End, dict[End, None]] = {}

    def add(self, one: End, other: End) -> None:
        if not self._mode.muted:
            self._ends.setdefault(one, {})[other] = None
            self._ends.setdefault(other, {})[one] = None

    def remove(self, one: End, other: End) -> None:
        if not self._mode.muted:
            self._ends.get(one, {}).pop(other, None)
            self._ends.get(other, {}).pop(one, None)

    def of(self, end: End, kind: str) -> list[int]:
        """The ids at the other end that are records of a kind."""
        return [id for other, id in self._ends.get(end, ()) if other == kind]

    def forget(self, end: End) -> None:
        """A record was archived."""
        for other in list(self._all(end)):
            self.remove(end, other)

    def move(self, gone: End, into: End) -> None:
        """A record was merged into another."""
        for other in list(self._all(gone)):
            self.remove(gone, other)
            self.add(into, other)

    def _all(self, end: End) -> Iterator[End]:
        return iter(self._ends.get(end, ()))
