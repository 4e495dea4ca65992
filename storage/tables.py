"""The rows: every noun that is remembered. Instants are UTC, local days are dates, minutes count from midnight; what
states and kinds there are is in storage/kinds.py.

Every row belongs to a company, directly or through its parent, and no question in this package crosses one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import AutoString

from storage.kinds import AbsenceKind, CheckInState, DeliveryState, GoalStatus, ShareKind, TagSource, WorkKind

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_name)s",
    "uq": "%(table_name)s_%(column_0_name)s_key",
    "fk": "%(table_name)s_%(column_0_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}

COPIED = "copied from"
LEAVING = frozenset({"checkin.mix", "delivery.words"})
"""Columns that nothing reads any more. Processes of the release before still write them, or read what is written, so
they go with the next one."""
Big = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on databases that know zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its offset")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> int:
    key: int = Field(default=None, primary_key=True, sa_type=Big)
    return key


def _ref(table: str, *, index: bool = True) -> int:
    key: int = Field(sa_type=Big, foreign_key=f"{table}.id", index=index)
    return key


def _maybe(table: str, *, index: bool = False) -> int | None:
    key: int | None = Field(default=None, sa_type=Big, foreign_key=f"{table}.id", index=index, nullable=True)
    return key


def _copied(table: str, *, index: bool = False) -> int:
    """The id of a row elsewhere, copied from a row that refers to it already, by thousands: the database does not look
    each of them up once more."""
    key: int = Field(sa_type=Big, index=index, sa_column_kwargs={"info": {COPIED: table}})
    return key


def _maybe_copied(table: str, *, index: bool = False) -> int | None:
    key: int | None = Field(
        default=None, sa_type=Big, index=index, nullable=True, sa_column_kwargs={"info": {COPIED: table}}
    )
    return key


def refers_to(column: Column[Any]) -> str | None:
    """The table whose id a column holds, whether the database checks it or not; None for every other column."""
    for key in column.foreign_keys:
        return key.column.table.name
    found: str | None = column.info.get(COPIED)
    return found


class Company(SQLModel, table=True):
    """Owns goals, teams and people."""

    id: int = _id()
    name: str
    created_at: datetime = Field(sa_type=Instant)
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    asks_below: float = 0.75  # confidence under which a person is asked where a line belongs


class Workspace(SQLModel, table=True):
    """A Slack workspace, a Teams tenant or the playground. `key` is the adapter's opaque name for it.

    `paced_until` is when all that was sent is paid for at the platform's rate (a leaky bucket in one column);
    `paused_until` is what the platform itself asked for, and `slowed_to` the part of the rate that was left to us
    then, at `slowed_at`. `edits_paced_until` is the bucket of edits, where the platform counts those apart.
    """

    id: int = _id()
    company_id: int = _ref("company")
    key: str = Field(unique=True)
    name: str
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    paced_until: datetime | None = Field(default=None, sa_type=Instant)
    edits_paced_until: datetime | None = Field(default=None, sa_type=Instant)
    paused_until: datetime | None = Field(default=None, sa_type=Instant)
    slowed_to: float = Field(default=1.0, sa_column_kwargs={"server_default": "1"})
    slowed_at: datetime | None = Field(default=None, sa_type=Instant)


class Slot(SQLModel, table=True):
    """Everybody who is asked at the same moments: one zone, one set of weekdays, one local time.

    `days` has bit 0 for Monday up to bit 6 for Sunday; `working` are the working days, for reminders.
    `next_day` is the next local day not yet planned, and `planned_to` the last person it is planned for already: a
    round for very many people is planned in portions.
    """

    __table_args__ = (UniqueConstraint("zone", "days", "minute", "working"),)
    id: int = _id()
    zone: str
    days: int
    minute: int
    working: int
    next_day: date
    next_due: datetime = Field(sa_type=Instant, index=True)
    planned_to: int = Field(default=0, sa_type=Big, sa_column_kwargs={"server_default": "0"})


class Person(SQLModel, table=True):
    """Somebody who works here. Own `days`, `minute` and `zone` win over the team's; None means the team's."""

    __table_args__ = (
        Index(  # whom to welcome: few, and looked for at every tick
            "person_new",
            "zone",
            "id",
            postgresql_where=text("introduced_at IS NULL AND slot_id IS NOT NULL"),
            sqlite_where=text("introduced_at IS NULL AND slot_id IS NOT NULL"),
        ),
        Index("person_slot", "slot_id", "id"),  # in the order in which a round is planned
    )
    id: int = _id()
    company_id: int = _ref("company")
    name: str
    email: str = ""
    zone: str = "UTC"
    own_zone: bool = False  # said by themselves: the platform's does not overwrite it
    admin: bool = False
    own_days: int | None = None
    own_minute: int | None = None
    reminder: int | None = None  # minutes after the prompt; 0 is off; None is the next working day, 09:30
    slot_id: int | None = _maybe("slot")  # None: not asked
    introduced_at: datetime | None = Field(default=None, sa_type=Instant)
    asked_from: date | None = None  # first local day they may be asked on; None: not introduced yet
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Account(SQLModel, table=True):
    """A person on one platform: `who` is their id there, `address` is where to write to them.

    Of several accounts one is `preferred`: the one to write to now (storage/accounts.py). `chosen` is the one they
    asked for, which may be out of reach. An `outsider` is a guest there, or of another organisation: nothing is said to
    them. `looked_up_at` is when their platform last said whether they are one.
    """

    id: int = _id()
    company_id: int = _ref("company")
    workspace_id: int = _ref("workspace")
    person_id: int = _ref("person")
    who: str = Field(unique=True)
    address: str
    name: str
    preferred: bool = True
    chosen: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    unreachable: str = ""  # why nobody can be written to there; empty: they can
    outsider: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    looked_up_at: datetime | None = Field(default=None, sa_type=Instant)


class Team(SQLModel, table=True):
    """People with a manager, a rhythm and a digest. Nobody in it is asked before `on_at`."""

    __table_args__ = (UniqueConstraint("company_id", "name"),)
    id: int = _id()
    company_id: int = _ref("company")
    name: str
    manager_id: int | None = _maybe("person")
    zone: str = "UTC"
    working_days: int = 0b0011111
    days: int = 0b0010010  # Tuesday and Friday: the second and the last of Monday to Friday
    minute: int = 15 * 60 + 30
    question: str = Field(default="", sa_column_kwargs={"server_default": ""})  # empty: the usual one
    digest_to: str = ""
    digest_workspace_id: int | None = _maybe("workspace")
    digest_channel: str = ""  # the channel's name, for people
    digest_private: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # when it was chosen
    digest_weekday: int | None = None  # None: the first working day
    digest_minute: int = 10 * 60
    digest_week: date | None = None  # first day of the next week to post a digest of
    digest_due: datetime | None = Field(default=None, sa_type=Instant, index=True)
    band_goal: int | None = None
    band_firefighting: int | None = None
    on_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Membership(SQLModel, table=True):
    """Who was in which team, and when: digests of past weeks count the people of that week."""

    id: int = _id()
    team_id: int = _ref("team")
    person_id: int = _ref("person")
    since: datetime = Field(sa_type=Instant)
    until: datetime | None = Field(default=None, sa_type=Instant)


class Absence(SQLModel, table=True):
    """Local days, first and last included, on which a person is not asked and not missed.

    One that a platform's status hints at names that status in `source`, and stays when it ended, so that the same
    status is not taken for a new one; over before it began, `last` is before `first`.
    """

    id: int = _id()
    person_id: int = _ref("person")
    first: date
    last: date
    kind: str = AbsenceKind.LEAVE
    source: str = Field(default="", sa_column_kwargs={"server_default": ""})


class Goal(SQLModel, table=True):
    """What the company wants. Retired, never deleted, once lines were filed under it."""

    __table_args__ = (UniqueConstraint("company_id", "handle"),)
    id: int = _id()
    company_id: int = _ref("company")
    handle: str
    title: str
    description: str = Field(default="", sa_type=Text)
    keywords: str = ""
    parent_id: int | None = _maybe("goal", index=True)
    owner_id: int | None = _maybe("person")
    starts: date | None = None
    by: date | None = None
    weight: int | None = None  # intended share among its siblings, percent; None: equal
    status: str = GoalStatus.ON_TRACK
    successor_id: int | None = _maybe("goal")
    retired_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class GoalOwner(SQLModel, table=True):
    """Further owners of a goal, beside `Goal.owner_id`."""

    __table_args__ = (UniqueConstraint("goal_id", "person_id"),)
    id: int = _id()
    goal_id: int = _ref("goal")
    person_id: int = _ref("person", index=False)


class GoalNeed(SQLModel, table=True):
    """A team that a goal needs: its silence is worth a word."""

    __table_args__ = (UniqueConstraint("goal_id", "team_id"),)
    id: int = _id()
    goal_id: int = _ref("goal")
    team_id: int = _ref("team")


class KeyResult(SQLModel, table=True):
    """A number that says how far a goal is. Typed by somebody, at some time, and labelled so."""

    id: int = _id()
    goal_id: int = _ref("goal")
    title: str
    start: float | None = None
    now: float | None = None
    target: float
    unit: str = ""
    typed_at: datetime | None = Field(default=None, sa_type=Instant)


class Initiative(SQLModel, table=True):
    """A thing that is tried for a goal, until a day."""

    id: int = _id()
    goal_id: int = _ref("goal")
    title: str
    until: date | None = None


class CheckIn(SQLModel, table=True):
    """One person, one local day: asked, answered, skipped or away. Unique, whatever wakes how often.

    `remind_at` is when to ask once more; most are answered before, and then there is nothing to take back.
    """

    __table_args__ = (
        UniqueConstraint("person_id", "day"),
        Index("checkin_company_day", "company_id", "day"),
        Index(
            "checkin_remind",
            "remind_at",
            postgresql_where=text(f"state = '{CheckInState.ASKED}' AND remind_at IS NOT NULL"),
            sqlite_where=text(f"state = '{CheckInState.ASKED}' AND remind_at IS NOT NULL"),
        ),
    )
    id: int = _id()
    company_id: int = _copied("company")
    person_id: int = _ref("person", index=False)
    day: date
    zone: str
    state: str = CheckInState.ASKED
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    remind_at: datetime | None = Field(default=None, sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    edited_at: datetime | None = Field(default=None, sa_type=Instant)
    words: str = Field(default="", sa_type=Text)  # as typed; the lines are made from it
    mix: str = ""  # not read any more (LEAVING): it is a Reply; written for processes of the release before


class Reply(SQLModel, table=True):
    """What somebody said to one of the questions that ride on a check-in (checkins/answers/questions.py): a `value` of
    its options, and a `reason` where they gave one. `subject` is what it was asked about, like goal:12; empty: the
    check-in."""

    __table_args__ = (UniqueConstraint("checkin_id", "question", "subject"),)
    id: int = _id()
    checkin_id: int = Field(sa_type=Big, foreign_key="checkin.id", ondelete="CASCADE")  # with it, whoever deletes it
    question: str
    subject: str = ""
    value: str
    reason: str = Field(default="", sa_type=Text)


class Line(SQLModel, table=True):
    """One piece of work. `hours` or `percent` where the person stated the effort."""

    __table_args__ = (
        Index("line_person_day", "person_id", "day"),
        Index("line_company_day", "company_id", "day"),
    )
    id: int = _id()
    company_id: int = _ref("company", index=False)
    person_id: int = _ref("person", index=False)
    checkin_id: int = _ref("checkin")
    position: int
    day: date
    text: str = Field(sa_type=Text)
    finished: bool = False
    hours: float | None = None
    percent: float | None = None
    late: bool = False  # written after the digest of its week was posted
    asked: bool = False  # where it belongs was put to the person
    message: str = Field(default="", sa_column_kwargs={"server_default": ""})  # the platform's id of what was typed
    written_at: datetime = Field(sa_type=Instant)


class Tag(SQLModel, table=True):
    """Where a line is filed: a goal, or a kind of work that serves none. A line has one or more."""

    __table_args__ = (
        Index(
            "tag_confirmed",
            "company_id",
            "id",
            postgresql_where=text(f"source <> '{TagSource.TAGGER}'"),
            sqlite_where=text(f"source <> '{TagSource.TAGGER}'"),
        ),
    )
    id: int = _id()
    company_id: int = _ref("company", index=False)
    line_id: int = _ref("line")
    goal_id: int | None = _maybe("goal", index=True)
    kind: str = WorkKind.GOAL
    source: str = TagSource.TAGGER
    confidence: float | None = None
    at: datetime = Field(sa_type=Instant)


class Prediction(SQLModel, table=True):
    """What the tagger thought of a line before anybody said: where it was filed, then the best others; kept to see
    how right it is. Rank 4 is a goal added later, which its writer was asked about.
    """

    __tablename__ = "guess"
    __table_args__ = (UniqueConstraint("line_id", "rank"),)
    id: int = _id()
    line_id: int = _ref("line", index=False)
    rank: int
    goal_id: int | None = _maybe("goal")
    kind: str = WorkKind.GOAL
    confidence: float
    why: str = ""


class Blocker(SQLModel, table=True):
    """Something in somebody's way, open until they say it is gone."""

    id: int = _id()
    company_id: int = _ref("company")
    person_id: int = _ref("person")
    checkin_id: int = _ref("checkin")
    text: str = Field(sa_type=Text)
    day: date
    closed_day: date | None = None


