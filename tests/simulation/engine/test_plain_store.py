"""The plain store of the simulations answers as the real one does: one suite, run on both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncer.store.database import Database, StateError
from syncer.store.tables import GoldenRow, KeyRow, Meta, OutboxRow, Reader
from tests.simulation.engine.store import PlainStore, Stepped, blank


@pytest.fixture(params=["plain", "real"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stepped]:
    if request.param == "plain":
        raw = blank()
        yield PlainStore(raw)
        raw.close()
    else:
        real = Stepped(f"sqlite:///{tmp_path / 'state.db'}")
        yield real
        real.close()


def facts(store: Database) -> dict[str, str]:
    with store.reading():
        return {row[0]: row[1] for row in store.rows("SELECT name, value FROM meta ORDER BY name")}


def test_a_transaction_keeps_all(store: Stepped) -> None:
    with store.transaction():
        store.upsert(Meta, [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}])
    with store.transaction():
        store.upsert(Meta, [{"name": "b", "value": "3"}])
    assert facts(store) == {"a": "1", "b": "3"}


def fail_after_inserting(store: Stepped) -> None:
    with store.transaction():
        with store.transaction():
            store.insert(Meta, [{"name": "a", "value": "1"}])
        raise ValueError("stop")


def test_an_error_keeps_nothing_and_transactions_nest_by_joining(store: Stepped) -> None:
    with pytest.raises(ValueError, match="stop"):
        fail_after_inserting(store)
    assert facts(store) == {}


def test_a_trial_keeps_nothing_and_shows_what_it_did(store: Stepped) -> None:
    with store.trial():
        store.insert(Meta, [{"name": "a", "value": "1"}])
        assert store.one("SELECT value FROM meta WHERE name = :n", n="a")[0] == "1"
    assert facts(store) == {}


def test_a_hook_may_refuse_a_commit(store: Stepped) -> None:
    def refuse() -> None:
        raise PermissionError("the lease is lost")

    store.before_commit.append(refuse)
    with pytest.raises(PermissionError), store.transaction():
        store.insert(Meta, [{"name": "a", "value": "1"}])
    store.before_commit.clear()
    assert facts(store) == {}


def test_the_gate_hears_each_transaction_and_may_stop_it(store: Stepped) -> None:
    heard: list[str] = []
    store.gate = heard.append
    with store.transaction():
        store.insert(Meta, [{"name": "a", "value": "1"}])
    assert heard == ["begin", "commit", "committed"]

    def full(what: str) -> None:
        if what == "commit":
            raise StateError("the disk is full")

    store.gate = full
    with pytest.raises(StateError), store.transaction():
        store.insert(Meta, [{"name": "b", "value": "1"}])
    assert facts(store) == {"a": "1"}


def test_lists_of_any_length_expand(store: Stepped) -> None:
    with store.transaction():
        store.insert(Meta, [{"name": f"n{i}", "value": str(i)} for i in range(50)])
        sql = "SELECT value FROM meta WHERE name IN :names ORDER BY value"
        assert [r[0] for r in store.rows(sql, names=["n3", "n7", "other"])] == ["3", "7"]
        assert store.rows(sql, names=[]) == []
        assert store.run("DELETE FROM meta WHERE name IN :names", names=[f"n{i}" for i in range(40)]) == 40


def test_defaults_flags_and_keys_without_values(store: Stepped) -> None:
    with store.transaction():
        store.upsert(Reader, [{"space": "s", "app": "a", "paused": False}])
        store.upsert(KeyRow, [{"space": "s", "kind": "email", "key": "k", "app": "a", "id": "1"}] * 2)
        store.upsert(GoldenRow, [{"space": "s", "id": "g", "due": True, "failing": False, "body": "{}"}])
        row = store.one("SELECT paused, cursor FROM reader")
        assert (bool(row[0]), row[1]) == (False, None)
        assert store.one("SELECT COUNT(*) FROM match_key")[0] == 1
        assert [r[0] for r in store.rows("SELECT id FROM golden WHERE due")] == ["g"]
        assert store.run("UPDATE golden SET due = :due WHERE id IN :ids", due=False, ids=["g"]) == 1
        assert store.rows("SELECT id FROM golden WHERE due") == []


def test_a_row_that_is_there_cannot_be_inserted(store: Stepped) -> None:
    row = dict.fromkeys(("ref", "space", "run", "app", "golden", "record", "kind", "sent_at", "body"), "x")
    with store.transaction():
        store.insert(OutboxRow, [row])
    with pytest.raises(StateError), store.transaction():
        store.insert(OutboxRow, [row])


def test_one_statement_for_many_rows(store: Stepped) -> None:
    with store.transaction():
        store.insert(Meta, [{"name": n, "value": "1"} for n in "abc"])
        store.many("DELETE FROM meta WHERE name = :name", [{"name": "a"}, {"name": "b"}])
        store.many("DELETE FROM meta WHERE name = :name", [])
    assert facts(store) == {"c": "1"}
