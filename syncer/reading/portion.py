"""Pages that were read and are not committed yet.

The keys of a page fall into parts of the index anywhere in it, and a commit writes all that was touched. So a
first read, which meets nothing that is known, is committed many pages at once: a third as much is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.contract import Page, Record

RECORDS = 2000  # so many are committed at once
SOON = timedelta(seconds=10)  # and those of a slow app after this time


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page, what of it is news, when it was asked for, and whether nothing was known then."""

    page: Page
    news: Sequence[Record]
    at: datetime
    fresh: bool


@dataclass(slots=True)
class Portion:
    """The pages of one app that wait to be committed together."""

    _pages: list[ReadPage] = field(default_factory=list)

    def add(self, page: ReadPage) -> None:
        self._pages.append(page)

    def is_due(self, now: datetime) -> bool:
        """Whether enough waits, or some of it long enough."""
        records = sum(len(one.page.records) for one in self._pages)
        return records >= RECORDS or any(now - one.at >= SOON for one in self._pages)

    def take(self) -> list[ReadPage]:
        """All that waits, which waits no more."""
        pages, self._pages = self._pages, []
        return pages
