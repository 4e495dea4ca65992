"""What is said to the questions of a check-in has rows. The effort mix was a column of the check-in, which the release
before still reads and writes: on PostgreSQL, where its processes may serve beside ours, the database carries over what
they write.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CARRY_OVER = """
CREATE FUNCTION checkin_mix_is_a_reply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.mix = '' THEN
        DELETE FROM reply WHERE checkin_id = NEW.id AND question = 'mix' AND subject = '';
    ELSE
        INSERT INTO reply (checkin_id, question, subject, value, reason) VALUES (NEW.id, 'mix', '', NEW.mix, '')
            ON CONFLICT (checkin_id, question, subject) DO UPDATE SET value = excluded.value;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "reply",
        sa.Column("id", whole, nullable=False),
        sa.Column("checkin_id", whole, nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["checkin_id"], ["checkin.id"], name=op.f("reply_checkin_id_fkey"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("reply_pkey")),
        sa.UniqueConstraint("checkin_id", "question", "subject", name=op.f("reply_checkin_id_key")),
    )
    with op.batch_alter_table("digestshare", schema=None) as batch_op:
        batch_op.add_column(sa.Column("question", sa.String(), server_default="", nullable=False))
    op.execute(
        "INSERT INTO reply (checkin_id, question, subject, value, reason) "
        "SELECT id, 'mix', '', mix, '' FROM checkin WHERE mix <> '' ORDER BY id"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(CARRY_OVER)
        for name, when, which in (
            ("inserted", "INSERT", "NEW.mix <> ''"),
            ("changed", "UPDATE OF mix", "NEW.mix <> OLD.mix"),
        ):
            op.execute(
                f"CREATE TRIGGER checkin_mix_{name} AFTER {when} ON checkin FOR EACH ROW WHEN ({which}) "
                "EXECUTE FUNCTION checkin_mix_is_a_reply()"
            )
