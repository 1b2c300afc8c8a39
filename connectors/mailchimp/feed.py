"""Mailchimp's members in the order of their last change: the only feed it has, by whole seconds and offsets.

An offset into a list that moves skips rows. So the window is closed at its later end (whoever is edited while
we read leaves it and is found by the next poll), pages go on from the last row's second rather than by
offset, and where one second fills a page the list's own count tells how many rows have left in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from connectors.contract import Unavailable, Unexpected
from connectors.http import Http
from connectors.mailchimp.connection import TRIES
from connectors.values import stamped

SECOND: Final = timedelta(seconds=1)

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One page. Everything up to the second `place` has been read."""

    items: Sequence[Item]
    place: datetime | None
    last: bool


class Feed:
    """One read of it. `listed` names the parts of a list to ask for; they hold ``last_changed`` and
    ``status``. `ends` is where the window closes: when the app, by its own clock, gave the first answer."""

    def __init__(self, http: Http, path: str, size: int, listed: str, now: Callable[[], datetime]) -> None:
        self.ends: datetime | None = None
        self._now = now
        self._http = http
        self._path = path
        self._params: dict[str, Any] = {
            "count": size,
            "fields": listed,
            "sort_field": "last_changed",
            "sort_dir": "ASC",
        }

    def changed(self, status: str | None, since: datetime | None) -> Iterator[Found]:
        """Who changed after the second `since`, oldest first. A row may come twice."""
        offset, total = 0, -1
        while True:
            items, count = self._ask(status, since, offset)
            if count < total:  # that many rows before this page have left: the page began too late
                offset, total = max(0, offset - (total - count)), count
                continue
            last = offset + len(items) >= count
            before_last = _changed(items[-1]) - SECOND if items else None
            if not last and before_last is not None and (since is None or before_last > since):
                since, offset, total = before_last, 0, -1
            else:
                offset, total = offset + len(items), count
            yield Found(items, since, last)
            if last:
                return

    def _ask(
        self, status: str | None, since: datetime | None, offset: int
    ) -> tuple[list[dict[str, Any]], int]:
        params = {**self._params, "offset": offset}
        if self.ends is not None:
            params["before_last_changed"] = _second(self.ends)
        if since is not None:
            params["since_last_changed"] = _second(since)
        if status is not None:
            params["status"] = status
        for _ in range(TRIES):
            answer = self._http.read("GET", self._path, params=params)
            items, count = answer.items("members"), answer.detail.get("total_items")
            if not isinstance(count, int):
                raise Unexpected("mailchimp: a list of members does not say how many there are.")
            if _as_asked(items, count, status, since, offset):
                self.ends = self.ends or answer.date or self._now()
                return items, count
        raise Unavailable(
            "Mailchimp keeps giving another page of members than was asked. Later runs try again."
        )


def _as_asked(
    items: Sequence[Item], count: int, status: str | None, since: datetime | None, offset: int
) -> bool:
    """Whether this can be the page: neither empty too early, nor one of another time or another status."""
    if not items:
        return offset >= count
    late = since is None or _changed(items[0]) > since
    return late and (status is None or all(item.get("status") == status for item in items))


def _changed(item: Item) -> datetime:
    at = stamped(item.get("last_changed"))
    if at is None:
        raise Unexpected("mailchimp: a member comes without the time of its last change.")
    return at


def _second(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()
