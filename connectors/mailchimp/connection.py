"""The way to a Mailchimp account: its address, its credential, and how many calls may be on their way.

Mailchimp counts no calls. It refuses the eleventh that is on its way at the same time, for all users of one
account together, and says nothing of how long to wait.
"""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import replace
from functools import cache
from typing import Any, Final

from connectors.answer import Answer, is_missing
from connectors.authorize import Way
from connectors.budget import Rate
from connectors.contract import AppError, Options, Unavailable, Unexpected
from connectors.http import Http
from connectors.settings import basic, bearer, is_loopback, number, require

VERSION: Final = "3.0"
LOGIN: Final = "https://login.mailchimp.com"  # of all accounts, whatever their data centre
CONNECTIONS: Final = 5  # of the ten that an account may have
TIMEOUT: Final = 120  # seconds; Mailchimp itself ends a call then
RATES: Final = (Rate("general", 600, 60.0),)  # nothing is published: about what ten connections can do
MOST: Final = 1000  # items a page
TRIES: Final = 4  # of a page that comes empty
DATA_CENTER: Final = re.compile(r"-([a-z]{2,4}\d{1,4})$")


class Connection(Http):
    """HTTP to one account. All connections of this process to an account share its lanes and its rates."""

    def __init__(self, options: Options, title: str) -> None:
        token = "" if options.oauth else require(options, ("token",), title)["token"]
        base_url = options.base_url or _address(token, options.name)
        headers = basic("syncer", token) if DATA_CENTER.search(token) else bearer(token) if token else {}
        self._pages = base_url.rstrip("/") if is_loopback(base_url) else LOGIN
        account = token or options.oauth["client_id"]
        settings = {"timeout": TIMEOUT, **options.settings}
        self.lanes = max(1, min(10, int(number(options, "connections", CONNECTIONS))))
        gate = _gate(hashlib.sha256(account.encode()).hexdigest(), self.lanes)
        options = replace(options, settings=settings)
        base = f"{base_url.rstrip('/')}/{VERSION}"
        token_url = f"{self._pages}/oauth2/token"
        super().__init__(options, title, base, headers, RATES, token=token_url, gate=gate)

    @property
    def login(self) -> Way:
        """Tokens do not end, and no scopes are asked for: a login may do all that its user may."""
        return self.way(f"{self._pages}/oauth2/authorize", (), False)

    def throttled(self, answer: Answer) -> bool:
        """At a very high volume Mailchimp's front door answers 403 without a body of the API's own."""
        return answer.status == 403 and not answer.detail


def _address(token: str, name: str) -> str:
    """The data centre stands at the end of an API key; OAuth tokens do not name theirs."""
    found = DATA_CENTER.search(token)
    if found is None:
        raise AppError(
            f"Mailchimp ({name}): this token names no data centre. Set base_url to the api_endpoint of the"
            " account, such as https://us1.api.mailchimp.com."
        )
    return f"https://{found.group(1)}.api.mailchimp.com"


@cache
def _gate(account: str, lanes: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(lanes)


def listed(http: Http, path: str, key: str, **params: Any) -> list[dict[str, Any]]:
    """A whole list, in one call where it has no more than a thousand items. Raises `Unavailable` where the
    app says that there are more than it gives."""
    found: list[dict[str, Any]] = []
    empty = 0
    while True:
        answer = http.read("GET", path, params={**params, "count": MOST, "offset": len(found)})
        items = answer.items(key)
        found += items
        if len(found) >= int(answer.detail.get("total_items") or 0):
            return found
        empty += not items
        if empty == TRIES:
            raise Unavailable(f"Mailchimp gives fewer {key} than it says there are. Later runs try again.")


def absent(answer: Answer) -> bool:
    """As `connectors.answer.is_missing`."""
    return is_missing(answer, "Mailchimp", answer.detail.get("status") == 404)


def whole(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object. Raises `Unexpected` where it is something else."""
    body = answer.json
    if not isinstance(body, dict):
        raise Unexpected("Mailchimp's answer is not the object that its documentation promises")
    return body
