"""MailerLite's lists by page number (groups, fields)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.http import Http


def numbered(http: Http, path: str) -> Iterator[dict[str, Any]]:
    """All items of a list."""
    page = 1
    while True:
        answer = http.read("GET", path, params={"limit": 100, "page": page})
        yield from answer.items("data")
        if page >= int((answer.detail.get("meta") or {}).get("last_page") or 1):
            return
        page += 1
