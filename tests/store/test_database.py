"""Transactions, readers and writers side by side, and values that databases treat differently."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime

import pytest
from sqlmodel import SQLModel

from syncer.matching.keys import keys_of
from syncer.model import fold_key
from syncer.store import database as module
from syncer.store.database import Database, StateError
from syncer.store.history import History
from syncer.store.nearby import known_near
from syncer.store.records import Records
from syncer.store.tables import KeyRow, Meta
from tests.states import LINK

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def fact(db: Database, name: str = "name") -> str | None:
    with db.reading():
        return History(db).fact(name)


def keep(db: Database, value: str, name: str = "name") -> None:
    with db.transaction():
        History(db).keep_fact(name, value)


def test_what_a_transaction_did_is_kept_whole_or_not_at_all(db: Database) -> None:
    keep(db, "before")

    def half() -> None:
        with db.transaction():
            History(db).keep_fact("name", "half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert fact(db) == "before"


def test_a_trial_keeps_nothing(db: Database) -> None:
    keep(db, "before")
    with db.trial():
        History(db).keep_fact("name", "tried")
        assert History(db).fact("name") == "tried"
    assert fact(db) == "before"


def test_a_transaction_inside_a_reading_would_be_lost_so_there_is_none(db: Database) -> None:
    keep(db, "before")
    with db.reading(), pytest.raises(RuntimeError, match="inside a reading"):
        keep(db, "lost")
    with db.transaction(), db.reading():
        keep(db, "kept")
    assert fact(db) == "kept"


def test_a_reader_sees_one_moment_and_waits_for_nobody(db: Database, url: str) -> None:
    keep(db, "before")
    other = Database(url)
    with other.transaction():
        History(other).keep_fact("name", "after")
        assert fact(db) == "before"
    with db.reading():
        assert History(db).fact("name") == "after"
        keep(other, "later")
        assert History(db).fact("name") == "after"
    assert fact(db) == "later"
    other.close()


def test_a_state_is_opened_while_another_process_writes(db: Database, url: str) -> None:
    with db.transaction():
        other = Database(url)
        assert fact(other) is None
        other.close()


def test_writers_wait_for_each_other(db: Database, url: str) -> None:
    """What a writer has read does not change before it commits."""
    keep(db, "0")

    def add() -> None:
        mine = Database(url)
        for _ in range(20):
            with mine.transaction():
                number = int(History(mine).fact("name") or 0)
                History(mine).keep_fact("name", str(number + 1))
        mine.close()

    threads = [threading.Thread(target=add) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fact(db) == "60"


def test_a_writer_that_waits_too_long_is_told_so(
    db: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Database(url)
    with db.reading():
        pass
    if db.is_sqlite:
        db._connection.exec_driver_sql("PRAGMA busy_timeout=10")
    else:
        begin = {**module._BEGIN}
        begin["postgresql", True] = ("SET LOCAL lock_timeout = '10ms'", begin["postgresql", True][1])
        monkeypatch.setattr(module, "_BEGIN", begin)
        with pytest.raises(StateError), db.trial(), other.trial():
            pass
    with other.trial(), pytest.raises(StateError, match="Another process is writing to it"):
        keep(db, "x")
    other.close()


def test_lists_of_any_length_and_kind(db: Database) -> None:
    records = Records(db, "contacts")
    with db.transaction():
        records.save_stubs(("crm", f"{n}", "unsubscribed", NOW) for n in range(1000))
        records.keys.save([], [("email", f"{n}@x.test", "crm", f"{n}") for n in range(1000)])
    with db.reading():
        assert len(records.keys.holders("email", {f"{n}@x.test" for n in range(900)})) == 900
        assert len(db.rows("SELECT id FROM stub WHERE id IN :ids", ids=("1", "2"))) == 2
        assert len(records.stub_consents()) == 1000


def test_text_comes_back_as_it_was(db: Database) -> None:
    for value in ("حجت مستوفی", "a'b\"c%d:e\\f", "{1,2}", "NULL", "", "😀😀"):
        keep(db, value, name=f"n{value}")
        assert fact(db, f"n{value}") == value
        with db.reading():
            assert db.rows("SELECT value FROM meta WHERE name IN :names", names=[f"n{value}"]) == [(value,)]


def test_text_sorts_by_code_point(db: Database) -> None:
    """`ORDER BY` and prefixes mean the same in every database, whatever its language."""
    words = ["b", "B", "a", "A", "á", "_", "1", "ß", "z", "\u06cc"]
    with db.transaction():
        db.insert(Meta, [{"name": w, "value": ""} for w in words])
    with db.reading():
        assert [r[0] for r in db.rows("SELECT name FROM meta ORDER BY name")] == sorted(words)


def test_every_text_column_sorts_by_code_point(db: Database) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite knows nothing else")
    with db.reading():
        wrong = db.rows(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'"
        )
    assert wrong == []


def test_long_keys_fit_into_the_index_and_stay_apart(db: Database) -> None:
    text = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzآبپت😀", k=50_000))
    records = Records(db, "contacts")
    values = {"1": f"{text}1", "2": f"{text}2", "3": "nul\0@x.test"}
    keys = {
        id: keys_of("crm", id, {"email": value, "last": text, "city": text}, {}, ["email"], ["last", "last"])
        for id, value in values.items()
    }
    with db.transaction():
        records.keys.save([], [row for k in keys.values() for row in k.stored()])
    for id, value in values.items():
        with db.reading():
            assert [row[2] for row in records.keys.holders("email", {fold_key(value)})] == [id]


def test_a_name_begins_with_a_block(db: Database) -> None:
    from syncer.store.tables import LinkRow

    with db.transaction():
        for n, key in enumerate(["lind|mara|", "lind|mike|", "lind|nora|", "linde|mara|"]):
            db.insert(KeyRow, [{"space": "s", "kind": "who", "key": key, "app": "crm", "id": str(n)}])
            db.insert(LinkRow, [{**LINK, "id": str(n)}])
    with db.reading():
        assert sorted(known_near(db, "s", [], [("who", "lind|m")])) == [("crm", "0"), ("crm", "1")]


def test_the_tables_of_the_migrations_are_those_of_the_code(db: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with db.reading():
        context = MigrationContext.configure(db._connection)
        assert compare_metadata(context, SQLModel.metadata) == []
