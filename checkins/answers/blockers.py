"""What is in somebody's way: said in a check-in, open until they say it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from checkins import text
from checkins.errors import UserError
from checkins.schedule import calendar
from storage import checkins, database
from storage.tables import Blocker, CheckIn, Person

MOST_BLOCKERS = 10


def read(words: str) -> list[str]:
    """What is in the way, one line each. Raises UserError for too much of it."""
    texts = [line.strip(" -*•\t") for line in text.clean(words).split("\n") if line.strip(" -*•\t")]
    if len(texts) > MOST_BLOCKERS:
        raise UserError(
            f"That is {len(texts)} things in your way; name the {MOST_BLOCKERS} that matter most.",
            field="blockers",
        )
    return texts


def write(tx: Session, person: Person, checkin: CheckIn, texts: Sequence[str]) -> None:
    """These are what is in the way now. A line typed again while it is still open is the same blocker."""
    known = {text.clean(row.text): row for row in checkins.open_blockers(tx, [person.id])}
    for said in texts:
        if said not in known:
            database.add(
                tx,
                Blocker(
                    company_id=person.company_id,
                    person_id=person.id,
                    checkin_id=checkin.id,
                    text=said,
                    day=checkin.day,
                ),
            )
    for row in checkins.blockers_of(tx, checkin.id):
        if row.closed_day is None and text.clean(row.text) not in texts:
            row.closed_day = checkin.day


def close(tx: Session, person: Person, blocker_id: int, now: datetime) -> Blocker:
    """It is out of the way."""
    row = checkins.blocker(tx, blocker_id)
    if row is None or row.person_id != person.id:
        raise UserError("That is not on your list any more.")
    row.closed_day = row.closed_day or calendar.local_day(now, person.zone)
    return row
