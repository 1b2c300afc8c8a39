"""What fails, who is there and what was chosen last are found without reading all records."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

FROZEN = 4  # times that a value was written, of those that are left alone


def upgrade() -> None:
    connection = op.get_bind()
    for table, refused in (
        ("link", sa.text("UPDATE link SET failing = TRUE WHERE body LIKE :refused")),
        ("golden", sa.text("UPDATE golden SET failing = TRUE WHERE body LIKE :refused")),
    ):
        op.add_column(table, sa.Column("failing", sa.Boolean(), nullable=False, server_default=sa.false()))
        connection.execute(refused, {"refused": '%"r":{%'})
        where = sa.text("failing")
        op.create_index(f"{table}_failing", table, ["space"], sqlite_where=where, postgresql_where=where)
    _mark_frozen()
    op.create_index("link_state", "link", ["space", "app", "state", "id"])
    op.create_index("conflict_seq", "conflict", ["space", "seq"])
    held = sa.text("status = 'held'")
    op.create_index("conflict_held", "conflict", ["space", "seq"], sqlite_where=held, postgresql_where=held)


def _mark_frozen() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT space, app, id, body FROM link WHERE body LIKE :rewritten AND NOT failing"),
        {"rewritten": '%"w":{%'},
    )
    frozen = [
        {"space": space, "app": app, "id": id}
        for space, app, id, body in rows
        if any(times >= FROZEN for _, times in json.loads(body).get("w", {}).values())
    ]
    if frozen:
        marked = "UPDATE link SET failing = TRUE WHERE space = :space AND app = :app AND id = :id"
        connection.execute(sa.text(marked), frozen)
