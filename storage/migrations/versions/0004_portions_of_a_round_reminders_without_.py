"""Portions of a round, reminders without rows, a slower pace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("checkin", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "checkin_remind",
            ["remind_at"],
            unique=False,
            postgresql_where=sa.text("state = 'asked' AND remind_at IS NOT NULL"),
            sqlite_where=sa.text("state = 'asked' AND remind_at IS NOT NULL"),
        )

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("delivery_company_id"))
        batch_op.drop_index(batch_op.f("delivery_digest_id"))
        batch_op.drop_index(batch_op.f("delivery_due"), sqlite_where=sa.text("state = 'due'"))
        batch_op.create_index(
            "delivery_due",
            ["workspace_id", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text("state = 'due'"),
            sqlite_where=sa.text("state = 'due'"),
        )
        batch_op.create_index("delivery_company_day", ["company_id", "created_at"], unique=False)
        batch_op.create_index(
            "delivery_digest",
            ["digest_id"],
            unique=False,
            postgresql_where=sa.text("digest_id IS NOT NULL"),
            sqlite_where=sa.text("digest_id IS NOT NULL"),
        )
        batch_op.create_index(
            "delivery_expires",
            ["expires_at"],
            unique=False,
            postgresql_where=sa.text("state = 'due' AND expires_at IS NOT NULL"),
            sqlite_where=sa.text("state = 'due' AND expires_at IS NOT NULL"),
        )

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("person_slot_id"))
        batch_op.drop_index(
            batch_op.f("person_new"),
            sqlite_where=sa.text("introduced_at IS NULL AND left_at IS NULL AND stopped_at IS NULL"),
        )
        batch_op.create_index(
            "person_new",
            ["zone", "id"],
            unique=False,
            postgresql_where=sa.text("introduced_at IS NULL AND slot_id IS NOT NULL"),
            sqlite_where=sa.text("introduced_at IS NULL AND slot_id IS NOT NULL"),
        )
        batch_op.create_index("person_slot", ["slot_id", "id"], unique=False)

    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "planned_to",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                server_default="0",
                nullable=False,
            )
        )

    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slowed_to", sa.Float(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("slowed_at", sa.DateTime(timezone=True), nullable=True))

    if op.get_context().dialect.name == "postgresql":
        # Every delivery is changed twice within a minute: it is tidied long before a fifth of the table is dead.
        op.execute("ALTER TABLE delivery SET (autovacuum_vacuum_scale_factor = 0.02)")
