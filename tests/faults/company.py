"""People who are due to be asked, by the thousand, and what became of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert
from sqlmodel import Session, func, select

from storage.tables import Account, Company, Delivery, Person, Slot, Workspace

SINCE = timedelta(seconds=1)  # for so long they have been due


def noon_zone(now: datetime) -> str:
    """A zone in which it is about noon: nothing there is quiet or over."""
    offset = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT"


def create_company(tx: Session, workspaces: int = 1) -> None:
    """A company with so many workspaces."""
    tx.add(Company(name="Acme", created_at=datetime.now(UTC)))
    tx.flush()
    tx.add_all(Workspace(company_id=1, key=f"wire:w{number}", name="w") for number in range(1, workspaces + 1))
    tx.flush()


def due(tx: Session, people: int, now: datetime, *, slots: int = 1, workspaces: int = 1) -> None:
    """So many people more who are to be asked now. The slots differ in their minute only."""
    zone = noon_zone(now)
    taken = tx.exec(select(func.count()).select_from(Slot)).one()
    known = tx.exec(select(func.count()).select_from(Person)).one()
    for number in range(slots):
        tx.add(
            Slot(
                zone=zone,
                days=127,
                minute=taken + number,
                working=31,
                next_day=now.date(),
                next_due=now - SINCE,
            )
        )
    tx.flush()
    persons = [
        {
            "company_id": 1,
            "name": f"p{known + number}",
            "email": "",
            "zone": zone,
            "own_zone": False,
            "admin": False,
            "reminder": 0,
            "slot_id": taken + 1 + number % slots,
            "asked_from": date(2020, 1, 1),
            "introduced_at": now,
            "created_at": now,
        }
        for number in range(people)
    ]
    tx.execute(insert(Person), persons)
    accounts = [
        {
            "company_id": 1,
            "workspace_id": 1 + number % workspaces,
            "person_id": known + number + 1,
            "who": f"wire:w{1 + number % workspaces}:{known + number}",
            "address": f"wire:w{1 + number % workspaces}:{known + number}",
            "name": "p",
            "preferred": True,
            "unreachable": "",
        }
        for number in range(people)
    ]
    tx.execute(insert(Account), accounts)


def states(tx: Session) -> Counter[str]:
    """How many deliveries are in which state."""
    return Counter(dict(tx.exec(select(Delivery.state, func.count()).group_by(Delivery.state)).all()))
