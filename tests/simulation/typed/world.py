"""A small world with a drawn mapping: its apps, the real engine over them, and the people who type."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.contract import Options, Value
from connectors.memory import MemoryApp, MemoryConnector, Refused
from mappings.load import load
from mappings.model import ObjectMapping, Slot
from syncer.engine import Engine
from syncer.engine import Options as RunOptions
from syncer.model import Link, Unit
from syncer.ports import Inline, Ports
from syncer.report import Report
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import App, Sync
from tests.simulation.engine.clocks import Clock
from tests.simulation.engine.settings import KIND, OUTSIDE
from tests.simulation.engine.store import PlainStore, blank
from tests.simulation.typed.drawn import Drawing
from tests.simulation.typed.writes import Writes

SPACE = "contacts"
PEOPLE = 5
MOST_RUNS = 14


@dataclass(frozen=True, slots=True)
class Typing:
    """A person put a value into a field of an app."""

    at: datetime
    app: str
    email: str
    slot: str
    value: Value


class World:
    """Everything in one history.

    typed   what people have typed, in order
    off     apps with ``writes: off``; paused: apps that are left alone altogether
    notes   what happened, in words
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.drawn = Drawing(self.rng).drawn()
        self.clock = Clock()
        self.raw = blank()
        self.store = PlainStore(self.raw)
        self.apps = {
            name: MemoryApp(traits, now=self.clock, rng=self.rng)
            for name, traits in self.drawn.traits.items()
        }
        self.connectors = {
            name: MemoryConnector(Options(name, sleep=self.clock.sleep), app)
            for name, app in self.apps.items()
        }
        self.specs = {name: c.describe(SPACE) for name, c in self.connectors.items()}
        self.off: set[str] = set()
        self.paused: set[str] = set()
        self.typed: list[Typing] = []
        self.runs = 0
        self.notes: list[str] = self.drawn.text.splitlines()
        self.violations: list[str] = []
        self.mapping = self._load()
        self.writes = Writes(self)

    def _load(self) -> ObjectMapping:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "mapping.yaml"
            file.write_text(self.drawn.text)
            return load(file, {name: spec.fields for name, spec in self.specs.items()})

    def report(self, kind: str, what: str) -> None:
        self.violations.append(f"{kind}: {what}")
        self.notes.append(f"VIOLATION {kind}: {what}")

    # -- people -------------------------------------------------------------------------------------------

    def create(self, app: str, person: int) -> None:
        """Somebody enters a person by hand, unless the app has them already."""
        values: dict[str, Value] = {"email": f"p{person}@x.test"}
        for (there, slot), typed in self.drawn.typed.items():
            if there == app and self.rng.random() < 0.7 and (value := typed(self.rng)) is not None:
                values[slot] = value
        if app in self.drawn.filtered:
            values[KIND] = self.rng.choice(("user", "user", "user", OUTSIDE))
        try:
            row = self.apps[app].create(values, "user")
        except Refused:
            return
        self._remember(app, row.values)
        self.notes.append(f"{self.clock.at:%H:%M:%S} somebody makes {app}/{row.id} {values}")

    def type(self, app: str, id: str, slot: str, value: Value) -> Value:
        """Somebody puts a value into a field. Returns what the app makes of it."""
        self.apps[app].user_edit(id, {slot: value})
        now = self.apps[app].records[id]
        self._remember(app, {slot: now[slot], "email": now["email"]})
        self.notes.append(f"{self.clock.at:%H:%M:%S} somebody types {app}/{id} {slot}={now[slot]!r}")
        return now[slot]

    def _remember(self, app: str, values: Mapping[str, Value]) -> None:
        email = str(values["email"]).lower()
        self.typed += [Typing(self.clock.at, app, email, *x) for x in values.items() if x[0] != "email"]

    # -- the engine ---------------------------------------------------------------------------------------

    def sync(self) -> Sync:
        apps = {
            name: App(name, SPACE, connector, self.specs[name], name not in self.off)
            for name, connector in self.connectors.items()
        }
        return Sync(SPACE, self.mapping, apps)

    def run(self) -> Report:
        """One run, some time after the last thing that happened; its writes are judged."""
        self.clock.sleep(self.rng.choice((61, 120, 300)))
        with self.store.transaction():
            ledger = Ledger(self.store, SPACE)
            for app in self.apps:
                ledger.save_reader(app, paused=app in self.paused)
        before = {name: len(app.log) for name, app in self.apps.items()}
        report = Engine(self.sync(), self.store, self._ports()).run(RunOptions())
        self.notes.append(f"run {self.runs}: {report.status} {report.reason}, {report.written} written")
        self.writes.judge({name: app.log[before[name] :] for name, app in self.apps.items()})
        return report

    def _ports(self) -> Ports:
        def run_id(_: datetime) -> str:
            self.runs += 1
            return f"run-{self.runs:04d}"

        return Ports(self.clock, run_id, Inline(), "typed", lambda _: False)

    def settle(self) -> None:
        """*unquiet*: after the edits stop, runs come to write nothing."""
        quiet = 0
        for _ in range(MOST_RUNS):
            report = self.run()
            if report.status in ("failed", "held"):
                self.report("unquiet", f"a run is {report.status}: {report.reason}")
                return
            quiet = quiet + 1 if not report.written else 0
            if quiet == 2:
                return
        self.report("unquiet", f"still writing after {MOST_RUNS} runs")

    # -- the state ----------------------------------------------------------------------------------------

    def units(self) -> dict[str, Unit]:
        with self.store.reading():
            records = Records(self.store, SPACE)
            return dict(records.units(records.all_golden()))

    def places(self, unit: Unit) -> Iterator[tuple[Link, Slot]]:
        """The fields of a person's records: of each app the one that is written, if it is there."""
        for link in unit.links:
            if link.state == "live" and link.primary and link.id in self.apps[link.app].records:
                for slot in self.mapping.apps[link.app].slots.values():
                    yield link, slot
