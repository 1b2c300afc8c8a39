"""A reference that an app took away together with what it pointed to: no person's clearing.

The list of changes of many apps does not tell of deletions, so the target itself is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from connectors.contract import Fetched, Record, Value
from syncer.model import Observation
from syncer.ports import Task
from syncer.reading.intake import Intake
from syncer.store.database import chunks
from syncer.store.history import History
from syncer.store.records import Records

Emptied = tuple[Record, str, Value]  # a record, a slot in which it shows a blank, and what it held there
Pointing = dict[str, list[tuple[Record, str]]]  # target's id -> the records that pointed to it, and where


def references(intake: Intake) -> dict[str, str]:
    """Slots that point to records of the app -> the object of the app that these are."""
    fields, slots = intake.app.spec.fields, intake.sync.slots(intake.app.name).values()
    found = {s.name: fields[s.name].reference for s in slots if s.reference and s.name in fields}
    return {name: object for name, object in found.items() if object}


def leave_out_lost(
    intake: Intake, emptied: Iterable[Emptied], objects: Mapping[str, str], read_at: datetime
) -> Task[None]:
    """Take blanks out of records (in place) where what they pointed to is not there any more. `objects`: as
    in `references`; `read_at`: when the records were read. Call outside a transaction."""
    wanted: dict[str, Pointing] = defaultdict(lambda: defaultdict(list))
    for record, slot, former in emptied:
        if slot in objects:
            wanted[objects[slot]][str(former)].append((record, slot))
    taken: dict[str, list[str]] = defaultdict(list)
    gone: dict[str, list[Observation]] = defaultdict(list)
    for object, pointing in wanted.items():
        for ids in chunks(sorted(pointing), intake.app.spec.fetch_batch):
            answers: Sequence[Fetched] = yield partial(intake.app.connector.fetch, object, ids, ())
            for lost in (a for a in answers if a.state != "found"):
                for record, slot in pointing[lost.id]:
                    record.values = {name: v for name, v in record.values.items() if name != slot}
                    taken[record.id].append(slot)
                if lost.state in ("archived", "deleted"):
                    there = Observation(intake.app.name, lost.id, {}, read_at, state=lost.state)
                    gone[intake.sync.slots(intake.app.name)[slot].reference].append(there)
    if taken:
        with intake.records.db.transaction():
            _note_taken(intake, taken)
            _note_gone(intake, gone, read_at)


def _note_taken(intake: Intake, taken: Mapping[str, Sequence[str]]) -> None:
    """Nobody cleared these slots: else the blank would pass for that once the target is there again."""
    links = intake.records.links(intake.app.name, list(taken))
    for link in links.values():
        link.emptied |= set(taken[link.id])
    intake.records.save_links(links.values(), intake.sync.slot_names())


def _note_gone(intake: Intake, gone: Mapping[str, Sequence[Observation]], read_at: datetime) -> None:
    """Have the sync of the targets learn that they went: no list may ever tell it, and that one is back is
    news only to who knows that it was away. One that has read meanwhile may know better."""
    for object, shown in gone.items():
        if object in intake.sync.targets:
            space = Records(intake.records.db, intake.sync.targets[object])
            if History(space.db).ran_since(space.space, read_at):
                continue
            ids = [o.id for o in shown]
            known, waiting = space.known(intake.app.name, ids), space.waiting(intake.app.name, ids)
            space.save_observations(o for o in shown if o.id in known and o.id not in waiting)
