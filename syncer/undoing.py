"""Undo a run: show the way back, then go it. Reads the records at stake again, and writes before-images where
only that run wrote. See `syncer.core.reversal` for what is put back and what is left alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from connectors.contract import AppError
from syncer import refs
from syncer.abilities import abilities_of, creating_in
from syncer.core.deeds import Deed, Line, Reversal, Rules, Written
from syncer.core.lens import Lens
from syncer.core.plan import Planning, plan
from syncer.core.reversal import reverse
from syncer.deciding import Deciding
from syncer.engine import Engine, Run
from syncer.model import ABSENT, Golden, Item, LinkKey, Unit
from syncer.ports import Ports, Task
from syncer.report import Report
from syncer.setup import App, Sync
from syncer.steps.normalise import Intake
from syncer.steps.pull import look_at
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.stories import Stories

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
class Undone:
    """What an undo came to. `report` is None where it was only shown."""

    run: str
    lines: list[Line] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    report: Report | None = None
    held: bool = False
    unsent: list[str] = field(default_factory=list)  # golden ids with writes that are none of the undo's


@dataclass(slots=True)
class Undoing:
    """Undoes runs of one sync."""

    sync: Sync
    db: Database
    ports: Ports
    engine: Engine = field(init=False)
    stories: Stories = field(init=False)
    unreadable: dict[str, str] = field(default_factory=dict)

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
                if wanted.whole:
                    undone.held = True
                    reason = f"run {wanted.run} was undone, and its sync waits until you release it"
                    self.engine.ledger.hold(run.id, reason, [])
            run.report.reason = f"undo of run {wanted.run}"
            self.engine.act(run, undone.items)
            with self.db.transaction():
                self.engine.records.mark_due(undone.unsent)
        undone.run, undone.report = run.id, run.report
        return undone

    # -- look ---------------------------------------------------------------------------------------------

    def _look(self, run: Run, wanted: Wanted) -> None:
        """Settle what is in flight, and ask for every record that the run wrote to."""
        self.engine.recover(run)
        run.readable = self.engine.unpaused()
        ids: dict[str, dict[str, None]] = defaultdict(dict)
        with self.db.reading():
            for golden in self._goldens(wanted):
                for write in self.stories.written(wanted.run, golden):
                    if write["record"] and write["app"] in self.sync.apps:
                        ids[write["app"]][write["record"]] = None
        self.unreadable = {
            app: "the app is paused or not part of the sync" for app in ids if app not in run.readable
        }
        tasks = {
            app: _asking(self.engine.intakes[app], list(wanted_ids), self.ports)
            for app, wanted_ids in ids.items()
            if app in run.readable
        }
        errors: dict[str, str] = self.ports.workers.drive(tasks)
        self.unreadable |= {app: f"the app could not be asked: {e}" for app, e in errors.items() if e}
        run.readable -= self.unreadable.keys()

    def _goldens(self, wanted: Wanted) -> list[str]:
        found = self.stories.touched_by(wanted.run)
        return [g for g in found if wanted.goldens is None or g in wanted.goldens]

    # -- reverse ------------------------------------------------------------------------------------------

    def _reverse(self, wanted: Wanted, id: str) -> Undone:
        """Go back, chunk by chunk. Call inside a transaction."""
        undone = Undone(id)
        archives = {a.name: _archives(a) for a in self.sync.apps.values()}
        rules = Rules(id, wanted.field, wanted.irreversible, archives, self.unreadable)
        for some in chunks(self._goldens(wanted), CHUNK):
            units = self.engine.records.units(some)
            deeds = {id: self._deed(wanted.run, id) for id in units}
            before = [Unit(Golden(id, _before(deed)), []) for id, deed in deeds.items()]
            lens = Lens(self.sync.mapping, refs.load(self.sync, self.db, [*units.values(), *before]))
            reversals = [reverse(unit, deeds[id], rules, lens) for id, unit in units.items()]
            self._keep(reversals, id)
            self._plan(reversals, lens, id, undone)
        undone.items.sort(key=lambda i: i.sort_key)
        return undone

    def _deed(self, run: str, golden: str) -> Deed:
        writes = [_written(row) for row in self.stories.writes(golden)]
        changed = self.stories.changed_by(run, golden)
        founded = self.stories.founded_by(golden) == run
        return Deed(run, changed, [w for w in writes if w.run == run], writes, founded)

    def _keep(self, reversals: Sequence[Reversal], id: str) -> None:
        """The new state, and what of the observations is still to be merged."""
        records, ledger = self.engine.records, self.engine.ledger
        records.drop_links(key for r in reversals for key in r.dropped)
        records.drop_observations(key for r in reversals for key in r.looked_at)
        records.save_observations(o for r in reversals for o in r.waiting if o.key not in r.dropped)
        ledger.journal(
            id,
            (
                (r.unit.golden.id, codec.journal_body(r.changed, r.unit.golden.provenance, r.was))
                for r in reversals
                if r.changed
            ),
        )

    def _plan(self, reversals: Sequence[Reversal], lens: Lens, id: str, undone: Undone) -> None:
        """Have the ordinary plan find what is to be sent; what has nothing to do with the undo waits on."""
        records, ledger = self.engine.records, self.engine.ledger
        creating = creating_in(ledger)
        units = [r.unit for r in reversals]
        able = abilities_of(self.sync, ledger)
        deciding = Deciding(self.sync, records, ledger, id, self.ports.now, able, creating)
        abilities = deciding.abilities_for(units)
        due = []
        for r in reversals:
            planning = Planning(r.unit.golden, lens, abilities, [], [], [])
            plan(planning, r.unit.links, creating.get(r.unit.golden.id, ()))
            mine = [item for i in planning.items if (item := _narrowed(i, r)) is not None]
            for item in mine:
                item.values = r.unit.golden.value
            undone.items += mine
            undone.lines += r.lines + _made_again(r, mine, planning.notes)
            due.append((r.unit.golden, bool(planning.items)))
            if mine != planning.items:
                undone.unsent.append(r.unit.golden.id)
        records.save_goldens(due)
        records.save_links((k for u in units for k in u.links), self.sync.slot_names())


def _asking(intake: Intake, ids: Sequence[str], ports: Ports) -> Task[str]:
    """Look at records; the error in words where the app cannot be asked."""
    try:
        yield from look_at(intake, ids, ports.now)
    except AppError as error:
        return str(error)
    return ""


def _archives(app: App) -> str:
    return app.spec.archive if app.writes else "none"


def _written(row: Mapping[str, Any]) -> Written:
    slots = {n: (ABSENT, v[0]) if len(v) == 1 else (v[0], v[1]) for n, v in row["slots"].items()}
    return Written(row["run"], row["app"], row["record"], row["kind"], row["outcome"], cast(Any, slots))


def _before(deed: Deed) -> dict[str, Any]:
    """Former golden values, so that references to them can be resolved."""
    return {name: before for name, (before, _, _) in deed.golden.items() if before is not ABSENT}


def _narrowed(item: Item, r: Reversal) -> Item | None:
    """The part of a planned item that belongs to the undo."""
    key: LinkKey = (item.app, item.record or "")
    if item.kind == "create":
        return item if item.app in r.creates else None
    if item.kind == "archive":
        return item if (key, None) in r.touched else None
    slots = {name: change for name, change in item.slots.items() if (key, name) in r.touched}
    return replace(item, slots=slots) if slots else None


def _made_again(r: Reversal, items: Sequence[Item], notes: Sequence[tuple[str, str]]) -> list[Line]:
    """What is created once more, or why it is not."""
    made, said = {item.app for item in items if item.kind == "create"}, dict(notes)
    lines = []
    for app in sorted(r.creates):
        why = "" if app in made else said.get(app, "the app is not ready for new records")
        lines.append(Line("create" if app in made else "left", r.unit.golden.id, app, None, why=why))
    return lines
