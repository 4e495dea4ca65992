"""The inbox: events that had their effect, and those whose effect is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from storage.sql import insert_new
from storage.tables import Inbox


def once(tx: Session, key: str, now: datetime) -> bool:
    """Notes an event with the transaction of its effect; False when its effect is there already."""
    noted = insert_new(tx, Inbox).values(key=key, at=now, body="")
    unfinished = noted.on_conflict_do_update(index_elements=["key"], set_={"body": ""}, where=col(Inbox.body) != "")
    return tx.execute(unfinished.returning(col(Inbox.key))).first() is not None


def keep(tx: Session, key: str, body: str, now: datetime) -> None:
    """Notes an event whose effect is still to come; one that has its effect already stays as it is."""
    tx.execute(insert_new(tx, Inbox).values(key=key, at=now, body=body).on_conflict_do_nothing())


def finish(tx: Session, key: str) -> None:
    """Nothing more is to come of an event."""
    tx.execute(update(Inbox).where(col(Inbox.key) == key).values(body=""))


def unfinished(tx: Session, before: datetime) -> Sequence[str]:
    """The bodies of events that were kept before a moment and whose effect never came, oldest first."""
    return tx.exec(
        select(Inbox.body).where(Inbox.body != "", Inbox.at < before).order_by(col(Inbox.at)).limit(1_000)
    ).all()


def forget(tx: Session, before: datetime) -> None:
    """Lets go of events that no platform sends again any more."""
    tx.execute(delete(Inbox).where(col(Inbox.at) < before))
