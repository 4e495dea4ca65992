"""Codes that work once, and how often wrong ones were tried."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, or_, select

from storage.tables import Audit, Code

TRIED = "code"  # the act under which a wrong one is on record


def keep(tx: Session, code: Code, now: datetime) -> None:
    """A new code. It takes the place of the last one of that kind that the same person was given."""
    tx.execute(
        delete(Code).where(
            or_(
                (col(Code.person_id) == code.person_id) & (col(Code.kind) == code.kind),
                col(Code.expires_at) <= now,
            )
        )
    )
    tx.add(code)
    tx.flush()


def take(
    tx: Session, kind: str, digest: str, now: datetime, *, company_id: int | None = None
) -> tuple[int, int] | None:
    """Uses a code up: the company and the person it was given by. None when there is no such code, or not any more."""
    found = delete(Code).where(col(Code.kind) == kind, col(Code.digest) == digest, col(Code.expires_at) > now)
    if company_id is not None:
        found = found.where(col(Code.company_id) == company_id)
    row = tx.execute(found.returning(col(Code.company_id), col(Code.person_id))).first()
    return (row[0], row[1]) if row is not None else None


def tries(tx: Session, company_id: int, since: datetime, *, by: int | None = None) -> int:
    """How many wrong codes were tried in a company since a moment, by all or by one person."""
    found = select(func.count()).where(Audit.company_id == company_id, Audit.act == TRIED, col(Audit.at) >= since)
    return tx.exec(found if by is None else found.where(Audit.actor_id == by)).one()