class Digest(SQLModel, table=True):
    """A team's week as it was posted. Shares are as of `counted_at` until four late answers or the freeze. `touched_at`
    is when somebody answered late, until that was looked at."""

    __table_args__ = (
        UniqueConstraint("team_id", "first"),
        Index(
            "digest_touched",
            "touched_at",
            postgresql_where=text("touched_at IS NOT NULL"),
            sqlite_where=text("touched_at IS NOT NULL"),
        ),
    )
    id: int = _id()
    company_id: int = _ref("company")
    team_id: int = _ref("team", index=False)
    first: date
    last: date
    due_at: datetime = Field(sa_type=Instant)
    counted_at: datetime = Field(sa_type=Instant)
    touched_at: datetime | None = Field(default=None, sa_type=Instant)
    frozen_at: datetime | None = Field(default=None, sa_type=Instant)
    freezes_at: datetime = Field(sa_type=Instant, index=True)


class DigestShare(SQLModel, table=True):
    """One share of a digest as it was last counted; percent, already rounded and merged for small groups. Of effort, or
    of what was said to a `question`: `kind` is one of its options then, or merged."""

    id: int = _id()
    digest_id: int = _ref("digest")
    position: int
    goal_id: int | None = _maybe("goal")
    question: str = Field(default="", sa_column_kwargs={"server_default": ""})  # empty: of effort
    kind: str = ShareKind.GOAL
    percent: int


