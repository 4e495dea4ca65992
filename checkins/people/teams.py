"""Teams: their people, their rhythm, and where and when their digest goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from checkins import text
from checkins.errors import PermissionDenied, UserError
from checkins.people import members as member_rules
from checkins.schedule import calendar
from storage import database
from storage import people as stored_people
from storage.tables import Person, Team

LONGEST_NAME = 60  # characters
LONGEST_QUESTION = 120  # characters: the most a notification shows
USUAL_QUESTION = "What did you work on?"


def create(tx: Session, company_id: int, name: str, zone: str, now: datetime) -> Team:
    """A team with the company's usual rhythm. Nobody is asked before it is switched on."""
    name = team_name(name)
    if stored_people.team_named(tx, company_id, name) is not None:
        raise UserError(f"There is a team called {name} already.")
    team = Team(company_id=company_id, name=name, zone=zone, created_at=now)
    database.add(tx, team)
    return team


def team_name(words: str) -> str:
    """A team's name on one line. Raises UserError for none and for one too long."""
    name = text.on_one_line(words)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UserError(f"A team's name has 1 to {LONGEST_NAME} characters.")
    return name


def find(tx: Session, person: Person, name: str, where: str) -> Team:
    """The team that is meant: named, else the one of this channel, else the one they manage or are in."""
    if name:
        team = stored_people.team_named(tx, person.company_id, name)
        if team is None:
            known = ", ".join(row.name for row in stored_people.teams(tx, person.company_id)) or "none yet"
            raise UserError(f"There is no team “{name}”. Teams: {known}.")
        return team
    here = stored_people.team_in(tx, person.company_id, where)
    if here is not None:
        return here
    near = _distinct([*stored_people.managed(tx, person.id), *stored_people.teams_of(tx, [person.id])[person.id]])
    if len(near) == 1:
        return near[0]
    if near:
        names = ", ".join(team.name for team in near)
        raise UserError(f"Which team? Add “for NAME” at the end: {names}.")
    every = stored_people.teams(tx, person.company_id)
    if len(every) == 1 and person.admin:
        return every[0]
    raise UserError(
        "You are not in a team yet. An admin makes one with `/team create NAME`."
        if not every
        else f"Which team? Add “for NAME” at the end: {', '.join(team.name for team in every)}."
    )


def called(tx: Session, company: str | None, name: str) -> Team:
    """A team by its name, from outside the chat: of one company, or of the only one that has such a team."""
    owners = [member_rules.company_called(tx, company)] if company else stored_people.companies(tx)
    fitting = [team for owner in owners if (team := stored_people.team_named(tx, owner.id, name)) is not None]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        member_rules.company_called(tx, None)  # tells which companies there are
    known = ", ".join(team.name for owner in owners for team in stored_people.teams(tx, owner.id)) or "none yet"
    raise UserError(f"There is no team “{name}”. Teams: {known}.")


def _distinct(teams: Sequence[Team]) -> list[Team]:
    return list({team.id: team for team in teams}.values())


def may_run(person: Person, team: Team) -> bool:
    """Its manager, and admins."""
    return person.admin or team.manager_id == person.id


def require(person: Person, team: Team) -> None:
    """Raises PermissionDenied for everybody else."""
    if not may_run(person, team):
        raise PermissionDenied(f"Only the manager of {team.name} and admins can do that.")


def may_see(tx: Session, person: Person, team: Team) -> bool:
    """Its people and its manager see its lines; admins do not by being admins."""
    return team.manager_id == person.id or stored_people.membership(tx, team.id, person.id) is not None


def switch_on(tx: Session, team: Team, now: datetime) -> int:
    """Its people are welcomed, then asked. How many people it has."""
    members = stored_people.members(tx, team.id)
    if not members:
        raise UserError(f"{team.name} has nobody in it yet. Add people with `/team add @a @b` first.")
    if team.on_at is None:
        team.on_at = now
        plan_digest(team, now)
    tx.flush()
    member_rules.reschedule(tx, [member.id for member in members], now)
    return len(members)


def switch_off(tx: Session, team: Team, now: datetime) -> None:
    """Nobody is asked on its account any more, and no digest is posted."""
    team.on_at = None
    team.digest_due = None
    tx.flush()
    member_rules.reschedule(tx, [member.id for member in stored_people.members(tx, team.id)], now)


def set_rhythm(tx: Session, team: Team, days: int, minute: int, now: datetime) -> None:
    """When its people are asked, unless they chose a time of their own."""
    if not days:
        raise UserError("Choose at least one day.")
    team.days, team.minute = days, minute
    tx.flush()
    member_rules.reschedule(tx, [member.id for member in stored_people.members(tx, team.id)], now)


def set_week(tx: Session, team: Team, working: int, now: datetime) -> None:
    """Its working days. It is asked on the second and the last of them, and its digest comes on the first."""
    team.working_days, team.days = working, calendar.default_days(working)
    plan_digest(team, now)
    tx.flush()
    member_rules.reschedule(tx, [member.id for member in stored_people.members(tx, team.id)], now)


def set_question(team: Team, words: str) -> None:
    """What its people are asked, in the team's own words; “default” is the usual question again."""
    words = text.on_one_line(words)
    if len(words) > LONGEST_QUESTION:
        raise UserError(
            f"That question has {len(words)} characters; {LONGEST_QUESTION} is the most a notification shows."
        )
    team.question = "" if words.lower() == "default" else words


def set_digest(
    tx: Session,
    team: Team,
    *,
    channel: str,
    channel_name: str,
    is_private: bool = False,
    workspace_id: int,
    weekday: int | None,
    minute: int | None,
    now: datetime,
) -> None:
    """Where and when its digest is posted. `is_private` holds it back should the channel become a public one."""
    taken = stored_people.team_in(tx, team.company_id, channel)
    if taken is not None and taken.id != team.id:
        raise UserError(f"The digest of {taken.name} goes to #{channel_name} already. Each team needs its own channel.")
    team.digest_to, team.digest_workspace_id = channel, workspace_id
    team.digest_channel = text.on_one_line(channel_name)
    team.digest_private = is_private
    if weekday is not None:
        team.digest_weekday = weekday
    if minute is not None:
        team.digest_minute = minute
    plan_digest(team, now)


def plan_digest(team: Team, now: datetime) -> None:
    """Sets which week's digest is posted next, and when: the first one still ahead of which the team was on."""
    if team.on_at is None:
        return
    began = calendar.local_day(team.on_at, team.zone)
    week = calendar.week_of(calendar.local_day(now, team.zone), team.working_days)
    before = calendar.week_of(week.first - timedelta(days=1), team.working_days)
    for candidate in (before, week):
        due = digest_at(team, candidate)
        if due > now and candidate.last >= began:
            team.digest_week, team.digest_due = candidate.first, due
            return


def digest_at(team: Team, week: calendar.Week) -> datetime:
    """When the digest of a week is posted."""
    return calendar.digest_due(week, team.working_days, team.digest_weekday, team.digest_minute, team.zone)


def freezes_at(team: Team, week: calendar.Week) -> datetime:
    """Until when answers of a week may be given or changed: seven days after its digest."""
    return digest_at(team, week) + calendar.FREEZE_AFTER
