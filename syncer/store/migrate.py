"""Bring the tables to this version, with Alembic. Costs one query when they are there already."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0006"
SCRIPTS = Path(__file__).parent / "migrations"


class NewerState(Exception):
    """The state was written by a newer version of syncer."""


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of this version. Raises `NewerState`."""
    at = version(connection)
    if at is not None and at > HEAD:
        raise NewerState(f"The state is of version {at}; this syncer knows {HEAD}. Install a newer syncer.")
    return at == HEAD


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the transaction of `connection`."""
    if is_current(connection):
        return  # another process was faster
    run(connection, "head")


def run(connection: Connection, to: str) -> None:
    """Run the migrations up to a version."""
    alembic_config = import_module("alembic.config").Config()
    command = import_module("alembic.command")
    alembic_config.set_main_option("script_location", str(SCRIPTS))
    alembic_config.attributes["connection"] = connection
    command.upgrade(alembic_config, to)


def version(connection: Connection) -> str | None:
    """The last migration that ran; None in an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None
