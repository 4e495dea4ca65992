"""The outbox: what is to be said unprompted, claimed under a lease, settled by what the platform answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    delete,
    func,
    true,
    union,
    union_all,
    update,
)
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from storage import accounts
from storage.kinds import CheckInState, DeliveryKind, DeliveryState
from storage.outbox import edits, keys, rate_limits
from storage.outbox.rate_limits import Allowance, Rate
from storage.sql import changed, insert_new, is_among, is_now, is_one_of, rows_as_table
from storage.tables import (
    Account,
    CheckIn,
    Delivery,
    Workspace,
)

OPEN = (DeliveryState.DUE, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN, DeliveryState.HELD)
FAILED = (DeliveryState.UNREACHABLE, DeliveryState.EXPIRED, DeliveryState.HELD)
ASKED_LATER = timedelta(days=10)  # a question after an outage, or a reminder, is about a day that was before it
QUESTIONS = (DeliveryKind.PROMPT, DeliveryKind.REMINDER, DeliveryKind.SNOOZE)
TOO_LATE = "It could not be sent in time."


class Claimed(NamedTuple):
    """A delivery that this sender, and nobody else, may send until its lease ends."""

    id: int
    workspace_id: int
    dedup_key: str
    kind: str
    to: str
    person_id: int | None
    checkin_id: int | None
    digest_id: int | None
    under_id: int | None
    subject: str
    state: str
    attempt: int
    reason: str
    expires_at: datetime | None


_CLAIMED = tuple(getattr(Delivery, name) for name in Claimed._fields)


class Outcome(NamedTuple):
    """What became of one attempt. `state` is due, sent, uncertain, unreachable, cancelled or held."""

    id: int
    attempt: int
    state: str
    reason: str = ""
    platform_id: str = ""
    again_at: datetime | None = None  # for due and uncertain: not before


def queue(tx: Session, delivery: Delivery) -> Delivery | None:
    """One more thing to say, unless it is there already; None then."""
    if tx.exec(select(Delivery.id).where(Delivery.dedup_key == delivery.dedup_key)).first() is not None:
        return None
    tx.add(delivery)
    tx.flush()
    return delivery


def queue_under(tx: Session, first_id: int, number: int, due: datetime, expires: datetime, now: datetime) -> None:
    """So many replies in the thread of a digest, from one moment until another; those that are there stay."""
    first = by_id(tx, [first_id])[first_id]
    rows = [
        {
            "company_id": first.company_id,
            "workspace_id": first.workspace_id,
            "meaning": keys.detail(first.dedup_key, at),
            "kind": DeliveryKind.DETAIL,
            "to": first.to,
            "digest_id": first.digest_id,
            "under_id": first.id,
            "due_at": due,
            "expires_at": expires,
            "created_at": now,
        }
        for at in range(number)
    ]
    if rows:
        tx.execute(insert_new(tx, Delivery).values(rows).on_conflict_do_nothing())


def expire(tx: Session, now: datetime, most: int) -> int:
    """Counts the questions that nobody should get any more, and closes their check-ins. How many; at most `most` at
    once."""
    late = (*_is_over(now), col(Delivery.kind).in_(QUESTIONS))
    ids = tx.exec(select(Delivery.id).where(*late).limit(most)).all()
    if ids:
        tx.execute(
            update(Delivery)
            .where(is_among(tx, Delivery.id, ids), is_now(Delivery.state, DeliveryState.DUE))
            .values(state=DeliveryState.EXPIRED, reason=TOO_LATE)
        )
        _close_checkins(tx, ids)
    return len(ids)


def over(tx: Session, now: datetime, most: int) -> Sequence[Delivery]:
    """What is no question, waits, and may not be said now: it may go later, or never. At most `most`; they are ours
    until the transaction ends."""
    found = select(Delivery).where(*_is_over(now), col(Delivery.kind).not_in(QUESTIONS)).limit(most)
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(skip_locked=True, key_share=True)
    return tx.exec(found).all()


def _is_over(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return is_now(Delivery.state, DeliveryState.DUE), col(Delivery.expires_at) <= now


def claim(
    tx: Session,
    owner: str,
    now: datetime,
    lease: timedelta,
    most: int,
    rates: Mapping[str, Rate],
    in_flight: Mapping[int, int],
) -> list[Claimed]:
    """Takes up to `most` due deliveries from the workspaces that may be written to now, and pays for them.

    The commit is the written intent. What belongs under another message waits until that one is sent. `rates` and
    `in_the_air` as in `rate_limits.rooms`.
    """
    given = rate_limits.rooms(tx, now, rates, most, in_flight)
    taken: list[Claimed] = []
    for part in _portions(tx, given, most):
        rows = tx.execute(
            update(Delivery)
            .where(
                is_one_of(tx, Delivery.id, _oldest_due(tx, part, now)),
                is_now(Delivery.state, DeliveryState.DUE),
            )
            .values(
                state=DeliveryState.CLAIMED,
                owner=owner,
                attempt=Delivery.attempt + 1,
                reason="",
                check_at=now + lease,
            )
            .returning(*_CLAIMED),
            execution_options={"synchronize_session": False},
        )
        taken += map(Claimed._make, rows)
        if len(taken) >= most:
            break
    rate_limits.spend(tx, Counter(row.workspace_id for row in taken), given, now)
    return taken


def _portions(tx: Session, given: Sequence[Allowance], most: int) -> Iterator[Sequence[Allowance]]:
    """All workspaces at once where the database can look into each of them in one statement; else one by one."""
    if tx.get_bind().dialect.name == "sqlite":
        for one in given:
            yield [one]
        return
    left = most
    part = []
    for one in given:
        if left > 0:
            part.append(Allowance(one.workspace_id, min(one.messages, left), one.paced_until, one.rate))
            left -= one.messages
    if part:
        yield part


def _oldest_due(tx: Session, rooms: Sequence[Allowance], now: datetime) -> Any:
    """One short index scan for each workspace: a window over everything due would grow with it."""
    waits = select(col(Delivery.id)).where(*rate_limits.may_go(now)).order_by(col(Delivery.due_at), col(Delivery.id))
    if len(rooms) == 1:
        return waits.where(Delivery.workspace_id == rooms[0].workspace_id).limit(rooms[0].messages)
    room = rows_as_table(
        tx,
        "room",
        [(one.workspace_id, one.messages) for one in rooms],
        workspace_id=BigInteger(),
        messages=Integer(),
    )
    each = (
        waits.where(Delivery.workspace_id == room.c.workspace_id)
        .limit(room.c.messages)
        .correlate(room)
        .lateral("oldest")
    )
    return select(each.c.id).select_from(room.join(each, true()))


def settle(tx: Session, owner: str, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Writes down what became of attempts, in a statement for each way it can end; an attempt that is no longer ours
    changes nothing. Where a question was put again, the older one is shown anew."""
    groups: dict[tuple[str, str, datetime | None], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.state, outcome.reason, outcome.again_at), []).append(outcome)
    for (state, reason, again_at), group in groups.items():
        ended = rows_as_table(
            tx,
            "ended",
            [(outcome.id, outcome.attempt, outcome.platform_id) for outcome in group],
            id=BigInteger(),
            attempt=Integer(),
            platform_id=Text(),
        )
        values: dict[str, Any] = {"state": state, "reason": reason, "owner": "", "check_at": None}
        if state == DeliveryState.SENT:
            values |= {"platform_id": ended.c.platform_id, "sent_at": now}
        elif state == DeliveryState.UNCERTAIN:
            values["check_at"] = again_at
        elif state == DeliveryState.DUE and again_at is not None:
            values["due_at"] = again_at
        settled = tx.execute(
            update(Delivery)
            .where(
                col(Delivery.id) == ended.c.id,
                col(Delivery.attempt) == ended.c.attempt,
                col(Delivery.owner) == owner,
                is_now(Delivery.state, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN),
            )
            .values(values)
            .returning(col(Delivery.id), col(Delivery.kind)),
            execution_options={"synchronize_session": False},
        ).all()
        ids = [row.id for row in settled]
        if state == DeliveryState.UNREACHABLE and ids:
            _close_accounts(tx, ids, reason)
            _close_checkins(tx, accounts.refused(tx, ids))
        if state == DeliveryState.CANCELLED and ids:
            _close_checkins(tx, ids)
        if state == DeliveryState.SENT:
            edits.step_back(
                tx,
                [row.id for row in settled if row.kind in (DeliveryKind.SNOOZE, DeliveryKind.REMINDER)],
                now,
            )


