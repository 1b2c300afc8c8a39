"""Which webhook calls were taken, on both databases."""

from __future__ import annotations

from syncer.store.database import Database
from syncer.store.hookcalls import HookCalls


def test_calls_are_kept_once_and_forgotten_when_they_are_old(db: Database) -> None:
    calls = HookCalls(db)
    with db.transaction():
        calls.keep([("a", 1_900_000_000.25), ("b", 1_900_000_100.5)], oldest=0.0)
        calls.keep([("b", 1_900_000_100.5)], oldest=0.0)
    with db.reading():
        assert calls.since(0.0) == [("a", 1_900_000_000.25), ("b", 1_900_000_100.5)]
        assert calls.since(1_900_000_001.0) == [("b", 1_900_000_100.5)]
    with db.transaction():
        calls.keep([("c", 1_900_090_000.0)], oldest=1_900_000_050.0)
    with db.reading():
        assert [print for print, _ in calls.since(0.0)] == ["b", "c"]
