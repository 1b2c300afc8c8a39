"""Zendesk's incremental exports, which are also its cheapest full reads: a thousand records a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from connectors.cursors import Trail
from connectors.http import Http

SIZE: Final = 1000
NEWEST: Final = 61  # seconds: the exports never hold the newest minute, and refuse to start in it


@dataclass(frozen=True, slots=True)
class Batch:
    """One answer of an export; `after` is where to go on, also at the next poll. `identities` are those of
    all its users, where they were asked for."""

    items: list[dict[str, Any]]
    after: str | None
    last: bool
    identities: list[dict[str, Any]] = field(default_factory=list)


def by_cursor(
    http: Http, plural: str, cursor: str | None, params: Mapping[str, Any], rates: Sequence[str]
) -> Iterator[Batch]:
    """The cursor export (users, tickets). Its cursor stays valid at the end of the stream."""
    trail = Trail(f"Zendesk's export of {plural}", cursor)
    while True:
        place: dict[str, Any] = {"cursor": cursor} if cursor else {"start_time": 0}
        asked = {**place, "per_page": SIZE, **params}
        answer = http.read("GET", f"/incremental/{plural}/cursor", params=asked, rates=rates)
        items = answer.items(plural)
        after = answer.detail.get("after_cursor") or cursor
        last = answer.detail.get("end_of_stream") is not False
        cursor = after if last else trail.follow(after)
        yield Batch(items, cursor, last, answer.detail.get("identities") or [])
        if last:
            return


def by_time(http: Http, plural: str, since: int, now: Callable[[], datetime]) -> Iterator[Batch]:
    """The time-based export (organizations). Pages repeat the rows of their first second; where one second
    fills a page, the time stands still and is pushed on after that second has been read."""
    seen: frozenset[tuple[Any, Any]] = frozenset()
    start = max(0, min(since, int(now().timestamp()) - NEWEST))
    while True:
        params = {"start_time": start, "per_page": SIZE}
        answer = http.read("GET", f"/incremental/{plural}", params=params, rates=("general", "exports"))
        items = answer.items(plural)
        end = int(answer.detail.get("end_time") or start)
        last = answer.detail.get("end_of_stream") is True or (len(items) < SIZE and end <= start)
        fresh = [item for item in items if _version(item) not in seen]
        seen = frozenset(map(_version, items))
        start = end if last or end > start else start + 1
        safe = int((answer.date or now()).timestamp()) - NEWEST
        yield Batch(fresh, str(min(start, safe)), last)
        if last:
            return


def _version(item: Mapping[str, Any]) -> tuple[Any, Any]:
    return item.get("id"), item.get("updated_at")


def listed(http: Http, path: str, key: str) -> Iterator[dict[str, Any]]:
    """All items of a short list, by cursor pages of 100."""
    params: dict[str, Any] = {"page[size]": 100}
    trail = Trail(f"Zendesk's list of {key}")
    while True:
        answer = http.read("GET", path, params=params)
        yield from answer.items(key)
        meta = answer.detail.get("meta") or {}
        if not meta.get("has_more") or not meta.get("after_cursor"):
            return
        params["page[after]"] = trail.follow(meta["after_cursor"])
