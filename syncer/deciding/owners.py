"""Who holds the unique values of golden records: records that are linked, and others. One look a chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from conflicts.consent import OPT_OUTS
from mappings.model import BadValue, Slot
from syncer.core.plan import Abilities
from syncer.model import LinkKey, StubConsent, Unit, Value, fold_key
from syncer.store.records import Records
from syncer.sync import Sync

UniqueValue: TypeAlias = tuple[str, str]  # (golden field, value as folded in the index)


@dataclass(frozen=True, slots=True)
class Owners:
    """`values`: golden id -> its values that are nobody else's; `holders`: such a value -> the records that
    hold it, as (app, id, golden id or "")."""

    sync: Sync
    units: Sequence[Unit]
    values: Mapping[str, set[UniqueValue]]
    holders: Mapping[UniqueValue, list[tuple[str, str, str]]]

    def attach_stubs(self, stubs: Mapping[LinkKey, StubConsent]) -> None:
        """The consent of unlinked records that hold a unique value of one of these golden records, and the
        opt-outs that records which are linked just now had shown before."""
        for unit in self.units:
            own = {link.key for link in unit.links if link.seen}
            keys = {link.key for link in unit.links} - own
            new = {key for key in keys if key in stubs and stubs[key].state in OPT_OUTS}
            held = (h for value in self.values[unit.golden.id] for h in self.holders.get(value, ()))
            unlinked = {(app, id) for app, id, golden in held if not golden}
            unit.stubs = tuple(stubs[key] for key in sorted((unlinked | new) - own) if key in stubs)

    def with_taken(self, abilities: Abilities, placed: Collection[LinkKey] = ()) -> Abilities:
        """These abilities with the values that belong to a record already, in apps where a create might want
        them: those that the app keeps unique, and a person's own in a record that is nobody's yet. `placed`:
        records that get their golden record in this pass."""
        places: dict[tuple[str, str], list[str]] = defaultdict(list)
        for app in abilities.creates:
            for slot in self.sync.slots(app).values():
                if slot.fields[0] in self.sync.owned_fields:
                    places[app, slot.fields[0]].append(slot.name)
        own = {link.key: unit.golden.id for unit in self.units for link in unit.links}
        taken: dict[tuple[str, str, str], tuple[str, str]] = {}
        for (kind, key), held in self.holders.items():
            for app, id, golden in held:
                owner = golden or own.get((app, id), "")
                nobodys = not owner and (app, id) not in placed
                for name in places.get((app, kind), ()):
                    if nobodys or name in abilities.unique.get(app, ()):
                        taken[app, name, key] = (id, owner)
        return replace(abilities, taken=taken)


def owners_of(sync: Sync, records: Records, units: Sequence[Unit]) -> Owners:
    """Look up who holds the unique values of these golden records. Call inside a transaction or reading."""
    slots = {app: sync.owned_slots(app) for app in sync.apps}
    values = {unit.golden.id: set(_values(sync, slots, unit)) for unit in units}
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind, key in set().union(*values.values()):
        wanted[kind].add(key)
    holders: dict[UniqueValue, list[tuple[str, str, str]]] = defaultdict(list)
    for kind, keys in sorted(wanted.items()):
        for key, app, id, golden, _ in records.keys.holders(kind, keys):
            holders[kind, key].append((app, id, golden or ""))
    return Owners(sync, units, values, holders)


def _values(sync: Sync, slots: Mapping[str, list[tuple[str, Slot]]], unit: Unit) -> Iterator[UniqueValue]:
    for field in sync.owned_fields:
        if value := unit.golden.value.get(field):
            yield field, fold_key(str(value))
    for obs in unit.observations.values():
        for field, slot in slots[obs.app]:
            if slot.name in obs.values and (part := _part(slot, obs.values[slot.name], field)):
                yield field, fold_key(part)


def _part(slot: Slot, value: Value, field: str) -> str:
    """What an app value says of a field; "" where it is blank or cannot be read."""
    try:
        return str(slot.split(value, {}).get(field) or "")
    except BadValue:
        return ""
