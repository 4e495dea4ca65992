"""Who changed what: the acts of a company, and what each of them changed, field by field."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from storage.tables import Audit, Change, Goal


def last_act(tx: Session, company_id: int, actor_id: int, since: datetime) -> Audit | None:
    """The newest act of this person on goals that can still be undone."""
    return tx.exec(
        select(Audit)
        .where(
            Audit.company_id == company_id,
            Audit.actor_id == actor_id,
            Audit.at >= since,
            col(Audit.goal_id).is_not(None),
            col(Audit.undone_at).is_(None),
        )
        .order_by(col(Audit.id).desc())
        .limit(1)
    ).first()


def changes(tx: Session, audit_id: int) -> Sequence[Change]:
    """What one act changed, in the order it did."""
    return tx.exec(select(Change).where(Change.audit_id == audit_id).order_by(col(Change.id))).all()


def numbers_typed(tx: Session, goals: Collection[int]) -> dict[int, list[tuple[datetime, str | None, str | None]]]:
    """By key result: when its number was typed, what it was before and after; oldest first, undone ones left out."""
    rows = tx.exec(
        select(Change, Audit.at)
        .join(Audit, col(Audit.id) == Change.audit_id)
        .where(
            col(Change.goal_id).in_(goals),
            col(Change.field).startswith("key result "),
            col(Audit.undone_at).is_(None),
        )
        .order_by(col(Change.id))
    ).all()
    found: dict[int, list[tuple[datetime, str | None, str | None]]] = {}
    for change, at in rows:
        found.setdefault(int(change.field.rpartition(" ")[2]), []).append((at, change.before, change.after))
    return found


def history(tx: Session, goal_id: int, most: int) -> Sequence[Audit]:
    """The newest acts on a goal, newest first."""
    return tx.exec(select(Audit).where(Audit.goal_id == goal_id).order_by(col(Audit.id).desc()).limit(most)).all()


def newest(tx: Session, company_id: int, most: int) -> Sequence[Audit]:
    """The newest acts in a company, newest first."""
    return tx.exec(select(Audit).where(Audit.company_id == company_id).order_by(col(Audit.id).desc()).limit(most)).all()


def newest_act(tx: Session, company_id: int) -> int:
    """The id of the newest act on a goal: it moves whenever goals do."""
    return tx.exec(
        select(func.coalesce(func.max(Audit.id), 0)).where(
            Audit.company_id == company_id, col(Audit.goal_id).is_not(None)
        )
    ).one()


def imported_as(tx: Session, company_id: int) -> dict[str, int]:
    """Goal ids by the names that goals had in the sets they were imported from."""
    rows = tx.exec(
        select(Change.after, Change.goal_id)
        .join(Goal, col(Goal.id) == Change.goal_id)
        .where(Goal.company_id == company_id, Change.field == "imported as")
        .order_by(col(Change.id))
    )
    return {name: goal_id for name, goal_id in rows if name is not None}
