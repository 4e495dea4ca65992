"""The week of a team as its digest needs it. Counted where it lies: what comes back does not grow with what people
wrote, but for the rows that shares are counted from, once a week."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, and_, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from storage.kinds import CheckInState, WorkKind
from storage.replies import EFFORT_MIX
from storage.sql import is_among
from storage.tables import Blocker, CheckIn, Line, Reply, Tag

NEWEST = 10_000  # lines that are looked at to choose those there is room for


@dataclass(frozen=True, slots=True)
class TeamPopulation:
    """Whose days of a week are meant. Of a part of a company each one's rows are looked up; of most of it all rows of
    the days are read, which lie together, and those of the few others left out: that takes half as long."""

    people: frozenset[int]
    company_id: int
    others: frozenset[int] | None  # of the company; None: they are as many, or more
    first: date
    last: date

    def _rows(self, tx: Session, table: type[CheckIn] | type[Line]) -> ColumnElement[bool]:
        """What their rows of these days have in common."""
        days = and_(col(table.day) >= self.first, col(table.day) <= self.last)
        if self.others is None:
            return and_(is_among(tx, table.person_id, self.people), days)
        theirs = and_(col(table.company_id) == self.company_id, days)
        return and_(theirs, ~is_among(tx, table.person_id, self.others)) if self.others else theirs


class Attendance(NamedTuple):
    """How many people of a crowd were there in the same way."""

    answered: bool  # a check-in of these days
    was_asked: bool  # and the question arrived
    was_here: bool  # asked or answered
    was_away: bool
    people: int


def attendance(tx: Session, population: TeamPopulation) -> list[Attendance]:
    """How the people of a crowd who had check-ins were there, each person counted once."""

    def ever(test: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(case((test, 1), else_=0))

    state = col(CheckIn.state)
    person = (
        select_columns(
            ever(state == CheckInState.ANSWERED).label("answered"),
            ever(and_(col(CheckIn.asked_at).is_not(None), state != CheckInState.EXPIRED)).label("asked"),
            ever(state.in_((CheckInState.ASKED, CheckInState.ANSWERED))).label("here"),
            ever(state == CheckInState.AWAY).label("away"),
        )
        .where(population._rows(tx, CheckIn))
        .group_by(col(CheckIn.person_id))
        .subquery("person")
    )
    rows = _read(tx, select_columns(*person.c, func.count()).group_by(*person.c))
    return [
        Attendance(bool(answered), bool(asked), bool(here), bool(away), people)
        for answered, asked, here, away, people in rows
    ]


def has_checkins(tx: Session, population: TeamPopulation) -> bool:
    """Whether anybody of a crowd was to be asked, or wrote."""
    found = select_columns(col(CheckIn.id)).where(population._rows(tx, CheckIn)).limit(1)
    return bool(_read(tx, found))


class LineTotals(NamedTuple):
    """How much a crowd wrote: a line counts once, wherever it is filed."""

    lines: int
    finished: int
    late: int


def written(tx: Session, population: TeamPopulation) -> LineTotals:
    """How many lines a crowd wrote."""
    counts = func.count(), _number_of(Line.finished), _number_of(Line.late)
    (row,) = _read(tx, select_columns(*counts).select_from(Line).where(population._rows(tx, Line)))
    return LineTotals._make(row)


class GoalTotals(NamedTuple):
    """What a crowd wrote for one goal or, where it is None, of one kind of other work."""

    goal_id: int | None
    kind: str
    lines: int
    finished: int
    people: int


_KIND = case((col(Tag.goal_id).is_(None), col(Tag.kind)), else_=WorkKind.GOAL.value)


def goal_totals(tx: Session, population: TeamPopulation) -> list[GoalTotals]:
    """What a crowd wrote, counted by where it is filed."""
    rows = _read(
        tx,
        select_columns(
            col(Tag.goal_id),
            _KIND,
            func.count(),
            _number_of(Line.finished),
            func.count(func.distinct(Line.person_id)),
        )
        .join(Tag, col(Tag.line_id) == Line.id)
        .where(population._rows(tx, Line))
        .group_by(col(Tag.goal_id), _KIND),
    )
    return [GoalTotals._make(row) for row in rows]


class Quoted(NamedTuple):
    """A line in its writer's words, and one place where it is filed."""

    id: int
    person_id: int
    text: str
    finished: bool
    late: bool
    goal_id: int | None
    kind: str


def quoted(tx: Session, population: TeamPopulation, most: int | None) -> list[Quoted]:
    """Lines as they were written, oldest first: all of them, or of the newest at most so many of each pile, what is
    finished first. A line comes once for each place where it is filed."""
    columns: list[Any] = [
        col(Line.id), col(Line.person_id), col(Line.text), col(Line.finished), col(Line.late), col(Tag.goal_id), _KIND,
    ]  # fmt: skip
    found = select_columns(*columns).join(Tag, col(Tag.line_id) == Line.id)
    if most is None:
        found = found.where(population._rows(tx, Line))
    else:
        ranked = _ranked(tx, population)
        found = found.join(ranked, ranked.c.id == Tag.id).where(ranked.c.rank <= most)
    return [Quoted._make(row) for row in _read(tx, found.order_by(col(Line.day), col(Line.id), col(Tag.id)))]


