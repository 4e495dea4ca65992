"""Rounds in sets, never person by person: check-ins with their questions, reminders, welcomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, case, exists, func, literal, union_all, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from storage.kinds import CheckInState, DeliveryKind, DeliveryState
from storage.outbox import keys
from storage.sql import changed, insert_new, is_among, is_now
from storage.tables import (
    Absence,
    Account,
    Big,
    CheckIn,
    Company,
    Delivery,
    Instant,
    Person,
    Slot,
    Workspace,
)


def due_slot(tx: Session, now: datetime) -> Slot | None:
    """The slot whose moment has come that has waited longest. It is ours until the transaction ends."""
    found = select(Slot).where(Slot.next_due <= now).order_by(col(Slot.next_due), col(Slot.id)).limit(1)
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(skip_locked=True, key_share=True)
    return tx.exec(found).first()


def slots_to_come(tx: Session, now: datetime) -> Sequence[Slot]:
    """The slots whose moment has not come yet."""
    return tx.exec(select(Slot).where(Slot.next_due > now)).all()


def portion(tx: Session, slot: Slot, most: int) -> tuple[int | None, int]:
    """The last person of the slot's next portion, and how many are in it; None when it is the rest."""
    theirs = (
        select(Person.id)
        .where(Person.slot_id == slot.id, Person.id > slot.planned_to)
        .order_by(col(Person.id))
        .limit(most)
        .subquery()
    )
    last, number = tx.execute(select_columns(func.max(theirs.c.id), func.count()).select_from(theirs)).one()
    return (last if number == most else None), number


def reminders_chosen(tx: Session, slot: Slot, upto: int | None) -> Sequence[int | None]:
    """The different reminders that the people of a portion chose."""
    return tx.exec(select(Person.reminder).where(*_portion(slot, upto)).distinct()).all()


def plan_prompts(
    tx: Session,
    slot: Slot,
    upto: int | None,
    day: date,
    due: datetime,
    expires: datetime,
    reminders: Mapping[int | None, datetime | None],
    now: datetime,
) -> int:
    """Check-ins and prompts for a portion of a slot on one local day, in two statements. How many prompts.

    Who is away gets a check-in that says so and no prompt. What is past `expires` already is expired by the same
    tick before anything is claimed, and so is counted with its reason. `reminders` says when to ask once more, by what
    people chose. Running it again changes nothing: both rows are unique by person and day.
    """
    away = exists().where(col(Absence.person_id) == Person.id, col(Absence.first) <= day, col(Absence.last) >= day)
    reachable = exists().where(
        col(Account.person_id) == Person.id,
        *_those(slot, upto, Account.person_id),
        col(Account.preferred).is_(True),
        col(Account.unreachable) == "",
        col(Account.outsider).is_(False),
        col(Account.workspace_id) == Workspace.id,
        col(Workspace.removed_at).is_(None),
    )
    remind_at = case(
        *(
            (
                col(Person.reminder).is_(None) if chosen is None else col(Person.reminder) == chosen,
                literal(at, type_=Instant()),
            )
            for chosen, at in reminders.items()
        ),
        else_=literal(None, type_=Instant()),
    )
    people = (
        select(
            Person.company_id,
            Person.id,
            literal(day, type_=Date()),
            literal(slot.zone),
            case((away, CheckInState.AWAY.value), else_=CheckInState.ASKED.value),
            literal(due, type_=Instant()),
            remind_at,
            literal(""),
            literal(""),
        )  # type: ignore[call-overload]
        .join(Company, col(Company.id) == Person.company_id)
        .where(
            *_portion(slot, upto),
            col(Person.asked_from) <= day,
            col(Person.left_at).is_(None),
            col(Person.stopped_at).is_(None),
            col(Company.paused_at).is_(None),
            reachable,
        )
    )
    names = ["company_id", "person_id", "day", "zone", "state", "asked_at", "remind_at", "words", "mix"]
    tx.execute(insert_new(tx, CheckIn).from_select(names, people).on_conflict_do_nothing())
    theirs = (*_those(slot, upto, CheckIn.person_id), *_those(slot, upto, Account.person_id))
    return _queue(tx, DeliveryKind.PROMPT, due, expires, now, *_portion(slot, upto), *theirs, col(CheckIn.day) == day)


