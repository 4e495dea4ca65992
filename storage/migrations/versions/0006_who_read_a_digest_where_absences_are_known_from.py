"""Who read a digest, and where an absence is known from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digestreader",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("digestreader_digest_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("digestreader_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("digestreader_pkey")),
        sa.UniqueConstraint("digest_id", "person_id", name=op.f("digestreader_digest_id_key")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), server_default="", nullable=False))
