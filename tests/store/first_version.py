"""A state as the first version wrote it, with rows in every table: `first_version.json`, never to be written
anew. How it was made, for the apps that belong to it: `lived_in`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from connectors.memory import MemoryApp
from syncer.core.brakes import Limit
from syncer.store import address, migrate
from syncer.store.database import Database
from tests.engine.test_promises import people
from tests.engine.world import World

FILE = Path(__file__).with_suffix(".json")
YES_OR_NO = ("due", "main", "open", "paused")  # kept as 0 and 1 in the file, as SQLite shows them


def lived_in(folder: Path) -> World:
    """Synced, with a conflict in the log, a doubtful match, an opt-out outside, and a plan that is held."""
    world = World(folder)
    people(world)
    world.apps["desk"].user_create({"name": "Budi Santosa"})
    world.settle()
    mara = {n: next(i for i, v in a.records.items() if v["email"] == "mara@x.test") for n, a in apps(world)}
    world.apps["crm"].user_edit(mara["crm"], {"title": "Chief Technology Officer"})
    world.apps["desk"].user_edit(mara["desk"], {"title": "Boss"})
    world.settle()
    world.limits = {"updates": Limit(0.0, 1)}
    for id in world.apps["crm"].records:
        world.apps["crm"].user_edit(id, {"last": "Everyone"})
    assert world.run().status == "held"
    return world


def apps(world: World) -> list[tuple[str, MemoryApp]]:
    return list(world.apps.items())


def loaded(url: str) -> None:
    """Fill an empty database with the tables and rows of the first version."""
    engine = create_engine(address.parse(url), poolclass=NullPool)
    with engine.begin() as connection:
        migrate.run(connection, "0001")
        for table, rows in json.loads(FILE.read_text()).items():
            names = list(rows[0])
            sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + n for n in names)})"
            typed = [{n: bool(v) if n in YES_OR_NO else v for n, v in row.items()} for row in rows]
            connection.execute(text(sql), typed)
        if engine.dialect.name == "postgresql":
            for table in ("conflict", "written"):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'seq'), MAX(seq)) FROM {table}")
                )
    engine.dispose()


def dump(db: Database) -> dict[str, list[dict[str, object]]]:
    """The rows of a state, by table."""
    from sqlmodel import SQLModel

    with db.reading():
        return {
            t.name: rows
            for t in SQLModel.metadata.sorted_tables
            if (rows := [_shown(r._mapping) for r in db.rows(f"SELECT * FROM {t.name} ORDER BY 1, 2")])
        }


def _shown(row: Mapping[str, object]) -> dict[str, object]:
    return {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}
