"""Records by id and by time of change, so that no page, look-up or poll scans anything."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]


def after(ids: Sequence[int], last: int | None, limit: int) -> tuple[Sequence[int], bool]:
    """The `limit` ids that follow `last` in a sorted sequence, and whether more follow."""
    start = 0 if last is None else bisect_right(ids, last)
    return ids[start : start + limit], start + limit < len(ids)


def discard(ids: list[int], id: int) -> None:
    """Take an id out of a sorted list, if it is there."""
    at = bisect_left(ids, id)
    if at < len(ids) and ids[at] == id:
        del ids[at]


class Table:
    """Rows by integer id; `ids` is always sorted."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.ids: list[int] = []

    def add(self, id: int, row: Row) -> None:
        self.rows[id] = row
        insort(self.ids, id)

    def remove(self, id: int) -> Row:
        discard(self.ids, id)
        return self.rows.pop(id)

    def position(self, last: int) -> int:
        """The index in `ids` of the first id after `last`."""
        return bisect_right(self.ids, last)

    def get(self, id: int) -> Row | None:
        return self.rows.get(id)

    def __iter__(self) -> Iterator[Row]:
        return (self.rows[id] for id in self.ids)

    def __len__(self) -> int:
        return len(self.ids)


class Feed:
    """Ids in the order of their last change; times are microseconds."""

    def __init__(self, changes: Iterable[tuple[int, int]] = ()) -> None:
        self.order = sorted(changes)
        self.times = {id: time for time, id in self.order}

    def set(self, id: int, time: int) -> None:
        self.drop(id)
        self.times[id] = time
        insort(self.order, (time, id))

    def drop(self, id: int) -> None:
        time = self.times.pop(id, None)
        if time is not None:
            del self.order[bisect_left(self.order, (time, id))]

    def position(self, time: int, id: int = -1) -> int:
        """The index of the first change that is not before (time, id)."""
        return bisect_left(self.order, (time, id))
