"""What people ask about: runs, reviews, refusals and how things stand, of one sync or of all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncer.store import codec
from syncer.store.database import Database, chunks
from syncer.store.facts import facts
from syncer.store.tables import Meta

_RUN = ("run", "sync", "kind", "started", "ended", "status", "written", "report")

PAUSED = "paused:"
PLAN_FILE = "planfile:"
TRACES = "traces:"  # of people who were forgotten, until the database is rewritten; behind it the run
ALERTS = "alerts"  # what was said of troubles in the log; behind a colon, at an address
ALL = 2**62


@dataclass(frozen=True, slots=True)
class History:
    """Queries over the whole state. Call inside a transaction or a reading."""

    db: Database

    # -- facts --------------------------------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        row = self.db.one("SELECT value FROM meta WHERE name = :name", name=name)
        return str(row[0]) if row else None

    def keep_fact(self, name: str, value: str) -> None:
        self.db.upsert(Meta, [{"name": name, "value": value}])

    def paused(self, sync: str) -> bool:
        """Whether a person wants a sync left alone."""
        return self.fact(PAUSED + sync) is not None

    def plan_files(self) -> list[str]:
        """Where plans were kept in files."""
        return list(facts(self.db, PLAN_FILE))

    def drop_fact(self, name: str) -> int:
        return self.db.run("DELETE FROM meta WHERE name = :name", name=name)

    # -- runs ---------------------------------------------------------------------------------------------

    def runs(self, newest: int, sync: str | None = None) -> list[dict[str, Any]]:
        """The latest runs, newest first; `report` is what the run kept of itself."""
        sql = "SELECT id, space, kind, started, ended, status, written, report FROM run"
        values: dict[str, Any] = {"newest": newest}
        if sync is not None:
            sql, values["space"] = f"{sql} WHERE space = :space", sync
        return [_run(row) for row in self.db.rows(f"{sql} ORDER BY id DESC LIMIT :newest", **values)]

    def last_read(self, sync: str) -> dict[str, Any] | None:
        """The last run that asked the apps and came to its end. Runs of other kinds act on what was read
        before."""
        sql = (
            "SELECT id, space, kind, started, ended, status, written, report FROM run WHERE space = :space"
            " AND kind IN ('sync', 'resync') AND status NOT IN ('running', 'interrupted')"
            " ORDER BY id DESC LIMIT 1"
        )
        row = self.db.one(sql, space=sync)
        return _run(row) if row is not None else None

    def cut_off(self, sync: str) -> bool:
        """Whether the last run that asked the apps has not come to its end."""
        row = self.db.one(
            "SELECT status FROM run WHERE space = :space AND kind IN ('sync', 'resync')"
            " ORDER BY id DESC LIMIT 1",
            space=sync,
        )
        return row is not None and row[0] in ("running", "interrupted")

    def has_forgotten(self) -> bool:
        """Whether anybody was ever forgotten here."""
        return self.db.one("SELECT 1 FROM run WHERE kind = 'forget' LIMIT 1") is not None

    def last_run(self) -> str | None:
        """The run of the whole state that began last, by its id."""
        row = self.db.one("SELECT MAX(id) FROM run")
        return row[0] if row else None

    def ran_since(self, sync: str, at: datetime) -> bool:
        """Whether a run goes on, or has ended since."""
        sql = "SELECT 1 FROM run WHERE space = :space AND (status = 'running' OR ended > :at) LIMIT 1"
        return self.db.one(sql, space=sync, at=codec.iso(at)) is not None

    def last_success(self, sync: str) -> str | None:
        """When the last run began that was done, leftovers or not."""
        row = self.db.one(
            "SELECT MAX(started) FROM run WHERE space = :space AND status IN ('done', 'partial')"
            " AND kind IN ('sync', 'resync')",
            space=sync,
        )
        return str(row[0]) if row and row[0] is not None else None

    def written_by_day(self, sync: str, since: datetime) -> dict[str, int]:
        """Day (UTC) -> how much runs wrote that began on it."""
        rows = self.db.rows(
            "SELECT SUBSTR(started, 1, 10) AS day, SUM(written) FROM run"
            " WHERE space = :space AND started >= :since GROUP BY SUBSTR(started, 1, 10) ORDER BY day",
            space=sync,
            since=codec.iso(since),
        )
        return {str(day): int(written or 0) for day, written in rows}

    def forget_quiet_runs(self, sync: str, before: datetime) -> int:
        """Drop the runs that began before and had no effect at all: nothing changed, written or logged."""
        rows = self.db.rows(
            "SELECT id FROM run WHERE space = :space AND started < :before AND status = 'done'"
            " AND written = 0 AND kind IN ('sync', 'webhook')",
            space=sync,
            before=codec.iso(before),
        )
        quiet = {str(row[0]) for row in rows}
        for table in ("journal", "conflict", "written"):
            sql = f"SELECT DISTINCT run FROM {table} WHERE space = :space"  # noqa: S608
            quiet -= {str(row[0]) for row in self.db.rows(sql, space=sync)}
        for some in chunks(sorted(quiet)):
            self.db.run("DELETE FROM run WHERE id IN :ids", ids=some)
        return len(quiet)

    def run(self, id: str) -> dict[str, Any] | None:
        sql = "SELECT id, space, kind, started, ended, status, written, report FROM run WHERE id = :id"
        row = self.db.one(sql, id=id)
        return _run(row) if row else None

    def changes(self, run: str, most: int = ALL) -> list[tuple[str, dict[str, Any]]]:
        """(golden id, field -> [before, after, app, record, time, rule]) of what a run changed; of at most
        so many golden records."""
        sql = (
            "SELECT golden, body FROM journal WHERE space = (SELECT space FROM run WHERE id = :run)"
            " AND run = :run ORDER BY golden LIMIT :most"
        )
        return [(row[0], codec.loads(row[1])["changed"]) for row in self.db.rows(sql, run=run, most=most)]

    def changed(self, run: str) -> int:
        """How many golden records a run changed."""
        sql = (
            "SELECT COUNT(*) FROM journal WHERE space = (SELECT space FROM run WHERE id = :run)"
            " AND run = :run"
        )
        return self._count(sql, run=run)

    def writes(self, run: str, most: int = ALL) -> list[dict[str, Any]]:
        """What a run sent, and how each was answered; at most so many."""
        names = ("app", "record", "who", "kind", "outcome")
        rows = self.db.rows(
            "SELECT app, record, golden, kind, outcome, body FROM written WHERE run = :run"
            " ORDER BY seq LIMIT :most",
            run=run,
            most=most,
        )
        return [{**dict(zip(names, row[:5], strict=True)), **codec.loads(row[5])} for row in rows]

    def sent(self, run: str) -> int:
        """How many writes a run sent."""
        return self._count("SELECT COUNT(*) FROM written WHERE run = :run", run=run)

    def applied(self, runs: Iterable[str]) -> dict[str, int]:
        """Run -> the writes that apps applied in it, of those that wrote anything."""
        found: dict[str, int] = {}
        for some in chunks(runs):
            sql = "SELECT run, COUNT(*) FROM written WHERE run IN :runs AND outcome = 'applied' GROUP BY run"
            found.update((str(run), int(number)) for run, number in self.db.rows(sql, runs=some))
        return found

    def objections(self, runs: Iterable[str]) -> dict[str, dict[str, str]]:
        """Run -> app -> what was said first where a write of the run did not succeed there."""
        found: dict[str, dict[str, str]] = {}
        for some in chunks(runs):
            sql = (
                "SELECT run, app, body FROM written WHERE run IN :runs"
                " AND outcome IN ('rejected', 'unknown', 'retry') ORDER BY seq DESC"
            )
            for run, app, body in self.db.rows(sql, runs=some):
                if reason := codec.loads(body)["reason"]:
                    found.setdefault(run, {})[app] = reason
        return found

    # -- reviews and refusals -----------------------------------------------------------------------------

    def reviews(self, sync: str) -> list[dict[str, Any]]:
        """Doubtful matches that wait for a person."""
        rows = self.db.rows(
            "SELECT app, id, other_app, other_id, run, score, reason FROM review"
            " WHERE space = :space AND status = 'open' ORDER BY score DESC, app, id",
            space=sync,
        )
        names = ("app", "record", "other_app", "other_record", "run", "score", "reason")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def refused(self, sync: str) -> list[dict[str, Any]]:
        """Values and creates that an app refused for good, with its reason."""
        # Sorted here, as in `Records.open_links`.
        sql = "SELECT app, id, golden, body FROM link WHERE space = :space AND failing"
        links = sorted(tuple(row) for row in self.db.rows(sql, space=sync))
        sql = "SELECT id, body FROM golden WHERE space = :space AND failing"
        goldens = sorted(tuple(row) for row in self.db.rows(sql, space=sync))
        return [
            {"app": app, "record": id, "who": who, "field": field, "reason": refusal[1]}
            for app, id, who, body in links
            for field, refusal in codec.loads(body).get("r", {}).items()
        ] + [
            {"app": app, "record": None, "who": who, "field": None, "reason": refusal[1]}
            for who, body in goldens
            for app, refusal in codec.loads(body).get("r", {}).items()
        ]

    # -- how things stand ---------------------------------------------------------------------------------

    def waiting(self, sync: str) -> dict[str, int]:
        """Observations not decided about, golden records with writes to be made, and writes in flight."""
        return {
            "undecided": self._count("SELECT COUNT(*) FROM observation WHERE space = :space", space=sync),
            "unwritten": self._count("SELECT COUNT(*) FROM golden WHERE space = :space AND due", space=sync),
            "in_flight": self._count("SELECT COUNT(*) FROM outbox WHERE space = :space", space=sync),
        }

    def people(self, sync: str) -> int:
        return self._count("SELECT COUNT(*) FROM golden WHERE space = :space", space=sync)

    def _count(self, sql: str, **values: str) -> int:
        row = self.db.one(sql, **values)
        return int(row[0]) if row else 0


def _run(row: Any) -> dict[str, Any]:
    return {**dict(zip(_RUN, row, strict=True)), "report": codec.loads(row[7])}
