"""Associations between contacts and companies in the sandbox. Times of change do not move with them."""

from __future__ import annotations

from connectors.sandbox.wire import Mode

PRIMARY, PLAIN = 1, 279
# (from, to) -> the type ids of that direction, each with the id under which it is kept (contact to company).
TYPES = {
    ("contacts", "companies"): {1: PRIMARY, 279: PLAIN},
    ("companies", "contacts"): {2: PRIMARY, 280: PLAIN},
}
NAMES = {
    1: "contact_to_company",
    279: "contact_to_company_unlabeled",
    2: "company_to_contact",
    280: "company_to_contact_unlabeled",
}


class Links:
    """Which contact belongs to which companies; at most one of them is primary."""

    def __init__(self, mode: Mode) -> None:
        self.primary: dict[int, int] = {}
        self._mode = mode
        self._companies: dict[int, list[int]] = {}
        self._contacts: dict[int, dict[int, None]] = {}

    def add(self, contact: int, company: int, types: set[int]) -> None:
        """Link; the primary type takes the place of an earlier primary, and implies the plain type."""
        if self._mode.muted:
            return
        companies = self._companies.setdefault(contact, [])
        if company not in companies:
            companies.append(company)
            self._contacts.setdefault(company, {})[contact] = None
        if PRIMARY in types:
            self.primary[contact] = company

    def remove(self, contact: int, company: int) -> None:
        if self._mode.muted or company not in self._companies.get(contact, ()):
            return
        self._companies[contact].remove(company)
        del self._contacts[company][contact]
        self.unlabel(contact, company)

    def unlabel(self, contact: int, company: int) -> None:
        """Take only the primary label away."""
        if not self._mode.muted and self.primary.get(contact) == company:
            del self.primary[contact]

    def forget(self, kind: str, id: int) -> None:
        """A record was archived: its links go."""
        for other in self.of(kind, id):
            self.remove(*((id, other) if kind == "contacts" else (other, id)))

    def of(self, kind: str, id: int) -> list[int]:
        """The ids at the other end."""
        if kind not in ("contacts", "companies"):
            return []
        return list(self._companies.get(id, ()) if kind == "contacts" else self._contacts.get(id, ()))

    def types(self, kind: str, id: int, other: int) -> list[int]:
        """The type ids of a link as seen from a contact or from a company, the primary one first."""
        contact, company = (id, other) if kind == "contacts" else (other, id)
        first, plain = (1, 279) if kind == "contacts" else (2, 280)
        return [first, plain] if self.primary.get(contact) == company else [plain]
