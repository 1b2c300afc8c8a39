"""Cursors of a list, from page to page. One that leads back, if followed, never ends; taken for the end, it
leaves out what comes after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Final, TypeVar

from connectors.contract import Unavailable

PATIENCE: Final = 3  # so often the page behind one cursor is asked for

C = TypeVar("C", bound=Hashable)


class Trail:
    """The cursors of one list that were followed so far. `what`: the list, as messages name it; `begun`: the
    cursor that it is read from, if any."""

    def __init__(self, what: str, begun: Hashable = None) -> None:
        self._what = what
        self._met = Counter([begun] if begun else [])

    def follow(self, cursor: C) -> C:
        """The cursor to go on from. Raises `Unavailable` where the list goes round in circles."""
        self._met[cursor] += 1
        if self._met[cursor] > PATIENCE:
            raise Unavailable(f"{self._what} repeats one page; a later run goes on there.")
        return cursor