def _close_accounts(tx: Session, ids: Collection[int], reason: str) -> None:
    """Nobody is written to again where nobody can be reached, until they write themselves."""
    where = select(Delivery.to).where(is_among(tx, Delivery.id, ids))
    tx.execute(update(Account).where(col(Account.address).in_(where)).values(unreachable=reason))


def newest_of(tx: Session, checkin_ids: Collection[int]) -> dict[int, int]:
    """The id of the newest sent question of each check-in."""
    if not checkin_ids:
        return {}
    rows = tx.exec(
        select(Delivery.checkin_id, func.max(Delivery.id))
        .where(col(Delivery.checkin_id).in_(checkin_ids), is_now(Delivery.state, DeliveryState.SENT))
        .group_by(col(Delivery.checkin_id))
    ).all()
    return {checkin_id: newest for checkin_id, newest in rows if checkin_id is not None}


def _close_checkins(tx: Session, delivery_ids: Collection[int]) -> None:
    """A question that never arrived was not asked: its check-in does not count as unanswered."""
    prompts = select(Delivery.checkin_id).where(
        is_among(tx, Delivery.id, delivery_ids), Delivery.kind == DeliveryKind.PROMPT
    )
    tx.execute(
        update(CheckIn)
        .where(col(CheckIn.id).in_(prompts), is_now(CheckIn.state, CheckInState.ASKED))
        .values(state=CheckInState.EXPIRED),
        execution_options={"synchronize_session": False},
    )


