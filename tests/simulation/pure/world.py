"""The people and apps of one history, and what the engine keeps of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.contract import Value
from syncer.core.lens import Lens, NoRefs
from syncer.model import Golden, Item, Link, LinkKey, Observation
from tests.simulation.pure.apps import Held, SimApp
from tests.simulation.pure.oracles import Oracle
from tests.simulation.pure.people import Typist
from tests.simulation.pure.settings import setting

START = datetime(2030, 1, 1, tzinfo=UTC)
SEEDS_A_WORLD = 25


@dataclass(frozen=True, slots=True)
class Switches:
    """Errors planted in the driver (see `mutants`), and a `field` to play with alone."""

    base_before_write: bool = False
    page_wise: bool = False
    no_reread: bool = False
    recovery_believes_reading: bool = False
    list_is_truth: bool = False
    keeps_held_run: bool = False
    last_consent_only: bool = False
    field: str = ""


@dataclass(slots=True)
class Flight:
    """A write that was marked in flight."""

    item: Item
    sent_at: datetime
    made: str | None = None


class World:
    """The state of one history, and what people do in it."""

    def __init__(self, seed: int, switches: Switches) -> None:
        self.rng = random.Random(seed)
        self.switches = switches
        self.setting = setting(seed // SEEDS_A_WORLD, switches.field)
        self.apps = {name: SimApp(traits) for name, traits in self.setting.apps.items()}
        self.mapping = self.setting.first
        self.lens = Lens(self.mapping, NoRefs())
        self.now = START
        self.faults = True
        self.runs = 0
        self.typist = Typist(self.rng)
        self.people = 1 if self.rng.random() < 0.8 else 2
        self.goldens: dict[int, Golden] = {}
        self.links: dict[int, dict[LinkKey, Link]] = {p: {} for p in range(self.people)}
        self.waiting: dict[LinkKey, Observation] = {}
        self.dirty: set[int] = set()
        self.in_flight: list[Flight] = []
        self.lost: set[tuple[int, str]] = set()
        self.complete: set[str] = set()
        self.readable: set[str] = set()
        self.refusing = {a for a in self.apps if self.rng.random() < 0.15}
        self.oracle = Oracle(self)

    # -- people -------------------------------------------------------------------------------------------

    def tick(self, seconds: int = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def family(self, person: int) -> list[Held]:
        return [h for a in self.apps.values() for h in a.records.values() if h.person == person]

    def begin(self) -> None:
        """Records that are there before the first run."""
        for person in range(self.people):
            base: dict[str, Value] = {}
            for app in self.apps.values():
                if self.rng.random() < 0.7:
                    self._make(person, app, base)

    def _make(self, person: int, app: SimApp, base: dict[str, Value]) -> None:
        values: dict[str, Value] = {}
        for slot in app.traits.fields:
            if slot in ("tags", "consent"):
                held = Held("", person, dict.fromkeys(app.traits.fields), self.now)
                values[slot] = self.typist.typed(app, slot, held, []) if self.rng.random() < 0.6 else None
                continue
            chance = self.rng.random()
            common = base.setdefault(slot, self.typist.fresh(slot))
            if chance < 0.5:
                values[slot] = common
            elif chance < 0.7:
                values[slot] = self.typist.retyped(slot, [common])
            elif chance < 0.85:
                values[slot] = self.typist.fresh(slot)
        app.create(person, values, self.tick(self.rng.randint(1, 20))).joins_in = self.rng.choice(
            (0, 0, 0, 1, 2)
        )

    def meddle(self, chance: float) -> None:
        """Perhaps somebody does something just now."""
        while self.rng.random() < chance:
            self._act_of_a_person()

    def _act_of_a_person(self) -> None:
        rng = self.rng
        app = rng.choice(list(self.apps.values()))
        person = rng.randrange(self.people)
        mine = [h for h in app.records.values() if h.person == person]
        if not mine or (len(mine) == 1 and rng.random() < 0.01):
            if rng.random() < 0.3:
                self._make(person, app, {s: v for h in self.family(person) for s, v in h.values.items() if v})
            return
        held = rng.choice(mine)
        if rng.random() < 0.03:
            held.state = rng.choice(("found", "out", "archived")) if held.state == "found" else "found"
            held.stamp = self.tick()
            return
        if held.state == "archived":
            return
        slot = rng.choice(list(app.traits.fields))
        value = self.typist.typed(app, slot, held, self.family(person))
        app.write(held, {slot: value}, self.tick(rng.choice((1, 1, 1, 5, 40))), "person")

    def held(self, key: LinkKey) -> Held:
        return self.apps[key[0]].records[key[1]]
