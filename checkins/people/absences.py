"""Absences that somebody's own status on a platform hints at: taken up, ended with it, and outweighed by what they
do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins.people import members
from checkins.schedule import calendar
from checkins.schedule.calendar import Rhythm
from storage import checkins
from storage import people as stored_people
from storage.kinds import AbsenceKind, CheckInState, DeliveryState
from storage.outbox import deliveries, edits
from storage.tables import Absence, Person

KIND = AbsenceKind.STATUS
OPEN_ENDED = timedelta(days=27)  # after its first day, for a status without an end: some are left standing
LONGEST = timedelta(days=366)
USUAL_MINUTE = 15 * 60 + 30  # of somebody nobody asks


@dataclass(frozen=True, slots=True)
class Hint:
    """A status that says somebody is away, `until` a moment where it names one; `mark` stands for this very status."""

    mark: str
    until: datetime | None


def heard(tx: Session, hints: Mapping[str, Hint | None], now: datetime) -> None:
    """What the statuses of people say now, by their ids on a platform; None for one that says nothing of it.

    The same status again changes nothing, also after they said themselves that they are here.
    """
    known = stored_people.by_account(tx, list(hints))
    rows: dict[int, list[Absence]] = {}
    for row in stored_people.hinted(tx, [person.id for person in known.values()]):
        rows.setdefault(row.person_id, []).append(row)
    for who, person in known.items():
        hint = hints[who]
        source = f"{who}|{hint.mark}" if hint is not None else ""
        theirs = [row for row in rows.get(person.id, ()) if row.source.startswith(f"{who}|")]
        for row in theirs:
            if row.source != source:
                _end(tx, row, person, now)
                row.source = ""  # set once more, it is another one
        if hint is not None and all(row.source != source for row in theirs):
            _begin(tx, person, source, hint.until, now)


def here(tx: Session, person: Person, now: datetime) -> bool:
    """They answer or give a command, so they are here, whatever their status says. Whether it said otherwise."""
    today = calendar.local_day(now, person.zone)
    rows = [row for row in stored_people.hinted(tx, [person.id]) if row.last >= today]
    for row in rows:
        _end(tx, row, person, now)
    return bool(rows)


def _begin(tx: Session, person: Person, source: str, until: datetime | None, now: datetime) -> None:
    today = calendar.local_day(now, person.zone)
    last = today + OPEN_ENDED if until is None else min(_last_day(tx, person, until), today + LONGEST)
    if last >= today:  # else they are back before they would be asked
        away = Absence(person_id=person.id, first=today, last=last, kind=KIND, source=source)
        members.be_away(tx, away, today, now)


def _last_day(tx: Session, person: Person, until: datetime) -> date:
    """The last day on which they are away at the time they are asked."""
    rhythm = members.rhythm(person, stored_people.teams_of(tx, [person.id])[person.id])
    asked = rhythm or Rhythm(calendar.EVERY_DAY, USUAL_MINUTE, person.zone)
    day = calendar.local_day(until, person.zone)
    return day if calendar.instant(day, asked.minute, person.zone) < until else day - timedelta(days=1)


def _end(tx: Session, row: Absence, person: Person, now: datetime) -> None:
    """From today on they are here. Today's question, where it stands in front of them, is a question again."""
    today = calendar.local_day(now, person.zone)
    if row.last < today:
        return
    row.last = today - timedelta(days=1)
    tx.flush()
    checkin = checkins.checkin(tx, person.id, today)
    if checkin is None or checkin.state != CheckInState.AWAY or stored_people.absent(tx, [person.id], today, today):
        return
    if any(sent.state == DeliveryState.SENT for sent in deliveries.of_checkin(tx, checkin.id)):
        checkin.state = CheckInState.ASKED
        edits.refresh(tx, now, checkin_id=checkin.id)