def _is_open() -> ColumnElement[bool]:
    """The condition of their index word for word: SQLite does not see that one state is among two."""
    return is_now(Delivery.state, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN)


def lapse(tx: Session, now: datetime, settle_window: timedelta) -> int:
    """Claims whose lease is over become uncertain: whoever held them may have sent them, or be about to arrive. They
    are looked up after the settle window. How many."""
    return changed(
        tx,
        update(Delivery)
        .where(_is_open(), is_now(Delivery.state, DeliveryState.CLAIMED), col(Delivery.check_at) < now)
        .values(
            state=DeliveryState.UNCERTAIN,
            owner="",
            check_at=now + settle_window,
            reason="The sender stopped in the middle.",
        ),
    )


def uncertain(tx: Session, owner: str, now: datetime, lease: timedelta, most: int) -> list[Claimed]:
    """Takes uncertain deliveries that may be looked up now, under a lease like any other claim."""
    found = (
        select(Delivery.id)
        .where(_is_open(), is_now(Delivery.state, DeliveryState.UNCERTAIN), col(Delivery.check_at) <= now)
        .order_by(col(Delivery.check_at))
        .limit(most)
    )
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(skip_locked=True, key_share=True)
    ids = tx.exec(found).all()
    if not ids:
        return []
    rows = tx.execute(
        update(Delivery)
        .where(is_among(tx, Delivery.id, ids), is_now(Delivery.state, DeliveryState.UNCERTAIN))
        .values(owner=owner, check_at=now + lease)
        .returning(*_CLAIMED),
        execution_options={"synchronize_session": False},
    )
    return [Claimed._make(row) for row in rows]


def cancel(tx: Session, reason: str, *, checkin_id: int | None = None, person_id: int | None = None) -> int:
    """Takes back what is not sent yet about a check-in or to a person. How many."""
    found = update(Delivery).where(is_now(Delivery.state, DeliveryState.DUE, DeliveryState.HELD))
    if checkin_id is not None:
        found = found.where(col(Delivery.checkin_id) == checkin_id)
    if person_id is not None:
        found = found.where(col(Delivery.person_id) == person_id)
    return changed(tx, found.values(state=DeliveryState.CANCELLED, reason=reason))


def cancel_to_outsiders(tx: Session, people: Collection[int], reason: str) -> None:
    """Takes back what is not sent yet to people where they are outsiders; a question of it was not asked."""
    taken = tx.execute(
        update(Delivery)
        .where(
            is_now(Delivery.state, DeliveryState.DUE, DeliveryState.HELD),
            is_among(tx, Delivery.person_id, people),
            col(Delivery.to).in_(accounts.outsiders(tx, people)),
        )
        .values(state=DeliveryState.CANCELLED, reason=reason)
        .returning(col(Delivery.id)),
        execution_options={"synchronize_session": False},
    )
    _close_checkins(tx, [row.id for row in taken])


def retry(tx: Session, rows: Sequence[Delivery]) -> None:
    """Puts what failed back among what is due, from its `due_at` on. A question is open again, and its person is
    written to again; a digest has what was given up with it in its thread again."""
    for row in rows:
        row.state, row.reason = DeliveryState.DUE, "An admin asked to try again."
        if row.kind == DeliveryKind.DIGEST:
            given_up = is_now(Delivery.state, DeliveryState.EXPIRED, DeliveryState.CANCELLED)
            tx.execute(
                update(Delivery)
                .where(col(Delivery.under_id) == row.id, given_up)
                .values(state=DeliveryState.DUE, due_at=row.due_at, expires_at=row.expires_at, reason="")
            )
    tx.flush()
    questions = [row.checkin_id for row in rows if row.checkin_id is not None]
    tx.execute(
        update(CheckIn)
        .where(is_among(tx, CheckIn.id, questions), col(CheckIn.state) == CheckInState.EXPIRED)
        .values(state=CheckInState.ASKED)
    )
    addresses = [row.to for row in rows]
    tx.execute(update(Account).where(col(Account.address).in_(addresses)).values(unreachable=""))
    accounts.prefer(tx, {row.person_id for row in rows if row.person_id is not None})


