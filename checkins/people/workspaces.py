"""Workspaces: how Instep is removed from one, whom that is told, and how it comes back."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from checkins.people import members
from checkins.schedule import calendar
from storage import accounts, uninstalls
from storage import people as stored_people
from storage.kinds import DeliveryKind
from storage.outbox import deliveries, keys, plan
from storage.tables import Delivery


def installed(tx: Session, key: str, name: str, now: datetime) -> bool:
    """A company for a workspace that is new, and everything goes on in one that had been removed. True when it is
    new."""
    known = stored_people.workspace(tx, key)
    if known is None:
        members.create_company(tx, name, key, name, now)
        return True
    if uninstalls.restore(tx, key):
        accounts.prefer_in(tx, known.id)
    return False


def removed(tx: Session, key: str, now: datetime) -> bool:
    """Nothing is sent there any more; who has another account is written to there. One admin is told, where the company
    can reach one in another chat, and when it is day there. False when it was removed before: however often it is
    heard, it is told once."""
    row = uninstalls.remove(tx, key, now)
    if row is None:
        return False
    accounts.prefer_in(tx, row.id)
    found = uninstalls.admin_elsewhere(tx, row.company_id)
    if found is not None:
        account, admin = found
        opening = calendar.working_hours(now, admin.zone, plan.working_days(tx, admin))
        told = Delivery(
            company_id=row.company_id,
            workspace_id=account.workspace_id,
            dedup_key=keys.removed(row.id, now),
            kind=DeliveryKind.REMOVED,
            to=account.address,
            person_id=admin.id,
            due_at=opening.opens,
            expires_at=opening.closes,
            created_at=now,
        )
        deliveries.queue(tx, told)
    return True
