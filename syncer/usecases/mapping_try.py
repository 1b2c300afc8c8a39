"""Real records through a mapping: what each app holds, what that is in the middle, and how every app of the
mapping would show it. Nothing is written, and nothing is decided: rules and matching take no part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default_of

from connectors.contract import Record
from mappings.draft import Draft
from mappings.load import bind
from mappings.model import BadValue, ExpressionFailed, ObjectMapping, Slot, Unshown, Value
from syncer.usecases.mapping_sources import Source, source
from syncer.wiring.wire import Wiring


@dataclass(slots=True)
class Shown:
    """One field of one record. `after`: app -> how it would be shown there; `problem`: why it cannot be
    read."""

    field: str
    slot: str
    before: Value
    golden: Value = None
    after: dict[str, Value] = default_of(default_factory=dict)
    problem: str = ""


@dataclass(slots=True)
class Tried:
    """One record of an app with its fields. `in_scope`: whether it takes part (``only``)."""

    app: str
    record: str
    in_scope: bool = True
    fields: list[Shown] = default_of(default_factory=list)


def try_out(wiring: Wiring, draft: Draft, sample: int) -> list[Tried]:
    """`sample` records of each app through the mapping. Raises `AppError` and `ProblemsFound`."""
    sources = {app: source(wiring, app, object, sample) for app, object in draft.objects.items()}
    mapping = bind(draft, {app: one.spec.fields for app, one in sources.items()})
    return [_tried(mapping, one, record) for one in sources.values() for record in one.records]


def _tried(mapping: ObjectMapping, one: Source, record: Record) -> Tried:
    tried = Tried(one.app, record.id, _in_scope(mapping, one.app, record))
    golden: dict[str, Value] = {}
    for slot in mapping.apps[one.app].slots.values():
        if slot.name not in record.values:
            continue
        before = record.values[slot.name]
        try:
            parts = slot.split(before, {})
        except BadValue as error:
            tried.fields += [Shown(name, slot.name, before, problem=str(error)) for name in slot.fields]
            continue
        golden |= {name: value for name, value in parts.items() if value is not None}
        tried.fields += [Shown(name, slot.name, before, parts.get(name)) for name in slot.fields]
    for shown in tried.fields:
        if not shown.problem and shown.golden is not None:
            shown.after = _everywhere(mapping, shown.field, golden, record, one.app)
    return tried


def _in_scope(mapping: ObjectMapping, app: str, record: Record) -> bool:
    only = mapping.apps[app].only
    try:
        return only is None or only(record.values)
    except ExpressionFailed:
        return False


def _everywhere(
    mapping: ObjectMapping, name: str, golden: Mapping[str, Value], record: Record, own: str
) -> dict[str, Value]:
    """How each app would show a field, where it may be written."""
    after: dict[str, Value] = {}
    for app, part in mapping.apps.items():
        slot = next((s for s in part.slots.values() if name in s.fields), None)
        if slot is None or not slot.flows_out or slot.reference:
            continue
        after[app] = _shown(slot, golden, record.values.get(slot.name) if app == own else None)
    return after


def _shown(slot: Slot, golden: Mapping[str, Value], seen: Value) -> Value:
    try:
        shown = slot.project(golden, seen)
    except Unshown:
        return seen
    return seen if seen is not None and slot.same(shown, seen) else shown
