"""Bound the journal by age. What an old journal is still needed for is folded into a checkpoint: which run
founded a golden record, and for each record what people had put there and what was last written over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncer.model import Mark, Value
from syncer.store import codec
from syncer.store.database import Database
from syncer.store.tables import WriteRow

MADE = ("applied", "unknown")  # outcomes of a create of ours that made a record, or may have
CHECKPOINT = "checkpoint: all that was written here before"
_NOTHING = codec.dumps({"changed": {}})
Folded = dict[
    str, tuple[Value | Mark, Value]
]  # slot -> (what people put there, or ABSENT; what we wrote last)


@dataclass(frozen=True, slots=True)
class Retention:
    """Queries on the old history of one space. Call inside a transaction."""

    db: Database
    space: str

    def oldest_run(self) -> str | None:
        """When it started."""
        row = self.db.one("SELECT MIN(started) FROM run WHERE space = :space", space=self.space)
        return None if row is None or row[0] is None else str(row[0])

    def drop_changes(self, before: datetime) -> int:
        """Golden changes of older runs; the row that says which run founded a golden record stays, empty."""
        values = {"space": self.space, "before": codec.iso(before), "nothing": _NOTHING}
        first = (
            "(SELECT MIN(f.run) FROM journal f WHERE f.space = journal.space AND f.golden = journal.golden)"
        )
        old = "space = :space AND run IN (SELECT id FROM run WHERE space = :space AND started < :before)"
        gone = self.db.run(
            f"DELETE FROM journal WHERE {old} AND run <> {first}",  # noqa: S608 - constants
            space=self.space,
            before=values["before"],
        )
        return gone + self.db.run(
            f"UPDATE journal SET body = :nothing WHERE {old} AND body <> :nothing",  # noqa: S608 - constants
            **values,
        )

    def many_written(self, before: datetime) -> list[tuple[str, str, str]]:
        """(golden id, app, record) of records with several old writes."""
        rows = self.db.rows(
            "SELECT w.golden, w.app, w.record FROM written w JOIN run r ON r.id = w.run"
            " WHERE w.space = :space AND r.started < :before AND w.record IS NOT NULL"
            " GROUP BY w.golden, w.app, w.record HAVING COUNT(*) > 1 ORDER BY w.golden, w.app, w.record",
            space=self.space,
            before=codec.iso(before),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def writes(self, golden: str, app: str, record: str, before: datetime) -> list[dict[str, Any]]:
        """The old writes to a record, oldest first; `seq` numbers them."""
        rows = self.db.rows(
            "SELECT w.seq, w.run, w.kind, w.outcome, w.body FROM written w JOIN run r ON r.id = w.run"
            " WHERE w.space = :space AND w.golden = :golden AND w.app = :app AND w.record = :record"
            " AND r.started < :before ORDER BY w.seq",
            space=self.space,
            golden=golden,
            app=app,
            record=record,
            before=codec.iso(before),
        )
        names = ("seq", "run", "kind", "outcome")
        return [
            {**dict(zip(names, row[:4], strict=True)), "app": app, "record": record, **codec.loads(row[4])}
            for row in rows
        ]

    def fold(self, golden: str, rows: Sequence[dict[str, Any]], folded: Folded) -> None:
        """Put one row in the place of these."""
        last, seqs = rows[-1], [row["seq"] for row in rows]
        made = any(row["kind"] == "create" and row["outcome"] in MADE for row in rows)
        slots = {n: [a] if isinstance(b, Mark) else [b, a] for n, (b, a) in folded.items()}
        self.db.run("DELETE FROM written WHERE seq IN :seqs", seqs=seqs[:-1])
        self.db.upsert(
            WriteRow,
            [
                {
                    "seq": last["seq"],
                    "space": self.space,
                    "run": last["run"],
                    "app": last["app"],
                    "record": last["record"],
                    "golden": golden,
                    "kind": "create" if made else "update",
                    "outcome": "applied",
                    "body": codec.dumps({"slots": slots, "reason": CHECKPOINT}),
                }
            ],
        )

    def drop_runs(self, before: datetime) -> int:
        """Older runs of which nothing is kept any more."""
        kept = " AND ".join(
            f"NOT EXISTS (SELECT 1 FROM {table} k WHERE k.run = run.id)"  # noqa: S608 - constants
            for table in ("journal", "written", "conflict", "held", "outbox")
        )
        sql = f"DELETE FROM run WHERE space = :space AND started < :before AND {kept}"  # noqa: S608 - constants
        return self.db.run(sql, space=self.space, before=codec.iso(before))
