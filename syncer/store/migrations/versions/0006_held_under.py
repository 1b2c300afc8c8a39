"""A held plan knows under which mapping it was made, and whether it was about some people alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("held", sa.Column("mapping", sa.String(), nullable=False, server_default=""))
    op.add_column("held", sa.Column("narrowed", sa.Boolean(), nullable=False, server_default=sa.false()))
