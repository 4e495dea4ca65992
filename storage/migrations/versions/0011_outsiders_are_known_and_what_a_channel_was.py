"""Outsiders are known, and that a digest's channel was private when it was chosen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("outsider", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.add_column(sa.Column("digest_private", sa.Boolean(), server_default=sa.false(), nullable=False))
