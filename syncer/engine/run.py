"""The state of one run while it lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from syncer.deciding.holding import Plan
from syncer.report import Report


@dataclass(slots=True)
class Run:
    """The state of one run while it lasts. `met`: app -> what a write was at odds with, see `Writer`."""

    id: str
    report: Report
    began: datetime
    plan: Plan | None = None
    readable: set[str] = field(default_factory=set)
    short: set[str] = field(default_factory=set)
    lost: int = 0
    refs: Iterator[int] = field(default_factory=count)
    met: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def next_ref(self) -> str:
        """A name for one write, of which no other run has the same."""
        return f"{self.id}-{next(self.refs):06d}"
