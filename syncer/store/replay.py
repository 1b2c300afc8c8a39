"""What the state keeps of the past of one sync, to be looked at under another mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncer.model import Unit, Value
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.records import Records


@dataclass(frozen=True, slots=True)
class Change:
    """One golden value that a run changed, and which app it came from ("" where none did)."""

    run: str
    started: str
    who: str
    field: str
    before: Value
    after: Value
    app: str


def changes(db: Database, sync: str) -> Iterator[Change]:
    """The journal of a sync, oldest run first. Use inside a view."""
    rows = db.rows(
        "SELECT j.run, r.started, j.golden, j.body FROM journal j JOIN run r ON r.id = j.run"
        " WHERE j.space = :space ORDER BY j.run, j.golden",
        space=sync,
    )
    for run, started, golden, body in rows:
        for field, (before, after, *source) in codec.loads(body)["changed"].items():
            app = str(source[0]) if source else ""
            yield Change(run, str(started), golden, field, before, after, app)


def units(db: Database, sync: str) -> Iterator[Unit]:
    """All golden records with their links. Use inside a view."""
    records = Records(db, sync)
    for ids in chunks(records.all_golden()):
        yield from records.units(ids).values()