class Unanswered(NamedTuple):
    """A check-in whose moment to be reminded of has come. `zone` is where its person is now."""

    checkin_id: int
    person_id: int
    day: date
    zone: str
    asked_at: datetime | None
    remind_at: datetime


def unanswered(tx: Session, now: datetime, most: int) -> Sequence[Unanswered]:
    """Check-ins to remind of by now, the longest due first. They are ours until the transaction ends."""
    due = (
        select_columns(
            col(CheckIn.id), col(CheckIn.person_id), col(CheckIn.day), col(Person.zone), col(CheckIn.asked_at),
            col(CheckIn.remind_at),
        )
        .join(Person, col(Person.id) == CheckIn.person_id)
        .where(is_now(CheckIn.state, CheckInState.ASKED), col(CheckIn.remind_at) <= now)
        .order_by(col(CheckIn.remind_at))
        .limit(most)
    )  # fmt: skip
    if tx.get_bind().dialect.name == "postgresql":
        due = due.with_for_update(of=CheckIn, skip_locked=True, key_share=True)
    return [Unanswered(*row) for row in tx.execute(due)]


def asked_on(tx: Session, people: Collection[int], days: Collection[date]) -> set[tuple[int, date]]:
    """Who of these people was asked, or is still to be, on which of these local days."""
    were = select_columns(col(CheckIn.person_id), col(CheckIn.day)).where(
        is_among(tx, CheckIn.person_id, people),
        col(CheckIn.day).in_(days),
        col(CheckIn.asked_at).is_not(None),
    )
    will_be = (
        select_columns(col(Person.id), col(Slot.next_day))
        .join(Slot, col(Slot.id) == Person.slot_id)
        .where(is_among(tx, Person.id, people), col(Slot.next_day).in_(days))
    )
    return {(row[0], row[1]) for row in tx.execute(union_all(were, will_be))}


def plan_reminders(
    tx: Session,
    at: Mapping[tuple[datetime, datetime], Sequence[int]],
    done_with: Sequence[int],
    now: datetime,
) -> int:
    """Asks once more, by the moments from and until which that is done; nobody is reminded again of those in
    `done_with`. How many.

    Where the question itself still waits to be sent there is nothing to remind of.
    """
    planned = 0
    for (due, expires), ids in at.items():
        among = is_among(tx, CheckIn.id, ids)
        waiting = exists().where(
            col(Delivery.checkin_id) == CheckIn.id,
            is_now(Delivery.state, DeliveryState.DUE, DeliveryState.CLAIMED),
        )
        planned += _queue(tx, DeliveryKind.REMINDER, due, expires, now, among, ~waiting)
    tx.execute(
        update(CheckIn).where(is_among(tx, CheckIn.id, done_with)).values(remind_at=None),
        execution_options={"synchronize_session": False},
    )
    return planned


def next_reminder(tx: Session, after: datetime) -> datetime | None:
    """The next moment after this one at which somebody may be reminded."""
    return tx.exec(
        select(func.min(CheckIn.remind_at)).where(
            is_now(CheckIn.state, CheckInState.ASKED), col(CheckIn.remind_at) > after
        )
    ).one()


def to_welcome(tx: Session) -> Sequence[tuple[str, int]]:
    """The zones and working days of people who are to be asked and were never written to."""
    return tx.exec(
        select(Person.zone, Slot.working)
        .join(Slot, col(Slot.id) == Person.slot_id)
        .where(*_new())
        .distinct()
        .order_by(col(Person.zone), col(Slot.working))
    ).all()


def working_days(tx: Session, person: Person) -> int:
    """The working days of somebody who is asked, by their team; none (0) for who is not."""
    found = select(Slot.working).where(Slot.id == person.slot_id)
    return tx.exec(found).first() or 0


