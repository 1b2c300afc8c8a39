"""Facts by what their names begin with: those of a sync whose name is like another's are its own."""

from __future__ import annotations

import pytest

from syncer.store.database import Database
from syncer.store.facts import facts
from syncer.store.history import History
from syncer.store.joins import Joins

NAMES = ("eu_team", "euXteam", "EU_team", "eu_team2")


@pytest.fixture
def db(url: str) -> Database:
    return Database(url)


def test_names_are_what_they_are_in_any_case_and_whatever_they_hold(db: Database) -> None:
    with db.transaction():
        for name in ("a_b:2", "a_b:1", "axb:3", "A_b:4", "a_b", "a_b;5"):
            History(db).keep_fact(name, name.upper())
    with db.reading():
        assert list(facts(db, "a_b:").items()) == [("1", "A_B:1"), ("2", "A_B:2")]
    db.close()


def test_a_sync_with_an_underscore_in_its_name_knows_its_own_joins_only(db: Database) -> None:
    with db.transaction():
        for space in NAMES:
            Joins(db, space).remember(f"{space}-gone", "one", f"run-{space}")
    with db.reading():
        for space in NAMES:
            joins, gone = Joins(db, space), f"{space}-gone"
            assert joins.followed() == {gone: "one"}
            assert joins.runs() == {gone: f"run-{space}"}
            assert joins.aliases("one") == ["one", gone]
    db.close()
