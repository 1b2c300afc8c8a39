"""What is left to do once somebody is forgotten: the database is rewritten, so that no trace stays in its
unused pages, and the receipt is written. The state says so until it is done, also where a process is killed
or finds the disk full in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from syncer.forgotten import Marks
from syncer.store.database import Database
from syncer.store.errors import StateError
from syncer.store.facts import facts
from syncer.store.history import TRACES, History

NAMES = "names"  # beside what the receipt says: keyed hashes of what they were known by, for the same command
LEFT = (
    "They are forgotten, but traces stay in unused parts of the state until it is rewritten: the next sync"
    " tries again, and so does the same command."
)


def note(db: Database, run: str, receipt: Mapping[str, Any] | None) -> None:
    """People were taken out of the state. Call in that transaction."""
    History(db).keep_fact(TRACES + run, orjson.dumps(receipt).decode())


def finish(db: Database, marks: Marks) -> list[Mapping[str, Any]]:
    """Do what is left; what the receipts say that were written, and `NAMES`. Raises `StateError` and
    `OSError`: then it is still to be done."""
    with db.reading():
        left = {run: orjson.loads(body) for run, body in facts(db, TRACES).items()}
    if not left:
        return []
    try:
        db.compact()
    except StateError as error:
        raise StateError(f"{error} {LEFT}") from error
    receipts = {run: body for run, body in left.items() if body is not None}
    for run, body in receipts.items():
        marks.receipt(run, {key: said for key, said in body.items() if key != NAMES})
    with db.transaction():
        for run in left:
            History(db).drop_fact(TRACES + run)
    return list(receipts.values())
