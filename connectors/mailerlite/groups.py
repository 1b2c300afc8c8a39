"""MailerLite's groups by name: people and mappings use names, the API wants ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from connectors.contract import Unexpected
from connectors.http import Http
from connectors.mailerlite.paging import numbered
from connectors.values import spelled

REFUSED: Final = (400, 422)


class Groups:
    """Names and ids of an account's groups, read once and whenever their names are asked for. Of groups that
    share a name, the first counts."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._ids: dict[str, str] | None = None

    def names(self) -> list[str]:
        """Those that there are now."""
        self._ids = None
        return list(self._known())

    def make(self, names: Iterable[str]) -> dict[str, str]:
        """Create the groups that are missing; name -> why, for those that MailerLite refuses."""
        refused = {name: why for name in names if self._id(name) is None and (why := self._create(name))}
        if refused:  # somebody may have made them since the names were read
            made, self._ids = self._known(), None
            self._ids = {**made, **self._known()}
        return {name: why for name, why in refused.items() if self._id(name) is None}

    def ids(self, names: Iterable[str]) -> list[str]:
        """The ids of those among these groups that are there."""
        return list(dict.fromkeys(id for name in names if (id := self._id(name)) is not None))

    def _id(self, name: str) -> str | None:
        known = self._known()
        return known.get(spelled(name, known))

    def _create(self, name: str) -> str:
        """Why it is refused; nothing where it was made."""
        answer = self._http.write("POST", "/groups", body={"name": name}, allow=REFUSED)
        if answer.status in REFUSED:
            said = answer.detail.get("message") or f"status {answer.status}"
            return self._http.redact(f"MailerLite does not make the group {name}: {said}")
        id = (answer.detail.get("data") or {}).get("id")
        if not id:
            raise Unexpected("mailerlite: a group that was made comes without its id.")
        self._known()[name] = str(id)
        return ""

    def _known(self) -> dict[str, str]:
        if self._ids is None:
            ids: dict[str, str] = {}
            for item in numbered(self._http, "/groups"):
                ids.setdefault(str(item["name"]), str(item["id"]))
            self._ids = ids
        return self._ids
