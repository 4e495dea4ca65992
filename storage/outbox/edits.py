"""What stands somewhere and should show something newer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, null, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from storage.kinds import DeliveryState
from storage.sql import changed, is_among, is_now, rows_as_table
from storage.tables import CheckIn, Delivery, Digest, Instant, Membership

LIVES = timedelta(days=7)  # a message that nobody can answer or change any more need not show the newest
LEFT_OUT = "A newer version of it could not be shown in time."


def refresh(tx: Session, now: datetime, *, checkin_id: int | None = None, digest_id: int | None = None) -> None:
    """Asks for what was sent about a check-in or a digest to be shown anew, while that matters."""
    found = update(Delivery).where(is_now(Delivery.state, DeliveryState.SENT))
    if checkin_id is not None:
        found = found.where(col(Delivery.checkin_id) == checkin_id)
    if digest_id is not None:
        found = found.where(col(Delivery.digest_id) == digest_id)
    tx.execute(found.values(edit_at=now, edit_until=_until(now)))


def _until(now: datetime) -> Any:
    """What is to be edited however late stays so."""
    for_good = col(Delivery.edit_at).is_not(None) & col(Delivery.edit_until).is_(None)
    return case((for_good, null()), else_=literal(now + LIVES, type_=Instant()))


def refresh_person(tx: Session, person_id: int, now: datetime) -> None:
    """Asks for everything that may still show a person's words to be shown anew, however late that will be."""
    theirs = col(Delivery.checkin_id).in_(select(CheckIn.id).where(CheckIn.person_id == person_id))
    digests = col(Delivery.digest_id).in_(
        select(Digest.id)
        .join(Membership, col(Membership.team_id) == Digest.team_id)
        .where(Membership.person_id == person_id)
    )
    tx.execute(
        update(Delivery)
        .where(is_now(Delivery.state, DeliveryState.SENT), theirs | digests)
        .values(edit_at=now, edit_until=None)
    )


def step_back(tx: Session, again: Collection[int], now: datetime) -> None:
    """Asks for older questions of the same check-ins to be shown anew, now that one was put again."""
    if not again:
        return
    about = select(Delivery.checkin_id).where(is_among(tx, Delivery.id, again))
    tx.execute(
        update(Delivery)
        .where(
            col(Delivery.checkin_id).in_(about),
            ~is_among(tx, Delivery.id, again),
            is_now(Delivery.state, DeliveryState.SENT),
        )
        .values(edit_at=now, edit_until=_until(now)),
        execution_options={"synchronize_session": False},
    )


def give_up(tx: Session, now: datetime) -> int:
    """Leaves out the edits of what does not matter any more, and says so where it stands. How many."""
    over = (col(Delivery.edit_at).is_not(None), col(Delivery.edit_until) <= now)
    return changed(tx, update(Delivery).where(*over).values(edit_at=None, edit_until=None, reason=LEFT_OUT))


def waiting(tx: Session, now: datetime) -> dict[int, int]:
    """How many sent messages should show something newer, by workspace."""
    rows = tx.execute(
        select_columns(col(Delivery.workspace_id), func.count())
        .where(*_to_edit(now))
        .group_by(col(Delivery.workspace_id))
    )
    return {workspace_id: int(number) for workspace_id, number in rows}


def claim(tx: Session, rooms: Mapping[int, int], now: datetime, until: datetime) -> Sequence[Delivery]:
    """Sent messages that should show something newer, the oldest wishes first: of each workspace as many as there is
    room for. Nobody else is given them before `until`."""
    if not rooms:
        return []
    room = rows_as_table(tx, "room", [*rooms.items()], id=BigInteger(), most=BigInteger())
    rank = func.row_number().over(
        partition_by=col(Delivery.workspace_id), order_by=(col(Delivery.edit_at), col(Delivery.id))
    )
    ranked = (
        select_columns(col(Delivery.id), col(Delivery.workspace_id), rank.label("rank"))
        .where(*_to_edit(now))
        .subquery("ranked")
    )
    ids = (
        tx.execute(
            select_columns(ranked.c.id)
            .join(room, room.c.id == ranked.c.workspace_id)
            .where(ranked.c.rank <= room.c.most)
        )
        .scalars()
        .all()
    )
    rows = tx.exec(select(Delivery).where(is_among(tx, Delivery.id, ids)).order_by(col(Delivery.id))).all()
    tx.execute(
        update(Delivery).where(is_among(tx, Delivery.id, ids)).values(edit_at=until),
        execution_options={"synchronize_session": False},
    )
    return rows


def settle(tx: Session, until: datetime, edits: Mapping[int, datetime | None]) -> None:
    """Writes down what became of edits that were claimed until a moment: shown, or when to try again. A wish for a
    still newer version, made meanwhile, stays."""
    shown = [each for each, again_at in edits.items() if again_at is None]
    later = [(each, again_at) for each, again_at in edits.items() if again_at is not None]
    ours = col(Delivery.edit_at) == until
    if shown:
        tx.execute(update(Delivery).where(is_among(tx, Delivery.id, shown), ours).values(edit_at=None))
    if later:
        each = rows_as_table(tx, "later", later, id=BigInteger(), at=Instant())
        tx.execute(
            update(Delivery).where(col(Delivery.id) == each.c.id, ours).values(edit_at=each.c.at),
            execution_options={"synchronize_session": False},
        )


def _to_edit(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Delivery.edit_at) <= now, is_now(Delivery.state, DeliveryState.SENT)
