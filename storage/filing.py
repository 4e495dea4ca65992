"""How well the tagger filed what people wrote: counted from its guesses and from what people said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.checkins import LATER
from storage.database import is_among
from storage.tables import Guess, Line, Tag


@dataclass(frozen=True, slots=True)
class Filing:
    """How a company's lines of some days were filed.

    Of the `lines` the tagger filed, it asked about `asked`, and of those `answered`, where it had thought right
    `agreed` times and expected to `expected` times; `moved` it had not asked about and people put elsewhere.
    `writers` and `tappers` are how many people wrote and answered.
    """

    lines: int = 0
    asked: int = 0
    answered: int = 0
    agreed: int = 0
    expected: float = 0.0
    moved: int = 0
    writers: int = 0
    tappers: int = 0


def filings(
    tx: Session, companies: Collection[int], starts: Sequence[date], last: date
) -> dict[tuple[int, int], Filing]:
    """By company and by the place in `starts` of the day its lines count from, up to the day before the next one.

    `starts` are the first days, newest first; `last` is the last day of the newest. What has no lines is left out, and
    so are lines that were asked about for a goal added later.
    """
    both_none = col(Tag.goal_id).is_(None) & col(Guess.goal_id).is_(None)
    agrees = case(((col(Tag.goal_id) == col(Guess.goal_id)) | both_none, 2), else_=1)
    # One look at the tags of a line says all: nothing where nobody said, 1 where they said otherwise, 2 where not.
    said = (
        select(func.max(agrees))
        .where(Tag.line_id == Line.id, Tag.source == "person")
        .correlate(Line, Guess)
        .scalar_subquery()
    )
    later = aliased(Guess)
    again = select(later.id).where(later.line_id == Line.id, col(later.rank) >= LATER).exists()
    line = (
        select_columns(
            col(Line.company_id).label("company"),
            col(Line.person_id).label("person"),
            case(*((col(Line.day) >= start, place) for place, start in enumerate(starts))).label("place"),
            col(Line.asked).label("asked"),
            col(Guess.confidence).label("confidence"),
            func.coalesce(said, 0).label("said"),
        )
        .join(Guess, (col(Guess.line_id) == Line.id) & (col(Guess.rank) == 0))
        .where(
            is_among(tx, Line.company_id, companies),
            col(Line.day) >= starts[-1],
            col(Line.day) <= last,
            ~again,
        )
        .cte("line_filed")
        .prefix_with("MATERIALIZED")  # or SQLite looks the tags up anew for each number
    ).c

    def number(condition: ColumnElement[bool]) -> Any:
        return func.sum(case((condition, 1), else_=0))

    asked = line.asked.is_(True)
    answered = asked & (line.said > 0)
    counted = select_columns(
        line.company,
        line.place,
        func.count(),
        number(asked),
        number(answered),
        number(answered & (line.said == 2)),
        func.sum(case((answered, line.confidence), else_=0.0)),
        number(~asked & (line.said == 1)),
        func.count(func.distinct(line.person)),
        func.count(func.distinct(case((answered, line.person)))),
    ).group_by(line.company, line.place)
    return {(company, place): Filing(*rest) for company, place, *rest in tx.execute(counted)}