def plan_welcomes(
    tx: Session, zone: str, working: int, asked_from: date, now: datetime, closes: datetime, most: int
) -> int:
    """Welcomes new people of a zone with these working days, until their working hours close; they may be asked from a
    local day on. How many; at most `most` at once."""
    ids = tx.exec(
        select(Person.id)
        .join(Slot, col(Slot.id) == Person.slot_id)
        .join(Account, col(Account.person_id) == Person.id)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .join(Company, col(Company.id) == Person.company_id)
        .where(
            *_new(),
            Person.zone == zone,
            Slot.working == working,
            col(Company.paused_at).is_(None),
            col(Account.preferred).is_(True),
            Account.unreachable == "",
            col(Account.outsider).is_(False),
            col(Workspace.removed_at).is_(None),
        )
        .order_by(col(Person.id))
        .limit(most)
    ).all()
    if not ids:
        return 0
    among = is_among(tx, Person.id, ids)
    rows = (
        _rows(
            DeliveryKind.WELCOME,
            keys.welcome_of(Person.id),
            Person.company_id,
            Person.id,
            None,
            now,
            closes,
            now,
        )
        .select_from(Person)
        .join(Account, col(Account.person_id) == Person.id)
        .where(among, col(Account.preferred).is_(True))
    )
    planned = changed(tx, insert_new(tx, Delivery).from_select(_NAMES, rows).on_conflict_do_nothing())
    tx.execute(
        update(Person)
        .where(among)
        .values(introduced_at=now, asked_from=func.coalesce(Person.asked_from, literal(asked_from, type_=Date()))),
        execution_options={"synchronize_session": False},
    )
    return planned


def _new() -> tuple[ColumnElement[bool], ...]:
    """Never written to, and of a team that is switched on: only those are in a slot."""
    return (
        col(Person.introduced_at).is_(None),
        col(Person.slot_id).is_not(None),
    )


def _portion(slot: Slot, upto: int | None) -> tuple[ColumnElement[bool], ...]:
    return (col(Person.slot_id) == slot.id, *_those(slot, upto, Person.id))


def _those(slot: Slot, upto: int | None, person_id: Any) -> tuple[ColumnElement[bool], ...]:
    """A portion's people by their ids. Said of each table that is joined: a planner does not carry a range over, and
    reads everybody's rows to find those of a few."""
    after = person_id > slot.planned_to
    return (after,) if upto is None else (after, person_id <= upto)


_NAMES = [
    "company_id", "workspace_id", "meaning", "kind", "to", "person_id", "checkin_id", "words", "due_at",
    "expires_at", "state", "attempt", "owner", "platform_id", "reason", "created_at",
]  # fmt: skip


def _rows(
    kind: DeliveryKind,
    key: Any,
    company: Any,
    person: Any,
    checkin: Any,
    due: datetime,
    expires: datetime,
    now: datetime,
) -> Any:
    """Deliveries as a SELECT over accounts and whatever it is joined with."""
    return select_columns(  # type: ignore[call-overload]
        company,
        Account.workspace_id,
        key,
        literal(kind.value),
        Account.address,
        person,
        literal(None, type_=Big) if checkin is None else checkin,
        literal(""),
        literal(due, type_=Instant()),
        literal(expires, type_=Instant()),
        literal(DeliveryState.DUE.value),
        literal(0),
        literal(""),
        literal(""),
        literal(""),
        literal(now, type_=Instant()),
    )


def _queue(
    tx: Session,
    kind: DeliveryKind,
    due: datetime,
    expires: datetime,
    now: datetime,
    *which: ColumnElement[bool],
) -> int:
    """A question each for check-ins that are open, to people who can be reached."""
    key = keys.question_of(kind, CheckIn.person_id, CheckIn.day)
    rows = (
        _rows(kind, key, CheckIn.company_id, CheckIn.person_id, CheckIn.id, due, expires, now)
        .select_from(CheckIn)
        .join(Person, col(Person.id) == CheckIn.person_id)
        .join(Account, col(Account.person_id) == Person.id)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .where(
            is_now(CheckIn.state, CheckInState.ASKED),
            col(Person.left_at).is_(None),
            col(Person.stopped_at).is_(None),
            col(Account.preferred).is_(True),
            Account.unreachable == "",
            col(Account.outsider).is_(False),
            col(Workspace.removed_at).is_(None),
            *which,
        )
    )
    return changed(tx, insert_new(tx, Delivery).from_select(_NAMES, rows).on_conflict_do_nothing())
