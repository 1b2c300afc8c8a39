"""What the state keeps about one golden record or one record of an app, for those who ask why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conflicts.log import Entry
from syncer.model import LinkKey
from syncer.store import codec
from syncer.store.conflicts import Conflicts
from syncer.store.database import Database


@dataclass(frozen=True, slots=True)
class Stories:
    """Queries about single records of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    def journal(self, golden: str) -> list[tuple[str, str, dict[str, Any]]]:
        """(run, when it began, field -> [before, after, app, record, time, rule]), oldest first."""
        rows = self.db.rows(
            "SELECT j.run, r.started, j.body FROM journal j JOIN run r ON r.id = j.run"
            " WHERE j.space = :space AND j.golden = :golden ORDER BY j.run",
            space=self.space,
            golden=golden,
        )
        return [(row[0], row[1], codec.loads(row[2])["changed"]) for row in rows]

    def writes(self, golden: str) -> list[dict[str, Any]]:
        """What was sent for a golden record and how it was answered, oldest first."""
        names = ("run", "started", "app", "record", "kind", "outcome")
        rows = self.db.rows(
            "SELECT w.run, r.started, w.app, w.record, w.kind, w.outcome, w.body"
            " FROM written w JOIN run r ON r.id = w.run"
            " WHERE w.space = :space AND w.golden = :golden ORDER BY w.seq",
            space=self.space,
            golden=golden,
        )
        return [{**dict(zip(names, row[:6], strict=True)), **codec.loads(row[6])} for row in rows]

    def touched_by(self, run: str) -> list[str]:
        """Golden records that a run changed, or for which it sent something."""
        found: set[str] = set()
        for table in ("journal", "written"):
            sql = f"SELECT DISTINCT golden FROM {table} WHERE space = :space AND run = :run"  # noqa: S608
            found.update(row[0] for row in self.db.rows(sql, space=self.space, run=run))
        return sorted(found)

    def changed_by(self, run: str, golden: str) -> dict[str, codec.Change]:
        """Golden fields that a run changed: before, after, and where the former value had come from."""
        sql = "SELECT body FROM journal WHERE space = :space AND run = :run AND golden = :golden"
        row = self.db.one(sql, space=self.space, run=run, golden=golden)
        return codec.changes(codec.loads(row[0])) if row else {}

    def founded_by(self, golden: str) -> str | None:
        """The run that made a golden record."""
        sql = "SELECT MIN(run) FROM journal WHERE space = :space AND golden = :golden"
        row = self.db.one(sql, space=self.space, golden=golden)
        return row[0] if row else None

    def written(self, run: str, golden: str) -> list[dict[str, Any]]:
        """What one run sent for a golden record."""
        return [write for write in self.writes(golden) if write["run"] == run]

    def conflicts(self, golden: str, object: str = "") -> list[Entry]:
        """All choices that were logged for a golden record, oldest first."""
        return Conflicts(self.db, {self.space: object}).of_golden(self.space, golden)

    def reviews(self, keys: Iterable[LinkKey]) -> list[dict[str, Any]]:
        """Open questions in which one of these records is the one in doubt, or the one it resembles."""
        names = ("app", "record", "other_app", "other_record", "score", "reason")
        wanted = set(keys)
        rows = self.db.rows(
            "SELECT app, id, other_app, other_id, score, reason FROM review"
            " WHERE space = :space AND status = 'open' ORDER BY app, id",
            space=self.space,
        )
        return [
            dict(zip(names, row, strict=True))
            for row in rows
            if (row[0], row[1]) in wanted or (row[2], row[3]) in wanted
        ]

    def is_stub(self, key: LinkKey) -> bool:
        """Whether a record is only remembered by its keys: outside the filter, or archived."""
        sql = "SELECT 1 FROM stub WHERE space = :space AND app = :app AND id = :id"
        return self.db.one(sql, space=self.space, app=key[0], id=key[1]) is not None

    def is_waiting(self, key: LinkKey) -> bool:
        """Whether an observation of a record waits to be decided about."""
        sql = "SELECT 1 FROM observation WHERE space = :space AND app = :app AND id = :id"
        return self.db.one(sql, space=self.space, app=key[0], id=key[1]) is not None
