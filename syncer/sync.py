"""A sync, ready to run: its mapping bound to the apps, their connections, and its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import Connector, ObjectSpec
from mappings.model import ObjectMapping, Slot
from syncer.core.brakes import ChangeKind, Limit
from syncer.forgotten import Marks


@dataclass(frozen=True, slots=True)
class App:
    """One app in one sync."""

    name: str
    object: str
    connector: Connector
    spec: ObjectSpec
    writes: bool = True
    max_records: int | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """One sync. `targets`: object -> the sync that holds its golden records; `dependents`: the syncs that
    point to this one; `owned_fields`: whose values belong to one golden record alone, since they are its own,
    an app keeps them unique, or consent goes by them; `key_fields`: whose values the index keeps: those, and
    what matches alone; `key_slots`: app -> where it shows what a record is recognised by; `marks`: who was
    forgotten; `formerly`: the sync that kept these records before, under a name that the config has no
    more."""

    name: str
    mapping: ObjectMapping
    apps: Mapping[str, App]
    limits: Mapping[ChangeKind, Limit] = field(default_factory=dict)
    first_sync: Literal["ask", "go"] = "go"
    targets: Mapping[str, str] = field(default_factory=dict)
    dependents: tuple[str, ...] = ()
    marks: Marks = field(default_factory=Marks)
    formerly: str = ""
    key_fields: tuple[str, ...] = field(init=False)
    owned_fields: tuple[str, ...] = field(init=False)
    key_slots: Mapping[str, tuple[Slot, ...]] = field(init=False)
    _consent_slots: Mapping[str, str] = field(init=False, repr=False)

    def slots(self, app: str) -> Mapping[str, Slot]:
        return self.mapping.apps[app].slots

    def slot_names(self) -> dict[str, tuple[str, ...]]:
        """App -> its mapped slots, in order."""
        return {app: tuple(part.slots) for app, part in self.mapping.apps.items()}

    def fields(self, app: str) -> tuple[str, ...]:
        """The app fields to ask for: mapped ones, and those that `only` needs."""
        part = self.mapping.apps[app]
        return tuple(dict.fromkeys((*part.slots, *part.reads)))

    def readings(self, app: str) -> dict[str, str]:
        """Slot -> a text that is another one once the mapping reads it in another way."""
        fields = self.mapping.fields
        return {
            name: " ".join(f"{f}:{fields[f].readings.get(app, '')}" for f in slot.fields)
            for name, slot in self.slots(app).items()
        }

    def __post_init__(self) -> None:
        owned = {field for name in self.apps for field, _ in self.unique_slots(name)}
        owned.update(self._own_keys())
        fields = tuple(dict.fromkeys((*self.mapping.match.exact, *sorted(owned))))
        object.__setattr__(self, "owned_fields", tuple(sorted(owned)))
        object.__setattr__(self, "key_fields", fields)
        recognised = {*fields, *self.mapping.match.names, "city", "country"}
        slots = [slot for part in self.mapping.apps.values() for slot in part.slots.values()]
        keys: dict[str, tuple[Slot, ...]] = dict.fromkeys(self.mapping.apps, ())
        for slot in slots:
            if not recognised.isdisjoint(slot.fields):
                keys[slot.app] += (slot,)
        object.__setattr__(self, "key_slots", keys)
        held = {app: shows.name for app in self.mapping.apps if (shows := self.mapping.consent_slot(app))}
        object.__setattr__(self, "_consent_slots", held)

    def unique_slots(self, app: str) -> list[tuple[str, Slot]]:
        """(golden field, slot) of what the app keeps unique."""
        slots, spec = self.slots(app), self.apps[app].spec
        return [(field, slots[name]) for name in spec.unique if name in slots for field in slots[name].fields]

    def owned_slots(self, app: str) -> list[tuple[str, Slot]]:
        """(golden field, slot) of what belongs to one golden record alone."""
        return [(f, slot) for slot in self.slots(app).values() for f in slot.fields if f in self.owned_fields]

    def _own_keys(self) -> Iterator[str]:
        """What is somebody's own, whether an app keeps it unique or not: the first exact key, where it
        is an address or a domain, and the addresses that consent goes by."""
        exact, fields = self.mapping.match.exact, self.mapping.fields
        for number, name in enumerate(exact):
            kind = fields[name].type.name
            if (kind in ("email", "domain") and not number) or (kind == "email" and self.mapping.consent):
                yield name

    def consent_slot(self, app: str) -> str | None:
        return self._consent_slots.get(app)
