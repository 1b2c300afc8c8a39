"""Values that an app keeps unique and refused, since another linked record still has them: which one, and
whether the records wait for each other. None of them can be sent before another has moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mappings.model import BadValue, Slot
from syncer.core.lens import Lens, NoRefs, Unresolved
from syncer.model import Link, LinkKey, Unit, Value, fold_key
from syncer.store.records import Records
from syncer.sync import Sync

Place: TypeAlias = tuple[str, str, str]  # app, record, slot
InTheWay: TypeAlias = Mapping[Place, str]  # the record that has what was refused here


def in_the_way(sync: Sync, records: Records, links: Sequence[Link]) -> InTheWay:
    """Of the values that these links were refused: those that another linked record of the app has, whose own
    golden record wants another value there. Call inside a reading."""
    wanted: dict[tuple[str, str], list[tuple[Link, Slot]]] = defaultdict(list)
    for link in links:
        for field, slot in sync.unique_slots(link.app) if link.app in sync.apps else ():
            if slot.name in link.refused and (key := _key(slot, field, link.refused[slot.name].value)):
                wanted[field, key].append((link, slot))
    holders: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    for kind in {field for field, _ in wanted}:
        for key, app, id, golden, state in records.keys.holders(kind, [k for f, k in wanted if f == kind]):
            if golden is not None and state == "live":
                holders[kind, key].append((app, id, golden))
    units = records.units(sorted({golden for found in holders.values() for *_, golden in found}))
    return {
        (link.app, link.id, slot.name): id
        for value, places in wanted.items()
        for link, slot in places
        for app, id, golden in holders[value]
        if app == link.app and id != link.id and _moves(sync, units[golden], (app, id), slot, link)
    }


def _key(slot: Slot, field: str, value: Value) -> str:
    """The value as the index keeps it; "" where it cannot be read."""
    try:
        return fold_key(str(slot.split(value, {}).get(field) or ""))
    except BadValue:
        return ""


def _moves(sync: Sync, unit: Unit, holder: LinkKey, slot: Slot, refused: Link) -> bool:
    """Whether this record shows what was refused, and is to hold something else."""
    link = next(k for k in unit.links if k.key == holder)
    if slot.name not in link.seen or not slot.same(link.seen[slot.name], refused.refused[slot.name].value):
        return False
    try:
        own = Lens(sync.mapping, NoRefs()).project(slot, unit.golden.value, link.seen[slot.name])
    except Unresolved:
        return False
    return not slot.same(own, link.seen[slot.name])


def what_to_do(place: Place, known: InTheWay) -> str:
    """The cure for a refused value that another record has."""
    app, record, slot = place
    ring = [record]
    while (other := known.get((app, ring[-1], slot))) is not None and other not in ring:
        ring.append(other)
    holder = f"{app}:{known[place]}"
    if other != record:
        return (
            f"{holder} still has this value, though it is to get another one: see why it did not"
            f" (syncer explain {holder}), or give it its own in {app} by hand. Then retry this one."
        )
    by_hand = (
        f" in {app} by hand, and leave no old one beside the new; the next sync sees that they are right."
        f" Meanwhile syncer pause {app}: what a run finds in between would count as an edit."
    )
    if len(ring) == 2:
        return (
            f"{holder} still has this value, and is to get the one of this record: they wait for each other."
            f" Exchange the two{by_hand}"
        )
    names = ", ".join(f"{app}:{one}" for one in ring)
    return (
        f"{holder} still has this value, and {names} wait for each other. Give each of them its own{by_hand}"
    )
