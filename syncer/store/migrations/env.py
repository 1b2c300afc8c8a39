"""Alembic's entry: migrations run on the connection (and in the transaction) that the store hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from syncer.store import tables


def sort_by_code_point(connection: Connection) -> None:
    """PostgreSQL sorts and compares text by the language of the database unless told otherwise; the store
    means code points everywhere, as in SQLite. Columns that have been told already are left alone."""
    found = connection.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND data_type IN ('character varying', 'text')"
            " AND collation_name IS DISTINCT FROM 'C' ORDER BY table_name, column_name"
        )
    )
    changes: dict[str, list[str]] = {}
    for table, column, kind in found:
        changes.setdefault(table, []).append(f'ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"')
    for table, columns in changes.items():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(columns)}')


connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
if connection.dialect.name == "postgresql":
    sort_by_code_point(connection)

__all__ = ["tables"]
