"""Writes of one space: those in flight, and what became of the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncer.model import Item
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.tables import OutboxRow, WriteRow

Answer = tuple[Item, str | None, str, str]  # item, record id, outcome, reason


@dataclass(frozen=True, slots=True)
class InFlight:
    """A write that was marked before it was sent, and has no answer recorded. `run`: which sent it."""

    ref: str
    item: Item
    sent_at: datetime
    run: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """Queries on the writes of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    # -- in flight ----------------------------------------------------------------------------------------

    def mark(self, run: str, writes: Sequence[tuple[str, Item]], at: datetime) -> None:
        sent_at = codec.iso(at)
        self.db.insert(
            OutboxRow,
            [
                {
                    "ref": ref,
                    "space": self.space,
                    "run": run,
                    "app": item.app,
                    "golden": item.golden,
                    "record": item.record,
                    "kind": item.kind,
                    "sent_at": sent_at,
                    "body": codec.dumps(codec.item_body(item)),
                }
                for ref, item in writes
            ],
        )

    def unmark(self, refs: Iterable[str]) -> None:
        for some in chunks(refs):
            self.db.run("DELETE FROM outbox WHERE ref IN :refs", refs=some)

    def sent_before(self, now: datetime) -> None:
        """Whatever is in flight was sent before now, also where the clock said otherwise and was set back."""
        self.db.run(
            "UPDATE outbox SET sent_at = :now WHERE space = :space AND sent_at > :now",
            space=self.space,
            now=codec.iso(now),
        )

    def in_flight(self) -> list[InFlight]:
        rows = self.db.rows(
            "SELECT ref, sent_at, run, body FROM outbox WHERE space = :space ORDER BY ref", space=self.space
        )
        return [
            InFlight(ref, codec.item(codec.loads(body)), datetime.fromisoformat(sent_at), run)
            for ref, sent_at, run, body in rows
        ]

    # -- what became of them ------------------------------------------------------------------------------

    def record(self, run: str, answers: Sequence[Answer]) -> None:
        """Writes that were answered, or whose run ended first."""
        self.db.insert(
            WriteRow,
            [
                {
                    "space": self.space,
                    "run": run,
                    "app": item.app,
                    "record": record,
                    "golden": item.golden,
                    "kind": item.kind,
                    "outcome": outcome,
                    "body": codec.dumps({"slots": codec.slots_body(item), "reason": reason}),
                }
                for item, record, outcome, reason in answers
            ],
        )

    def record_unanswered(self, flights: Sequence[InFlight]) -> None:
        """Writes whose run ended before it could note them: what may have happened is history, too. A create
        stays in flight until it is found out about, and is noted once."""
        noted = self._noted([f.item.golden for f in flights if f.item.kind == "create"])
        answers: dict[str, list[Answer]] = defaultdict(list)
        for flight in flights:
            item = flight.item
            if item.kind != "create" or (flight.run, item.app, item.golden) not in noted:
                answers[flight.run].append((item, item.record, "unknown", "the run ended first"))
        for run, some in answers.items():
            self.record(run, some)

    def _noted(self, goldens: Sequence[str]) -> set[tuple[str, str, str]]:
        """(run, app, golden) of creates that may have been made."""
        sql = (
            "SELECT run, app, golden FROM written WHERE space = :space AND golden IN :goldens"
            " AND kind = 'create' AND outcome IN ('unknown', 'applied')"
        )
        return {
            (run, app, golden)
            for some in chunks(goldens)
            for run, app, golden in self.db.rows(sql, space=self.space, goldens=some)
        }

    def made(self, app: str, goldens: Sequence[str]) -> set[str]:
        """Records of an app that our creates for these golden records are known to have made."""
        sql = (
            "SELECT record FROM written WHERE space = :space AND app = :app AND golden IN :goldens"
            " AND kind = 'create' AND outcome = 'applied' AND record IS NOT NULL"
        )
        return {
            record
            for some in chunks(goldens)
            for (record,) in self.db.rows(sql, space=self.space, app=app, goldens=some)
        }

    def record_made(self, flight: InFlight, record: str) -> None:
        """A create without an answer has made this record: it holds our own id. Where an earlier one had no
        answer either, it may have been that one, late: which run made it cannot be told."""
        self.db.run(
            "UPDATE written SET record = :record, outcome = 'applied' WHERE space = :space AND run = :run"
            " AND app = :app AND golden = :golden AND kind = 'create' AND outcome = 'unknown'"
            " AND NOT EXISTS (SELECT 1 FROM written e WHERE e.space = :space AND e.golden = :golden"
            " AND e.app = :app AND e.run < :run AND e.kind = 'create' AND e.outcome = 'unknown')",
            space=self.space,
            run=flight.run,
            app=flight.item.app,
            golden=flight.item.golden,
            record=record,
        )

    def sent_since(self, seq: int, app: str) -> dict[str, list[Item]]:
        """Record -> what an app took, or may have taken, after this row of the log, oldest first."""
        rows = self.db.rows(
            "SELECT record, golden, kind, body FROM written WHERE space = :space AND app = :app"
            " AND seq > :seq AND record IS NOT NULL AND kind IN ('create', 'update', 'archive')"
            " AND outcome IN ('applied', 'unknown') ORDER BY seq",
            space=self.space,
            app=app,
            seq=seq,
        )
        found: dict[str, list[Item]] = defaultdict(list)
        for record, golden, kind, body in rows:
            found[record].append(_noted(kind, app, golden, record, body))
        return found

    def updated_since(self, run: str) -> list[Item]:
        """The updates that apps applied in this run and those that followed."""
        rows = self.db.rows(
            "SELECT app, golden, record, body FROM written WHERE space = :space AND run >= :run"
            " AND kind = 'update' AND outcome = 'applied' ORDER BY seq",
            space=self.space,
            run=run,
        )
        return [_noted("update", app, golden, record, body) for app, golden, record, body in rows]


def _noted(kind: str, app: str, golden: str, record: str, body: str) -> Item:
    """A write as the log tells it."""
    return codec.item({"kind": kind, "app": app, "golden": golden, "record": record, **codec.loads(body)})
