"""Goals, their owners, key results and initiatives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.tables import Goal, GoalNeed, GoalOwner, Initiative, KeyResult, Line, Tag


def goals(tx: Session, company_id: int, *, retired: bool = False) -> Sequence[Goal]:
    """A company's goals in the order they were added; with `retired` also those that are over."""
    found = select(Goal).where(Goal.company_id == company_id)
    if not retired:
        found = found.where(col(Goal.retired_at).is_(None))
    return tx.exec(found.order_by(col(Goal.id))).all()


def goal(tx: Session, company_id: int, handle: str) -> Goal | None:
    """A goal by its handle, retired or not."""
    return tx.exec(select(Goal).where(Goal.company_id == company_id, Goal.handle == handle.lower())).first()


def called(tx: Session, company_id: int, handles: Collection[str]) -> Sequence[Goal]:
    """The goals of a company that are not over and have one of these handles."""
    if not handles:
        return []
    return tx.exec(
        select(Goal).where(Goal.company_id == company_id, col(Goal.handle).in_(handles), col(Goal.retired_at).is_(None))
    ).all()


def goal_by_id(tx: Session, company_id: int, goal_id: int) -> Goal | None:
    """A goal of this company by its id."""
    return tx.exec(select(Goal).where(Goal.company_id == company_id, Goal.id == goal_id)).first()


def by_id(tx: Session, ids: Collection[int]) -> dict[int, Goal]:
    """Goals by id."""
    rows = tx.exec(select(Goal).where(col(Goal.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


def key_results(tx: Session, goals: Collection[int]) -> dict[int, list[KeyResult]]:
    """Key results by goal id."""
    found: dict[int, list[KeyResult]] = {}
    for row in tx.exec(select(KeyResult).where(col(KeyResult.goal_id).in_(goals)).order_by(col(KeyResult.id))):
        found.setdefault(row.goal_id, []).append(row)
    return found


def initiatives(tx: Session, goals: Collection[int]) -> dict[int, list[Initiative]]:
    """Initiatives by goal id."""
    found: dict[int, list[Initiative]] = {}
    for row in tx.exec(select(Initiative).where(col(Initiative.goal_id).in_(goals)).order_by(col(Initiative.id))):
        found.setdefault(row.goal_id, []).append(row)
    return found


def needs(tx: Session, goals: Collection[int]) -> dict[int, set[int]]:
    """Ids of the teams each goal needs, by goal id."""
    found: dict[int, set[int]] = {}
    for row in tx.exec(select(GoalNeed).where(col(GoalNeed.goal_id).in_(goals))):
        found.setdefault(row.goal_id, set()).add(row.team_id)
    return found


def owners(tx: Session, goals: Sequence[Goal]) -> dict[int, set[int]]:
    """Ids of the people who own each goal, by goal id."""
    found = {row.id: {row.owner_id} if row.owner_id else set() for row in goals}
    for more in tx.exec(select(GoalOwner).where(col(GoalOwner.goal_id).in_(list(found)))):
        found[more.goal_id].add(more.person_id)
    return found


def workers(tx: Session, goal_id: int) -> int:
    """How many people have a line filed under it."""
    return tx.exec(
        select(func.count(func.distinct(Line.person_id)))
        .select_from(Line)
        .join(Tag, col(Tag.line_id) == Line.id)
        .where(Tag.goal_id == goal_id)
    ).one()


def clear_needs(tx: Session, goal_id: int) -> None:
    """Forgets which teams a goal needs, before they are set anew."""
    for row in tx.exec(select(GoalNeed).where(GoalNeed.goal_id == goal_id)):
        tx.delete(row)
    tx.flush()


def tags_of(tx: Session, goal_id: int) -> Sequence[Tag]:
    """All tags that point at a goal."""
    return tx.exec(select(Tag).where(Tag.goal_id == goal_id)).all()


def begin_earlier(tx: Session, company_id: int, since: Mapping[int, datetime]) -> None:
    """Moves the beginnings of goals back to a moment, by goal id, when they are after it."""
    for row in goals(tx, company_id, retired=True):
        if row.id in since:
            row.created_at = min(row.created_at, since[row.id])
    tx.flush()


def further_owners(tx: Session, company_id: int) -> dict[int, set[int]]:
    """Ids of the people who own a goal beside `Goal.owner_id`, by goal id."""
    found: dict[int, set[int]] = {}
    for row in tx.exec(
        select(GoalOwner)
        .join(Goal, col(Goal.id) == GoalOwner.goal_id)
        .where(Goal.company_id == company_id)
        .order_by(col(GoalOwner.id))
    ):
        found.setdefault(row.goal_id, set()).add(row.person_id)
    return found


def drop_owners(tx: Session, goal_id: int, people: Collection[int]) -> None:
    """Takes a goal from some of its further owners."""
    for row in tx.exec(select(GoalOwner).where(GoalOwner.goal_id == goal_id, col(GoalOwner.person_id).in_(people))):
        tx.delete(row)
