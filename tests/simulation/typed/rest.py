"""What is judged at rest.

convergence  every app shows golden in its own form, where it may flow there, or it is said why not
invented     every golden value was typed by somebody in an app that may be read, or is what is worked out
still        one more full reading moves nothing: nothing is written or logged, golden is as it was
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conflicts.consent import rank
from connectors.contract import Value
from connectors.memory.traits import coerce
from mappings.model import BadValue, Field, Slot, Unshown
from syncer.core.lens import Lens, Unresolved, direction, state_of
from syncer.model import FREEZE_AFTER, Golden, Link
from tests.simulation.engine.settings import first_name
from tests.simulation.engine.store import logged, read_all_anew

if TYPE_CHECKING:
    from tests.simulation.typed.space import Space
    from tests.simulation.typed.world import World


def judge(w: World) -> None:
    for space in w.spaces:
        _judge(w, space)
    if w.companies is not None:
        w.companies.judge()


def _judge(w: World, space: Space) -> None:
    lens = space.lens()
    for unit in space.units().values():
        for link, slot in space.places(unit):
            _shows_golden(space, lens, unit.golden, link, slot)
        for name, value in unit.golden.value.items():
            _was_typed(space, lens, space.mapping.fields[name], value)
        for name, worth in lens.derived(unit.golden.value).items():
            if unit.golden.value.get(name) != worth:
                w.report("invented", f"{name} is {unit.golden.value.get(name)!r}, worked out {worth!r}")


def _shows_golden(space: Space, lens: Lens, golden: Golden, link: Link, slot: Slot) -> None:
    name = slot.fields[0]
    said, _ = space.mapping.fields[name].derived or (name, "")  # of a text that is looked up, its reference
    if direction(space.mapping.fields[said], link.app) == "from" or link.app in space.w.off:
        return
    if name not in golden.value or _is_listed(golden, link, slot):
        return
    now = space.apps[link.app].records[link.id].get(slot.name)
    try:
        lens.split(slot, now, {})
        due = lens.project(slot, golden.value, now)
    except (BadValue, Unshown, Unresolved):
        return  # what cannot be read is left alone, and so is what the app has no form for, or no record of
    stored = coerce(due, space.apps[link.app].fields[slot.name].coerce)
    if slot.same(due, now) or slot.same(stored, now) or _is_no_laxer(space, golden, slot, now, due):
        return
    space.w.report(
        "convergence", f"{link.key} {slot.name} is {now!r}, due is {due!r}, golden {golden.value[name]!r}"
    )


def _is_listed(golden: Golden, link: Link, slot: Slot) -> bool:
    """Whether it is said why golden is not shown here."""
    frozen = link.rewrites.get(slot.name, (None, 0))[1] > FREEZE_AFTER
    held = slot.fields[0] in golden.held
    return (
        slot.name in link.refused or slot.name in link.parted or slot.name in link.pending or frozen or held
    )


def _is_no_laxer(space: Space, golden: Golden, slot: Slot, now: Value, due: Value) -> bool:
    """Consent: the closest state that the app can show, or one between that and golden."""
    if space.mapping.consent not in slot.fields:
        return False
    closest = state_of(slot, due)
    shown, most = rank(state_of(slot, now)), rank(str(golden.value["consent"]))
    return closest is None or max(0, rank(closest)) <= shown <= most


def _was_typed(space: Space, lens: Lens, field: Field, value: Any) -> None:
    if value is None or field.follows or field.name in ("email", "domain"):
        return
    typed = list(typed_values(space, lens, field))
    if field.type.is_set:
        unknown = set(value) - {word for words in typed for word in words}
    else:
        unknown = set() if any(field.type.same(x, value) for x in typed) else {value}
    if unknown:
        space.w.report("invented", f"{field.name} is {value!r}, and nobody typed {unknown}")


def typed_values(space: Space, lens: Lens, field: Field) -> Iterator[Any]:
    """What people typed of a field, as golden would have it; of consent also where it is only written to,
    since an opt-out counts anywhere."""
    for mapping in space.mappings:
        for x in space.typed:
            slot = mapping.apps[x.app].slots.get(x.slot)
            name = next((f for f in mapping.fields if first_name(f) == first_name(field.name)), "")
            if slot is None or name not in slot.fields:
                continue
            if direction(mapping.fields[name], x.app) == "to" and name != mapping.consent:
                continue
            with suppress(BadValue, Unresolved):
                value = replace(lens, mapping=mapping).split(slot, x.value, {}).get(name)
                if value is not None:
                    yield value


def judge_stillness(w: World) -> None:
    before, noted = _values(w), logged(w.store)
    read_all_anew(w.store)
    written = sum(report.written for _ in range(2) for report in w.run())
    after = _values(w)
    if written or logged(w.store) != noted or after != before:
        moved = [(k, v, after.get(k)) for k, v in before.items() if after.get(k) != v]
        w.report("still", f"a full reading wrote {written}, logged {logged(w.store) - noted}; {moved}")


def _values(w: World) -> dict[tuple[str, str], dict[str, Value]]:
    return {(s.name, id): dict(golden.value) for s in w.spaces for id, golden in s.goldens().items()}
