"""Edits have a pace; that somebody answered late is noted with the digest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edits_paced_until", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.add_column(sa.Column("touched_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "digest_touched",
            ["touched_at"],
            unique=False,
            postgresql_where=sa.text("touched_at IS NOT NULL"),
            sqlite_where=sa.text("touched_at IS NOT NULL"),
        )
