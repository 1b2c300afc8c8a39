"""Mailchimp's tags: set one by one, and each keeps the letter case that it was first given."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.answer import Answer
from connectors.mailchimp.connection import Connection
from connectors.mailchimp.lookup import Lookup
from connectors.values import folded


class Tags:
    """The tags of one audience; their names are read once, and whenever they are asked for."""

    def __init__(self, lookup: Lookup) -> None:
        self._http: Connection = lookup.http
        self._lookup = lookup
        self._names: dict[str, str] | None = None

    def names(self) -> tuple[str, ...] | None:
        """Those that there are now, also those that nobody has; None where Mailchimp does not tell all."""
        answer = self._http.read("GET", f"{self._lookup.audience}/tag-search")
        found = [str(tag["name"]) for tag in answer.items("tags")]
        self._names = {folded(name): name for name in found}
        told = int(answer.json.get("total_items") or 0) <= len(found)
        return tuple(dict.fromkeys(found)) if told else None

    def spelled(self, wanted: Iterable[str]) -> list[str]:
        """The names as the audience spells them; new ones as they are, once each."""
        if self._names is None:
            self.names()
        known = self._names or {}
        return list(dict.fromkeys(known.setdefault(folded(name), name.strip()) for name in wanted))

    def change(self, id: str, given: Iterable[str], taken: Iterable[str]) -> Answer | None:
        """Give and take tags without setting off automations; None where there are none to."""
        changes = [{"name": name, "status": "active"} for name in sorted(given)]
        changes += [{"name": name, "status": "inactive"} for name in sorted(taken)]
        if not changes:
            return None
        body = {"tags": changes, "is_syncing": True}
        return self._http.write("POST", f"{self._lookup.path(id)}/tags", body=body, allow=(400, 404))
