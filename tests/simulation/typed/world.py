"""A small world with a drawn mapping: its apps, the real engine over them, and the people who type."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial

from connectors.contract import Options, Value
from connectors.memory import MemoryApp, MemoryConnector
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.ports import Inline, Ports
from syncer.report import Report
from syncer.store.ledger import Ledger
from syncer.wiring.remapped import follow_filters
from tests.simulation.engine.clocks import Clock
from tests.simulation.engine.settings import KIND, OUTSIDE
from tests.simulation.engine.store import PlainStore, blank
from tests.simulation.typed import changing, steward
from tests.simulation.typed.changing import Changing
from tests.simulation.typed.companies import REFERENCE, Companies, drawn_companies
from tests.simulation.typed.cuts import Cuts
from tests.simulation.typed.drawn import Drawing
from tests.simulation.typed.space import Space
from tests.simulation.typed.steward import Steward
from tests.simulation.typed.writes import Writes

PEOPLE = 5
MOST_RUNS = 14


class World:
    """Everything in one history.

    people     the object that all worlds have; companies: the one to which people point in some
    off        apps with ``writes: off``; paused: apps that are left alone altogether
    notes      what happened, in words
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        drawn = Drawing(self.rng).drawn()
        companies = drawn_companies(seed, drawn)
        drawn = companies.people if companies else drawn
        self.drawn = replace(drawn, draft=steward.asking(seed, drawn.draft))
        self.clock = Clock()
        self.raw = blank()
        self.store = PlainStore(self.raw)
        self.off: set[str] = set()
        self.paused: set[str] = set()
        self.connectors: dict[str, MemoryConnector] = {}
        self.notes: list[str] = self.drawn.draft.text.splitlines()
        self.violations: list[str] = []
        self.runs = 0
        self.people = Space(self, "contacts", self.drawn.draft, self.drawn.traits, self.drawn.typed)
        self.companies = Companies(self, companies) if companies else None
        if self.companies is not None:
            self._point_to(self.companies)
        for app in self.people.apps:
            mine = [space.apps[app] for space in self.spaces if app in space.apps]
            self.connectors[app] = MemoryConnector(Options(app, sleep=self.clock.sleep), *mine)
        self.cuts = Cuts(self)
        self.writes = Writes(self)
        self.steward = Steward(self) if steward.is_on(seed) else None
        self.changing = Changing(self) if changing.is_on(seed) else None

    @property
    def spaces(self) -> list[Space]:
        """In the order in which they are run."""
        return [*([self.companies] if self.companies else ()), self.people]

    @property
    def may_hold(self) -> bool:
        """Whether plans may be held: no limits are set here."""
        return self.changing is not None or self.steward is not None

    def all_apps(self) -> list[MemoryApp]:
        return [app for space in reversed(self.spaces) for app in space.apps.values()]

    def _point_to(self, companies: Companies) -> None:
        self.notes += companies.draft.text.splitlines()
        self.people.targets, companies.dependents = {"company": companies}, (self.people.name,)
        for name, app in companies.apps.items():
            self.people.apps[name].targets["companies"] = app
            self.people.can_type[name, REFERENCE] = partial(_any_of, companies, name)

    def note(self, what: str) -> None:
        self.notes.append(f"{self.clock.at:%H:%M:%S} {what}")

    def report(self, kind: str, what: str) -> None:
        self.violations.append(f"{kind}: {what}")
        self.notes.append(f"VIOLATION {kind}: {what}")

    def create(self, app: str, person: int) -> None:
        """Somebody enters a person by hand, unless the app has them already."""
        values: dict[str, Value] = {"email": f"p{person}@x.test"}
        for (there, slot), typed in self.people.can_type.items():
            if there == app and self.rng.random() < 0.7 and (value := typed(self.rng)) is not None:
                values[slot] = value
        if app in self.drawn.filtered:
            values[KIND] = self.rng.choice(("user", "user", "user", OUTSIDE))
        self.people.enter(app, values)

    # -- the engine ---------------------------------------------------------------------------------------

    def run(self) -> list[Report]:
        """One run of each sync, some time after the last thing that happened; its writes are judged. The
        reports of those that were not cut off."""
        self.clock.sleep(self.rng.choice((61, 120, 300)))
        reports = [self._run(space) for space in self.spaces]
        return [report for report in reports if report is not None]

    def _run(self, space: Space) -> Report | None:
        report = None
        with self.watched(space):
            options = RunOptions(approve=space.held or None)
            report = Engine(space.sync(), self.store, self.ports()).run(options)
            space.held = report.held_run if report.status == "held" else ""
            space.wrote += [report.run] if report.written else []
        told = f"{report.status} {report.reason}, {report.written} written" if report else "cut off"
        self.note(f"run {self.runs} of {space.name}: {told}")
        return report

    @contextmanager
    def watched(self, space: Space) -> Iterator[None]:
        """A run or a command of a sync, which may be cut off; its writes are judged."""
        with self.store.transaction():
            ledger = Ledger(self.store, space.name)
            for app in space.apps:
                ledger.save_reader(app, paused=app in self.paused)
            follow_filters(ledger, {app: said.get("only", "") for app, said in space.draft.apps.items()})
        before = {name: len(app.log) for name, app in space.apps.items()}
        with self.cuts.survived():
            yield
        self.writes.judge(space, {name: app.log[before[name] :] for name, app in space.apps.items()})

    def ports(self) -> Ports:
        def run_id(_: datetime) -> str:
            self.runs += 1
            return f"run-{self.runs:04d}"

        return Ports(self.clock, run_id, Inline(), "typed", lambda _: False)

    def settle(self) -> None:
        """*unquiet*: after the edits stop, runs come to write nothing."""
        quiet = 0
        for _ in range(MOST_RUNS):
            reports = self.run()
            for report in reports:
                if report.status == "failed" or (report.status == "held" and not self.may_hold):
                    self.report("unquiet", f"a run is {report.status}: {report.reason}")
                    return
            busy = any(report.written or report.status == "held" for report in reports)
            quiet = 0 if busy else quiet + 1
            if quiet == 2:
                return
        self.report("unquiet", f"still writing after {MOST_RUNS} runs")


def _any_of(companies: Companies, app: str, _: random.Random) -> Value:
    return companies.any_in(app)