class DigestReader(SQLModel, table=True):
    """A manager or admin who said that they read a digest. Nothing is kept of who did not."""

    __table_args__ = (UniqueConstraint("digest_id", "person_id"),)
    id: int = _id()
    digest_id: int = _ref("digest", index=False)
    person_id: int = _ref("person", index=False)
    at: datetime = Field(sa_type=Instant)


class Delivery(SQLModel, table=True):
    """One thing to say unprompted. Unique by what it means, so that it can never be planned twice."""

    __table_args__ = (
        Index(
            "delivery_due",
            "workspace_id",
            "due_at",
            "id",
            postgresql_where=text(f"state = '{DeliveryState.DUE}'"),
            sqlite_where=text(f"state = '{DeliveryState.DUE}'"),
        ),
        Index(
            "delivery_expires",
            "expires_at",
            postgresql_where=text(f"state = '{DeliveryState.DUE}' AND expires_at IS NOT NULL"),
            sqlite_where=text(f"state = '{DeliveryState.DUE}' AND expires_at IS NOT NULL"),
        ),
        Index(
            "delivery_open",
            "check_at",
            postgresql_where=text(f"state IN ('{DeliveryState.CLAIMED}', '{DeliveryState.UNCERTAIN}')"),
            sqlite_where=text(f"state IN ('{DeliveryState.CLAIMED}', '{DeliveryState.UNCERTAIN}')"),
        ),
        Index(
            "delivery_edit",
            "edit_at",
            postgresql_where=text("edit_at IS NOT NULL"),
            sqlite_where=text("edit_at IS NOT NULL"),
        ),
        Index(  # of no check-in: what is about one is found by it
            "delivery_other",
            "company_id",
            "created_at",
            postgresql_where=text("checkin_id IS NULL"),
            sqlite_where=text("checkin_id IS NULL"),
        ),
        Index(  # not of what is sent: each change of a row would be written to it once more
            "delivery_person",
            "person_id",
            postgresql_where=text(f"state IN ('{DeliveryState.DUE}', '{DeliveryState.HELD}')"),
            sqlite_where=text(f"state IN ('{DeliveryState.DUE}', '{DeliveryState.HELD}')"),
        ),
        Index(
            "delivery_digest",
            "digest_id",
            postgresql_where=text("digest_id IS NOT NULL"),
            sqlite_where=text("digest_id IS NOT NULL"),
        ),
    )
    id: int = _id()
    company_id: int = _copied("company")
    workspace_id: int = _copied("workspace")
    dedup_key: str = Field(sa_column=Column("meaning", AutoString, unique=True, nullable=False))
    kind: str  # a DeliveryKind
    to: str
    person_id: int | None = _maybe_copied("person")
    checkin_id: int | None = _maybe_copied("checkin", index=True)
    digest_id: int | None = _maybe("digest")
    under_id: int | None = _maybe("delivery")
    subject: str = Field(default="", sa_column_kwargs={"server_default": ""})  # what a notice is about, like channel:12
    words: str = Field(default="", sa_type=Text)  # not read any more (LEAVING)
    due_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(
        default=None, sa_type=Instant
    )  # not said from then on, or not before it is set anew
    state: str = DeliveryState.DUE
    attempt: int = 0
    owner: str = ""
    check_at: datetime | None = Field(default=None, sa_type=Instant)  # lease end when claimed
    platform_id: str = ""
    reason: str = ""
    edit_at: datetime | None = Field(default=None, sa_type=Instant)
    edit_until: datetime | None = Field(default=None, sa_type=Instant)  # None: however late, it is to be edited
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)


