"""The smoke test on PostgreSQL: a first sync to convergence and a quiet second one. All tests of the engine
and the command line run on it among the slow tests."""

from __future__ import annotations

from pathlib import Path

from tests.engine.test_promises import people
from tests.engine.world import World
from tests.states import kept_in


def synced(folder: Path, engine: str) -> dict[str, list[str]]:
    folder.mkdir()
    with kept_in(engine):
        world = World(folder)
        people(world)
        world.settle()
        assert world.run().written == 0
        (before,) = world.rows("SELECT COUNT(*) FROM golden")
        world.db.close()
        assert before == (4,)
        return world.contents()


def test_a_first_sync_on_postgresql_ends_as_on_sqlite(tmp_path: Path) -> None:
    assert synced(tmp_path / "postgresql", "postgresql") == synced(tmp_path / "sqlite", "sqlite")


def test_a_lost_server_connection_is_told_and_the_next_transaction_connects_anew(tmp_path: Path) -> None:
    import pytest

    from syncer.store.database import Database, StateError
    from tests.states import state_url

    with kept_in("postgresql"):
        db, other = Database(state_url(tmp_path)), Database(state_url(tmp_path))
        with db.reading():
            pid = db.rows("SELECT pg_backend_pid()")[0][0]
        with other.transaction():
            other.rows("SELECT pg_terminate_backend(:pid)", pid=pid)
        with pytest.raises(StateError, match=r"What was committed is safe"), db.transaction():
            db.rows("SELECT 1")
        with db.transaction():
            assert db.rows("SELECT 1") == [(1,)]
        db.close()
        other.close()
