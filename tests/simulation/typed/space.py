"""One object in all its apps, as the engine and the people have it: people, or companies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.contract import Value
from connectors.memory import MemoryApp, Refused, Traits
from mappings.model import Slot
from syncer.core.lens import Lens, NoRefs, Refs
from syncer.model import Golden, Link, Unit
from syncer.store.records import Records
from syncer.sync import App, Sync
from tests.simulation.typed.draft import Draft
from tests.simulation.typed.forms import Typed

if TYPE_CHECKING:
    from tests.simulation.typed.world import World


@dataclass(frozen=True, slots=True)
class Typing:
    """A person put a value into a field of an app."""

    at: datetime
    app: str
    email: str
    slot: str
    value: Value


class Space:
    """`name`: of the sync, and of the object in each app; `can_type`: what people may put into which field;
    `typed`: what they did, in order; `targets`: what this one points to, by object; `mappings`: all that it
    had, the present one last; `held`: the run whose plan waits for a person; `wrote`: runs that wrote."""

    def __init__(
        self,
        world: World,
        name: str,
        draft: Draft,
        traits: Mapping[str, Traits],
        can_type: Mapping[tuple[str, str], Typed],
    ) -> None:
        self.w, self.name, self.draft, self.can_type = world, name, draft, dict(can_type)
        self.apps = {app: MemoryApp(mine, now=world.clock, rng=world.rng) for app, mine in traits.items()}
        self.specs = {app: mine.spec(self.apps[app].fields) for app, mine in traits.items()}
        self.mapping = draft.load(self.specs)
        self.mappings = [self.mapping]
        self.held = ""
        self.wrote: list[str] = []
        self.typed: list[Typing] = []
        self.targets: dict[str, Space] = {}
        self.dependents: tuple[str, ...] = ()

    def put(self, draft: Draft) -> None:
        """From now on the mapping is this one."""
        self.mapping = draft.load(self.specs)
        self.draft = draft
        self.mappings.append(self.mapping)

    def sync(self) -> Sync:
        connectors = self.w.connectors
        apps = {
            app: App(app, self.name, connectors[app], self.specs[app], app not in self.w.off)
            for app in self.mapping.apps
        }
        targets = {object: space.name for object, space in self.targets.items()}
        return Sync(self.name, self.mapping, apps, targets=targets, dependents=self.dependents)

    # -- people -------------------------------------------------------------------------------------------

    def enter(self, app: str, values: Mapping[str, Value]) -> str | None:
        """Somebody enters a record by hand, unless the app has it already."""
        try:
            row = self.apps[app].create(values, "user")
        except Refused:
            return None
        self.remember(app, row.values)
        self.w.note(f"somebody makes {self.name} {app}/{row.id} {dict(values)}")
        return row.id

    def type(self, app: str, id: str, slot: str, value: Value) -> Value:
        """Somebody puts a value into a field. Returns what the app makes of it."""
        self.apps[app].user_edit(id, {slot: value})
        now = self.apps[app].records[id]
        self.remember(app, {slot: now[slot], "email": now.get("email")})
        self.w.note(f"somebody types {self.name} {app}/{id} {slot}={now[slot]!r}")
        return now[slot]

    def value_for(self, app: str, slot: str, was: Value) -> Value:
        """What somebody types where something stands: something new, nothing, or a part of a list."""
        rng = self.w.rng
        if slot != "consent" and rng.random() < 0.2:
            return None
        if isinstance(was, list) and rng.random() < 0.5:
            return [item for item in was if rng.random() < 0.5] or None
        return self.can_type[app, slot](rng)

    def remember(self, app: str, values: Mapping[str, Value]) -> None:
        email, at = str(values.get("email")).lower(), self.w.clock.at
        self.typed += [Typing(at, app, email, *x) for x in values.items() if x[0] != "email"]

    # -- the state ----------------------------------------------------------------------------------------

    def units(self) -> dict[str, Unit]:
        with self.w.store.reading():
            records = Records(self.w.store, self.name)
            return dict(records.units(records.all_golden()))

    def goldens(self) -> dict[str, Golden]:
        return {id: unit.golden for id, unit in self.units().items()}

    def places(self, unit: Unit) -> Iterator[tuple[Link, Slot]]:
        """The fields of a golden record in the apps: of each the record that is written, if it is there."""
        for link in unit.links:
            if link.state == "live" and link.primary and link.id in self.apps[link.app].records:
                for slot in self.mapping.apps[link.app].slots.values():
                    yield link, slot

    def lens(self) -> Lens:
        """The mapping, with what it points to as it stands now."""
        return Lens(self.mapping, Known(self.targets) if self.targets else NoRefs())


class Known(Refs):
    """What references lead to, told from the links of what they point to."""

    def __init__(self, targets: Mapping[str, Space]) -> None:
        self.units = {object: space.units() for object, space in targets.items()}

    def _links(self, object: str) -> Iterator[Link]:
        return (link for unit in self.units[object].values() for link in unit.links)

    def golden_of(self, object: str, app: str, record: str) -> str | None:
        return next((link.golden for link in self._links(object) if link.key == (app, record)), None)

    def record_of(self, object: str, golden: str, app: str) -> str | None:
        unit = self.units[object].get(golden)
        live = [k for k in unit.links if k.app == app and k.state == "live"] if unit else []
        return next((link.id for link in live if link.primary), None)

    def is_live(self, object: str, app: str, record: str) -> bool:
        return any(link.key == (app, record) and link.state == "live" for link in self._links(object))

    def value_of(self, object: str, golden: str, field: str) -> Value:
        unit = self.units[object].get(golden)
        return unit.golden.value.get(field) if unit else None
