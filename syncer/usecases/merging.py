"""Have an app itself make one record of several: asked for by a person, for good, and never twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from connectors.contract import AppError, Connector, Fetched, Merging, Result
from syncer.core import brakes
from syncer.deciding.following import Following
from syncer.engine import Engine, Run
from syncer.model import INTO, Item, LinkKey
from syncer.ports import Ports, Task
from syncer.store.database import Database
from syncer.store.decisions import Decisions
from syncer.store.joins import Joins
from syncer.sync import App, Sync
from syncer.usecases.reverting import ask, merged_since
from syncer.usecases.sides import keep_within_limits, need_answered, said_to_be_two

MERGED = "somebody has merged it with another record there meanwhile: look again"
Pair = tuple[LinkKey, LinkKey]  # the record that is to live on, and the one that goes into it


@dataclass(slots=True)
class Merged:
    """`into`: record -> the record that lives on; `left`: record -> why it was not merged."""

    run: str = ""
    into: dict[LinkKey, LinkKey] = field(default_factory=dict)
    left: dict[LinkKey, str] = field(default_factory=dict)


def merges(connector: Connector, object: str) -> bool:
    """Whether the app can make one record of two."""
    return isinstance(connector, Merging) and object in connector.mergeable


@dataclass(slots=True)
class MergingInApp:
    """Merges in the apps of one sync. A merge is in the outbox before it is asked for: whatever happens then,
    the next run asks what became of it, and follows it as any merge that was made there."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)
    merged: Merged = field(default_factory=Merged)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)

    def merge(self, pairs: Sequence[Pair]) -> Merged:
        """Raises `Busy`, and `Held` where the sync is held or a limit would be passed."""
        need_answered(self.engine)
        if len(pairs) > 1:
            counts = Counter[tuple[str, brakes.ChangeKind]]((app, "links") for _, (app, _) in pairs)
            with self.db.reading():
                keep_within_limits(self.engine, counts, "merged", "name one app")
        with self.engine.session("merge") as run:
            need_answered(self.engine)
            self.merged.run = run.id
            unreadable = ask(
                self.engine, run, self.ports, dict.fromkeys(key for pair in pairs for key in pair)
            )
            asked = dict.fromkeys(key for pair in pairs for key in pair if key[0] not in unreadable)
            done = merged_since(self.engine, self.ports, asked)  # such as by this command, which was cut off
            self.merged.into |= {key: (key[0], into) for key, into in done.items()}
            for survivor, other in pairs:
                if other[0] in unreadable:
                    self.merged.left[other] = unreadable[other[0]]
                elif not done.keys().isdisjoint((survivor, other)) and self._are_apart(survivor, other):
                    self.merged.left[other] = MERGED
                elif self._are_apart(survivor, other):
                    self._one(run, self._now(survivor), other)
            self._follow(run)
            run.report.written = len(self.merged.into.keys() - done.keys())
            run.report.leftovers = len(self.merged.left)
            run.report.reason = f"merged in the app, for good: {run.report.written}"
        return self.merged

    def _are_apart(self, survivor: LinkKey, other: LinkKey) -> bool:
        return self._now(survivor) != self._now(other)

    def _now(self, survivor: LinkKey) -> LinkKey:
        """The record that it became: a merge may end in a record of its own."""
        while survivor in self.merged.into:
            survivor = self.merged.into[survivor]
        return survivor

    def _one(self, run: Run, survivor: LinkKey, other: LinkKey) -> None:
        app, ref = self.sync.apps[other[0]], run.next_ref()
        with self.db.transaction():
            if apart := self._told_apart(survivor, other):
                self.merged.left[other] = apart
                return
            golden = self._golden(other) or self._golden(survivor)
            item = Item("merge", app.name, golden, other[1], {INTO: (None, survivor[1])})
            Decisions(self.db, self.sync.name).decide(survivor, other, "together", self.ports.now())
            self.engine.ledger.outbox.mark(run.id, [(ref, item)], self.ports.now())
        results: dict[str, Result] = self.ports.workers.drive({app.name: _asking(app, survivor[1], other[1])})
        with self.db.transaction():
            self._settle(run, ref, item, survivor, results[app.name])

    def _told_apart(self, survivor: LinkKey, other: LinkKey) -> str:
        """That somebody said meanwhile that these are two, or those who are one with them since."""
        pairs = [*((lives, gone) for gone, lives in self.merged.into.items()), (survivor, other)]
        return said_to_be_two(self.db, self.sync.name, pairs).get((survivor, other), "")

    def _settle(self, run: Run, ref: str, item: Item, survivor: LinkKey, result: Result) -> None:
        app, other = item.app, (item.app, str(item.record))
        reason = result.reason
        if result.outcome == "applied":
            lives = result.id or survivor[1]
            reason = f"into {app}:{lives}"
            self.merged.into[other] = app, lives
            gone = [other[1]] if lives == survivor[1] else [other[1], survivor[1]]
            if lives != survivor[1]:
                self.merged.into[survivor] = app, lives
            answers = [Fetched(id, "merged", into=lives) for id in gone]
            self.engine.intakes[app].save_fetched(answers, self.ports.now())
        else:
            self.merged.left[other] = reason or "the app did not answer"
        if result.outcome != "unknown":
            self.engine.ledger.outbox.unmark([ref])
        told = Item("merge", app, item.golden, other[1], {})
        self.engine.ledger.outbox.record(run.id, [(told, other[1], result.outcome, reason)])

    def _golden(self, key: LinkKey) -> str:
        return self.engine.records.golden_of(key[0], [key[1]]).get(key[1], "")

    def _follow(self, run: Run) -> None:
        """Move the links at once. Where others merged something there meanwhile, the next sync follows all of
        it, behind its own brake."""
        lives = {key for key in self.merged.into.values() if key not in self.merged.into}
        ask(self.engine, run, self.ports, sorted(lives))
        with self.db.transaction():
            if Joins(self.db, self.sync.name).merged().keys() <= self.merged.into.keys():
                records, ledger = self.engine.records, self.engine.ledger
                followed = Following(self.sync, records, ledger, run.id, self.ports.now).follow()
                records.mark_due(sorted({relink.golden for relink in followed.moved}))


def _asking(app: App, survivor: str, other: str) -> Task[Result]:
    """An app that fails may have done it."""
    connector = app.connector
    assert isinstance(connector, Merging)  # noqa: S101
    try:
        result: Result = yield partial(connector.merge, app.object, survivor, other)
    except AppError as error:
        result = Result(other, "unknown", reason=str(error))
    return result
