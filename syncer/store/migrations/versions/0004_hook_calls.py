"""The webhook calls that were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "hook_call",
        sa.Column("print", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("print"),
    )
    op.create_index("hook_call_at", "hook_call", ["at"])
