"""What waits to be done, and in which order. Pure: the time (seconds of any steady clock) is an argument.

The same job asked for twice is done once. Records that apps told of are gathered until it has been quiet for
a moment, so that a person who types into five fields causes one read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from syncer.model import LinkKey

Kind = Literal["touch", "sync", "tidy", "verify"]
FIRST: Final[Sequence[Kind]] = ("touch", "sync", "tidy", "verify")
QUIET: Final = 0.25  # seconds without news of a sync before what was told is looked at
LONGEST: Final = 1.0  # and after so many it is looked at in any case
MANY: Final = 200  # records; beyond, the app's own feed tells it with fewer calls


@dataclass(frozen=True, slots=True)
class Job:
    """One thing to do for one sync; `records`: those that were told of."""

    kind: Kind
    sync: str
    records: tuple[LinkKey, ...] = ()


@dataclass(slots=True)
class Told:
    """Records of one sync that apps told of, since when and until when."""

    first: float
    last: float
    records: dict[LinkKey, None] = field(default_factory=dict)

    @property
    def ripe_at(self) -> float:
        return min(self.last + QUIET, self.first + LONGEST)


@dataclass(slots=True)
class Waiting:
    """The jobs that wait; `order`: the syncs, those that others point to first."""

    order: tuple[str, ...] = ()
    _asked: dict[Job, float] = field(default_factory=dict)
    _told: dict[str, Told] = field(default_factory=dict)
    _turns: dict[tuple[Kind, str], int] = field(default_factory=dict)

    def ask(self, job: Job, not_before: float = 0.0) -> None:
        self._asked[job] = min(not_before, self._asked.get(job, not_before))

    def tell(self, sync: str, records: Iterable[LinkKey], now: float) -> None:
        told = self._told.setdefault(sync, Told(now, now))
        told.last = now
        told.records.update(dict.fromkeys(records))

    def take(self, now: float) -> Job | None:
        """The next job, which then waits no more; None where there is none yet."""
        for name, told in list(self._told.items()):
            if told.ripe_at <= now:
                del self._told[name]
                many = len(told.records) > MANY
                self.ask(Job("sync", name) if many else Job("touch", name, tuple(told.records)))
        ripe = [job for job, at in self._asked.items() if at <= now and job.sync in self.order]
        if not ripe:
            return None
        # Of a kind, who had its turn longest ago: a sync that is slower than its schedule starves no other.
        job = min(ripe, key=lambda j: (FIRST.index(j.kind), self._turn(j), self.order.index(j.sync)))
        del self._asked[job]
        self._turns[job.kind, job.sync] = max(self._turns.values(), default=0) + 1
        return job

    def _turn(self, job: Job) -> int:
        return self._turns.get((job.kind, job.sync), 0)

    def wake_at(self) -> float | None:
        """When something will be ripe, if nothing comes in between."""
        times = [told.ripe_at for told in self._told.values()]
        times += [at for job, at in self._asked.items() if job.sync in self.order]
        return min(times, default=None)

    def keep_only(self, order: Sequence[str]) -> None:
        """The config has other syncs now."""
        self.order = tuple(order)
        self._asked = {job: at for job, at in self._asked.items() if job.sync in order}
        self._told = {name: told for name, told in self._told.items() if name in order}
