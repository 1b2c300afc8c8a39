"""What lists and searches of a memory app see: every change, but only from its visible-at on."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from connectors.contract import Value

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Position: TypeAlias = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one record. A change makes a new row; `values` is never changed, so rows are shared."""

    id: str
    values: Mapping[str, Value]
    stamp: datetime
    revision: int
    state: Literal["live", "archived", "deleted", "merged"] = "live"
    into: str | None = None
    stamps: Mapping[str, datetime] = field(default_factory=dict)
    other_keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Index:
    """The listed rows, sorted by `order`, and the changes that are not visible yet."""

    def __init__(self, order: Callable[[Row], Position], lists: frozenset[str]) -> None:
        self._order = order
        self._lists = lists
        self._waiting: list[tuple[datetime, int, Row]] = []
        self._newest: dict[str, int] = {}
        self._shown: dict[str, Row] = {}
        self._sorted: list[Position] = []

    def add(self, row: Row, visible_at: datetime) -> None:
        heapq.heappush(self._waiting, (visible_at, row.revision, row))

    def surface(self, now: datetime) -> None:
        """Let the changes that are due show. An older version never replaces a newer one."""
        while self._waiting and self._waiting[0][0] <= now:
            row = heapq.heappop(self._waiting)[2]
            if self._newest.get(row.id, -1) < row.revision:
                self._newest[row.id] = row.revision
                self._replace(row)

    def _replace(self, row: Row) -> None:
        old = self._shown.pop(row.id, None)
        if old is not None:
            del self._sorted[bisect_left(self._sorted, self._order(old))]
        if row.state in self._lists:
            self._shown[row.id] = row
            insort(self._sorted, self._order(row))

    def after(self, position: Position | None, size: int) -> tuple[list[Row], bool]:
        """At most `size` rows behind a position, and whether there are more."""
        start = 0 if position is None else bisect_right(self._sorted, position)
        rows = [self._shown[id] for _, id in self._sorted[start : start + size]]
        return rows, start + size < len(self._sorted)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._shown.values())
