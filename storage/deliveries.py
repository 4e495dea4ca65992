"""The outbox: what is to be said unprompted, claimed under a lease, settled by what the platform answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, union_all, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import Select

from storage import pacing
from storage.database import changed, insert_new
from storage.pacing import Rate, Room
from storage.tables import (
    Account,
    CheckIn,
    Delivery,
    Digest,
    Inbox,
    Membership,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt. `state` is due, sent, uncertain, unreachable or cancelled."""

    id: int
    owner: str
    attempt: int
    state: str
    reason: str = ""
    platform_id: str = ""
    again_at: datetime | None = None  # for due and uncertain: not before
    pauses: bool = False  # until then nothing goes to that workspace


def queue(tx: Session, delivery: Delivery) -> Delivery | None:
    """One more thing to say, unless it is there already; None then."""
    if tx.exec(select(Delivery.id).where(Delivery.meaning == delivery.meaning)).first() is not None:
        return None
    tx.add(delivery)
    tx.flush()
    return delivery


def expire(tx: Session, now: datetime) -> int:
    """Counts what nobody should get any more, and closes its check-in. How many."""
    late = (col(Delivery.state) == "due") & (col(Delivery.expires_at) < now)
    ids = tx.exec(select(Delivery.id).where(late).limit(10_000)).all()
    if ids:
        tx.execute(
            update(Delivery)
            .where(col(Delivery.id).in_(ids))
            .values(state="expired", reason="It could not be sent in time.")
        )
        _close_checkins(tx, ids)
    return len(ids)


def claim(
    tx: Session, owner: str, now: datetime, lease: timedelta, most: int, rates: Mapping[str, Rate]
) -> Sequence[Delivery]:
    """Takes up to `most` due deliveries of each workspace that may be written to now, and pays for them.

    The commit is the written intent. What belongs under another message waits until that one is sent.
    """
    given = pacing.rooms(tx, now, rates, most)
    if not given:
        return []
    # One short index scan for each workspace, all in one statement: a window over everything due would grow with it.
    parts = [_oldest_due(one, now).subquery() for one in given]
    found = union_all(*(select(part.c.id, part.c.workspace_id) for part in parts))
    rows = tx.execute(found).all()
    if not rows:
        return []
    ids = [delivery_id for delivery_id, _ in rows]
    pacing.spend(tx, Counter(workspace_id for _, workspace_id in rows), given, now)
    tx.execute(
        update(Delivery)
        .where(col(Delivery.id).in_(ids), col(Delivery.state) == "due")
        .values(state="claimed", owner=owner, attempt=Delivery.attempt + 1, check_at=now + lease)
    )
    return tx.exec(
        select(Delivery)
        .where(col(Delivery.id).in_(ids), Delivery.owner == owner, Delivery.state == "claimed")
        .order_by(col(Delivery.due_at), col(Delivery.id))
        .execution_options(populate_existing=True)
    ).all()


def _oldest_due(one: Room, now: datetime) -> Select[int, int]:
    above = aliased(Delivery)
    return (
        select(col(Delivery.id), col(Delivery.workspace_id))
        .where(
            Delivery.workspace_id == one.workspace_id,
            Delivery.state == "due",
            Delivery.due_at <= now,
            col(Delivery.under_id).is_(None)
            | exists().where(col(above.id) == Delivery.under_id, col(above.state) == "sent"),
        )
        .order_by(col(Delivery.due_at), col(Delivery.id))
        .limit(one.messages)
    )


