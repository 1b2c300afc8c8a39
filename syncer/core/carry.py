"""What is known goes over to a mapping that has changed: under the present names, of its fields alone, each
of its present type. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from mappings.model import BadValue, Field, Slot, Value
from mappings.transforms import is_narrowed
from syncer.core.forms import elements, shows
from syncer.core.lens import Lens, Unresolved
from syncer.model import ABSENT, DISAGREES, Golden, Link, Mark, Pending

T = TypeVar("T")

_FREE = ("text", "name", "address", "url")  # texts that people write: a cut one is no other word


def rename(golden: Golden, links: Sequence[Link], renamed: Mapping[str, str]) -> None:
    """A field under another name is the same field: its value, where that came from, and what every app
    agreed with, was sent, or waits for an answer."""
    golden.value = under(golden.value, renamed)
    golden.provenance = under(golden.provenance, renamed)
    golden.held = under(golden.held, renamed)
    for link in links:
        link.agreed = under(link.agreed, renamed)
        link.pending = {slot: _sent_under(pending, renamed) for slot, pending in link.pending.items()}


def _sent_under(pending: Pending, renamed: Mapping[str, str]) -> Pending:
    return replace(pending, parts=under(pending.parts, renamed))


def under(known: dict[str, T], renamed: Mapping[str, str]) -> dict[str, T]:
    """What is already known by its present name stays."""
    present = {was: now for now, was in renamed.items() if was in known and now not in known}
    return {present.get(name, name): value for name, value in known.items()} if present else known


def forget_lost(golden: Golden, lens: Lens) -> None:
    """In place. What is known of fields that the mapping has no more goes: people go on editing them in the
    apps, and a value of then must not stand against those should the field come back."""
    for name in golden.value.keys() - lens.mapping.fields.keys():
        del golden.value[name]
        golden.provenance.pop(name, None)


def retype(golden: Golden, links: Sequence[Link], lens: Lens) -> None:
    """In place. Where the mapping reads a field in another way since a record was seen, golden may be of the
    type that the field had before. What cannot be read as the present one is forgotten: what the apps hold
    meets as if for the first time. A record that shows golden cut, or in another case, tells nothing."""
    for name in _read_otherwise(links, lens):
        field = lens.mapping.fields[name]
        if name in golden.value:
            _settle_narrowed(golden, links, field, lens)
            value = _told(golden, links, name, lens)
            if isinstance(value, Mark):
                del golden.value[name]
                golden.provenance.pop(name, None)
            else:
                golden.value[name] = value
        for link in links:
            agreed = link.agreed.get(name, DISAGREES)
            if agreed is not DISAGREES:
                value = _read(field, agreed)
                link.agreed[name] = DISAGREES if isinstance(value, Mark) else value


def meet_again(link: Link, slot: Slot, golden: Golden, words: Collection[str]) -> bool:
    """In place. The app has groups of these words again, which it had lost: who is in one is met there for
    the first time, and who is not was taken out by nobody. Whether that changes anything."""
    field, seen = slot.fields[0], link.seen.get(slot.name)
    if slot.name not in link.seen or not {*slot.words(seen), *elements(golden.value.get(field))} & {*words}:
        return False
    link.seen[slot.name] = [tag for tag in elements(seen) if slot.words([tag]).isdisjoint(words)] or None
    link.agreed[field] = DISAGREES
    link.refused.pop(slot.name, None)
    link.rewrites.pop(slot.name, None)
    return True


def _read_otherwise(links: Sequence[Link], lens: Lens) -> list[str]:
    found: dict[str, None] = {}
    for link in links:
        slots = lens.mapping.apps[link.app].slots if link.anew else {}
        for slot in (slots[name] for name in sorted(link.anew & slots.keys())):
            found.update(dict.fromkeys(slot.fields))
    own = lens.mapping.consent
    return [name for name in found if name != own and _is_read(lens.mapping.fields[name])]


def _is_read(field: Field) -> bool:
    """Whether it holds what its type reads: not a golden id, nor what is worked out of other fields."""
    return not field.reference and not field.follows


def _settle_narrowed(golden: Golden, links: Sequence[Link], field: Field, lens: Lens) -> None:
    """In place. A record that was brought to golden and shows it in a narrower form, by a step that the
    mapping has or had, is not read anew: else what was cut there would be golden."""
    value = _read(field, golden.value[field.name])
    for link in links:
        slot = lens.slot_of(link.app, field.name)
        if slot is None or slot.name not in link.anew or not _holds(link, slot, field.name, golden):
            continue
        if not isinstance(value, Mark) and _is_narrower(golden, link, slot, field, value, lens):
            link.anew -= {slot.name}


def _is_narrower(golden: Golden, link: Link, slot: Slot, field: Field, value: Value, lens: Lens) -> bool:
    """Whether the present mapping reads less than this golden value in what the record shows of it."""
    seen = link.seen[slot.name]
    try:
        told = lens.split(slot, seen, golden.value).get(field.name)
    except (BadValue, Unresolved):
        return False
    if told is None or field.type.same(told, value):
        return False
    if shows(lens, link, slot, {**golden.value, field.name: value}):
        return True
    plain = field.type.name in _FREE and told == _read(field, seen)
    return plain and is_narrowed(str(told), str(value))


def _told(golden: Golden, links: Sequence[Link], name: str, lens: Lens) -> Value | Mark:
    """As the record that golden came from tells it, in the app's own words, where it still holds golden; else
    as its type reads golden."""
    source = golden.provenance.get(name)
    for link in links:
        slot = lens.slot_of(link.app, name)
        mine = source is not None and link.key == (source.app, source.record)
        if mine and slot is not None and slot.name in link.anew and _holds(link, slot, name, golden):
            try:
                return lens.split(slot, link.seen[slot.name], golden.value).get(name, ABSENT)
            except (BadValue, Unresolved):
                return ABSENT
    return _read(lens.mapping.fields[name], golden.value[name])


def _holds(link: Link, slot: Slot, name: str, golden: Golden) -> bool:
    """Whether what was seen in a record is what golden says: not while a write is unconfirmed, nor after an
    edit that lost."""
    known = slot.name in link.seen and slot.name not in link.pending
    return known and link.agreed.get(name, DISAGREES) == golden.value[name]


def _read(field: Field, value: Value) -> Value | Mark:
    """As the field's type reads it; ABSENT where it cannot. Sets are compared element by element."""
    if value is None or (field.type.is_set and isinstance(value, list)):
        return value
    try:
        return field.type.read(value)
    except BadValue:
        return ABSENT
