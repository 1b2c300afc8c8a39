"""ACT: what was planned is written, app by app, side by side where an app allows it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from syncer.core.waves import in_waves
from syncer.deciding.abilities import creating_in
from syncer.engine.run import Run
from syncer.model import Item
from syncer.ports import Ports
from syncer.reading.intake import Intake
from syncer.reading.looking import look_again
from syncer.steps.write import Writer, Wrote
from syncer.store.database import Database
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


@dataclass(frozen=True, slots=True)
class Actor:
    """Writes the items of a plan, and accounts for each. `intakes`: app -> what takes in its records."""

    sync: Sync
    db: Database
    records: Records
    ledger: Ledger
    intakes: Mapping[str, Intake]
    ports: Ports

    def act(self, run: Run, items: list[Item], owed: Collection[str] = ()) -> bool:
        """Write what was planned. True when there is news that is to be merged in this same run. `owed`:
        golden records in which more is due than these items."""
        wrote: list[tuple[str, Wrote]] = []
        for wave in in_waves(items, {name: app.spec.unique for name, app in self.sync.apps.items()}):
            writers = {f"{w.app.name} {n}": w for n, w in enumerate(self._writers(run, wave))}
            self.ports.workers.drive({name: w.task() for name, w in writers.items()})
            wrote += [(w.app.name, w.result) for w in writers.values()]
        existed: dict[str, list[str]] = defaultdict(list)  # of all lanes of an app
        for name, result in wrote:
            if result.existed:
                existed[name] += result.existed
        errors = self.ports.workers.drive(
            {n: look_again(self.intakes[n], ids, self.ports.now) for n, ids in existed.items()}
        )
        for name, error in errors.items():
            run.report.apps[name].error = run.report.apps[name].error or error
            if error:  # what was not looked at may show yet
                run.met[name].clear()
        # What is known of such a record is not so any more: this run writes nothing over it.
        run.readable -= {name for name, result in wrote if result.unseen}
        self._account(run, items, wrote, owed)
        return any(w.moved or w.existed for _, w in wrote)

    def _writers(self, run: Run, items: list[Item]) -> Iterator[Writer]:
        """One for each app that can be written to, or several where the app has lanes."""
        by_app = {app: list(mine) for app, mine in groupby(sorted(items, key=_by_app), key=_by_app)}
        for name, mine in by_app.items():
            app = self.sync.apps[name]
            if not app.writes or name not in run.readable:
                continue
            lanes = max(1, min(app.spec.lanes, len(mine) // app.spec.batch))
            for lane in range(lanes):
                yield Writer(
                    self.sync,
                    app,
                    run=run.id,
                    began=run.began,
                    items=mine[lane::lanes],
                    intake=self.intakes[name],
                    ledger=self.ledger,
                    now=self.ports.now,
                    progress=self.ports.progress,
                    next_ref=run.next_ref,
                    met=run.met[name],
                )

    def _account(
        self, run: Run, items: list[Item], wrote: Sequence[tuple[str, Wrote]], owed: Collection[str]
    ) -> None:
        """Note what was settled, golden record by golden record, and count."""
        planned = Counter(i.golden for i in items)
        settled: Counter[str] = Counter()
        for _, result in wrote:
            settled.update(result.settled)
        with self.db.transaction():
            unsettled = {*creating_in(self.ledger), *owed}
            self.records.settle_goldens(
                g for g, n in sorted(planned.items()) if settled[g] >= n and g not in unsettled
            )
            if self.sync.dependents:
                linked = sorted({g for _, w in wrote for g in w.linked})
                self.records.touch(self.sync.dependents, linked)
        for name, result in wrote:
            row = run.report.apps[name]
            row.created += result.applied["create"]
            row.updated += result.applied["update"]
            row.archived += result.applied["archive"]
            row.linked += result.applied["create"]
            row.failed += sum(result.outcomes[o] for o in ("rejected", "unknown", "retry"))
            row.error = row.error or result.error
            run.report.written += sum(result.applied.values())
        run.report.leftovers = run.lost + sum(max(0, n - settled[g]) for g, n in planned.items())


def _by_app(item: Item) -> str:
    return item.app
