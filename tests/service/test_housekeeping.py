"""What the service does beside the syncs: what it forgets, and when it may compare in full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncer.model import LogEntry
from syncer.ports import Ports
from syncer.service.tidying import QUIET, last, tidy
from syncer.service.verifying import affordable
from syncer.store.database import Database
from syncer.store.history import History
from syncer.store.ledger import Ledger

NOW = datetime(2030, 1, 31, 12, 0, tzinfo=UTC)
OLD = NOW - QUIET - timedelta(hours=1)


def test_only_old_runs_without_any_effect_are_forgotten(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/state.db")
    ledger = Ledger(db, "contacts")

    def run(id: str, at: datetime = OLD, kind: str = "sync", status: str = "done", written: int = 0) -> None:
        ledger.begin_run(id, kind, at)
        ledger.end_run(id, status, at, written, {})

    with db.transaction():
        run("quiet")
        run("by a webhook", kind="webhook")
        run("new", at=NOW)
        run("wrote", written=1)
        run("failed", status="failed")
        run("compared", kind="verify")
        run("changed")
        ledger.journal("changed", [("g1", {"changed": {}})])
        run("conflict")
        entry = LogEntry("conflict", "g1", "city", [], "newest", "x", "crm", "decided")
        ledger.log("conflict", OLD, [entry])
        Ledger(db, "companies").begin_run("of another sync", "sync", OLD)
    assert tidy(db, Ports(now=lambda: NOW), "contacts") == 2
    with db.reading():
        kept = {one["run"] for one in History(db).runs(50)}
        assert last(History(db), "contacts") == NOW
    assert kept == {"new", "wrote", "failed", "compared", "changed", "conflict", "of another sync"}
    db.close()


BUDGETS: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "no limit is kept": ([], True),
    "a short limit is waited for": ([{"limit": 100, "used": 99, "window": 10.0}], True),
    "half of the day's calls are left": ([{"limit": 100, "used": 50, "window": 86_400.0}], True),
    "less than half is left": ([{"limit": 100, "used": 51, "window": 86_400.0}], False),
    "one of several is short": (
        [{"limit": 100, "used": 0, "window": 86_400.0}, {"limit": 100, "used": 80, "window": 3600.0}],
        False,
    ),
}


@pytest.mark.parametrize(("states", "expected"), BUDGETS.values(), ids=BUDGETS.keys())
def test_a_full_comparison_waits_for_the_budget(states: list[dict[str, Any]], expected: bool) -> None:
    assert affordable(states) is expected
