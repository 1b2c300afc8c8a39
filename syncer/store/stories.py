"""What the state keeps about one golden record or one record of an app, for those who ask why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conflicts.log import Entry
from syncer.model import LinkKey
from syncer.store import codec
from syncer.store.conflicts import Conflicts
from syncer.store.database import Database, chunks, in_order


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
        return self.writes_of([golden])[golden]

    def writes_of(self, goldens: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """The same for many, by golden record."""
        found: dict[str, list[dict[str, Any]]] = {golden: [] for golden in goldens}
        names = ("run", "started", "app", "record", "kind", "outcome", "seq")
        for some in chunks(list(found)):
            rows = self.db.rows(
                "SELECT w.golden, w.run, r.started, w.app, w.record, w.kind, w.outcome, w.seq, w.body"
                " FROM written w JOIN run r ON r.id = w.run"
                " WHERE w.space = :space AND w.golden IN :goldens ORDER BY w.seq",
                space=self.space,
                goldens=some,
            )
            for golden, *row, body in rows:
                found[golden].append({**dict(zip(names, row, strict=True)), **codec.loads(body)})
        return found

    def touched_by(self, run: str) -> list[str]:
        """Golden records that a run changed, or for which it sent something."""
        found: set[str] = set()
        for table in ("journal", "written"):
            sql = f"SELECT DISTINCT golden FROM {table} WHERE space = :space AND run = :run"  # noqa: S608
            found.update(row[0] for row in self.db.rows(sql, space=self.space, run=run))
        return sorted(found)

    def changed_by(self, run: str, goldens: Iterable[str]) -> dict[str, dict[str, codec.Change]]:
        """Golden fields that a run changed: before, after, and where the former value had come from; by
        golden record."""
        found: dict[str, dict[str, codec.Change]] = {}
        goldens = list(goldens)
        for some in chunks(goldens):
            rows = self.db.rows(
                "SELECT golden, body FROM journal WHERE space = :space AND run = :run AND golden IN :goldens",
                space=self.space,
                run=run,
                goldens=some,
            )
            found |= {row[0]: codec.changes(codec.loads(row[1])) for row in rows}
        return in_order(found, goldens)

    def founders(self, goldens: Iterable[str]) -> dict[str, str]:
        """The run that made each golden record."""
        found: dict[str, str] = {}
        for some in chunks(list(goldens)):
            rows = self.db.rows(
                "SELECT golden, MIN(run) FROM journal WHERE space = :space AND golden IN :goldens"
                " GROUP BY golden",
                space=self.space,
                goldens=some,
            )
            found |= {row[0]: row[1] for row in rows}
        return found

    def typed_into(self, goldens: Iterable[str]) -> set[LinkKey]:
        """Records of these golden records into which somebody typed what became golden, or lost against
        another value."""
        found: set[LinkKey] = set()
        for some in chunks(list(goldens)):
            where = "WHERE space = :space AND golden IN :goldens"
            rows = self.db.rows(f"SELECT body FROM journal {where}", space=self.space, goldens=some)  # noqa: S608
            for row in rows:
                changed = codec.loads(row[0])["changed"].values()
                found |= {(c[2], c[3]) for c in changed if len(c) > 5 and c[5] != "undo"}
            found |= {
                (c.app, c.record)
                for entry in Conflicts(self.db, {}).of_goldens(self.space, some)
                for c in entry.candidates
                if c.kind == "edit"
            }
        return found

    def founded_by(self, golden: str) -> str | None:
        """The run that made a golden record."""
        sql = "SELECT MIN(run) FROM journal WHERE space = :space AND golden = :golden"
        row = self.db.one(sql, space=self.space, golden=golden)
        return row[0] if row else None

    def written(self, run: str, goldens: Iterable[str]) -> list[dict[str, Any]]:
        """What one run sent for golden records."""
        return [
            write for writes in self.writes_of(goldens).values() for write in writes if write["run"] == run
        ]

    def conflicts(self, golden: str, object: str = "") -> list[Entry]:
        """All choices that were logged for a golden record, oldest first."""
        return Conflicts(self.db, {self.space: object}).of_golden(self.space, golden)

    def choices(self, goldens: Iterable[str], object: str) -> list[Entry]:
        """The same of many."""
        conflicts = Conflicts(self.db, {self.space: object})
        found = [e for some in chunks(list(goldens)) for e in conflicts.of_goldens(self.space, some)]
        return sorted(found, key=lambda e: e.seq)

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

    def knows(self, key: LinkKey) -> bool:
        """Whether anything is kept of a record that has no golden record."""
        return self.is_waiting(key) or self.is_stub(key) or bool(self.reviews([key]))

    def is_stub(self, key: LinkKey) -> bool:
        """Whether a record is only remembered by its keys: outside the filter, or archived."""
        sql = "SELECT 1 FROM stub WHERE space = :space AND app = :app AND id = :id"
        return self.db.one(sql, space=self.space, app=key[0], id=key[1]) is not None

    def is_waiting(self, key: LinkKey) -> bool:
        """Whether an observation of a record waits to be decided about."""
        sql = "SELECT 1 FROM observation WHERE space = :space AND app = :app AND id = :id"
        return self.db.one(sql, space=self.space, app=key[0], id=key[1]) is not None
