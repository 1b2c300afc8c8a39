"""Opt-outs in HubSpot. The property that shows them is read-only; they are set through communication
preferences, by e-mail address: a hundred a call where the account has batches (Enterprise), else one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote

from connectors.http import Http
from connectors.values import chunks

BATCH: Final = 100
LACKING: Final = (403, 404, 501)  # how an account without batches answers


class Preferences:
    """`batches` is whether batches are tried; found to be lacking, they stay off. `barred`: why this login
    may opt nobody out, where the last answers said so."""

    def __init__(self, http: Http, path: str, batches: bool) -> None:
        self._http = http
        self._path = f"{path}/statuses"
        self._batches = batches
        self.barred = ""

    def unsubscribe(self, emails: Iterable[str]) -> dict[str, str]:
        """Opt the addresses out of all e-mail; address -> reason for those that HubSpot refuses. Repeating
        it is harmless, so whoever a batch does not name is asked for alone."""
        self.barred = ""
        wanted = list(dict.fromkeys(emails))
        done = {email for some in chunks(wanted, BATCH) for email in self._together(some)}
        reasons = {email: self._alone(email) for email in wanted if email.strip().lower() not in done}
        return {email: reason for email, reason in reasons.items() if reason}

    def _together(self, emails: Sequence[str]) -> set[str]:
        """The addresses, in lower case, that the answer to a batch names as opted out."""
        if not self._batches or len(emails) == 1:
            return set()
        answer = self._http.write(
            "POST",
            f"{self._path}/batch/unsubscribe-all",
            params={"channel": "EMAIL", "verbose": "true"},  # not verbose, the answer names nobody
            body={"inputs": list(emails)},
            allow=(400, *LACKING),
        )
        if answer.status in LACKING:
            self._batches = False
        named = answer.detail.get("results") or () if answer.status < 300 else ()
        return {str(item.get("subscriberIdString") or "").lower() for item in named}

    def _alone(self, email: str) -> str | None:
        path = f"{self._path}/{quote(email, safe='@')}/unsubscribe-all"
        answer = self._http.write("POST", path, params={"channel": "EMAIL"}, allow=(400, 403, 404))
        if answer.status < 300:
            return None
        why = self._http.redact(answer.detail.get("message") or "HubSpot refused the opt-out")
        if answer.status == 403:
            self.barred = why
        return why
