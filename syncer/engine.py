"""One run of one sync: recover, read, decide, act. Owns the order of the steps, and DECIDE's transaction."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, groupby

from syncer.core.moved import moved, shapes, versions
from syncer.core.plan import Abilities
from syncer.deciding.abilities import abilities_of, creating_in, doubted_in
from syncer.deciding.following import Following
from syncer.deciding.holding import Holding, take_off_lowered
from syncer.deciding.holding import Plan as Plan
from syncer.deciding.one_pass import Decided, Deciding
from syncer.model import Item
from syncer.options import Options as Options
from syncer.ports import Ports, Stopping
from syncer.reading.intake import Intake
from syncer.reading.looking import look_again
from syncer.reading.sent_since import take_in_what_was_sent
from syncer.report import PAUSED, AppRow, Report
from syncer.selecting import Selection
from syncer.steps.match import find_matches
from syncer.steps.pull import Pulled, Puller
from syncer.steps.recover import Recovery
from syncer.steps.write import Writer, Wrote
from syncer.store.database import Database
from syncer.store.lease import BEAT, hold
from syncer.store.ledger import Ledger
from syncer.store.outbox import InFlight
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.wiring.remapped import close_lost, follow_fields
from syncer.wiring.stopping import stopped_in

ROUNDS = 3  # how often a run merges again what moved while it wrote


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


class Engine:
    """Runs one sync on one state database. One instance a run; not shared between threads."""

    def __init__(self, sync: Sync, db: Database, ports: Ports) -> None:
        self.sync = sync
        self.db = db
        self.ports = ports
        self.records = Records(db, sync.name)
        self.ledger = Ledger(db, sync.name)
        self.intakes = {app.name: Intake(sync, app, self.records, self.ledger) for app in sync.apps.values()}

    def run(self, options: Options) -> Report:
        """One run, from taking the lease to its report. Raises `Busy`, `LeaseLost` and `StateError`."""
        report, _ = self.run_with_plan(options)
        return report

    def run_with_plan(self, options: Options) -> tuple[Report, Plan]:
        """The same, with what was planned."""
        with self.session(options.kind) as run:
            self._steps(run, options)
        return run.report, run.plan or Plan(Decided())

    @contextmanager
    def session(self, kind: str) -> Iterator[Run]:
        """A run, from taking the lease to its report, whatever happens inside."""
        ports, started = self.ports, self.ports.now()
        id = ports.run_id(started)
        run = Run(id, Report(id, self.sync.name, apps={name: AppRow() for name in self.sync.apps}), started)
        calls = {name: app.connector.calls for name, app in self.sync.apps.items()}
        with (
            hold(self.db, self.sync.name, ports.holder, ports.now, ports.alive) as lease,
            ports.workers.alongside(lease.beat, BEAT),
        ):
            with self.db.transaction():
                follow_fields(self.records, self.ledger, self.sync)
                take_in_what_was_sent(self.records, self.ledger, self.sync, started)
                self.ledger.close_interrupted(started)
                self.ledger.outbox.sent_before(started)
                self.ledger.begin_run(id, kind, started)
            try:
                yield run
            except Stopping:
                run.report.status = "interrupted"
                raise
            except BaseException as error:
                run.report.status, run.report.reason = "failed", f"{type(error).__name__}: {error}"
                raise
            finally:
                for name, app in self.sync.apps.items():
                    run.report.apps[name].calls = app.connector.calls - calls[name]
                with self.db.reading():
                    gone = {name: intake.gone for name, intake in self.intakes.items() if intake.gone}
                    run.report.stopped = stopped_in(self.sync, self.records, gone)
                ended = ports.now()
                run.report.seconds = (ended - started).total_seconds()
                run.report.finish()
                with self.db.transaction():
                    stored = run.report.stored()
                    self.ledger.end_run(id, run.report.status, ended, run.report.written, stored)

    def _steps(self, run: Run, options: Options) -> None:
        options = self._as_asked(options)
        recoveries = self.recover(run)
        if options.read:
            self._read(run, options.resting - {name for name, r in recoveries.items() if r.result.lost})
            self._recover_by_reading(run, recoveries)
            run.readable |= options.resting & self.unpaused()
        else:
            run.readable = self.unpaused()
        for _ in range(ROUNDS):
            plan = self._decide(run, options)
            run.plan = plan if run.plan is None or plan.decided.items else run.plan
            if options.dry_run or not plan.held:  # of a held plan nothing is kept
                self._count(run, plan.decided)
            if plan.held or options.dry_run:
                self._report_held(run, plan, options.dry_run)
                return
            for name, number in plan.decided.linked.items():
                run.report.apps[name].linked += number
            news = self.act(run, plan.decided.items, plan.decided.owed)
            if not news:
                return

    def _as_asked(self, options: Options) -> Options:
        """The answer to a plan about some people is about these alone, as the plan was. One to a plan of
        another mapping does not count, and all is planned anew."""
        with self.db.reading():
            held = self.ledger.held()
        if held is None or not held.narrowed or held.run not in (options.approve, options.reject):
            return options
        if not held.is_of(self.sync.mapping.version):
            return options
        return replace(options, selection=Selection(only=frozenset(item.golden for item in held.items)))

    # -- recover and read ---------------------------------------------------------------------------------

    def unpaused(self) -> set[str]:
        """Apps that may be used."""
        with self.db.reading():
            return {name for name in self.sync.apps if not self.ledger.reader(name)["paused"]}

    def recover(self, run: Run) -> dict[str, Recovery]:
        """Settle what was in flight. Returns, by app, what only reading can tell."""
        with self.db.reading():
            flights = self.ledger.outbox.in_flight()
        by_app: dict[str, list[InFlight]] = defaultdict(list)
        for flight in flights:
            if flight.item.app in self.sync.apps:
                by_app[flight.item.app].append(flight)
        tasks, recoveries = {}, {}
        for name, mine in by_app.items():
            recovery = recoveries[name] = Recovery(
                self.sync, self.sync.apps[name], self.intakes[name], self.ledger, self.ports.now
            )
            with self.db.transaction():
                recovery.settle_updates([f for f in mine if f.item.kind in ("update", "archive")])
                self.ledger.outbox.record_unanswered([f for f in mine if f.item.kind != "merge"])
            tasks[name] = recovery.look_up([f for f in mine if f.item.kind in ("create", "merge")])
        self.ports.workers.drive(tasks)
        return {name: r for name, r in recoveries.items() if r.result.lost or r.result.untold}

    def _recover_by_reading(self, run: Run, recoveries: Mapping[str, Recovery]) -> None:
        for name, recovery in recoveries.items():
            whole = name in run.readable and name not in run.short
            with self.db.transaction():
                run.lost += recovery.settle_by_reading(recovery.result.lost, whole)
                recovery.recognise()
            row = run.report.apps[name]
            row.error = row.error or recovery.result.unasked()

    def _read(self, run: Run, resting: frozenset[str]) -> None:
        able = self.unpaused()
        pullers = {
            name: Puller(self.sync, app, self.intakes[name], self.ledger, self.ports.now, self.ports.progress)
            for name, app in self.sync.apps.items()
            if name in able and name not in resting
        }
        pulled: dict[str, Pulled] = self.ports.workers.drive({n: p.task() for n, p in pullers.items()})
        for name, result in pulled.items():
            row = run.report.apps[name]
            row.read, row.error, row.refused = result.read, result.error, result.refused
            if result.complete:
                run.readable.add(name)
            if result.short:
                run.short.add(name)
        for name in self.sync.apps.keys() - able:
            run.report.apps[name].error = PAUSED

    # -- decide -------------------------------------------------------------------------------------------

    def _decide(self, run: Run, options: Options) -> Plan:
        """Decide about all that waits, in one transaction that only a plan within its brakes commits."""
        if options.dry_run:
            with self.db.trial():
                return self._decide_inside(run, options)
        try:
            with self.db.transaction():
                plan = self._decide_inside(run, options)
                if plan.held:
                    raise _HeldBack(plan)
        except _HeldBack as held:
            return self._hold_back(run, held.plan)
        return plan

    def _decide_inside(self, run: Run, options: Options) -> Plan:
        holding = Holding(self.sync, self.records, self.ledger, options)
        followed = Following(self.sync, self.records, self.ledger, run.id, self.ports.now).follow()
        complete = [n for n in self.sync.apps if self.ledger.reader(n)["complete_at"] is not None]
        planned, now_planned = self.ledger.planned(), self._plan_basis(complete)
        touched = self.records.touched() if planned == now_planned else self.records.all_golden()
        found = find_matches(self.sync, self.records, complete, self.ledger.reviewed())
        matches = holding.matches(options.selection.narrow(found, self.records)).without(followed.waiting)
        chosen = options.selection.goldens(touched, self.records, len(matches.groups))
        about = {*chosen, *options.answers} - followed.waiting
        deciding = Deciding(
            self.sync,
            self.records,
            self.ledger,
            run.id,
            self.ports.now,
            abilities_of(self.sync, self.ledger),
            creating_in(self.ledger),
            refused=frozenset(i.identity for i in holding.refused),
            doubted=doubted_in(self.sync, self.records, self.ledger, matches.reviews),
            bring_back=options.bring_back if holding.rejects else None,
            answers=options.answers if run.plan is None else {},
            moved=moved(planned, self.ledger.mapped(), self.sync.mapping),
            gaining={relink.golden for relink in followed.moved},
            apart=options.selection.narrows and self.is_remapped(),
        )
        decided = deciding.run_all(sorted(about), matches)
        decided.relinks += followed.moved
        decided.items.sort(key=lambda i: i.sort_key)
        if not options.selection.narrows:
            decided.reviews = self.ledger.save_reviews(
                run.id, [(*r.record, *r.other, r.score, r.reason) for r in matches.reviews]
            )
            self.ledger.set_planned(now_planned)
            self.ledger.set_mapped(versions(self.sync.mapping))
            self.ledger.set_shapes(shapes(self.sync.mapping))
            close_lost(self.records, self.sync)
        if run.plan is None:
            run.report.left_out = holding.left_out(decided)
        plan = holding.plan(decided, run.id, first=planned is None and not options.selection.narrows)
        if not plan.held and not options.selection.narrows and len(complete) == len(self.sync.apps):
            self.ledger.caught_up()
        return plan

    def is_remapped(self) -> bool:
        """Whether the mapping is another than all was last planned under."""
        return self.ledger.mapped() not in (None, versions(self.sync.mapping))

    def _plan_basis(self, complete: Iterable[str]) -> str:
        """What all golden records were last planned under: the mapping, and the apps read completely, with
        those of them that are not written to."""
        read = [name if self.sync.apps[name].writes else f"{name}(read)" for name in complete]
        return " ".join((self.sync.mapping.version, *read))

    def _hold_back(self, run: Run, plan: Plan) -> Plan:
        """Nothing of a held plan is kept but the plan itself; lowered consent is kept and written."""
        with self.db.transaction():
            if plan.held_run == run.id:
                version = self.sync.mapping.version
                self.ledger.hold(run.id, plan.held, plan.decided.items, version, plan.narrowed)
            creating = creating_in(self.ledger)
            deciding = Deciding(
                self.sync, self.records, self.ledger, run.id, self.ports.now, Abilities(), creating
            )
            lowered = deciding.lower_consent(self.records.touched())
        self.act(run, lowered.items, lowered.owed)
        with self.db.transaction():
            take_off_lowered(plan, run.id, self.sync, self.ledger)
        return plan

    # -- act ----------------------------------------------------------------------------------------------

    def act(self, run: Run, items: list[Item], owed: Collection[str] = ()) -> bool:
        """Write what was planned. True when there is news that is to be merged in this same run. `owed`:
        golden records in which more is due than these items."""
        writers = {f"{w.app.name} {n}": w for n, w in enumerate(self._writers(run, items))}
        self.ports.workers.drive({name: w.task() for name, w in writers.items()})
        wrote = [(w.app.name, w.result) for w in writers.values()]
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

    # -- report -------------------------------------------------------------------------------------------

    def _count(self, run: Run, decided: Decided) -> None:
        run.report.conflicts += decided.conflicts
        run.report.reviews += decided.reviews
        run.report.fates |= decided.fates
        run.report.follow(decided.entered, decided.left)
        run.report.gone.update(one.app for one in decided.relinks if one.kind == "gone")

    def _report_held(self, run: Run, plan: Plan, dry_run: bool) -> None:
        for item in plan.decided.items:
            run.report.apps[item.app].held += 1
        if plan.held and not dry_run:  # nobody can answer what was only tried out
            run.report.status, run.report.reason = "held", plan.held
            run.report.held_run = plan.held_run


class _HeldBack(Exception):
    """Carries a held plan out of the transaction that is rolled back."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan.held)
        self.plan = plan


def _by_app(item: Item) -> str:
    return item.app
