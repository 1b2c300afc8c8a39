"""Alembic's entry: migrations run on the connection (and in the transaction) that the store hands over."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

from syncer.store import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()

__all__ = ["tables"]
