"""One value in several forms: an app that shortens, lower-cases or joins what it is given still holds it.

A value that is what an app would show of another one is that same value, in a narrower form. Of all forms of
a value the fullest counts, so that nothing shortened spreads. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from conflicts.candidate import Candidate
from mappings.model import BadValue, Field, Slot, Unshown
from syncer.core.lens import Lens, Unresolved, direction
from syncer.core.merging import Merging
from syncer.model import DISAGREES, Golden, Link, Mark, Value


def shows(lens: Lens, link: Link, slot: Slot, golden: Mapping[str, Value]) -> bool:
    """Whether the app shows these golden values, in its own form."""
    seen = link.seen[slot.name]
    try:
        shown = lens.project(slot, golden, seen)
    except Unresolved:
        return False
    return shown == seen or slot.same(shown, seen)


def says_nothing(field: Field, slot: Slot, part: Value, value: Value) -> bool:
    """Whether an app value is a blank in a field, of which `part` was read: a set without any of its words is
    one, though what the app cannot show stays in it."""
    return part is None or (field.type.is_set and not slot.words(value))


def shows_sent(slot: Slot, value: Value, sent: Value) -> bool:
    """Whether an app shows what was sent to it, as it was or in the form that it declares to give it."""
    return slot.same(value, sent) or slot.same(value, slot.coerced(sent))


def held_parts(lens: Lens, link: Link, slot: Slot, golden: Golden) -> dict[str, Value]:
    """What the app holds in a slot, in golden form: what it last agreed with, as long as it shows that; else
    what can be read from its own form. Raises `Unresolved`; a value that cannot be read gives nothing."""
    agreed: dict[str, Value] = {}
    for field in slot.fields:
        value = link.agreed.get(field)
        if field in link.agreed and not isinstance(value, Mark):
            agreed[field] = value
    known = all(f in agreed or f not in golden.value for f in slot.fields)
    if agreed and known and shows(lens, link, slot, agreed):
        return {**dict.fromkeys(slot.fields), **agreed}
    try:
        return lens.split(slot, link.seen[slot.name], {**golden.value, **agreed})
    except BadValue:
        return {}


def fullest(m: Merging, field: Field, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that are different values, each in its fullest form: as another candidate has it, or as
    another app still shows it. Narrower forms are logged."""
    kept = list(candidates)
    if not field.type.is_set and not field.reference:
        kept = [f for c in candidates if (f := _fullest_form(m, field, c, candidates)) is not None]
    distinct: list[Candidate] = []
    for c in kept:
        if not any(field.type.same(c.value, d.value) for d in distinct):
            distinct.append(c)
    return distinct


def _fullest_form(
    m: Merging, field: Field, c: Candidate, candidates: Sequence[Candidate]
) -> Candidate | None:
    """The candidate, in the fuller form that an app still shows; None where another candidate is fuller."""
    for d in candidates:
        if is_narrower(m, field, c, d) and (_size(d) > _size(c) or not is_narrower(m, field, d, c)):
            _log_narrower(m, field, c, d)
            return None
    for d in _still_shown(m, field, c, candidates):
        if is_narrower(m, field, c, d):
            _log_narrower(m, field, c, d)
            return replace(c, value=d.value)
    return c


def _still_shown(
    m: Merging, field: Field, c: Candidate, candidates: Sequence[Candidate]
) -> Iterator[Candidate]:
    """What other apps hold of the field, where nobody has just changed it. Of one that is only written to,
    what golden brought there, and nothing that was typed there."""
    offered = {(d.app, d.record) for d in candidates}
    for link in m.links:
        slot = m.lens.slot_of(link.app, field.name)
        if direction(field, link.app) == "to" and isinstance(link.agreed.get(field.name, DISAGREES), Mark):
            continue
        if link.state == "live" and link.key not in offered and slot is not None and slot.name in link.seen:
            value = held_parts(m.lens, link, slot, m.golden).get(field.name)
            yield replace(c, value=value, app=link.app, record=link.id)


def is_narrower(m: Merging, field: Field, c: Candidate, than: Candidate) -> bool:
    """Whether `c` is what its app makes of the value of `than`: beside the other parts that the app has in
    the same text, or of all that `than` has in its place."""
    slot = m.lens.slot_of(c.app, field.name)
    if slot is None or c.value is None or than.value is None or field.type.same(c.value, than.value):
        return False
    if len(slot.fields) == 1:
        if not slot.narrows:
            return False
        try:
            made = slot.project({field.name: than.value}, None)
            return field.type.same(slot.split(made, {}).get(field.name), c.value)
        except (BadValue, Unshown):
            return False
    own = whole(m, _link_of(m, c), field, c.value)
    shown = slot.project(own, None)
    return any(
        slot.same(slot.project(other, None), shown)
        for other in ({**own, field.name: than.value}, whole(m, _link_of(m, than), field, than.value))
    )


def whole(m: Merging, link: Link | None, field: Field, value: Value) -> dict[str, Value]:
    """A value of a field beside what the same record holds in the fields that share a text with it."""
    whole: dict[str, Value] = {}
    for mate in m.lens.mates(field.name):
        slot = m.lens.slot_of(link.app, mate) if link is not None else None
        if link is not None and slot is not None and slot.name in link.seen:
            whole[mate] = held_parts(m.lens, link, slot, m.golden).get(mate)
        elif mate in m.golden.value:
            whole[mate] = m.golden.value[mate]
    whole[field.name] = value
    return whole


def _link_of(m: Merging, c: Candidate) -> Link | None:
    return next((k for k in m.links if k.id == c.record and k.app == c.app), None)


def _log_narrower(m: Merging, field: Field, c: Candidate, fuller: Candidate) -> None:
    m.note("narrower", field, [c, fuller], "fuller form", f"the form in {fuller.app} counts", winner=fuller)


def _size(c: Candidate) -> int:
    return len(str(c.value))


def elements(value: Value) -> list[str]:
    """The elements of a set; none of anything else."""
    return [str(v) for v in value] if isinstance(value, list) else []
