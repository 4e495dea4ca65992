"""What there is to do by now: one question for each step of the engine. Most ticks find nothing, and cost no more than
that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, literal_column, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from storage.kinds import CheckInState, DeliveryState
from storage.sql import is_now
from storage.tables import CheckIn, Delivery, Digest, Instant, Person, Slot, Team

_NOW: ColumnElement[datetime] = bindparam("now", type_=Instant())


def _any(*which: ColumnElement[bool], first: Sequence[Any]) -> ColumnElement[bool]:
    """Whether there is one. `first` are the columns of the index to look into: asked for the first of them, no database
    thinks of reading the whole table, whatever it believes to be in it."""
    found: Any = select_columns(literal_column("1")).where(*which).order_by(*first).limit(1)
    test: ColumnElement[bool] = found.scalar_subquery().is_not(None)
    return test


def _reached(moment: Any) -> ColumnElement[bool]:
    """One whose moment, the leading column of an index, has come."""
    return _any(col(moment) <= _NOW, first=[moment])


def _anything_waits() -> ColumnElement[bool]:
    """Whether a delivery is due. Their index is sorted by workspace: the first of each workspace in it is looked at,
    and not all that waits for later."""

    def first(*which: ColumnElement[bool]) -> Any:
        waits = is_now(Delivery.state, DeliveryState.DUE)
        found = select_columns(col(Delivery.workspace_id)).where(waits, *which)
        return found.order_by(col(Delivery.workspace_id), col(Delivery.due_at)).limit(1).scalar_subquery()

    queued = select_columns(first().label("id")).cte("queued", recursive=True)
    queued = queued.union_all(
        select_columns(first(col(Delivery.workspace_id) > queued.c.id)).where(queued.c.id.is_not(None))
    )
    due = first(col(Delivery.workspace_id) == queued.c.id, col(Delivery.due_at) <= _NOW)
    found: Any = select_columns(literal_column("1")).select_from(queued).where(due.is_not(None)).limit(1)
    test: ColumnElement[bool] = found.scalar_subquery().is_not(None)
    return test


# Made once: to build a statement takes twenty times as long as to answer it. Each may say yes where a closer look finds
# nothing, as for a team whose company is paused; none may say no where there is something.
_PLAN = {
    "questions": _reached(Slot.next_due),
    "reminders": _any(
        is_now(CheckIn.state, CheckInState.ASKED), col(CheckIn.remind_at) <= _NOW, first=[CheckIn.remind_at]
    ),
    "welcomes": _any(
        col(Person.introduced_at).is_(None), col(Person.slot_id).is_not(None), first=[Person.zone, Person.id]
    ),
    "digests": _reached(Team.digest_due),
    "recounts": or_(
        _any(col(Digest.frozen_at).is_(None), col(Digest.freezes_at) <= _NOW, first=[Digest.freezes_at]),
        _reached(Digest.touched_at),
    ),
    "over": _any(
        is_now(Delivery.state, DeliveryState.DUE),
        col(Delivery.expires_at) <= _NOW,
        first=[Delivery.expires_at],
    ),
}
_SEND = {
    "unknown": _any(
        is_now(Delivery.state, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN),
        col(Delivery.check_at) <= _NOW,
        first=[Delivery.check_at],
    ),
    "waiting": _anything_waits(),
}
_SHOW = {"changed": _reached(Delivery.edit_at)}


def _question(about: dict[str, ColumnElement[bool]]) -> Any:
    return select_columns(*(test.label(name) for name, test in about.items()))


_QUESTIONS = {"plan": _question(_PLAN), "send": _question(_SEND), "show": _question(_SHOW)}


def due(tx: Session, step: str, now: datetime) -> frozenset[str]:
    """What a step of a tick may find something of: `plan` any of over, questions, reminders, welcomes, digests and
    recounts; `send` unknown and waiting; `show` changed."""
    row = tx.connection().execute(_QUESTIONS[step], {"now": now}).one()
    return frozenset(name for name, there in row._mapping.items() if there)
