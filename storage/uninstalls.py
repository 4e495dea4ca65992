"""Workspaces that Instep was removed from: nothing is sent there until it is installed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.sql import changed
from storage.tables import Account, Person, Workspace


def remove(tx: Session, key: str, now: datetime) -> Workspace | None:
    """From now on nothing goes to a workspace; None when it was removed before, or nobody knows it."""
    statement = update(Workspace).where(col(Workspace.key) == key, col(Workspace.removed_at).is_(None))
    if not changed(tx, statement.values(removed_at=now)):
        return None
    return tx.exec(select(Workspace).where(Workspace.key == key).execution_options(populate_existing=True)).one()


def restore(tx: Session, key: str) -> bool:
    """Installed again: what waits may go, and who could not be reached meanwhile may be again. False when it was
    not removed."""
    statement = update(Workspace).where(col(Workspace.key) == key, col(Workspace.removed_at).is_not(None))
    if not changed(tx, statement.values(removed_at=None)):
        return False
    there = select(Workspace.id).where(Workspace.key == key)
    tx.execute(update(Account).where(col(Account.workspace_id).in_(there)).values(unreachable=""))
    return True


def by_id(tx: Session, workspace_id: int) -> Workspace | None:
    """A workspace that was removed and is not back."""
    found = select(Workspace).where(Workspace.id == workspace_id, col(Workspace.removed_at).is_not(None))
    return tx.exec(found).first()


def removed(tx: Session, company_id: int | None = None) -> Sequence[Workspace]:
    """Those of a company, or of all, the newest removal first."""
    found = select(Workspace).where(col(Workspace.removed_at).is_not(None))
    if company_id is not None:
        found = found.where(Workspace.company_id == company_id)
    return tx.exec(found.order_by(col(Workspace.removed_at).desc())).all()


def admin_elsewhere(tx: Session, company_id: int) -> tuple[Account, Person] | None:
    """The admin known longest who can be written to in a workspace that is still ours, and where."""
    row = tx.exec(
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .where(
            Person.company_id == company_id,
            col(Person.admin).is_(True),
            col(Person.left_at).is_(None),
            col(Person.stopped_at).is_(None),
            Account.unreachable == "",
            col(Account.outsider).is_(False),
            col(Workspace.removed_at).is_(None),
        )
        .order_by(col(Person.id), col(Account.preferred).desc(), col(Account.id))
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None
