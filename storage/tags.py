"""Where the tagger filed what people wrote, how well, and what nobody has said anything about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, String, case, func, true, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.checkins import LATER
from storage.kinds import TagSource
from storage.sql import is_among, rows_as_table
from storage.tables import Line, Prediction, Tag


@dataclass(frozen=True, slots=True)
class FilingStats:
    """How a company's lines of some days were filed.

    Of the `lines` that were written the tagger asked about `asked`, and of those `answered`, where it had thought right
    `agreed` times and expected to `expected` times. `writers` and `tappers` are how many people wrote and answered.
    """

    lines: int = 0
    asked: int = 0
    answered: int = 0
    agreed: int = 0
    expected: float = 0.0
    writers: int = 0
    tappers: int = 0


def filings(
    tx: Session, companies: Collection[int], starts: Sequence[date], last: date
) -> dict[tuple[int, int], FilingStats]:
    """By company and by the place in `starts` of the day its lines count from, up to the day before the next one.

    `starts` are the first days, newest first; `last` is the last day of the newest. What has no lines is left out, and
    so are lines that were asked about for a goal added later.
    """
    first, later = aliased(Prediction), aliased(Prediction)
    both_none = col(Tag.goal_id).is_(None) & col(first.goal_id).is_(None)
    agrees = case(((col(Tag.goal_id) == col(first.goal_id)) | both_none, 2), else_=1)
    # One look at the tags of a line says all: nothing where nobody said, 1 where they said otherwise, 2 where not.
    said = (
        select(func.max(agrees))
        .join(first, (col(first.line_id) == Tag.line_id) & (col(first.rank) == 0))
        .where(Tag.line_id == Line.id, Tag.source == TagSource.PERSON)
        .scalar_subquery()
    )
    confidence = (
        select(Prediction.confidence).where(Prediction.line_id == Line.id, Prediction.rank == 0).scalar_subquery()
    )
    again = select(later.id).where(later.line_id == Line.id, col(later.rank) >= LATER).exists()
    asked = col(Line.asked).is_(True)
    line = (
        select_columns(
            col(Line.company_id).label("company"),
            col(Line.person_id).label("person"),
            case(*((col(Line.day) >= start, place) for place, start in enumerate(starts))).label("place"),
            # Most lines were not asked about, and nothing else is looked up for those.
            case((asked, 1), else_=0).label("asked"),
            case((asked, func.coalesce(said, 0)), else_=0).label("said"),
            case((asked, confidence), else_=0.0).label("confidence"),
        )
        .where(
            is_among(tx, Line.company_id, companies),
            col(Line.day) >= starts[-1],
            col(Line.day) <= last,
            case((asked, ~again), else_=true()),
        )
        .cte("line_filed")
        .prefix_with("MATERIALIZED")  # or SQLite looks the tags up anew for each number
    ).c
    answered = line.said > 0
    counted = select_columns(
        line.company,
        line.place,
        func.count(),
        func.sum(line.asked),
        func.sum(case((answered, 1), else_=0)),
        func.sum(case((line.said == 2, 1), else_=0)),
        func.sum(case((answered, line.confidence), else_=0.0)),
        func.count(func.distinct(line.person)),
        func.count(func.distinct(case((answered, line.person)))),
    ).group_by(line.company, line.place)
    return {(company, place): FilingStats(*rest) for company, place, *rest in tx.execute(counted)}


class Unsaid(NamedTuple):
    """A line whose place nobody said, and where it is filed: under a goal, or as a kind of other work."""

    id: int
    checkin_id: int
    person_id: int
    day: date
    text: str
    goal_id: int | None
    kind: str


def _unsaid(company_id: int, below: float) -> Any:
    other = aliased(Tag)
    said = select(other.id).where(other.line_id == Line.id, other.source != TagSource.TAGGER).exists()
    return (
        select_columns(
            col(Line.id), col(Line.checkin_id), col(Line.person_id), col(Line.day), col(Line.text),
            col(Tag.goal_id), col(Tag.kind),
        )
        .join(Prediction, (col(Prediction.line_id) == Line.id) & (col(Prediction.rank) == 0))
        .join(Tag, col(Tag.line_id) == Line.id)
        .where(col(Line.company_id) == company_id, col(Prediction.confidence) < below, ~said)
        .order_by(col(Line.id))
    )  # fmt: skip


def unsure(tx: Session, company_id: int, since: datetime, below: float, most: int) -> list[Unsaid]:
    """A company's lines written since then that the tagger was less sure of and nobody has placed, oldest first."""
    fresh = (
        col(Line.day) >= since.date() - timedelta(days=7),  # which the index knows; an answer may be some days late
        col(Line.written_at) >= since,
    )
    return [Unsaid(*row) for row in tx.execute(_unsaid(company_id, below).where(*fresh).limit(most))]


def beside(tx: Session, company_id: int, since: datetime, below: float, most: int) -> list[Unsaid]:
    """Lines that the tagger was less sure of, that nobody has placed or was asked about, in check-ins whose writer has
    placed another line since then; oldest first.
    """
    line, tag = aliased(Line), aliased(Tag)
    told = (
        select(line.checkin_id)
        .join(tag, col(tag.line_id) == line.id)
        .where(tag.company_id == company_id, tag.source == TagSource.PERSON, col(tag.at) >= since)
    )
    others = (col(Line.checkin_id).in_(told), col(Line.asked).is_(False))
    return [Unsaid(*row) for row in tx.execute(_unsaid(company_id, below).where(*others).limit(most))]


def refile(tx: Session, company_id: int, chosen: Mapping[int, tuple[int | None, str]]) -> set[int]:
    """Files lines, by id, elsewhere where the tagger's is the only word so far: under a goal, or as a kind of other
    work. The check-ins they are in.
    """
    if not chosen:
        return set()
    rows = [(line_id, goal_id, kind) for line_id, (goal_id, kind) in chosen.items()]
    given = rows_as_table(tx, "chosen", rows, line=BigInteger(), goal=BigInteger(), kind=String())
    changed = tx.execute(
        update(Tag)
        .where(
            col(Tag.company_id) == company_id,
            col(Tag.source) == TagSource.TAGGER,
            col(Tag.line_id).in_(select(given.c.line)),
        )
        .values(
            goal_id=select(given.c.goal).where(given.c.line == Tag.line_id).scalar_subquery(),
            kind=select(given.c.kind).where(given.c.line == Tag.line_id).scalar_subquery(),
            confidence=None,
        )
        .returning(col(Tag.line_id))
        .execution_options(synchronize_session=False)
    )
    lines = [line_id for (line_id,) in changed]
    return set(tx.exec(select(Line.checkin_id).where(is_among(tx, Line.id, lines)))) if lines else set()
