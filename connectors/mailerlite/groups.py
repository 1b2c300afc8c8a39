"""MailerLite's groups by name: people and mappings use names, the API wants ids."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.contract import Unexpected
from connectors.http import Http
from connectors.mailerlite.paging import numbered


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

    def ids(self, names: Iterable[str]) -> list[str]:
        """The ids for these names; groups that are missing are created."""
        known = self._known()
        for name in names:
            if name not in known:
                answer = self._http.write("POST", "/groups", body={"name": name})
                id = (answer.detail.get("data") or {}).get("id")
                if not id:
                    raise Unexpected("mailerlite: a group that was made comes without its id.")
                known[name] = str(id)
        return [known[name] for name in names]

    def _known(self) -> dict[str, str]:
        if self._ids is None:
            self._ids = {}
            for item in numbered(self._http, "/groups"):
                self._ids.setdefault(str(item["name"]), str(item["id"]))
        return self._ids
