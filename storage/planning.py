"""A round for everybody in a slot: check-ins, prompts and reminders, in sets, never person by person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, String, case, cast, exists, literal
from sqlmodel import Session, col, select

from storage.database import changed, insert_new
from storage.tables import Absence, Account, CheckIn, Company, Delivery, Instant, Person, Slot, Workspace


def plan_prompts(tx: Session, slot: Slot, day: date, due: datetime, expires: datetime, now: datetime) -> int:
    """Check-ins and prompts for everybody in a slot on one local day, in two statements. How many prompts.

    Who is away gets a check-in that says so and no prompt. What is past `expires` already is expired by the same
    tick before anything is claimed, and so is counted with its reason.
    Running it again changes nothing: both rows are unique by person and day.
    """
    away = exists().where(
        col(Absence.person_id) == Person.id, col(Absence.first) <= day, col(Absence.last) >= day
    )
    reachable = exists().where(
        col(Account.person_id) == Person.id,
        col(Account.preferred).is_(True),
        col(Account.unreachable) == "",
        col(Account.workspace_id) == Workspace.id,
        col(Workspace.removed_at).is_(None),
    )
    people = (
        select(
            Person.company_id,
            Person.id,
            literal(day, type_=Date()),
            literal(slot.zone),
            case((away, "away"), else_="asked"),
            literal(due, type_=Instant()),
            literal(""),
            literal(""),
        )  # type: ignore[call-overload]
        .join(Company, col(Company.id) == Person.company_id)
        .where(
            Person.slot_id == slot.id,
            col(Person.asked_from) <= day,
            col(Person.left_at).is_(None),
            col(Person.stopped_at).is_(None),
            col(Company.paused_at).is_(None),
            reachable,
        )
    )
    tx.execute(
        insert_new(tx, CheckIn)
        .from_select(["company_id", "person_id", "day", "zone", "state", "asked_at", "words", "mix"], people)
        .on_conflict_do_nothing()
    )
    return _queue(tx, slot, day, "prompt", due, expires, now, col(CheckIn.state) == "asked")


def plan_reminders(
    tx: Session, slot: Slot, day: date, reminder: int | None, due: datetime, expires: datetime, now: datetime
) -> int:
    """Reminders for those of a slot who were asked that day and chose this reminder. How many."""
    chosen = col(Person.reminder).is_(None) if reminder is None else col(Person.reminder) == reminder
    return _queue(tx, slot, day, "reminder", due, expires, now, (col(CheckIn.state) == "asked") & chosen)


def reminders_chosen(tx: Session, slot_id: int) -> Sequence[int | None]:
    """The different reminders that people of a slot chose."""
    return tx.exec(select(Person.reminder).where(Person.slot_id == slot_id).distinct()).all()


def _queue(
    tx: Session,
    slot: Slot,
    day: date,
    kind: str,
    due: datetime,
    expires: datetime,
    now: datetime,
    which: ColumnElement[bool],
) -> int:
    rows = (
        select(
            CheckIn.company_id,
            Workspace.id,
            literal(f"{kind}|") + cast(CheckIn.person_id, String) + literal(f"|{day.isoformat()}"),
            literal(kind),
            Account.address,
            CheckIn.person_id,
            CheckIn.id,
            literal(""),
            literal(due, type_=Instant()),
            literal(expires, type_=Instant()),
            literal("due"),
            literal(0),
            literal(""),
            literal(""),
            literal(""),
            literal(now, type_=Instant()),
        )  # type: ignore[call-overload]
        .select_from(CheckIn)
        .join(Person, col(Person.id) == CheckIn.person_id)
        .join(Account, col(Account.person_id) == Person.id)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .where(
            Person.slot_id == slot.id,
            CheckIn.day == day,
            col(Account.preferred).is_(True),
            Account.unreachable == "",
            col(Workspace.removed_at).is_(None),
            which,
        )
    )
    names = [
        "company_id", "workspace_id", "meaning", "kind", "to", "person_id", "checkin_id", "words", "due_at",
        "expires_at", "state", "attempt", "owner", "platform_id", "reason", "created_at",
    ]  # fmt: skip
    return changed(tx, insert_new(tx, Delivery).from_select(names, rows).on_conflict_do_nothing())
