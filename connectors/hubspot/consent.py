"""Opt-outs in HubSpot. The property that shows them is read-only; they are set through communication
preferences, by e-mail address, one call a person (batches need an Enterprise account)."""

from __future__ import annotations

from urllib.parse import quote

from connectors.http import Http


class Preferences:
    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = path

    def unsubscribe(self, email: str) -> str | None:
        """Opt the address out of all e-mail; the reason where HubSpot refuses. Repeating it is harmless."""
        path = f"{self._path}/statuses/{quote(email, safe='@')}/unsubscribe-all"
        answer = self._http.write("POST", path, params={"channel": "EMAIL"}, allow=(400, 403, 404))
        if answer.status < 300:
            return None
        return self._http.redact(answer.detail.get("message") or "HubSpot refused the opt-out")
