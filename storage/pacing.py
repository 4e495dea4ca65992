"""How much may be sent to a workspace now: one pace, however many processes send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, update
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.tables import Company, Delivery, Workspace


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second in the long run, and at once after a rest."""

    per_second: float
    burst: int

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=1 / self.per_second)


@dataclass(frozen=True, slots=True)
class Room:
    """What one workspace may be sent now; a rate of None is no limit."""

    workspace_id: int
    messages: int
    paced_until: datetime | None
    rate: Rate | None


def room(paced_until: datetime | None, now: datetime, rate: Rate, most: int) -> int:
    """How many messages may go now, up to `most`, by the generic cell rate algorithm.

    `paced_until` is when everything sent so far is paid for at the rate; a full burst may be owed at any moment.
    """
    owed = max(timedelta(0), (paced_until or now) - now)
    return max(0, min(most, int((rate.burst * rate.interval - owed) / rate.interval + 1e-9)))


def free_at(paced_until: datetime | None, now: datetime, rate: Rate) -> datetime:
    """When the next message may go."""
    return max(now, (paced_until or now) - (rate.burst - 1) * rate.interval)


def rooms(tx: Session, now: datetime, rates: Mapping[str, Rate], most: int) -> Sequence[Room]:
    """Workspaces that something waits for and that may be written to now, the longest rested first.

    They stay locked until the transaction ends: whoever else claims takes other ones. `rates` is by platform.
    """
    found = _waiting(now).where(
        or_(col(Workspace.paused_until).is_(None), col(Workspace.paused_until) <= now)
    )
    found = found.order_by(col(Workspace.paced_until).asc().nulls_first(), col(Workspace.id)).limit(100)
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(of=Workspace, skip_locked=True)
    given = []
    for row in tx.exec(found).all():
        rate = rates.get(row.key.partition(":")[0])
        messages = most if rate is None else room(row.paced_until, now, rate, most)
        if messages:
            given.append(Room(row.id, messages, row.paced_until, rate))
    return given


def spend(tx: Session, taken: Mapping[int, int], given: Sequence[Room], now: datetime) -> None:
    """Pays for messages that are about to be sent, by workspace."""
    for one in given:
        if one.rate is not None and taken.get(one.workspace_id):
            paid = max(one.paced_until or now, now) + taken[one.workspace_id] * one.rate.interval
            tx.execute(
                update(Workspace).where(col(Workspace.id) == one.workspace_id).values(paced_until=paid)
            )


def pause(tx: Session, delivery_id: int, until: datetime) -> None:
    """The platform asked to be left alone: nothing goes to that workspace before."""
    where = select(Delivery.workspace_id).where(Delivery.id == delivery_id).scalar_subquery()
    tx.execute(
        update(Workspace)
        .where(
            col(Workspace.id) == where,
            or_(col(Workspace.paused_until).is_(None), col(Workspace.paused_until) < until),
        )
        .values(paused_until=until)
    )


def next_free(tx: Session, now: datetime, rates: Mapping[str, Rate]) -> datetime | None:
    """When something that is due already may go, where only the pace or a pause holds it back."""
    moments = []
    for row in tx.exec(_waiting(now)).all():
        rate = rates.get(row.key.partition(":")[0])
        at = now if rate is None else free_at(row.paced_until, now, rate)
        moments.append(max(at, row.paused_until or at))
    return min((moment for moment in moments if moment > now), default=None)


def _waiting(now: datetime) -> SelectOfScalar[Workspace]:
    """Workspaces of companies that are not paused with something due."""
    due = exists().where(
        col(Delivery.workspace_id) == Workspace.id, col(Delivery.state) == "due", col(Delivery.due_at) <= now
    )
    return (
        select(Workspace)
        .join(Company, col(Company.id) == Workspace.company_id)
        .where(col(Company.paused_at).is_(None), due)
    )
