"""Once a day, fold what the journal has kept long enough. Where a current value came from stands with the
value and never expires; what each record held before our first write lives as long as its link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mappings.model import Slot
from syncer.core.apart import folded_writes
from syncer.core.deeds import Written
from syncer.deciding.one_pass import CHUNK
from syncer.ports import Ports
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.lease import Busy, hold
from syncer.store.retention import Retention
from syncer.sync import Sync


@dataclass(frozen=True, slots=True)
class Retaining:
    """The history of one sync, kept for so long."""

    sync: Sync
    db: Database
    ports: Ports
    keep: timedelta

    def run(self) -> None:
        """Drop and fold what is older. What another process works on just now is left to the next run."""
        now, name = self.ports.now(), self.sync.name
        cutoff = now - self.keep
        with self.db.reading():
            since = History(self.db).fact(f"reaches:{name}")
            oldest = Retention(self.db, name).oldest_run()
        if oldest is None or oldest >= codec.iso(cutoff):
            return
        if since is not None and since[:10] == codec.iso(cutoff)[:10]:
            return
        try:
            with hold(self.db, name, self.ports.holder, self.ports.now, self.ports.alive, waits=False):
                self._fold(cutoff)
        except Busy:
            return

    def _fold(self, cutoff: datetime) -> None:
        retention = Retention(self.db, self.sync.name)
        with self.db.transaction():
            History(self.db).keep_fact(f"reaches:{self.sync.name}", codec.iso(cutoff))
            retention.drop_changes(cutoff)
            records = retention.many_written(cutoff)
        for some in chunks(records, CHUNK):
            with self.db.transaction():
                for golden, app, record in some:
                    slots = self.sync.slots(app) if app in self.sync.apps else {}
                    rows = retention.writes(golden, app, record, cutoff)
                    retention.fold(golden, rows, _folded(rows, slots))
        with self.db.transaction():
            retention.drop_runs(cutoff)


def _folded(rows: Sequence[dict[str, Any]], slots: Mapping[str, Slot]) -> Any:
    return folded_writes([Written.from_row(row) for row in rows], slots)
