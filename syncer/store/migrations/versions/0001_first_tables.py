"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conflict",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("winner", sa.Text(), nullable=True),
        sa.Column("winner_app", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("conflict_golden", "conflict", ["space", "golden", "field"], unique=False)
    op.create_table(
        "golden",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space", "id"),
    )
    op.create_index(
        "golden_due",
        "golden",
        ["space"],
        unique=False,
        sqlite_where=sa.text("due"),
        postgresql_where=sa.text("due"),
    )
    op.create_table(
        "held",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space", "run"),
    )
    op.create_table(
        "journal",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space", "run", "golden"),
    )
    op.create_index("journal_golden", "journal", ["space", "golden"], unique=False)
    op.create_table(
        "lease",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("expires", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space"),
    )
    op.create_table(
        "link",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("main", sa.Boolean(), nullable=False),
        sa.Column("quiet", sa.String(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space", "app", "id"),
    )
    op.create_index("link_golden", "link", ["space", "golden"], unique=False)
    op.create_index(
        "link_open",
        "link",
        ["space", "app"],
        unique=False,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "match_key",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space", "kind", "key", "app", "id"),
    )
    op.create_index("match_key_record", "match_key", ["space", "app", "id", "kind", "key"], unique=False)
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "observation",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("space", "app", "id"),
    )
    op.create_table(
        "outbox",
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sent_at", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_index(op.f("ix_outbox_space"), "outbox", ["space"], unique=False)
    op.create_table(
        "reader",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("scan_began", sa.String(), nullable=True),
        sa.Column("complete_at", sa.String(), nullable=True),
        sa.Column("pulled_at", sa.String(), nullable=True),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("spec", sa.Text(), nullable=True),
        sa.Column("spec_at", sa.String(), nullable=True),
        sa.Column("spec_key", sa.String(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("space", "app"),
    )
    op.create_table(
        "reference",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space", "golden", "field"),
    )
    op.create_index(op.f("ix_reference_target"), "reference", ["target"], unique=False)
    op.create_table(
        "review",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("other_app", sa.String(), nullable=False),
        sa.Column("other_id", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space", "app", "id"),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("started", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_run_space"), "run", ["space"], unique=False)
    op.create_table(
        "stub",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=True),
        sa.Column("seen_at", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space", "app", "id"),
    )
    op.create_table(
        "touch",
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("space", "target"),
    )
    op.create_table(
        "written",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("app", sa.String(), nullable=False),
        sa.Column("record", sa.String(), nullable=True),
        sa.Column("golden", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_written_run"), "written", ["run"], unique=False)
    op.create_index("written_golden", "written", ["space", "golden"], unique=False)
