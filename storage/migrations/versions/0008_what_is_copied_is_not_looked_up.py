"""What a round copies by thousands is not looked up once more, and is in fewer indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COPIED = {"checkin": ["company_id"], "delivery": ["company_id", "workspace_id", "person_id", "checkin_id"]}


def upgrade() -> None:
    for table, columns in COPIED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.drop_constraint(batch_op.f(f"{table}_{column}_fkey"), type_="foreignkey")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("delivery_company_day"))
        batch_op.create_index(
            "delivery_other",
            ["company_id", "created_at"],
            unique=False,
            postgresql_where=sa.text("checkin_id IS NULL"),
            sqlite_where=sa.text("checkin_id IS NULL"),
        )