def _ranked(tx: Session, population: TeamPopulation) -> Any:
    """The newest lines' tags, each with its rank in its pile: what is finished first, then the newest."""
    newest = (
        select_columns(col(Line.id), col(Line.finished))
        .where(population._rows(tx, Line))
        .order_by(col(Line.day).desc(), col(Line.id).desc())
        .limit(NEWEST)
        .subquery("newest")
    )
    rank = func.row_number().over(
        partition_by=(col(Tag.goal_id), _KIND), order_by=(newest.c.finished.desc(), newest.c.id.desc())
    )
    return (
        select_columns(col(Tag.id).label("id"), rank.label("rank"))
        .join(newest, newest.c.id == Tag.line_id)
        .subquery("ranked")
    )


class UnevenCheckIn(NamedTuple):
    """A check-in whose effort is not simply that of its lines: it says more, or nothing came of it."""

    id: int
    person_id: int
    state: str
    mix: str


def apart(tx: Session, population: TeamPopulation) -> list[UnevenCheckIn]:
    """Check-ins of a crowd that were not answered, or that say how the day was spread."""
    columns: list[Any] = [col(CheckIn.id), col(CheckIn.person_id), col(CheckIn.state)]
    theirs = population._rows(tx, CheckIn)
    mixed = (
        select_columns(*columns, col(Reply.value))
        .join(Reply, col(Reply.checkin_id) == CheckIn.id)
        .where(theirs, col(Reply.question) == EFFORT_MIX, col(Reply.subject) == "")
    )
    unanswered = select_columns(*columns).where(theirs, col(CheckIn.state) != CheckInState.ANSWERED)
    # By themselves: where both are asked for at once, every check-in is looked up among the replies.
    found = {row[0]: UnevenCheckIn._make((*row, "")) for row in _read(tx, unanswered)}
    found |= {row[0]: UnevenCheckIn._make(row) for row in _read(tx, mixed)}
    return list(found.values())


class Said(NamedTuple):
    """How many check-ins of one person say the same to a question."""

    person_id: int
    question: str
    value: str
    checkins: int


def said(tx: Session, population: TeamPopulation, questions: Collection[str]) -> list[Said]:
    """What a crowd said to questions, by their names, in answered check-ins of these days."""
    if not questions:
        return []
    columns: list[Any] = [col(CheckIn.person_id), col(Reply.question), col(Reply.value)]
    found = (
        select_columns(*columns, func.count())
        .join(Reply, col(Reply.checkin_id) == CheckIn.id)
        .where(
            population._rows(tx, CheckIn),
            col(CheckIn.state) == CheckInState.ANSWERED,
            col(Reply.question).in_(questions),
            col(Reply.subject) == "",
        )
        .group_by(*columns)
    )
    return [Said._make(row) for row in _read(tx, found)]


class Effort(NamedTuple):
    """What one line says of effort, and one place where it is filed: none where both are None."""

    person_id: int
    checkin_id: int
    line_id: int
    hours: float | None
    percent: float | None
    goal_id: int | None
    kind: str | None


def efforts(tx: Session, population: TeamPopulation) -> Sequence[Effort]:
    """What every line of a crowd says of effort, without its words, in no order. A line comes once for each place where
    it is filed."""
    found: Any = (
        select_columns(
            col(Line.person_id),
            col(Line.checkin_id),
            col(Line.id).label("line_id"),
            col(Line.hours),
            col(Line.percent),
            col(Tag.goal_id),
            col(Tag.kind),
        )
        .outerjoin(Tag, col(Tag.line_id) == Line.id)
        .where(population._rows(tx, Line))
    )
    return cast(Sequence[Effort], _read(tx, found))  # a row is a named tuple already, and they are many


def blockers(tx: Session, population: TeamPopulation) -> Sequence[Blocker]:
    """What was in the way of a crowd at the end of these days, oldest first."""
    if not population.people:
        return []
    return tx.exec(
        select(Blocker)
        .where(
            is_among(tx, Blocker.person_id, population.people),
            Blocker.day <= population.last,
            col(Blocker.closed_day).is_(None) | (col(Blocker.closed_day) > population.last),
        )
        .order_by(col(Blocker.day), col(Blocker.id))
    ).all()


def answered_since(tx: Session, population: TeamPopulation, since: datetime) -> int:
    """How many people of a crowd answered or edited a check-in of these days after a moment."""
    late = func.coalesce(CheckIn.edited_at, CheckIn.answered_at) > since
    return tx.exec(
        select(func.count(func.distinct(CheckIn.person_id))).where(population._rows(tx, CheckIn), late)
    ).one()


def _number_of(flag: Any) -> ColumnElement[int]:
    """Of how many rows it is true."""
    return func.coalesce(func.sum(case((col(flag), 1), else_=0)), 0)


def _read(tx: Session, statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """Columns of very many rows. Through the session each row would cost twice as much."""
    tx.flush()
    return tx.connection().execute(statement).all()
