"""One run of one sync: recover, read, decide, act. Owns the order of the steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from syncer.deciding.holding import Plan
from syncer.deciding.one_pass import Decided
from syncer.engine.actor import Actor
from syncer.engine.planner import Planner
from syncer.engine.run import Run
from syncer.model import Item
from syncer.options import Options
from syncer.ports import Ports, Stopping
from syncer.reading.intake import Intake
from syncer.reading.sent_since import take_in_what_was_sent
from syncer.report import PAUSED, AppRow, Report
from syncer.selecting import Selection
from syncer.steps.pull import Pulled, Puller
from syncer.steps.recover import Recovery
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.lease import BEAT, hold
from syncer.store.ledger import Ledger
from syncer.store.outbox import InFlight
from syncer.store.records import Records
from syncer.sync import Sync
from syncer.wiring.regrouping import follow_groups
from syncer.wiring.remapped import follow_fields
from syncer.wiring.stopping import stopped_in

ROUNDS = 3  # how often a run merges again what moved while it wrote


class Engine:
    """Runs one sync on one state database. One instance a run; not shared between threads."""

    def __init__(self, sync: Sync, db: Database, ports: Ports) -> None:
        self.sync = sync
        self.db = db
        self.ports = ports
        self.records = Records(db, sync.name)
        self.ledger = Ledger(db, sync.name)
        self.intakes = {app.name: Intake(sync, app, self.records, self.ledger) for app in sync.apps.values()}
        self.planner = Planner(sync, db, self.records, self.ledger, ports)
        self.actor = Actor(sync, db, self.records, self.ledger, self.intakes, ports)

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
        ports, calls = self.ports, {name: app.connector.calls for name, app in self.sync.apps.items()}
        with (
            hold(self.db, self.sync.name, ports.holder, ports.now, ports.alive) as lease,
            ports.workers.alongside(lease.beat, BEAT),
        ):
            started = ports.now()  # with the lease: what another one sent until then was sent before
            with self.db.reading():
                last = History(self.db).last_run()
            id = ports.run_id_behind(last, started)
            report = Report(id, self.sync.name, apps={name: AppRow() for name in self.sync.apps})
            run = Run(id, report, started)
            with self.db.transaction():
                follow_fields(self.records, self.ledger, self.sync)
                follow_groups(self.records, self.ledger, self.sync)
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
            self._note_paused(run, run.readable)
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
        self._note_paused(run, able)

    def _note_paused(self, run: Run, able: set[str]) -> None:
        for name in self.sync.apps.keys() - able:
            run.report.apps[name].error = PAUSED

    # -- decide and act -----------------------------------------------------------------------------------

    def _decide(self, run: Run, options: Options) -> Plan:
        """The plan of this run. Of a held one, lowered consent is written all the same."""
        plan = self.planner.plan(run, options)
        if plan.held and not options.dry_run:
            lowered = self.planner.hold_back(run, plan)
            self.act(run, lowered.items, lowered.owed)
            self.planner.take_off_lowered(run, plan)
        return plan

    def is_remapped(self) -> bool:
        """Whether the mapping is another than all was last planned under."""
        return self.planner.is_remapped()

    def act(self, run: Run, items: list[Item], owed: Collection[str] = ()) -> bool:
        """Write what was planned. True when there is news that is to be merged in this same run. `owed`:
        golden records in which more is due than these items."""
        return self.actor.act(run, items, owed)

    # -- report -------------------------------------------------------------------------------------------

    def _count(self, run: Run, decided: Decided) -> None:
        run.report.conflicts += decided.conflicts
        run.report.reviews += decided.reviews
        run.report.fates |= decided.fates
        run.report.follow(decided.entered, decided.left)
        run.report.gone.update(one.app for one in decided.lost)
        run.report.merged.update(one.app for one in decided.relinks if one.kind == "merge")

    def _report_held(self, run: Run, plan: Plan, dry_run: bool) -> None:
        for item in plan.decided.items:
            run.report.apps[item.app].held += 1
        if plan.held and not dry_run:  # nobody can answer what was only tried out
            run.report.status, run.report.reason = "held", plan.held
            run.report.held_run = plan.held_run
