"""What is over is not said, and not edited either."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("edit_until", sa.DateTime(timezone=True), nullable=True))
    delivery = sa.table(
        "delivery",
        sa.column("state"),
        sa.column("due_at"),
        sa.column("expires_at"),
        sa.column("edit_at"),
        sa.column("edit_until"),
    )
    # What an earlier version let wait for ever is looked at anew: it goes in the next working hours, or not any more.
    op.execute(
        sa.update(delivery)
        .where(delivery.c.state.in_(["due", "claimed", "uncertain", "held"]), delivery.c.expires_at.is_(None))
        .values(expires_at=delivery.c.due_at)
    )
    # Nobody remembers whose words an old edit takes away, so those that wait go on without an end.
