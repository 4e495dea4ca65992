"""Until when a day's answer may be given or changed: the window of its week's digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins.errors import UserError
from checkins.people import members, teams
from checkins.schedule import calendar
from storage import people as stored_people
from storage.tables import CheckIn, Person, Team


def freezes_at(tx: Session, person: Person, day: date) -> datetime:
    """Until when an answer of that day may be given or changed."""
    return _freezes_at(members.home(stored_people.teams_of(tx, [person.id])[person.id]), day, person.zone)


def _freezes_at(team: Team | None, day: date, zone: str) -> datetime:
    if team is None:  # in no team: nobody's digest waits for it, so the default week holds
        week = calendar.week_of(day, calendar.MONDAY_TO_FRIDAY)
        return calendar.instant(week.last + timedelta(days=1), 600, zone) + calendar.FREEZE_AFTER
    return teams.freezes_at(team, calendar.week_of(day, team.working_days))


def closed(tx: Session, rows: Sequence[CheckIn], now: datetime) -> dict[int, date]:
    """On which local day the weeks of these check-ins closed, by id, in one query; those of open weeks are left out."""
    teams_of = stored_people.teams_of(tx, {row.person_id for row in rows}) if rows else {}
    ends = [(row, _freezes_at(members.home(teams_of[row.person_id]), row.day, row.zone)) for row in rows]
    return {row.id: calendar.local_day(end, row.zone) for row, end in ends if now >= end}


def require_open(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Raises UserError when the week of a check-in is closed."""
    require_open_for(person, stored_people.teams_of(tx, [person.id])[person.id], checkin, now)


def require_open_for(person: Person, theirs: Sequence[Team], checkin: CheckIn, now: datetime) -> None:
    """The same, where the person's teams are at hand."""
    closed = _freezes_at(members.home(theirs), checkin.day, person.zone)
    if now >= closed:
        raise UserError(
            f"The week of {calendar.shown(checkin.day)} closed on "
            f"{calendar.shown(calendar.local_day(closed, person.zone))}, "
            "and its figures stand. Type what is new, and it counts for today."
        )
