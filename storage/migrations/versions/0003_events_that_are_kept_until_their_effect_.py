"""Events that are kept until their effect is there, what adapters keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("kept_pkey")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("body", sa.Text(), server_default="", nullable=False))
        batch_op.create_index(
            "inbox_unfinished",
            ["at"],
            unique=False,
            postgresql_where=sa.text("body <> ''"),
            sqlite_where=sa.text("body <> ''"),
        )
