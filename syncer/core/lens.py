"""Projection and splitting with references resolved: a mapping seen together with its neighbours' links.

A reference travels as a record id in an app and as a golden id in the middle. Everything else passes through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from mappings.model import BadValue, Direction, ExpressionFailed, Field, ObjectMapping, Slot, Worth
from syncer.model import Value, as_text


class Refs(Protocol):
    """What is known of the objects that this one points to. `value_of` raises `Unresolved` where a golden
    record is not there (any more)."""

    def golden_of(self, object: str, app: str, record: str) -> str | None: ...

    def record_of(self, object: str, golden: str, app: str) -> str | None: ...

    def is_live(self, object: str, app: str, record: str) -> bool: ...

    def value_of(self, object: str, golden: str, field: str) -> Value: ...


class Unresolved(Exception):
    """A reference whose target has no link yet, or a value that the app has no form for: it waits, and is
    neither blank nor wrong."""


class NoRefs:
    """For mappings without references."""

    def golden_of(self, object: str, app: str, record: str) -> str | None:
        return None

    def record_of(self, object: str, golden: str, app: str) -> str | None:
        return None

    def is_live(self, object: str, app: str, record: str) -> bool:
        return False

    def value_of(self, object: str, golden: str, field: str) -> Value:
        raise Unresolved


@dataclass(frozen=True, slots=True)
class Lens:
    """A mapping, with references resolved. Pure for a given `refs`.

    in_order  the fields as they are merged, those last whose rule looks at the others
    in_turn   app -> its slots as they are written, consent last: what becomes of its address comes first
    """

    mapping: ObjectMapping
    refs: Refs
    _slots: dict[tuple[str, str], Slot] = field(init=False, repr=False)
    _mates: dict[str, set[str]] = field(init=False, repr=False)
    _derived: list[str] = field(init=False, repr=False)
    in_order: list[tuple[str, Field]] = field(init=False, repr=False)
    in_turn: dict[str, list[Slot]] = field(init=False, repr=False)
    _worth: dict[str, Worth] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        slots = [slot for app in self.mapping.apps.values() for slot in app.slots.values()]
        object.__setattr__(self, "_slots", {(slot.app, f): slot for slot in slots for f in slot.fields})
        mates: dict[str, set[str]] = {}
        for slot in slots:
            for name in slot.fields if len(slot.fields) > 1 else ():
                mates.setdefault(name, set()).update(slot.fields)
        object.__setattr__(self, "_mates", mates)
        derived = [f.name for f in self.mapping.fields.values() if f.derived is not None]
        object.__setattr__(self, "_derived", derived)
        order = sorted(self.mapping.fields.items(), key=lambda f: bool(f[1].sources))
        object.__setattr__(self, "in_order", order)
        own = self.mapping.consent
        turns = {
            name: sorted(app.slots.values(), key=lambda slot: own in slot.fields)
            for name, app in self.mapping.apps.items()
        }
        object.__setattr__(self, "in_turn", turns)
        worth = {f.name: f.worth for f in self.mapping.fields.values() if f.worth is not None}
        object.__setattr__(self, "_worth", worth)

    def slot_of(self, app: str, field: str) -> Slot | None:
        """Where a field lives in an app."""
        return self._slots.get((app, field))

    def mates(self, field: str) -> Collection[str]:
        """The fields (itself among them) that share one text with this field in some app."""
        return self._mates.get(field, ())

    def project(self, slot: Slot, golden: Mapping[str, Value], seen: Value) -> Value:
        """The app form of golden values in this slot. Raises `Unresolved`, also where the app has no form for
        them, or where golden is still of the type that the field had before its mapping was changed."""
        target = slot.reference
        if not target:
            try:
                return slot.project(golden, seen)
            except (ValueError, TypeError, ArithmeticError) as error:
                raise Unresolved from error
        value = golden.get(slot.fields[0])
        if value is None:
            return None
        if self._stands_for(slot, str(value), as_text(seen)):
            return seen
        record = self.refs.record_of(target, str(value), slot.app)
        if record is None:
            raise Unresolved
        return record

    def stands(self, slot: Slot, record: Value) -> bool:
        """Whether the record that an app pointed to is known to be there."""
        return self.refs.is_live(slot.reference, slot.app, as_text(record) or "")

    def _stands_for(self, slot: Slot, target: str, record: str | None) -> bool:
        """Whether the record that an app points to is one of the target's. What it once was brought to may be
        gone by now, or another's; of several that the target has there, none is better than another."""
        where = slot.reference, slot.app, record or ""
        return self.refs.golden_of(*where) == target and self.refs.is_live(*where)

    def split(self, slot: Slot, value: Value, old: Mapping[str, Value]) -> dict[str, Value]:
        """The golden values in an app value. Raises `Unresolved` and `BadValue`."""
        target = slot.reference
        if not target:
            return slot.split(value, old)
        if value is None or value == "":
            return {slot.fields[0]: None}
        golden = self.refs.golden_of(target, slot.app, str(value))
        if golden is None:
            raise Unresolved
        return {slot.fields[0]: golden}

    def derived(self, golden: Mapping[str, Value]) -> dict[str, Value]:
        """Fields looked up through a reference, missing where the reference was never set, or leads to
        nothing: that is no blank. And fields worked out of others, missing where that fails."""
        found: dict[str, Value] = {}
        for name, worth in self._worth.items():
            try:
                value = self.mapping.fields[name].type.read(worth(golden))
            except (ExpressionFailed, BadValue):
                continue
            if value is not None or name in golden:
                found[name] = value
        for name in self._derived:
            reference, shown = self.mapping.fields[name].derived or ("", "")
            if reference in golden:
                target = golden[reference]
                kind = self.mapping.fields[reference].reference
                with suppress(Unresolved):
                    found[name] = self.refs.value_of(kind, str(target), shown) if target else None
        return found


def direction(field: Field, app: str) -> Direction:
    """Which way a field flows in an app. `only: A` means from A, to all others."""
    if field.rule.kind == "only":
        return "from" if app in field.rule.apps else "to"
    return field.direction.get(app, "both")


def state_of(slot: Slot, value: Value) -> str | None:
    """The consent that an app value stands for; None where it says nothing."""
    state = slot.split(value, {}).get(slot.fields[0])
    return state if isinstance(state, str) else None
