"""HubSpot's search index in the sandbox: it may lag behind the records."""

from __future__ import annotations

from collections import Counter, deque

from connectors.sandbox.clock import Clock
from connectors.sandbox.table import Feed, Row, Table
from connectors.sandbox.wire import Mode


class SearchIndex:
    """Records in the order of their last change, as the search knows them.

    With the setting ``search_lag`` (seconds), a change shows only after that time; until then the search
    answers with the record as it was, and does not know a new one. Archived records leave at once.
    """

    def __init__(self, table: Table, clock: Clock, mode: Mode) -> None:
        self.feed = Feed()
        self._mode = mode
        self._table = table
        self._clock = clock
        self._due: deque[tuple[int, int, int]] = deque()
        self._before: dict[int, Row | None] = {}
        self._waiting: Counter[int] = Counter()

    @property
    def lag(self) -> float:
        return float(self._mode.settings.get("search_lag", 0.0))

    def load(self, changes: list[tuple[int, int]]) -> None:
        self.feed = Feed(changes)

    def note(self, id: int, time: int, before: Row | None) -> None:
        """A record changed at `time`; `before` is the record as the search still knows it, None if new."""
        if not self.lag:
            self.feed.set(id, time)
            return
        self._before.setdefault(id, before)
        self._waiting[id] += 1
        self._due.append((time + int(self.lag * 1_000_000), time, id))

    def forget(self, id: int) -> None:
        self.feed.drop(id)
        self._before.pop(id, None)

    def refresh(self) -> None:
        """Take in the changes whose lag is over."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            _, time, id = self._due.popleft()
            self._waiting[id] -= 1
            if not self._waiting[id]:
                self._before.pop(id, None)
                if id in self._table.rows:
                    self.feed.set(id, time)

    def row(self, id: int) -> Row | None:
        """The record as the search knows it."""
        if id in self._before:
            return self._before[id]
        return self._table.get(id)
