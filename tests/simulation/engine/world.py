"""One simulated world: apps, people, a state, and the real engine on them, all on one thread from one seed.

Every call to an app and every transaction is a *step*. At a step people may do something, the clock may jump,
another engine may start, or the process may die.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from connectors.contract import Options
from syncer.engine import Engine, Plan, Run
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.report import Report
from syncer.store import codec
from syncer.store.copies import mark_restored
from syncer.store.database import StateError
from syncer.store.lease import Busy, LeaseLost
from syncer.store.ledger import Ledger
from syncer.sync import App, Sync
from syncer.usecases.undoing import Undoing, Undone, Wanted
from syncer.wiring.remapped import follow_filters
from tests.simulation.engine.apps import SimApp, Wire
from tests.simulation.engine.clocks import TRUE, Clock
from tests.simulation.engine.faults import Faults, swarm
from tests.simulation.engine.kinds import Kinds, kinds
from tests.simulation.engine.memory import Memory
from tests.simulation.engine.order import FromTheEnd
from tests.simulation.engine.people import ACTS, SCOPED, People
from tests.simulation.engine.settings import ANYTHING, FILTER, OBJECT, Wish, setting
from tests.simulation.engine.store import PlainStore, Stepped, blank
from tests.simulation.engine.watch import Watch

SEEDS_A_WORLD = 20
SPACE = "contacts"


class Crash(BaseException):
    """The process is gone: no handler of the engine may take this for an error of an app."""


class Watched(Engine):
    """The engine as it is, watched when it decides."""

    world: World

    def _decide(self, run: Run, options: RunOptions) -> Plan:
        self.world.watch.deciding(self, [name for name, app in run.report.apps.items() if app.error])
        plan = super()._decide(run, options)
        self.world.watch.decided(self, plan)
        return plan

    def _hold_back(self, run: Run, plan: Plan) -> Plan:
        self.world.watch.holding_back()
        return super()._hold_back(run, plan)


class World:
    """Everything in one history. `place`: None for the plain store, else the URL of a real one."""

    def __init__(self, seed: int, wish: Wish = ANYTHING, place: str | None = None, rng: Any = None) -> None:
        self.seed = seed
        self.rng: random.Random = rng or random.Random(seed)
        self.wish = wish
        self.setting = setting(seed // SEEDS_A_WORLD, wish)
        self.mapping = self.setting.first
        self.memory = Memory()
        self.clock = Clock()
        self.skew = timedelta()
        self.faults = Faults(self.rng, swarm(self.rng) if wish.faults is None else wish.faults)
        self.kinds = Kinds(twice=wish.twice) if wish.faults is not None else kinds(seed, self.setting.traits)
        self.backwards = self.kinds.backwards
        self.faults.rates = {**self.faults.rates, **self.kinds.faults}
        if self.kinds.twice:
            self.faults.rates.pop("clock", None)
        self.apps = {name: self._app(name) for name in self.setting.traits}
        self.wires = {name: self._wire(name) for name in self.apps}
        for name, app in self.apps.items():
            app.before_call = partial(self._calling, name)
            app.after_call = partial(self._called, name)
            app.known = partial(self._knows, name)
            app.mapped = partial(self._mapped, name)
            app.filtered = partial(self._filtered, name)
        acts = ACTS | SCOPED if self.setting.draft.only else ACTS
        self.people = People(self, self.rng, acts if wish.acts is None else wish.acts)
        self.watch = Watch(self)
        self.memory.watch = self.watch.wrote
        self.place = place
        self.raw: sqlite3.Connection | None = blank() if place is None else None
        self.runs = 0
        self.steps = 0
        self.die_at: int | Iterable[int] = 0
        self.dead = False
        self.nested = False
        self.running = False
        self.backups: list[bytes] = []
        self.store = self._open()

    def _app(self, name: str) -> SimApp:
        clock, places = self.kinds.clocks.get(name, TRUE), self.setting.rounds.get(name)
        return SimApp(self.setting.traits[name], self.clock, self.rng, self.memory, places, clock)

    def _wire(self, name: str) -> Wire:
        options, conditional = Options(name, sleep=self.clock.sleep), name in self.setting.conditional
        return Wire(options, self.apps[name], self.faults, conditional, self.backwards)

    def turn(self) -> None:
        """From now on everything that has no order of its own is listed the other way round."""
        self.backwards = not self.backwards
        for wire in self.wires.values():
            wire.backwards = self.backwards
        self._reopen()

    def _open(self, watched: bool = True) -> Stepped:
        if self.raw is not None:
            self.raw.execute(f"PRAGMA reverse_unordered_selects = {self.backwards:d}")
        store = PlainStore(self.raw) if self.raw is not None else Stepped(str(self.place))
        if watched:
            store.gate = self._gate
        return store

    def close(self) -> None:
        self.store.close()
        if self.raw is not None:
            self.raw.close()

    def _knows(self, app: str) -> bool:
        return any((app, id) in self.watch.linked for id in self.apps[app].records)

    def _mapped(self, app: str) -> Iterable[str]:
        part = self.mapping.apps.get(app)
        return part.slots if part else ()

    def _filtered(self, app: str) -> bool:
        part = self.mapping.apps.get(app)
        return part is not None and part.only is not None

    # -- time and steps -----------------------------------------------------------------------------------

    def machine(self) -> datetime:
        """What the engine's own clock says."""
        return self.clock() + self.skew

    def step(self, where: str) -> None:
        """A point at which anything may happen."""
        if self.nested:
            return
        if self.dead:
            raise Crash(where)
        self.steps += 1
        if self.steps == self.die_at or self.faults.strikes("crash"):
            self.dead = True
            self.memory.note(f"CRASH at {where}, step {self.steps}")
            raise Crash(where)
        while self.faults.strikes("meddle"):
            self.people.act()
        if self.faults.strikes("clock"):
            self.skew = timedelta(seconds=self.rng.choice((-4000, -90, 0, 0, 90, 4000)))
            self.memory.clock_set.append(self.memory.next())
            self.memory.note(f"the engine's clock is {self.skew} beside true time")

    def _calling(self, app: str, call: str) -> None:
        if self.store._inside:
            self.memory.report("transaction", f"{call} of {app} inside a transaction")
        self.step(f"{app}.{call}")
        if self.nested:
            return
        if self.faults.strikes("second") and not (call == "write" and self._lease_ran_out()):
            self._second(alive=True)
        if call == "pull" and self.faults.strikes("slow"):
            self.clock.sleep(self.rng.choice((61, 90, 200)))
        if call == "pull" and self.faults.strikes("frozen"):
            self.clock.sleep(600)
            self._second(alive=True)
        self.faults.before(app)

    def _called(self, app: str, call: str) -> None:
        self.step(f"{app}.{call} done")
        if not self.nested:
            self.faults.after(app)

    def _gate(self, what: str) -> None:
        self.watch.gate(what)
        self.step(f"state {what}")
        if self.nested:
            return
        if what == "begin" and self.faults.strikes("locked"):
            raise StateError("database is locked")
        if what == "commit" and self.faults.strikes("full"):
            raise StateError("database or disk is full")

    # -- the engine ---------------------------------------------------------------------------------------

    def sync(self) -> Sync:
        names = list(self.mapping.apps)[:: -1 if self.backwards else 1]
        apps = {n: App(n, OBJECT, self.wires[n], self.setting.spec(n)) for n in names}
        return Sync(SPACE, self.mapping, apps, self.setting.limits)

    def _ports(self, holder: str, alive: bool) -> Ports:
        def run_id(_: datetime) -> str:
            self.runs += 1
            return f"run-{self.runs:04d}"

        turns = FromTheEnd() if self.backwards else Inline()
        return Ports(self.machine, run_id, turns, holder, lambda _: alive)

    def run(self, approve: str | None = None, reject: str | None = None) -> Report | None:
        """One run, some time after the last thing that happened; None where it was cut off."""
        self.faults.lapsed.clear()
        for app in self.apps.values():
            app.faults = self.faults.flaky()
        engine = Watched(self.sync(), self.store, self._ports(f"first-{self.runs}", alive=False))
        engine.world = self
        options = RunOptions(approve=approve, reject=reject)
        self.memory.note(f"run {self.runs + 1} begins" + (f", approves {approve}" if approve else ""))
        self.watch.begins(bool(approve or reject))
        self.wire()
        report = None
        self.running = True
        try:
            with self._survived():
                report = engine.run(options)
        finally:
            self.running = False
        if report is None:
            self._reopen()
        self.watch.ended(report)
        told = f"{report.status}, {report.written} written {report.reason}" if report else "cut off"
        self.memory.note(f"run {self.runs} ends: {told}")
        return report

    def wire(self) -> None:
        """What is done about a filter that has changed, before anything else: nothing happens meanwhile."""
        filters = {app: FILTER if part.only else "" for app, part in self.mapping.apps.items()}
        if self.setting.draft.only:
            self.nested = True
            with self.store.transaction():
                follow_filters(Ledger(self.store, SPACE), filters)
            self.nested = False

    def undo(self, wanted: Wanted) -> Undone | None:
        """Somebody undoes a run; None where that was cut off. That they ask for it counts as a reason to
        write."""
        self.memory.note(f"run {wanted.run} is undone")
        self.watch.begins(asked=True)
        self.watch.mapping_changed()
        self.watch.undone, undone = True, None
        self.wire()
        undoing = Undoing(self.sync(), self.store, self._ports(f"undo-{self.runs}", alive=False))
        with self._survived():
            undone = undoing.do(wanted)
        if undone is None:
            self._reopen()
            self.memory.note("the undo is cut off")
        for x in undone.lines if undone else ():
            self.memory.note(f"  {x.act} {x.app}/{x.record} {x.field}: {x.now!r} -> {x.back!r} {x.why}")
        return undone

    @contextmanager
    def _survived(self) -> Iterator[None]:
        """What ends a process ends no history."""
        try:
            yield
        except Crash:
            self.dead = False
        except (StateError, LeaseLost, Busy) as error:
            self.memory.note(f"{type(error).__name__}: {error}")

    def _second(self, alive: bool) -> None:
        """Another process starts a run of the same sync just now."""
        self.nested, mine, shown = True, self.store, dict(self.memory.latest)
        other = self._open(watched=False)
        self.memory.note("another engine starts")
        engine = Watched(self.sync(), other, self._ports(f"other-{self.runs}", alive))
        engine.world = self
        try:
            engine.run(RunOptions())
            self.watch.taken_over(mine)
            self.memory.note("it took over")
        except Busy:
            self.memory.note("it finds the sync busy")
        finally:
            other.close()
            self.nested, self.memory.latest = False, shown

    def _lease_ran_out(self) -> bool:
        """A write that is on its way when another engine takes over cannot be called back: no app fences."""
        with self.store.reading():
            (expires,) = self.store.one("SELECT expires FROM lease") or ("",)
        return bool(expires <= codec.iso(self.machine()))

    def _reopen(self) -> None:
        """Open the state anew, as the next process does."""
        self.store.close()
        self.store = self._open()

    # -- backups ------------------------------------------------------------------------------------------

    def back_up(self) -> None:
        """A state that no run has used is no backup: to put it back would be to begin anew."""
        if self.raw is not None and self.raw.execute("SELECT COUNT(*) FROM reader").fetchone()[0]:
            self.backups.append(self.raw.serialize())

    def restore(self) -> None:
        """The admin puts an older copy of the state back."""
        if self.backups and self.raw is not None:
            self.memory.note("an older backup of the state is restored")
            self.store.close()
            self.raw.close()
            self.raw = sqlite3.connect(":memory:", isolation_level=None, cached_statements=512)
            self.raw.deserialize(self.rng.choice(self.backups))
            self.store = self._open()
            self.nested = True  # nothing happens meanwhile: the admin waits for the command
            with self.store.transaction():
                mark_restored(self.store, None, self.machine())
            self.nested = False
            self.watch.restored()


def file_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'state.db'}"
