"""What happened in one space: runs, how far apps were read, journal, conflicts, plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syncer.forgotten import ERASED
from syncer.model import Item, LinkKey, LogEntry
from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.history import History
from syncer.store.outbox import Outbox
from syncer.store.tables import ConflictRow, HeldRow, JournalRow, Reader, ReviewRow
from syncer.store.tables import Run as RunRow

TOLD = "told_until"  # how far the log of writes is known to a state that was put back


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A plan that waits for a person: the run that made it, why it is held, and what it would do. An undo
    that holds its sync has no items. `mapping`: the version under which it was made, or ""; `narrowed`: it
    is about some golden records alone."""

    run: str
    reason: str
    items: list[Item]
    mapping: str = ""
    narrowed: bool = False

    def is_of(self, mapping: str) -> bool:
        """Whether it was made under this version of the mapping, as far as anybody knows."""
        return self.mapping in ("", mapping)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Queries on the history of one space. Call inside a transaction or a reading."""

    db: Database
    space: str

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.db, self.space)

    # -- runs ---------------------------------------------------------------------------------------------

    def begin_run(self, id: str, kind: str, at: datetime) -> None:
        self.db.insert(
            RunRow,
            [
                {
                    "id": id,
                    "space": self.space,
                    "kind": kind,
                    "status": "running",
                    "started": codec.iso(at),
                    "written": 0,
                    "report": "{}",
                }
            ],
        )

    def end_run(self, id: str, status: str, at: datetime, written: int, report: Mapping[str, Any]) -> None:
        self.db.run(
            "UPDATE run SET status = :status, ended = :ended, written = :written, report = :report"
            " WHERE id = :id",
            id=id,
            status=status,
            ended=codec.iso(at),
            written=written,
            report=codec.dumps(report),
        )

    def close_interrupted(self, at: datetime) -> list[str]:
        """Runs that were cut off are said to have been."""
        sql = "SELECT id FROM run WHERE space = :space AND status = 'running' ORDER BY id"
        ids = [row[0] for row in self.db.rows(sql, space=self.space)]
        for id in ids:
            self.db.run(
                "UPDATE run SET status = 'interrupted', ended = :ended WHERE id = :id",
                id=id,
                ended=codec.iso(at),
            )
        return ids

    def _fact(self, *name: str) -> str | None:
        """What is noted under a name of this space: ``planned``, or ``fields`` of an app."""
        return History(self.db).fact(":".join((name[0], self.space, *name[1:])))

    def _keep_fact(self, name: str, value: str, *app: str) -> None:
        History(self.db).keep_fact(":".join((name, self.space, *app)), value)

    def _drop_fact(self, name: str, *app: str) -> bool:
        """Whether it was noted."""
        return History(self.db).drop_fact(":".join((name, self.space, *app))) > 0

    def planned(self) -> str | None:
        """What all golden records were last planned under; None before the first decided run."""
        return self._fact("planned")

    def set_planned(self, basis: str) -> None:
        self._keep_fact("planned", basis)

    def mapped(self) -> dict[str, str] | None:
        """Field -> the version of its mapping, as all was last planned; None where that is not known."""
        told = self._fact("mapped")
        return codec.loads(told) if told else None

    def set_mapped(self, versions: Mapping[str, str]) -> None:
        self._keep_fact("mapped", codec.dumps(versions))

    def shapes(self) -> dict[str, str]:
        """Field -> all that the mapping said of it but for its name, as all was last planned."""
        return dict(codec.loads(self._fact("shapes") or "{}"))

    def set_shapes(self, shapes: Mapping[str, str]) -> None:
        self._keep_fact("shapes", codec.dumps(shapes))

    def restored(self) -> str | None:
        """When the backup was made that this state was put back from; None once a run has caught up."""
        return self._fact("restored")

    def told_until(self) -> int | None:
        """The last row of the log of writes that the state which was put back knew of; said once. Call inside
        a transaction."""
        told = self._fact(TOLD)
        if told is None:
            return None
        self._drop_fact(TOLD)
        return int(told)

    def caught_up(self) -> None:
        self._drop_fact("restored")

    def read_again(self, app: str) -> None:
        """Have the next run read this app from the start; one that is reading it just now changes nothing."""
        self._keep_fact("read_again", "yes", app)

    def is_read_again(self, app: str) -> bool:
        """Whether it is to be read from the start; said once. Call inside a transaction."""
        return self._drop_fact("read_again", app)

    # -- readers ------------------------------------------------------------------------------------------

    def reader(self, app: str) -> dict[str, Any]:
        row = self.db.one(
            "SELECT cursor, scan_began, complete_at, pulled_at, account, spec, spec_at, spec_key, paused"
            " FROM reader WHERE space = :space AND app = :app",
            space=self.space,
            app=app,
        )
        names = (
            "cursor",
            "scan_began",
            "complete_at",
            "pulled_at",
            "account",
            "spec",
            "spec_at",
            "spec_key",
            "paused",
        )
        if row is None:
            return {**dict.fromkeys(names), "paused": self._paused_elsewhere(app)}
        return dict(zip(names, row, strict=True))

    def _paused_elsewhere(self, app: str) -> bool:
        """Whether a space that meets this app for the first time has to leave it alone, as the others do."""
        return self.db.one("SELECT 1 FROM reader WHERE app = :app AND paused", app=app) is not None

    def save_reader(self, app: str, **changes: Any) -> None:
        known = "SELECT 1 FROM reader WHERE space = :space AND app = :app"
        if not self.db.one(known, space=self.space, app=app):
            paused = self._paused_elsewhere(app)
            self.db.upsert(Reader, [{"space": self.space, "app": app, "paused": paused}])
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        self.db.run(
            f"UPDATE reader SET {sets} WHERE space = :space AND app = :app",  # noqa: S608
            space=self.space,
            app=app,
            **changes,
        )

    def fields_read(self, app: str) -> set[str]:
        """The fields that the app was last asked for."""
        return set(codec.loads(self._fact("fields", app) or "[]"))

    def set_fields_read(self, app: str, fields: Iterable[str]) -> None:
        self._keep_fact("fields", codec.dumps(sorted(fields)), app)

    def fields_decided(self, app: str) -> set[str] | None:
        """The fields of the app under which anything was last decided; None before the first decision."""
        told = self._fact("decided", app)
        return set(codec.loads(told)) if told else None

    def set_fields_decided(self, app: str, fields: Iterable[str]) -> None:
        self._keep_fact("decided", codec.dumps(sorted(fields)), app)

    def consent_field(self) -> str | None:
        """The name under which consent is known; None where nothing was decided with any."""
        return self._fact("consent")

    def set_consent_field(self, name: str) -> None:
        self._keep_fact("consent", name)

    def readings(self, app: str) -> dict[str, str]:
        """Slot -> how it was read when it was last asked for; empty where an earlier version did."""
        return dict(codec.loads(self._fact("readings", app) or "{}"))

    def set_readings(self, app: str, readings: Mapping[str, str]) -> None:
        self._keep_fact("readings", codec.dumps(dict(readings)), app)

    def scanned(self, app: str, began: datetime, length: timedelta) -> None:
        """Note how long it took to list all of an app."""
        body = codec.dumps([codec.iso(began), length.total_seconds()])
        self._keep_fact("scanned", body, app)

    def scan(self, app: str) -> tuple[datetime, timedelta] | None:
        """When the last whole listing of an app began, and how long it took."""
        told = self._fact("scanned", app)
        if told is None:
            return None
        began, seconds = codec.loads(told)
        return datetime.fromisoformat(began), timedelta(seconds=seconds)

    # -- journal and conflicts ----------------------------------------------------------------------------

    def journal(self, run: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """What changed in golden records, added to what this run changed in them before."""
        bodies = dict(rows)
        for some in chunks(bodies):
            sql = "SELECT golden, body FROM journal WHERE space = :space AND run = :run AND golden IN :some"
            for golden, body in self.db.rows(sql, space=self.space, run=run, some=some):
                bodies[golden] = codec.joined_journal(codec.loads(body), bodies[golden])
        self.db.upsert(
            JournalRow,
            [
                {"space": self.space, "run": run, "golden": golden, "body": codec.dumps(body)}
                for golden, body in bodies.items()
            ],
        )

    def rename_in_journal(self, goldens: Sequence[str], names: Mapping[str, str]) -> None:
        """The journal tells of these fields by their present names (`names`: field -> its former one), so
        that a run of before can be undone."""
        sql = "SELECT run, golden, body FROM journal WHERE space = :space AND golden IN :goldens"
        rows = []
        for run, golden, text in self.db.rows(sql, space=self.space, goldens=goldens):
            body = codec.journal_under(codec.loads(text), names)
            rows.append({"space": self.space, "run": run, "golden": golden, "body": codec.dumps(body)})
        self.db.upsert(JournalRow, rows)

    def log(self, run: str, at: datetime, entries: Iterable[LogEntry]) -> None:
        """Add to the conflict table; a held conflict of the same field replaces the one that is open."""
        entries, logged_at = list(entries), codec.iso(at)
        self.db.many(
            "UPDATE conflict SET status = :status"
            " WHERE space = :space AND golden = :golden AND field = :field AND status = 'held'",
            [
                {
                    "space": self.space,
                    "golden": e.golden,
                    "field": e.field,
                    "status": "replaced" if e.status == "held" else "settled",
                }
                for e in entries
                if e.kind == "conflict"
            ],
        )
        self.db.insert(
            ConflictRow,
            [
                {
                    "space": self.space,
                    "run": run,
                    "at": logged_at,
                    "kind": e.kind,
                    "golden": e.golden,
                    "field": e.field,
                    "rule": e.rule,
                    "status": e.status,
                    "winner": codec.dumps(e.winner),
                    "winner_app": e.winner_app,
                    "body": codec.dumps(
                        {"candidates": [codec.candidate_body(c) for c in e.candidates], "note": e.note}
                    ),
                }
                for e in entries
            ],
        )

    # -- reviews and held plans ---------------------------------------------------------------------------

    def reviewed(self) -> set[LinkKey]:
        """Records whose review is open: they wait for a person, whatever the others look like by now."""
        rows = self.db.rows(
            "SELECT r.app, r.id FROM review r JOIN observation o"
            " ON o.space = r.space AND o.app = r.app AND o.id = r.id"
            " WHERE r.space = :space AND (r.status = 'open'"
            " OR (r.status = 'rejected' AND r.other_app = :erased))",
            space=self.space,
            erased=ERASED,
        )
        return {(row[0], row[1]) for row in rows}

    def doubts(self) -> list[tuple[LinkKey, LinkKey]]:
        """(record in open review, the record that it resembles)."""
        rows = self.db.rows(
            "SELECT app, id, other_app, other_id FROM review WHERE space = :space AND status = 'open'"
            " ORDER BY app, id",
            space=self.space,
        )
        return [((row[0], row[1]), (row[2], row[3])) for row in rows]

    def reopen(self, keys: Iterable[LinkKey]) -> None:
        """The question is asked anew: these records changed in what they are recognised by."""
        self.db.many(
            "DELETE FROM review WHERE space = :space AND app = :app AND id = :id AND status = 'open'",
            [{"space": self.space, "app": app, "id": id} for app, id in keys],
        )

    def drop_moot_reviews(self) -> None:
        """Those of records that do not wait any more."""
        self.db.run(
            "DELETE FROM review WHERE space = :space AND status = 'open' AND NOT EXISTS (SELECT 1 FROM"
            " observation o WHERE o.space = review.space AND o.app = review.app AND o.id = review.id)",
            space=self.space,
        )

    def in_doubt(self) -> set[tuple[str, str]]:
        """(golden id, app) beside which a record was under review there when all was last planned."""
        return {(golden, app) for golden, app in codec.loads(self._fact("in_doubt") or "[]")}

    def set_in_doubt(self, goldens: Iterable[tuple[str, str]]) -> None:
        self._keep_fact("in_doubt", codec.dumps(sorted(goldens)))

    def save_reviews(self, run: str, reviews: Iterable[tuple[str, str, str, str, float, str]]) -> int:
        """(app, id, other app, other id, score, reason). Open ones stay as they are. Returns how many are
        new."""
        reviews = list(reviews)
        before = self.reviewed()
        self.drop_moot_reviews()
        self.db.upsert(
            ReviewRow,
            [
                {
                    "space": self.space,
                    "app": app,
                    "id": id,
                    "other_app": other_app,
                    "other_id": other_id,
                    "run": run,
                    "score": score,
                    "reason": reason,
                    "status": "open",
                }
                for app, id, other_app, other_id, score, reason in reviews
                if (app, id) not in before
            ],
        )
        return sum((app, id) not in before for app, id, *_ in reviews)

    def hold(self, run: str, reason: str, items: Sequence[Item], mapping: str, narrowed: bool) -> None:
        self.db.run("DELETE FROM held WHERE space = :space AND status = 'held'", space=self.space)
        body = codec.dumps([codec.item_body(item) for item in items])
        row = {"space": self.space, "run": run, "status": "held", "reason": reason, "items": body}
        self.db.upsert(HeldRow, [{**row, "mapping": mapping, "narrowed": narrowed}])

    def still_held(self, run: str, items: Sequence[Item]) -> None:
        """What of a held plan still waits."""
        body = codec.dumps([codec.item_body(item) for item in items])
        sql = "UPDATE held SET items = :items WHERE space = :space AND run = :run"
        self.db.run(sql, space=self.space, run=run, items=body)

    def held(self) -> HeldPlan | None:
        """The plan that waits for an answer, if there is one."""
        sql = (
            "SELECT run, reason, items, mapping, narrowed FROM held WHERE space = :space AND status = 'held'"
        )
        row = self.db.one(sql, space=self.space)
        if row is None:
            return None
        return HeldPlan(row[0], row[1], [codec.item(i) for i in codec.loads(row[2])], row[3], bool(row[4]))

    def kind_of(self, run: str) -> str | None:
        """What kind of run it was."""
        row = self.db.one("SELECT kind FROM run WHERE id = :run", run=run)
        return row[0] if row else None

    def release(self, run: str, status: str) -> None:
        sql = "UPDATE held SET status = :status WHERE space = :space AND run = :run"
        self.db.run(sql, space=self.space, run=run, status=status)
