"""Does the jobs, one at a time: what goes wrong with one is told, and the next one is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.contract import AppError
from mappings.document import ProblemsFound
from syncer.engine import Options
from syncer.logs import log
from syncer.model import LinkKey
from syncer.report import PAUSED, Report
from syncer.running.runner import Runner
from syncer.selecting import Selection
from syncer.service import tidying, verifying
from syncer.service.desk import Desk
from syncer.service.inbox import Inbox
from syncer.service.tracing import Span, no_span
from syncer.service.waiting import Job
from syncer.store.database import StateError
from syncer.store.lease import Busy, LeaseLost
from syncer.store.ledger import Ledger
from syncer.sync import Sync

AGAIN: Final = 1.0  # seconds until a job is tried again that met somebody else at work
LATER: Final = 3600.0  # seconds until a comparison is tried again that the budget did not allow


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a job. `report`: of its run, where there was one; `error`: why there was none, in words
    that may be logged."""

    job: Job
    report: Report | None = None
    error: str = ""
    drift: int | None = None


@dataclass(slots=True)
class Worker:
    """`tell` is told what became of each job; `span` opens a trace of it."""

    desk: Desk
    inbox: Inbox
    tell: Callable[[Done], None]
    span: Span = no_span

    def do(self, job: Job) -> None:
        """Raises `Stopping`, and nothing else."""
        try:
            with self.span(job.kind, sync=job.sync):
                done = self._do(job)
        except Busy:
            self.inbox.ask(job, AGAIN)
            return
        except AppError as error:
            done = Done(job, error=error.in_log)
        except (ProblemsFound, LeaseLost) as error:
            done = Done(job, error=str(error))
        except StateError as error:
            self.desk.close()
            done = Done(job, error=str(error))
        except Exception as error:
            self.desk.close()
            done = Done(job, error=f"this is a mistake in syncer: {type(error).__name__}")
        if done is not None:
            if done.error:
                log(sync=job.sync).error(f"{job.kind} failed", reason=done.error)
            self.tell(done)

    def _do(self, job: Job) -> Done | None:
        runner = self.desk.runner
        if runner.paused(job.sync):
            return None
        if job.kind == "verify":
            return self._verify(runner, job)
        if job.kind == "tidy":
            number = tidying.tidy(runner.db, runner.ports, job.sync)
            log(sync=job.sync).info("runs without effect were forgotten", runs=number)
            return None
        if job.kind == "touch":
            return self._touch(runner, job)
        outcome = runner.run(job.sync, Options(resting=self.desk.resting(job.sync)))
        return Done(job, outcome.report if outcome else None)

    def _touch(self, runner: Runner, job: Job) -> Done | None:
        """Read these records and merge them. Before the first whole run, and while something waits for a
        person, the next poll does that: it is the one that asks."""

        def ready(sync: Sync) -> Options | None:
            ledger = Ledger(runner.db, sync.name)
            with runner.db.reading():
                planned, held = ledger.planned(), ledger.held()
            if planned is None or planned.split()[0] != sync.mapping.version or held is not None:
                return None
            selection = Selection(records=_found(sync, job.records))
            return Options(kind="webhook", read=False, selection=selection) if selection.records else None

        outcome = runner.run(job.sync, Options(kind="webhook", read=False), ready)
        return Done(job, outcome.report) if outcome is not None else None

    def _verify(self, runner: Runner, job: Job) -> Done | None:
        if not verifying.can_afford(runner, job.sync):
            self.inbox.ask(job, LATER)
            return None

        def bring() -> None:
            outcome = runner.run(job.sync, Options())
            self.tell(Done(Job("sync", job.sync), outcome.report if outcome else None))

        found, drift = verifying.verify(runner, job.sync, bring)
        errors = [app for app, checked in found.apps.items() if checked.error not in ("", PAUSED)]
        log(sync=job.sync).info("compared in full", run=found.run, drift=drift)
        why = f"not read to the end: {', '.join(errors)}. syncer show {found.run} says why" if errors else ""
        return Done(job, error=why, drift=drift)


def _found(sync: Sync, told: Sequence[LinkKey]) -> tuple[LinkKey, ...]:
    """The records that were told of; those that an app names by a field (``field=value``) are looked up."""
    found, sought = [], defaultdict[tuple[str, str], list[str]](list)
    for name, id in told:
        field, mark, value = id.partition("=")
        if mark:
            sought[name, field].append(value)
        else:
            found.append((name, id))
    for (name, field), values in sought.items():
        app = sync.apps[name]
        records = app.connector.find(app.object, field, values, sync.fields(name))
        found += [(name, record.id) for record in records]
    return tuple(dict.fromkeys(found))
