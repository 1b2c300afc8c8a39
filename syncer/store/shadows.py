"""What is known of single fields of an app, over all its records: forgotten where a field comes back, counted
where one has gone. And of fields that are not mapped: that somebody changed a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

from connectors.contract import Record
from syncer.model import BLANK, Link
from syncer.store.database import chunks
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from syncer.sync import Sync


def forget(records: Records, app: str, names: Collection[str], slots: Mapping[str, tuple[str, ...]]) -> None:
    """These fields of an app are unknown again in all its records: a field that was away, in the app or in
    the mapping, may come back empty, and that clears nothing; nor does that of a record that comes back only
    then. Call inside a transaction."""
    for ids in chunks(list(records.linked_ids(app))):
        changed = []
        for link in records.links(app, ids).values():
            kept: tuple[dict[str, Any], ...]
            kept = (link.seen, link.pending, link.refused, link.rewrites, link.parted, link.undone)
            if any(name in known for known in kept for name in names):
                for name in names:
                    for known in kept:
                        known.pop(name, None)
                changed.append(link)
        records.save_links(changed, slots)


def note_fields_read(ledger: Ledger, records: Records, sync: Sync, app: str) -> bool:
    """Note which fields an app is asked for, and how they are read. Whether there are more than before, which
    are unknown again in all its records, or some are read in another way: then it is to be read from the
    start, since records that nobody changes hold them too. Call inside a transaction."""
    wanted, readings = sync.fields(app), sync.readings(app)
    asked, known = ledger.fields_read(app), ledger.readings(app)
    if asked == set(wanted) and known == readings:
        return False
    ledger.set_fields_read(app, wanted)
    ledger.set_readings(app, readings)
    gained = set(wanted) - asked
    decided = ledger.fields_decided(app)
    if asked and (away := set(wanted) - (asked if decided is None else decided)):
        forget(records, app, away, sync.slot_names())
    otherwise = {slot for slot, how in readings.items() if known.get(slot, how) != how} - gained
    if otherwise:
        _mark(records, app, otherwise, sync.slot_names())
    return bool(gained or otherwise)


def note_decided(ledger: Ledger, sync: Sync) -> None:
    """What is decided under this mapping counts as known of its fields, and of those alone. One that was only
    planned under, and put back, has cost nothing. Call inside the transaction of the decision."""
    for app in sync.apps:
        ledger.set_fields_decided(app, sync.fields(app))
    if sync.mapping.consent is not None:
        ledger.set_consent_field(sync.mapping.consent)


def _mark(records: Records, app: str, names: Collection[str], slots: Mapping[str, tuple[str, ...]]) -> None:
    """The mapping reads these fields in another way: where a record shows just what it did, that is read as
    if for the first time. What somebody has edited meanwhile is an edit as ever."""
    for ids in chunks(list(records.linked_ids(app))):
        links = records.links(app, ids).values()
        for link in links:
            link.anew |= names & link.seen.keys()
        records.save_links(links, slots)


def note_touched(
    records: Records,
    links: Mapping[str, Link],
    shown: Iterable[Record],
    slots: Mapping[str, tuple[str, ...]],
) -> None:
    """Remember of linked records that are shown with a later stamp that somebody changed them, perhaps in
    fields that are not mapped. Call inside a transaction."""
    known = ((links[record.id], record.stamp) for record in shown if record.id in links)
    moved = [link for link, stamp in known if not link.touched and link.moved_to(stamp)]
    for link in moved:
        link.touched = True
    records.save_links(moved, slots)


def holding(records: Records, app: str, slot: str) -> list[str]:
    """The linked records that held something in this field when they were last seen. Call inside a
    transaction or a reading."""
    rows = records.db.rows(
        "SELECT id, body FROM link WHERE space = :space AND app = :app AND state = 'live' ORDER BY id",
        space=records.space,
        app=app,
    )
    return [id for id, body in rows if orjson.loads(body)["s"].get(slot) not in BLANK]
