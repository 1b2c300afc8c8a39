"""What is gone in one app while it goes on in others: how many records could be brought back there."""

from __future__ import annotations

from collections.abc import Iterable

from syncer.core.bringing_back import lost
from syncer.store.database import Database, chunks
from syncer.store.records import Records


def gone_in(db: Database, name: str, apps: Iterable[str]) -> dict[str, int]:
    """App -> records of this sync that were deleted or archived there, and whose golden record goes on
    without them. Call inside a reading."""
    records = Records(db, name)
    return {app: sum(_lost(records, app, some) for some in chunks(records.gone_in(app))) for app in apps}


def _lost(records: Records, app: str, goldens: list[str]) -> int:
    units = records.units(goldens).values()
    return sum(len(lost(unit.golden, unit.links, app)) for unit in units)
