"""Accounts that were chosen, codes that work once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "code",
        sa.Column("id", big, nullable=False),
        sa.Column("company_id", big, nullable=False),
        sa.Column("person_id", big, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("code_company_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("code_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("code_pkey")),
        sa.UniqueConstraint("digest", name=op.f("code_digest_key")),
    )
    op.create_index("code_company_id", "code", ["company_id"])
    op.create_index("code_person_id", "code", ["person_id"])
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("chosen", sa.Boolean(), server_default=sa.false(), nullable=False))