class Inbox(SQLModel, table=True):
    """Events that were heard: the same one again changes nothing. `body` is one whose effect is not there yet."""

    __table_args__ = (
        Index("inbox_unfinished", "at", postgresql_where=text("body <> ''"), sqlite_where=text("body <> ''")),
    )
    key: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    body: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class Code(SQLModel, table=True):
    """A code that works once: it brings a workspace into a company, or makes two accounts one person's.

    What was typed is not kept, only what it comes to (`digest`). A used one is deleted.
    """

    id: int = _id()
    company_id: int = _ref("company")
    person_id: int = _ref("person")  # who was given it
    kind: str  # a CodeKind
    digest: str = Field(unique=True)
    expires_at: datetime = Field(sa_type=Instant)


class Kept(SQLModel, table=True):
    """What an adapter keeps between runs: installations, addresses. Text only that adapter can read."""

    key: str = Field(primary_key=True)
    body: str = Field(sa_type=Text)


class Audit(SQLModel, table=True):
    """Who changed what, in words. Kept 24 months."""

    id: int = _id()
    company_id: int = _ref("company")
    at: datetime = Field(sa_type=Instant)
    actor_id: int | None = _maybe("person")
    act: str
    goal_id: int | None = _maybe("goal", index=True)
    said: str
    undone_at: datetime | None = Field(default=None, sa_type=Instant)


class Change(SQLModel, table=True):
    """One field of a goal before and after one audited act: its history, and what `undo` puts back."""

    id: int = _id()
    audit_id: int = _ref("audit")
    goal_id: int = _ref("goal")
    field: str
    before: str | None = None
    after: str | None = None
