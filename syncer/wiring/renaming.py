"""A field under another name is the same field: all that is known of it goes by that name at once.

It is told by its shape: a field that is gone from the mapping, and one that is new in it of which everything
but the name is the same. One that changed in other ways, too, is learned anew from the apps.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncer.core.carry import rename, under
from syncer.core.moved import renamed, versions
from syncer.model import Link
from syncer.store.conflicts import Conflicts
from syncer.store.database import chunks
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


def follow_names(records: Records, ledger: Ledger, sync: Sync) -> None:
    """Call inside a transaction, while nobody else works in the space."""
    shapes = ledger.shapes()
    names = renamed(shapes, sync.mapping)
    if not names:
        return
    for ids in chunks(records.all_golden()):
        units = records.units(ids)
        known: list[Link] = []
        for unit in units.values():
            rename(unit.golden, unit.links, names)
            known += unit.links
        records.save_goldens((unit.golden, unit.due) for unit in units.values())
        records.save_links(known, sync.slot_names())
        ledger.rename_in_journal(ids, names)
    table = Conflicts(records.db, {sync.name: sync.mapping.object})
    for now, was in names.items():
        table.rename_field(sync.name, was, now)
        records.rename_reference(was, now)
    _plan_under(ledger, sync, names)
    ledger.set_shapes(under(shapes, names))


def _plan_under(ledger: Ledger, sync: Sync, names: Mapping[str, str]) -> None:
    """What was planned under the former names is planned under these; how a place is read is the same."""
    if (planned := ledger.mapped()) is not None:
        anew = {name: version for name, version in versions(sync.mapping).items() if name in names}
        ledger.set_mapped({**under(planned, names), **anew})
    keys = {*sync.key_fields, *sync.mapping.match.names}  # the index is made anew, by reading
    plain = {now: was for now, was in names.items() if now not in keys}
    for app in sync.apps:
        former, readings = ledger.readings(app), sync.readings(app)
        same = {slot: how for slot, how in readings.items() if _is_the_same(former.get(slot, ""), how, plain)}
        ledger.set_readings(app, {**former, **same})


def _is_the_same(former: str, reading: str, names: Mapping[str, str]) -> bool:
    """Whether a slot is read as it was, but for the names of its fields."""
    was, now = ([part.partition(":") for part in text.split(" ")] for text in (former, reading))
    return len(was) == len(now) and all(
        before == after or names.get(after[0]) == before[0] for before, after in zip(was, now, strict=True)
    )
