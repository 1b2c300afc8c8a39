"""Run one sync of a config from beginning to end: wire it, run the engine, export the conflict log.

This is what the command line, the demo and the schedule call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.contract import AppError
from syncer.config.files import Config
from syncer.engine import Engine, Options, Plan
from syncer.forgotten import Marks
from syncer.logs import log
from syncer.ports import Ports
from syncer.reading.looking import look_at_each
from syncer.report import AppRow, Report, Status
from syncer.running.cleaning import finish
from syncer.running.exporting import Exporting
from syncer.running.retaining import Retaining
from syncer.store.database import Database, StateError
from syncer.store.history import History
from syncer.store.lease import hold
from syncer.store.ledger import Ledger
from syncer.sync import Sync
from syncer.wiring.declared import NotDescribed, OtherAccount
from syncer.wiring.wire import Wiring

Choose = Callable[[Sync], Options | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run. `plan` is None where it did not come to that."""

    report: Report
    plan: Plan | None = None


@dataclass(slots=True)
class Runner:
    """Runs the syncs of one config on one state. `refresh`: ask the apps anew what they are like."""

    config: Config
    db: Database
    ports: Ports
    refresh: bool = False
    wiring: Wiring = field(init=False)

    def __post_init__(self) -> None:
        self.wiring = Wiring(self.config, self.db, self.ports, self.refresh)

    def close(self) -> None:
        self.wiring.close()

    def paused(self, name: str) -> bool:
        with self.db.reading():
            return History(self.db).paused(name)

    def run(self, name: str, options: Options, choose: Choose | None = None) -> Outcome | None:
        """One run. `choose` may narrow the options once the sync is wired; None where it declines. Raises
        `Busy`, `LeaseLost`, `StateError`, and `ProblemsFound` where the mapping does not fit the apps."""
        self.wiring.declarations.accept = self._accepted(name, options.approve)
        try:
            sync = self.wiring.sync(name)
        except (OtherAccount, AppError) as error:
            return Outcome(self._not_run(name, options, error))
        chosen = choose(sync) if choose is not None else options
        if chosen is None:
            return None
        try:
            self._look(sync, chosen)
            report, plan = Engine(sync, self.db, self.ports).run_with_plan(chosen)
        except AppError as error:
            return Outcome(self._not_run(name, options, error))
        finally:
            Exporting(self.config, self.db, self.ports, name).run()
        Retaining(sync, self.db, self.ports, self.config.model.history.keep).run()
        self._clean()
        log(sync=name).info(
            "run ended",
            run=report.run,
            status=report.status,
            written=report.written,
            conflicts=report.conflicts,
            seconds=round(report.seconds, 3),
        )
        return Outcome(report, plan)

    def _clean(self) -> None:
        """What somebody's forgetting has left to do, because it was cut off."""
        try:
            finish(self.db, Marks(self.config.forgotten_dir))
        except (StateError, OSError) as error:
            log().error("traces of people who were forgotten stay in the state", reason=str(error))

    def _look(self, sync: Sync, options: Options) -> None:
        """Ask for single records, in place of reading whole apps or besides."""
        engine, ports = Engine(sync, self.db, self.ports), self.ports
        wanted = options.ask or (() if options.read else options.selection.records)
        able = engine.unpaused() if wanted else set()
        keys = [key for key in wanted if key[0] in able]
        if keys:
            with hold(self.db, sync.name, ports.holder, ports.now, ports.alive):
                look_at_each(engine.intakes, keys, ports)

    def _accepted(self, name: str, run: str | None) -> frozenset[str]:
        """The apps whose new account `--approve RUN` lets in: those for which that run was held."""
        if run is None:
            return frozenset()
        with self.db.reading():
            latest = History(self.db).runs(1, name)
        if latest and latest[0]["run"] == run and latest[0]["status"] == "held":
            return frozenset(latest[0]["report"].get("accounts", ()))
        return frozenset()

    def _not_run(self, name: str, options: Options, error: AppError | OtherAccount) -> Report:
        """A run that could not begin is a run in the history all the same."""
        now, ledger = self.ports.now(), Ledger(self.db, name)
        status: Status = "held" if isinstance(error, OtherAccount) else "failed"
        with self.db.reading():
            last = History(self.db).last_run()
        report = Report(self.ports.run_id_behind(last, now), name, status, reason=str(error))
        report.apps = {app: AppRow() for app in self.config.syncs[name].apps}
        if isinstance(error, NotDescribed):
            report.apps[error.app] = AppRow(error=str(error), refused=error.refused)
        accounts = error.found if isinstance(error, OtherAccount) else {}
        with self.db.transaction():
            ledger.begin_run(report.run, options.kind, now)
            ledger.end_run(report.run, report.status, now, 0, {**report.stored(), "accounts": accounts})
        why = error.in_log if isinstance(error, AppError) else str(error)
        log(sync=name).info("run not begun", run=report.run, status=report.status, reason=why)
        return report
