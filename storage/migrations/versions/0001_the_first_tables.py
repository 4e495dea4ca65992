"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asks_below", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("company_pkey")),
    )
    op.create_table(
        "inbox",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("inbox_pkey")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("inbox_at"), ["at"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("working", sa.Integer(), nullable=False),
        sa.Column("next_day", sa.Date(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("slot_pkey")),
        sa.UniqueConstraint("zone", "days", "minute", "working", name=op.f("slot_zone_key")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("slot_next_due"), ["next_due"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("own_zone", sa.Boolean(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("own_days", sa.Integer(), nullable=True),
        sa.Column("own_minute", sa.Integer(), nullable=True),
        sa.Column("reminder", sa.Integer(), nullable=True),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_from", sa.Date(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("person_company_id_fkey")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("person_slot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("person_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("person_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "workspace",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("workspace_company_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("workspace_pkey")),
        sa.UniqueConstraint("key", name=op.f("workspace_key_key")),
    )
    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("workspace_company_id"), ["company_id"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("absence_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("absence_pkey")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("absence_person_id"), ["person_id"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("unreachable", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("account_company_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("account_person_id_fkey")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("account_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pkey")),
        sa.UniqueConstraint("who", name=op.f("account_who_key")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("account_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("account_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("account_workspace_id"), ["workspace_id"], unique=False)

    op.create_table(
        "checkin",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("mix", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("checkin_company_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("checkin_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("checkin_pkey")),
        sa.UniqueConstraint("person_id", "day", name=op.f("checkin_person_id_key")),
    )
    with op.batch_alter_table("checkin", schema=None) as batch_op:
        batch_op.create_index("checkin_company_day", ["company_id", "day"], unique=False)

    op.create_table(
        "goal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("keywords", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("by", sa.Date(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("successor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("goal_company_id_fkey")),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name=op.f("goal_owner_id_fkey")),
        sa.ForeignKeyConstraint(["parent_id"], ["goal.id"], name=op.f("goal_parent_id_fkey")),
        sa.ForeignKeyConstraint(["successor_id"], ["goal.id"], name=op.f("goal_successor_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("goal_pkey")),
        sa.UniqueConstraint("company_id", "handle", name=op.f("goal_company_id_key")),
    )
    with op.batch_alter_table("goal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("goal_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("goal_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "team",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("working_days", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("minute", sa.Integer(), nullable=False),
        sa.Column("digest_to", sa.String(), nullable=False),
        sa.Column("digest_workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("digest_channel", sa.String(), nullable=False),
        sa.Column("digest_weekday", sa.Integer(), nullable=True),
        sa.Column("digest_minute", sa.Integer(), nullable=False),
        sa.Column("digest_week", sa.Date(), nullable=True),
        sa.Column("digest_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("band_goal", sa.Integer(), nullable=True),
        sa.Column("band_firefighting", sa.Integer(), nullable=True),
        sa.Column("on_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("team_company_id_fkey")),
        sa.ForeignKeyConstraint(["digest_workspace_id"], ["workspace.id"], name=op.f("team_digest_workspace_id_fkey")),
        sa.ForeignKeyConstraint(["manager_id"], ["person.id"], name=op.f("team_manager_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("team_pkey")),
        sa.UniqueConstraint("company_id", "name", name=op.f("team_company_id_key")),
    )
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("team_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("team_digest_due"), ["digest_due"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("audit_actor_id_fkey")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("audit_company_id_fkey")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("audit_goal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("audit_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("audit_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "blocker",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checkin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["checkin_id"], ["checkin.id"], name=op.f("blocker_checkin_id_fkey")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("blocker_company_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("blocker_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("blocker_pkey")),
    )
    with op.batch_alter_table("blocker", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("blocker_checkin_id"), ["checkin_id"], unique=False)
        batch_op.create_index(batch_op.f("blocker_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("blocker_person_id"), ["person_id"], unique=False)

    op.create_table(
        "digest",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("freezes_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("digest_company_id_fkey")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("digest_team_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("digest_pkey")),
        sa.UniqueConstraint("team_id", "first", name=op.f("digest_team_id_key")),
    )
    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("digest_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("digest_freezes_at"), ["freezes_at"], unique=False)

    op.create_table(
        "goalneed",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("goalneed_goal_id_fkey")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("goalneed_team_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("goalneed_pkey")),
        sa.UniqueConstraint("goal_id", "team_id", name=op.f("goalneed_goal_id_key")),
    )
    with op.batch_alter_table("goalneed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("goalneed_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("goalneed_team_id"), ["team_id"], unique=False)

    op.create_table(
        "goalowner",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("goalowner_goal_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("goalowner_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("goalowner_pkey")),
        sa.UniqueConstraint("goal_id", "person_id", name=op.f("goalowner_goal_id_key")),
    )
    with op.batch_alter_table("goalowner", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("goalowner_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "initiative",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("initiative_goal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("initiative_pkey")),
    )
    with op.batch_alter_table("initiative", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("initiative_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "keyresult",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("start", sa.Float(), nullable=True),
        sa.Column("now", sa.Float(), nullable=True),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("typed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("keyresult_goal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("keyresult_pkey")),
    )
    with op.batch_alter_table("keyresult", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("keyresult_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("checkin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("percent", sa.Float(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["checkin_id"], ["checkin.id"], name=op.f("line_checkin_id_fkey")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("line_company_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("line_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("line_pkey")),
    )
    with op.batch_alter_table("line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("line_checkin_id"), ["checkin_id"], unique=False)
        batch_op.create_index("line_company_day", ["company_id", "day"], unique=False)
        batch_op.create_index("line_person_day", ["person_id", "day"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("membership_person_id_fkey")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("membership_team_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("membership_pkey")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("membership_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("membership_team_id"), ["team_id"], unique=False)

    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("audit_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("change_audit_id_fkey")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("change_goal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("change_pkey")),
    )
    with op.batch_alter_table("change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("change_audit_id"), ["audit_id"], unique=False)
        batch_op.create_index(batch_op.f("change_goal_id"), ["goal_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("checkin_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("under_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("check_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("platform_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("edit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["checkin_id"], ["checkin.id"], name=op.f("delivery_checkin_id_fkey")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("delivery_company_id_fkey")),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("delivery_digest_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("delivery_person_id_fkey")),
        sa.ForeignKeyConstraint(["under_id"], ["delivery.id"], name=op.f("delivery_under_id_fkey")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name=op.f("delivery_workspace_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_pkey")),
        sa.UniqueConstraint("meaning", name=op.f("delivery_meaning_key")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("delivery_checkin_id"), ["checkin_id"], unique=False)
        batch_op.create_index(batch_op.f("delivery_company_id"), ["company_id"], unique=False)
        batch_op.create_index(batch_op.f("delivery_digest_id"), ["digest_id"], unique=False)
        batch_op.create_index(
            "delivery_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("state = 'due'"),
            sqlite_where=sa.text("state = 'due'"),
        )
        batch_op.create_index(
            "delivery_edit",
            ["edit_at"],
            unique=False,
            postgresql_where=sa.text("edit_at IS NOT NULL"),
            sqlite_where=sa.text("edit_at IS NOT NULL"),
        )
        batch_op.create_index(
            "delivery_open",
            ["check_at"],
            unique=False,
            postgresql_where=sa.text("state IN ('claimed', 'uncertain')"),
            sqlite_where=sa.text("state IN ('claimed', 'uncertain')"),
        )
        batch_op.create_index(batch_op.f("delivery_person_id"), ["person_id"], unique=False)

    op.create_table(
        "digestshare",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name=op.f("digestshare_digest_id_fkey")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("digestshare_goal_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("digestshare_pkey")),
    )
    with op.batch_alter_table("digestshare", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("digestshare_digest_id"), ["digest_id"], unique=False)

    op.create_table(
        "guess",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("guess_goal_id_fkey")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("guess_line_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("guess_pkey")),
        sa.UniqueConstraint("line_id", "rank", name=op.f("guess_line_id_key")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("company_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("tag_company_id_fkey")),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("tag_goal_id_fkey")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("tag_line_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("tag_pkey")),
    )
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.create_index(
            "tag_confirmed",
            ["company_id", "id"],
            unique=False,
            postgresql_where=sa.text("source <> 'tagger'"),
            sqlite_where=sa.text("source <> 'tagger'"),
        )
        batch_op.create_index(batch_op.f("tag_goal_id"), ["goal_id"], unique=False)
        batch_op.create_index(batch_op.f("tag_line_id"), ["line_id"], unique=False)