def settle(tx: Session, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Writes down what became of attempts; an attempt that is no longer ours changes nothing."""
    for outcome in outcomes:
        values: dict[str, object] = {"state": outcome.state, "reason": outcome.reason, "owner": ""}
        if outcome.state == "sent":
            values |= {"platform_id": outcome.platform_id, "sent_at": now, "check_at": None}
        elif outcome.state == "uncertain":
            values |= {"check_at": outcome.again_at}
        elif outcome.state == "due":
            values |= {"attempt": Delivery.attempt - 1, "check_at": None}
            if outcome.again_at is not None and not outcome.pauses:
                values["due_at"] = outcome.again_at
        ours = (
            update(Delivery)
            .where(
                col(Delivery.id) == outcome.id,
                col(Delivery.owner) == outcome.owner,
                col(Delivery.attempt) == outcome.attempt,
            )
            .values(**values)
        )
        if outcome.pauses and outcome.again_at is not None:
            pacing.pause(tx, outcome.id, outcome.again_at)
        if changed(tx, ours) and outcome.state == "unreachable":
            _close_checkins(tx, [outcome.id])
            _close_account(tx, outcome)


def _close_account(tx: Session, outcome: Outcome) -> None:
    """Nobody is written to again where nobody can be reached, until they write themselves."""
    where = select(Delivery.to).where(Delivery.id == outcome.id).scalar_subquery()
    tx.execute(update(Account).where(col(Account.address) == where).values(unreachable=outcome.reason))


def step_back(tx: Session, sent: Collection[int], now: datetime) -> None:
    """Asks for older questions of the same check-ins to be shown anew, now that one was put again."""
    again = select(Delivery.checkin_id).where(
        col(Delivery.id).in_(sent), col(Delivery.kind).in_(["snooze", "reminder"])
    )
    older = (
        update(Delivery)
        .where(
            col(Delivery.checkin_id).in_(again), col(Delivery.id).not_in(sent), col(Delivery.state) == "sent"
        )
        .values(edit_at=now)
    )
    if sent:
        tx.execute(older)


def newest_of(tx: Session, checkin_ids: Collection[int]) -> dict[int, int]:
    """The id of the newest sent question of each check-in."""
    if not checkin_ids:
        return {}
    rows = tx.exec(
        select(Delivery.checkin_id, func.max(Delivery.id))
        .where(col(Delivery.checkin_id).in_(checkin_ids), Delivery.state == "sent")
        .group_by(col(Delivery.checkin_id))
    ).all()
    return {checkin_id: newest for checkin_id, newest in rows if checkin_id is not None}


def _close_checkins(tx: Session, delivery_ids: Collection[int]) -> None:
    """A question that never arrived was not asked: its check-in does not count as unanswered."""
    prompts = select(Delivery.checkin_id).where(col(Delivery.id).in_(delivery_ids), Delivery.kind == "prompt")
    tx.execute(
        update(CheckIn)
        .where(col(CheckIn.id).in_(prompts), col(CheckIn.state) == "asked")
        .values(state="expired")
    )


def lapse(tx: Session, now: datetime) -> int:
    """Claims whose lease is over become uncertain: whoever held them may have sent them. How many."""
    return changed(
        tx,
        update(Delivery)
        .where(col(Delivery.state) == "claimed", col(Delivery.check_at) < now)
        .values(state="uncertain", owner="", check_at=now, reason="The sender stopped in the middle."),
    )


def uncertain(tx: Session, owner: str, now: datetime, lease: timedelta, most: int) -> Sequence[Delivery]:
    """Takes uncertain deliveries that may be looked up now, under a lease like any other claim."""
    found = (
        select(Delivery.id)
        .where(Delivery.state == "uncertain", col(Delivery.check_at) <= now)
        .order_by(col(Delivery.check_at))
        .limit(most)
    )
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(skip_locked=True)
    ids = tx.exec(found).all()
    if not ids:
        return []
    tx.execute(update(Delivery).where(col(Delivery.id).in_(ids)).values(owner=owner, check_at=now + lease))
    return tx.exec(
        select(Delivery).where(col(Delivery.id).in_(ids)).execution_options(populate_existing=True)
    ).all()


def to_edit(tx: Session, now: datetime, most: int) -> Sequence[Delivery]:
    """Sent messages that should show something newer."""
    return tx.exec(
        select(Delivery)
        .where(col(Delivery.edit_at) <= now, Delivery.state == "sent")
        .order_by(col(Delivery.edit_at))
        .limit(most)
    ).all()


@dataclass(frozen=True, slots=True)
class Edit:
    """What became of one edit: shown, or to be tried again at a moment."""

    id: int
    asked_at: datetime
    again_at: datetime | None = None


def settle_edits(tx: Session, edits: Iterable[Edit]) -> None:
    """Writes down what is shown now; a wish for a still newer version, made meanwhile, stays."""
    for edit in edits:
        tx.execute(
            update(Delivery)
            .where(col(Delivery.id) == edit.id, col(Delivery.edit_at) == edit.asked_at)
            .values(edit_at=edit.again_at)
        )


def refresh(
    tx: Session, now: datetime, *, checkin_id: int | None = None, digest_id: int | None = None
) -> None:
    """Asks for what was sent about a check-in or a digest to be shown anew."""
    found = update(Delivery).where(col(Delivery.state) == "sent")
    if checkin_id is not None:
        found = found.where(col(Delivery.checkin_id) == checkin_id)
    if digest_id is not None:
        found = found.where(col(Delivery.digest_id) == digest_id)
    tx.execute(found.values(edit_at=now))


def cancel(tx: Session, reason: str, *, checkin_id: int | None = None, person_id: int | None = None) -> int:
    """Takes back what is not sent yet about a check-in or to a person. How many."""
    found = update(Delivery).where(col(Delivery.state).in_(["due", "held"]))
    if checkin_id is not None:
        found = found.where(col(Delivery.checkin_id) == checkin_id)
    if person_id is not None:
        found = found.where(col(Delivery.person_id) == person_id)
    return changed(tx, found.values(state="cancelled", reason=reason))


def of_checkin(tx: Session, checkin_id: int) -> Sequence[Delivery]:
    """What was or will be said about a check-in, oldest first."""
    return tx.exec(select(Delivery).where(Delivery.checkin_id == checkin_id).order_by(col(Delivery.id))).all()


def of_digest(tx: Session, digest_id: int) -> Sequence[Delivery]:
    """The messages of a posted digest, oldest first."""
    return tx.exec(select(Delivery).where(Delivery.digest_id == digest_id).order_by(col(Delivery.id))).all()


def by_id(tx: Session, ids: Collection[int]) -> dict[int, Delivery]:
    """Deliveries by id."""
    rows = tx.exec(select(Delivery).where(col(Delivery.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


def next_due(tx: Session, after: datetime) -> datetime | None:
    """When the next thing that waits is due, after a moment."""
    return tx.exec(
        select(func.min(Delivery.due_at)).where(Delivery.state == "due", Delivery.due_at > after)
    ).one()


def counts(tx: Session, company_id: int, since: datetime) -> Sequence[tuple[str, str, int]]:
    """Kind, state and number of a company's deliveries since a moment."""
    return tx.exec(
        select(Delivery.kind, Delivery.state, func.count())
        .where(Delivery.company_id == company_id, or_(Delivery.created_at >= since, Delivery.state == "due"))
        .group_by(Delivery.kind, Delivery.state)
        .order_by(Delivery.kind, Delivery.state)
    ).all()


def failed(tx: Session, company_id: int, since: datetime, most: int) -> Sequence[Delivery]:
    """The newest deliveries that did not arrive."""
    return tx.exec(
        select(Delivery)
        .where(
            Delivery.company_id == company_id,
            col(Delivery.state).in_(["unreachable", "expired", "uncertain", "held"]),
            Delivery.created_at >= since,
        )
        .order_by(col(Delivery.id).desc())
        .limit(most)
    ).all()


def once(tx: Session, key: str, now: datetime) -> bool:
    """Notes an event with the transaction of its effect; False when its effect is there already."""
    noted = insert_new(tx, Inbox).values(key=key, at=now, body="")
    unfinished = noted.on_conflict_do_update(
        index_elements=["key"], set_={"body": ""}, where=col(Inbox.body) != ""
    )
    return tx.execute(unfinished.returning(col(Inbox.key))).first() is not None


def keep_event(tx: Session, key: str, body: str, now: datetime) -> None:
    """Notes an event whose effect is still to come; one that has its effect already stays as it is."""
    tx.execute(insert_new(tx, Inbox).values(key=key, at=now, body=body).on_conflict_do_nothing())


def finish_event(tx: Session, key: str) -> None:
    """Nothing more is to come of an event."""
    tx.execute(update(Inbox).where(col(Inbox.key) == key).values(body=""))


def unfinished_events(tx: Session, before: datetime) -> Sequence[str]:
    """The bodies of events that were kept before a moment and whose effect never came, oldest first."""
    return tx.exec(
        select(Inbox.body).where(Inbox.body != "", Inbox.at < before).order_by(col(Inbox.at)).limit(1_000)
    ).all()


def forget_events(tx: Session, before: datetime) -> None:
    """Lets go of events that no platform sends again any more."""
    tx.execute(delete(Inbox).where(col(Inbox.at) < before))


def refresh_person(tx: Session, person_id: int, now: datetime) -> None:
    """Asks for everything that may still show a person's words to be shown anew."""
    theirs = col(Delivery.person_id) == person_id
    digests = col(Delivery.digest_id).in_(
        select(Digest.id)
        .join(Membership, col(Membership.team_id) == Digest.team_id)
        .where(Membership.person_id == person_id)
    )
    tx.execute(update(Delivery).where(col(Delivery.state) == "sent", theirs | digests).values(edit_at=now))
