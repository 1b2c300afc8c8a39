"""A state of the first version is brought forward with everything in it, and goes on working."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from syncer.store import address, migrate
from syncer.store.database import Database
from syncer.store.ledger import Ledger
from syncer.store.records import Records
from tests import postgres
from tests.engine.world import World
from tests.store.first_version import FILE, dump, lived_in, loaded


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a state of the first version."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.db'}"
        (tmp_path / "old.db").touch(mode=0o600)
        loaded(url)
        yield url
    else:
        name = f"first_version_{os.getpid()}"
        url = postgres.create(name)
        try:
            loaded(url)
            yield url
        finally:
            postgres.drop(name)


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "world").mkdir()
    return lived_in(tmp_path / "world")


def test_every_row_of_the_first_version_is_kept(old: str) -> None:
    db = Database(old)
    now, before = dump(db), json.loads(FILE.read_text())
    db.close()
    assert set(before) <= set(now)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in now[table]]
        assert sorted(map(str, kept)) == sorted(map(str, rows)), table


def test_the_engine_goes_on_where_the_first_version_was(old: str, world: World) -> None:
    calm = {name: dict(app.records) for name, app in world.apps.items()}
    world.db.close()
    world.db = Database(old)
    with world.db.reading():
        held = Ledger(world.db, "contacts").held()
    assert held is not None
    assert len(held.items) > 0
    again = world.run()
    assert (again.status, again.written, again.held_run) == ("held", 0, held.run)
    assert {name: dict(app.records) for name, app in world.apps.items()} == calm
    assert world.run(approve=held.run).written > 0
    assert world.settle().status == "done"
    people = {name: len(app.records) for name, app in world.apps.items()}
    assert people == {"crm": len(calm["crm"]), "mail": len(calm["mail"]), "desk": len(calm["desk"])}
    assert {v["last"] for v in world.apps["crm"].records.values()} == {"Everyone"}
    world.db.close()


def test_what_fails_in_an_old_state_is_found_by_its_mark(old: str) -> None:
    engine = create_engine(address.parse(old), poolclass=NullPool)
    changes = {
        "UPDATE link SET body = :body WHERE app = 'crm' AND id = '000001'": '{"w":{"title":["CTO",4]},',
        "UPDATE link SET body = :body WHERE app = 'crm' AND id = '000002'": '{"r":{"title":["x","no","1"]},',
        "UPDATE link SET body = :body WHERE app = 'crm' AND id = '000003'": '{"w":{"title":["CTO",3]},',
        "UPDATE golden SET body = :body WHERE id = 'gd66cfdf0bebe1ef1'": '{"r":{"mail":["{}","no","1"]},',
    }
    with engine.begin() as connection:
        for sql, body in changes.items():
            rest = '"s":{},"a":{},"t":null,"m":null}' if "link" in sql else '"v":{},"p":{}}'
            connection.execute(text(sql), {"body": body + rest})
    engine.dispose()
    db = Database(old)
    records = Records(db, "contacts")
    with db.reading():
        assert [link.id for link in records.failing_links()] == ["000001", "000002"]
        assert [golden.id for golden in records.failing_goldens()] == ["gd66cfdf0bebe1ef1"]
    db.close()


def test_opening_it_again_changes_nothing(old: str) -> None:
    Database(old).close()
    first = Database(old)
    before = dump(first)
    first.close()
    second = Database(old)
    assert dump(second) == before
    second.close()


def test_a_state_of_a_newer_version_is_refused(old: str) -> None:
    db = Database(old)
    with db.transaction():
        db.run("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(migrate.NewerState, match="Install a newer syncer"):
        Database(old)


def test_the_migrations_are_one_line_and_numbered() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    chain = [s.revision for s in ScriptDirectory.from_config(config).walk_revisions()][::-1]
    assert chain == [f"{n:04d}" for n in range(1, len(chain) + 1)]
    assert chain[-1] == migrate.HEAD


def test_a_migration_that_fails_half_way_leaves_the_state_as_it_was(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables change in one transaction, on both databases."""
    db = Database(old)
    with db.transaction():
        db.run("UPDATE alembic_version SET version_num = '0000'")
    before = dump(db)
    db.close()

    def half(connection: object, to: str) -> None:
        connection.exec_driver_sql("CREATE TABLE half_made (id INTEGER)")  # type: ignore[attr-defined]
        connection.exec_driver_sql("DELETE FROM golden")  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(migrate, "run", half)
        with pytest.raises(ZeroDivisionError):
            Database(old)
        patch.setattr(migrate, "run", lambda connection, to: None)
        db = Database(old)
    assert dump(db) == before
    with pytest.raises(Exception, match="half_made"), db.reading():
        db.rows("SELECT * FROM half_made")
    db.close()
