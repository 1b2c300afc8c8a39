"""A reference that an app took away together with what it pointed to: no person's clearing.

The list of changes of many apps does not tell of deletions, so the target itself is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

from connectors.contract import Fetched, Record
from syncer.ports import Task
from syncer.reading.intake import BLANK, Intake
from syncer.store.database import chunks

Pointing = dict[str, list[tuple[Record, str]]]  # target's id -> the records that pointed to it, and where


def leave_out_lost(intake: Intake, page: Sequence[Record]) -> Task[None]:
    """Take blanks out of these records (in place) where what they pointed to is not there any more."""
    for object, pointing in _emptied(intake, page).items():
        for ids in chunks(sorted(pointing), intake.app.spec.fetch_batch):
            answers: Sequence[Fetched] = yield partial(intake.app.connector.fetch, object, ids, ())
            for lost in (a.id for a in answers if a.state != "found"):
                for record, slot in pointing[lost]:
                    record.values = {name: v for name, v in record.values.items() if name != slot}


def _emptied(intake: Intake, page: Sequence[Record]) -> dict[str, Pointing]:
    """By object of the app: what linked records pointed to that show a blank now."""
    fields, slots = intake.app.spec.fields, intake.sync.slots(intake.app.name).values()
    targets = {s.name: fields[s.name].reference for s in slots if s.reference and s.name in fields}
    blanks = {r.id: r for r in page if any(r.values.get(name, "?") in BLANK for name in targets)}
    found: dict[str, Pointing] = defaultdict(lambda: defaultdict(list))
    if not blanks:
        return found
    with intake.records.db.reading():
        links = intake.records.links(intake.app.name, list(blanks))
    for id, link in links.items():
        for name, object in targets.items():
            former = link.seen.get(name)
            if object and former not in BLANK and blanks[id].values.get(name, "?") in BLANK:
                found[object][str(former)].append((blanks[id], name))
    return found
