"""What people said to the questions that ride on a check-in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, exists, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from storage.sql import insert_new, is_among
from storage.tables import CheckIn, Reply

EFFORT_MIX = "mix"  # which processes of the release before keep in a column of the check-in
UNTOLD = {"synchronize_session": False}


def of(tx: Session, checkins: Collection[int]) -> dict[int, dict[str, str]]:
    """What was said in these check-ins about each as a whole: by check-in, then by question."""
    found: dict[int, dict[str, str]] = {checkin_id: {} for checkin_id in checkins}
    if checkins:
        rows = tx.exec(
            select(Reply.checkin_id, Reply.question, Reply.value).where(
                is_among(tx, Reply.checkin_id, checkins), Reply.subject == ""
            )
        )
        for checkin_id, question, value in rows:
            found[checkin_id][question] = value
    return found


def keep(tx: Session, checkin: CheckIn, question: str, value: str, *, subject: str = "", reason: str = "") -> None:
    """One reply, in the place of the one before; an empty value takes it back.

    The effort mix is kept in the check-in as well: processes of the release before read it there.
    """
    if question == EFFORT_MIX and not subject:
        checkin.mix = value
    tx.flush()
    if not value:
        tx.execute(
            delete(Reply).where(
                col(Reply.checkin_id) == checkin.id,
                col(Reply.question) == question,
                col(Reply.subject) == subject,
            ),
            execution_options=UNTOLD,
        )
        return
    row = insert_new(tx, Reply).values(
        checkin_id=checkin.id, question=question, subject=subject, value=value, reason=reason
    )
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["checkin_id", "question", "subject"],
            set_={"value": row.excluded.value, "reason": row.excluded.reason},
        )
    )


def keep_all(tx: Session, checkin: CheckIn, said: Mapping[str, str]) -> None:
    """A reply to each of these questions, by name; empty values take replies back."""
    for question, value in said.items():
        keep(tx, checkin, question, value)


def move(tx: Session, pair: Any) -> None:
    """What was said in check-ins that go counts in those that stay, where nothing was said there to the same question.
    `pair` is a table of both ids, `stays` and `goes`; the rest goes with its check-in."""
    there = aliased(Reply)
    tx.execute(
        update(Reply)
        .where(
            col(Reply.checkin_id) == pair.c.goes,
            ~exists().where(
                col(there.checkin_id) == pair.c.stays,
                col(there.question) == Reply.question,
                col(there.subject) == Reply.subject,
            ),
        )
        .values(checkin_id=pair.c.stays),
        execution_options=UNTOLD,
    )


def forget(tx: Session, person_id: int) -> None:
    """Deletes everything a person said to a question."""
    theirs = select(CheckIn.id).where(CheckIn.person_id == person_id)
    tx.execute(delete(Reply).where(col(Reply.checkin_id).in_(theirs)), execution_options=UNTOLD)
