"""Undo a run: show the way back, then go it. Reads the records at stake again, and writes before-images where
only that run wrote. See `syncer.core.reversal` for what is put back and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncer import refs
from syncer.core.deeds import Deed, Reversal, Rules
from syncer.core.lens import Lens
from syncer.core.reopen import Answered, reopen
from syncer.core.resolve import RULE as RESOLVED
from syncer.core.reversal import reverse
from syncer.engine import Engine, Run
from syncer.model import ABSENT, Golden, LinkKey, LogEntry, Unit
from syncer.ports import Ports
from syncer.report import Report
from syncer.setup import App, Sync
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.stories import Stories
from syncer.usecases.reverting import Sending, as_written, ask, attached, keep, plan_reversals

CHUNK = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be undone. `goldens`: only these, or None for all of the run; `field`: only this one."""

    run: str
    goldens: frozenset[str] | None = None
    field: str | None = None
    irreversible: bool = False

    @property
    def whole(self) -> bool:
        return self.goldens is None and self.field is None


@dataclass(slots=True)
class Undone(Sending):
    """What an undo came to. `report` is None where it was only shown."""

    run: str = ""
    report: Report | None = None
    held: bool = False
    reaches: str | None = None  # the history begins here; None: with the first run


@dataclass(slots=True)
class Undoing:
    """Undoes runs of one sync."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)
    stories: Stories = field(init=False)
    unreadable: dict[str, str] = field(default_factory=dict)
    used: dict[LinkKey, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = Engine(self.sync, self.db, self.ports)
        self.stories = Stories(self.db, self.sync.name)

    def show(self, wanted: Wanted) -> Undone:
        """What undoing would do. Nothing is kept. Raises `Busy`."""
        with self.engine.session("plan") as run:
            self._look(run, wanted)
            with self.db.trial():
                return self._reverse(wanted, run.id)

    def do(self, wanted: Wanted) -> Undone:
        """Undo, as a run of its own: it is in the history, and can be undone. Raises `Busy`."""
        with self.engine.session("undo") as run:
            self._look(run, wanted)
            with self.db.transaction():
                undone = self._reverse(wanted, run.id)
                if wanted.whole and not self._was_an_answer(wanted.run):
                    undone.held = True
                    reason = f"run {wanted.run} was undone, and its sync waits until you release it"
                    self.engine.ledger.hold(run.id, reason, [])
            run.report.reason = f"undo of run {wanted.run}"
            self.engine.act(run, undone.items)
            with self.db.transaction():
                self.engine.records.mark_due(undone.unsent)
        undone.run, undone.report = run.id, run.report
        return undone

    def _was_an_answer(self, run: str) -> bool:
        """Whether a run settled conflicts: those are open again, so nothing has to be held besides."""
        found = History(self.db).run(run)
        return found is not None and found["kind"] == "resolve"

    # -- look ---------------------------------------------------------------------------------------------

    def _look(self, run: Run, wanted: Wanted) -> None:
        """Settle what is in flight, and ask for every record that the run wrote to."""
        keys: list[LinkKey] = []
        made: set[LinkKey] = set()
        with self.db.reading():
            for golden in self._goldens(wanted):
                for write in self.stories.written(wanted.run, golden):
                    if write["record"] and write["app"] in self.sync.apps:
                        keys.append((write["app"], write["record"]))
                        if write["kind"] == "create" and write["outcome"] == "applied":
                            made.add(keys[-1])
        self.unreadable = ask(self.engine, run, self.ports, keys)
        there = sorted(key for key in made if key[0] not in self.unreadable) if wanted.field is None else ()
        self.used = attached(self.engine, self.ports, there)

    def _goldens(self, wanted: Wanted) -> list[str]:
        found = self.stories.touched_by(wanted.run)
        return [g for g in found if wanted.goldens is None or g in wanted.goldens]

    # -- reverse ------------------------------------------------------------------------------------------

    def _reverse(self, wanted: Wanted, id: str) -> Undone:
        """Go back, chunk by chunk. Call inside a transaction."""
        undone = Undone(run=id, reaches=History(self.db).fact(f"reaches:{self.sync.name}"))
        archives = {a.name: _archives(a) for a in self.sync.apps.values()}
        rules = Rules(id, wanted.field, wanted.irreversible, archives, self.unreadable, self.used)
        for some in chunks(self._goldens(wanted), CHUNK):
            units = self.engine.records.units(some)
            deeds = {id: self._deed(wanted.run, id) for id in units}
            before = [Unit(Golden(id, _before(deed)), []) for id, deed in deeds.items()]
            lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, [*units.values(), *before]))
            reversals = [reverse(unit, deeds[id], rules, lens) for id, unit in units.items()]
            self._reopen(reversals, units, wanted, lens, id)
            keep(self.engine, reversals, id)
            plan_reversals(self.engine, reversals, lens, id, undone)
        undone.items.sort(key=lambda i: i.sort_key)
        return undone

    def _deed(self, run: str, golden: str) -> Deed:
        writes = [as_written(row) for row in self.stories.writes(golden)]
        changed = self.stories.changed_by(run, golden)
        founded = self.stories.founded_by(golden) == run
        return Deed(run, changed, [w for w in writes if w.run == run], writes, founded)

    def _reopen(
        self, reversals: Sequence[Reversal], units: Mapping[str, Unit], wanted: Wanted, lens: Lens, id: str
    ) -> None:
        """Conflicts that the run settled wait for a person again."""
        log: list[LogEntry] = []
        for r in reversals:
            entries = self.stories.conflicts(r.unit.golden.id)
            answered = {
                e.field: Answered(e.candidates, e.winner)
                for e in entries
                if e.run == wanted.run and e.rule == RESOLVED and wanted.field in (None, e.field)
            }
            log += reopen(r, units[r.unit.golden.id].golden, answered, lens)
        self.engine.ledger.log(id, self.ports.now(), log)


def _archives(app: App) -> str:
    return app.spec.archive if app.writes else "none"


def _before(deed: Deed) -> dict[str, Any]:
    """Former golden values, so that references to them can be resolved."""
    return {name: before for name, (before, _, _) in deed.golden.items() if before is not ABSENT}
