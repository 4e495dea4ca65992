"""How much may be sent to a workspace now: one pace, however many processes send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, func, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.kinds import DeliveryState
from storage.sql import is_among, is_now, rows_as_table
from storage.tables import Company, Delivery, Instant, Workspace

SLOWER, SLOWEST = 0.7, 0.02  # what is left of the rate when the platform asks to wait, and what always is
FULL_AFTER = timedelta(minutes=20)  # from nothing to the full rate again
ONE_ASKING = timedelta(seconds=2)  # within which what was on its way comes back refused
ONE_MOMENT = timedelta(milliseconds=100)
WORKSPACES = 200  # looked at in one claim
IN_FLIGHT = 4_000  # at most, from one process to one workspace


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second in the long run, and at once after a rest."""

    per_second: float
    burst: int

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=1 / self.per_second)


@dataclass(frozen=True, slots=True)
class Allowance:
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


def slowed(row: Workspace, now: datetime) -> float:
    """The part of the rate that is ours now. What the platform takes is known from its asking us to wait only: each
    time a good part is given up, and it is taken back little by little."""
    if row.slowed_at is None:
        return 1.0
    return min(1.0, row.slowed_to + max(timedelta(0), now - row.slowed_at) / FULL_AFTER)


def rooms(
    tx: Session, now: datetime, rates: Mapping[str, Rate], most: int, in_flight: Mapping[int, int]
) -> Sequence[Allowance]:
    """Workspaces that something waits for and that may be written to now, the longest rested first.

    They stay locked until the transaction ends: whoever else claims takes other ones. `rates` is by platform;
    `in_the_air`, what this process waits for, by workspace: one that does not answer keeps no other waiting.
    """
    found = _waiting(now).where(or_(col(Workspace.paused_until).is_(None), col(Workspace.paused_until) <= now))
    found = found.order_by(col(Workspace.paced_until).asc().nulls_first(), col(Workspace.id)).limit(WORKSPACES)
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(of=Workspace, skip_locked=True, key_share=True)
    given = []
    for row in tx.exec(found).all():
        rate = _rate(row, now, rates)
        messages = most if rate is None else room(row.paced_until, now, rate, most)
        messages = min(messages, IN_FLIGHT - in_flight.get(row.id, 0))
        if messages > 0:
            given.append(Allowance(row.id, messages, row.paced_until, rate))
    return given


def spend(tx: Session, taken: Mapping[int, int], given: Sequence[Allowance], now: datetime) -> None:
    """Pays for messages that are about to be sent, by workspace."""
    paid = [
        (one.workspace_id, max(one.paced_until or now, now) + taken[one.workspace_id] * one.rate.interval)
        for one in given
        if one.rate is not None and taken.get(one.workspace_id)
    ]
    if paid:
        each = rows_as_table(tx, "paid", paid, id=BigInteger(), until=Instant())
        tx.execute(
            update(Workspace).where(col(Workspace.id) == each.c.id).values(paced_until=each.c.until),
            execution_options={"synchronize_session": False},
        )


