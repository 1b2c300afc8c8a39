"""What a changed mapping brings about by itself, told apart from what people edited meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mappings.model import ObjectMapping, Slot
from syncer.model import Decision, Item, Unit

FRAME = ""  # what is said outside the fields


@dataclass(frozen=True, slots=True)
class Moved:
    """The fields whose mapping is not what it was when all was last planned; `frame`: apps, filters, match or
    deletions changed as well."""

    fields: frozenset[str]
    frame: bool


def versions(mapping: ObjectMapping) -> dict[str, str]:
    """Field -> a hash of what the mapping says of it; of all the rest under `FRAME`."""
    return {FRAME: mapping.frame, **{name: field.version for name, field in mapping.fields.items()}}


def moved(planned: str | None, before: Mapping[str, str] | None, mapping: ObjectMapping) -> Moved | None:
    """What changed since all was last planned under `planned` (its first word: the mapping's version) and
    `before`; everything where the latter is not known, and None where nothing did."""
    if planned is None or planned.split()[0] == mapping.version:
        return None
    now = versions(mapping)
    if before is None:
        return Moved(frozenset(mapping.fields), True)
    fields = frozenset(name for name in mapping.fields if before.get(name) != now[name])
    return Moved(fields, before.get(FRAME) != now[FRAME])


def shapes(mapping: ObjectMapping) -> dict[str, str]:
    """Field -> a hash of what the mapping says of it, but for its name."""
    return {name: field.shape for name, field in mapping.fields.items()}


def renamed(before: Mapping[str, str], mapping: ObjectMapping) -> dict[str, str]:
    """Field -> what it was called when its shape was kept: all but its name is as it was."""
    lost = {shape: name for name, shape in before.items() if name not in mapping.fields}
    new = (field for name, field in mapping.fields.items() if name not in before)
    return {field.name: lost[field.shape] for field in new if field.shape in lost}


def caused(unit: Unit, decision: Decision, what: Moved, mapping: ObjectMapping) -> Iterator[Item]:
    """The items that come of the mapping: with nothing else new they would be planned all the same."""
    edited = _edited(unit, mapping)
    news = bool(unit.observations)
    for item in decision.items:
        if item.kind != "update":
            if what.frame or (not news and not unit.due):
                yield item
            continue
        fields = {f for name in item.slots for f in mapping.apps[item.app].slots[name].fields}
        if (what.fields & fields) - edited or (not news and not unit.due):
            yield item


def _edited(unit: Unit, mapping: ObjectMapping) -> set[str]:
    """Fields that somebody changed in an app in which they were known."""
    found: set[str] = set()
    for link in unit.links:
        obs = unit.observations.get(link.key)
        slots: Iterable[Slot] = mapping.apps[link.app].slots.values() if obs is not None else ()
        for slot in slots:
            if obs is not None and slot.name in obs.values and slot.name in link.seen:
                value, seen = obs.values[slot.name], link.seen[slot.name]
                if value != seen and not slot.same(value, seen):
                    found.update(slot.fields)
    return found
