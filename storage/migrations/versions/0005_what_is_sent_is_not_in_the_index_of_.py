"""What is sent is not in the index of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("delivery_person_id"))
        batch_op.create_index(
            "delivery_person",
            ["person_id"],
            unique=False,
            postgresql_where=sa.text("state IN ('due', 'held')"),
            sqlite_where=sa.text("state IN ('due', 'held')"),
        )