def pause(tx: Session, workspace_id: int, until: datetime, now: datetime, rates: Mapping[str, Rate]) -> None:
    """The platform asked to be left alone: nothing goes to that workspace before, then one message, and less after.

    Several answers that cross one pause, or were on their way when it began, are one asking. `rates` is by platform.
    """
    row = tx.exec(
        select(Workspace)
        .where(Workspace.id == workspace_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    is_crossed = row.paused_until is not None and row.paused_until > now
    if not is_crossed and (row.slowed_at is None or now - row.slowed_at >= ONE_ASKING):
        row.slowed_to, row.slowed_at = max(SLOWEST, SLOWER * slowed(row, now)), now
    row.paused_until = max(row.paused_until or until, until)
    rate = _rate(row, now, rates)
    if rate is not None:  # the debt is kept as time: at a slower pace the same time would be fewer messages
        empty = row.paused_until + (rate.burst - 1.5) * rate.interval  # room for one, however rounded
        row.paced_until = max(row.paced_until or empty, empty)
    tx.flush()


def edit_rooms(
    tx: Session,
    now: datetime,
    rates: Mapping[str, Rate],
    edit_rates: Mapping[str, Rate],
    waiting: Mapping[int, int],
    most: int,
) -> tuple[dict[int, int], datetime | None]:
    """How many edits may go now to each of these workspaces, of so many that wait there, `most` altogether: paid for
    already, from the bucket of edits where the platform has one for them, else from that of messages. And when one may
    go where none may now.

    The workspaces stay locked until the transaction ends.
    """
    found = (
        select(Workspace)
        .where(is_among(tx, Workspace.id, waiting.keys()))
        .order_by(col(Workspace.edits_paced_until).asc().nulls_first(), col(Workspace.id))
    )
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(skip_locked=True, key_share=True)
    given: dict[int, int] = {}
    held: list[datetime] = []
    for row in tx.exec(found):
        if row.paused_until is not None and row.paused_until > now:
            held.append(row.paused_until)
            continue
        wanted = min(waiting[row.id], most)
        own = edit_rates.get(row.key.partition(":")[0])
        rate = own or _rate(row, now, rates)
        if rate is not None:
            until = row.edits_paced_until if own else row.paced_until
            wanted = room(until, now, rate, wanted)
            if not wanted:
                held.append(free_at(until, now, rate))
                continue
            paid = max(until or now, now) + wanted * rate.interval
            if own:
                row.edits_paced_until = paid
            else:
                row.paced_until = paid
        given[row.id] = wanted
        most -= wanted
        if not most:
            break
    tx.flush()
    return given, min(held, default=None)


def pause_edits(
    tx: Session,
    workspace_id: int,
    until: datetime,
    now: datetime,
    rates: Mapping[str, Rate],
    edit_rates: Mapping[str, Rate],
) -> None:
    """The platform asked to wait with edits: none goes to that workspace before, then one."""
    row = tx.exec(select(Workspace).where(Workspace.id == workspace_id).with_for_update(key_share=True)).one()
    own = edit_rates.get(row.key.partition(":")[0])
    if own is None:
        pause(tx, workspace_id, until, now, rates)
        return
    empty = until + (own.burst - 1.5) * own.interval
    row.edits_paced_until = max(row.edits_paced_until or empty, empty)
    tx.flush()


def next_free(tx: Session, now: datetime, rates: Mapping[str, Rate]) -> datetime | None:
    """When something that is due already may go, where the pace or a pause holds it back; in a moment, where it may go
    now and was not claimed: somebody else was just at that workspace."""
    moments = []
    for row in tx.exec(_waiting(now)).all():
        rate = _rate(row, now, rates)
        at = now if rate is None else free_at(row.paced_until, now, rate)
        at = max(at, row.paused_until or at)
        moments.append(at if at > now else now + ONE_MOMENT)
    return min(moments, default=None)


def backlog(
    tx: Session, company_id: int, now: datetime, rates: Mapping[str, Rate]
) -> Sequence[tuple[Workspace, int, Rate | None, timedelta]]:
    """What waits in each workspace of a company: how many, at which pace, and how long they take."""
    rows = tx.exec(
        select(Workspace, func.count(col(Delivery.id)))
        .join(Delivery, col(Delivery.workspace_id) == Workspace.id)
        .where(
            Workspace.company_id == company_id,
            is_now(Delivery.state, DeliveryState.DUE),
            Delivery.due_at <= now,
        )
        .group_by(col(Workspace.id))
    ).all()
    found = []
    for row, number in rows:
        rate = _rate(row, now, rates)
        pause = max(timedelta(0), (row.paused_until or now) - now)
        found.append((row, number, rate, pause + (takes(number, rate) if rate else timedelta(0))))
    return found


def takes(messages: int, rate: Rate) -> timedelta:
    """How long a round is: what goes beyond the burst has to wait its turn."""
    return max(0, messages - rate.burst) * rate.interval


def _rate(row: Workspace, now: datetime, rates: Mapping[str, Rate]) -> Rate | None:
    rate = rates.get(row.key.partition(":")[0])
    return Rate(rate.per_second * slowed(row, now), rate.burst) if rate is not None else None


def may_go(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is due, may still be said now, and is not under a message that has to be sent first. Whoever wakes the
    sender, and whatever was or was not looked at before: what is over, or would come in quiet hours, cannot be
    claimed."""
    above = aliased(Delivery)
    # The state itself, not whether there is one that is sent: PostgreSQL would gather all that were ever sent.
    above_it = select(above.state).where(above.id == Delivery.under_id).scalar_subquery()
    return (
        is_now(Delivery.state, DeliveryState.DUE),
        col(Delivery.due_at) <= now,
        col(Delivery.expires_at).is_(None) | (col(Delivery.expires_at) > now),
        col(Delivery.under_id).is_(None) | (above_it == DeliveryState.SENT),
    )


def _waiting(now: datetime) -> SelectOfScalar[Workspace]:
    """Workspaces that we are in, of companies that are not paused, with something due."""
    due = (  # the first of them, and not whether there is any: so none but their index is looked into
        select(Delivery.id)
        .where(col(Delivery.workspace_id) == Workspace.id, *may_go(now))
        .order_by(col(Delivery.due_at), col(Delivery.id))
        .limit(1)
        .correlate(Workspace)
        .scalar_subquery()
    )
    return (
        select(Workspace)
        .join(Company, col(Company.id) == Workspace.company_id)
        .where(col(Company.paused_at).is_(None), col(Workspace.removed_at).is_(None), due.is_not(None))
    )