def take_back(tx: Session, company_id: int, now: datetime, reason: str) -> int:
    """Cancels the questions of a company that are due and not sent; they were not asked then. How many."""
    waiting = update(Delivery).where(
        _waits_for(company_id),
        col(Delivery.due_at) <= now,
        col(Delivery.kind).in_(QUESTIONS),
    )
    ids = (
        tx.execute(waiting.values(state=DeliveryState.CANCELLED, reason=reason).returning(col(Delivery.id)))
        .scalars()
        .all()
    )
    _close_checkins(tx, ids)
    return len(ids)


def of_checkin(tx: Session, checkin_id: int) -> Sequence[Delivery]:
    """What was or will be said about a check-in, oldest first."""
    return tx.exec(select(Delivery).where(Delivery.checkin_id == checkin_id).order_by(col(Delivery.id))).all()


def by_id(tx: Session, ids: Collection[int]) -> dict[int, Delivery]:
    """Deliveries by id."""
    rows = tx.exec(select(Delivery).where(col(Delivery.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


def waiting(tx: Session, now: datetime) -> tuple[int, datetime | None]:
    """How many deliveries are due and not sent, and since when the oldest is."""
    number, oldest = tx.exec(
        select(func.count(), func.min(Delivery.due_at)).where(
            is_now(Delivery.state, DeliveryState.DUE), Delivery.due_at <= now
        )
    ).one()
    return number, oldest


def next_due(tx: Session, after: datetime) -> datetime | None:
    """When the next thing that waits is due, after a moment."""
    return tx.exec(
        select(func.min(Delivery.due_at)).where(is_now(Delivery.state, DeliveryState.DUE), Delivery.due_at > after)
    ).one()


def counts(tx: Session, company_id: int, since: datetime) -> Sequence[tuple[str, str, int]]:
    """Kind, state and number of a company's deliveries since a moment, and of older ones that still wait."""
    waiting = select(Delivery.id).where(_waits_for(company_id))
    return tx.exec(
        select(Delivery.kind, Delivery.state, func.count())
        .where(col(Delivery.id).in_(union(*_since(company_id, since), waiting)))
        .group_by(Delivery.kind, Delivery.state)
        .order_by(Delivery.kind, Delivery.state)
    ).all()


def failed(tx: Session, company_id: int, since: datetime, most: int) -> Sequence[Delivery]:
    """The newest deliveries that did not arrive."""
    return tx.exec(
        select(Delivery)
        .where(
            col(Delivery.id).in_(union_all(*_since(company_id, since))),
            col(Delivery.state).in_(
                [
                    DeliveryState.UNREACHABLE,
                    DeliveryState.EXPIRED,
                    DeliveryState.UNCERTAIN,
                    DeliveryState.HELD,
                ]
            ),
        )
        .order_by(col(Delivery.id).desc())
        .limit(most)
    ).all()


def _since(company_id: int, since: datetime) -> tuple[Select[Any], Select[Any]]:
    """Ids of a company's deliveries since a moment: questions, found by their check-ins, and the others. An index of
    all of them by time would be written to three times for each question, and is read by an admin once in a while."""
    questions = (
        select_columns(col(Delivery.id))
        .join(CheckIn, col(CheckIn.id) == Delivery.checkin_id)
        .where(
            col(CheckIn.company_id) == company_id,
            col(CheckIn.day) >= since.date() - ASKED_LATER,
            col(Delivery.created_at) >= since,
        )
    )
    others = select_columns(col(Delivery.id)).where(
        col(Delivery.company_id) == company_id,
        col(Delivery.checkin_id).is_(None),
        col(Delivery.created_at) >= since,
    )
    return questions, others


def _waits_for(company_id: int) -> ColumnElement[bool]:
    """By workspaces, which is how the queue is sorted."""
    theirs = select(Workspace.id).where(Workspace.company_id == company_id)
    return and_(col(Delivery.workspace_id).in_(theirs), is_now(Delivery.state, DeliveryState.DUE))


def forget(tx: Session, before: datetime) -> None:
    """Lets go of what was said before a moment and of no digest, which is shown anew for as long as it stands."""
    old = (
        select(Delivery.id)
        .where(Delivery.created_at < before, col(Delivery.digest_id).is_(None), ~is_now(Delivery.state, *OPEN))
        .order_by(col(Delivery.id))  # as they came: the oldest first
        .limit(5_000)
    )
    tx.execute(delete(Delivery).where(col(Delivery.id).in_(old)))
