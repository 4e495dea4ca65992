"""A team's question, the pace of a workspace, what was typed where."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("delivery_due"), sqlite_where=sa.text("state = 'due'"))
        batch_op.create_index(
            "delivery_due",
            ["workspace_id", "due_at"],
            unique=False,
            postgresql_where=sa.text("state = 'due'"),
            sqlite_where=sa.text("state = 'due'"),
        )

    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("message", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(
            "person_new",
            ["id"],
            unique=False,
            postgresql_where=sa.text("introduced_at IS NULL AND left_at IS NULL AND stopped_at IS NULL"),
            sqlite_where=sa.text("introduced_at IS NULL AND left_at IS NULL AND stopped_at IS NULL"),
        )

    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question", sa.String(), server_default="", nullable=False))

    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paced_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
