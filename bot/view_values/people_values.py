"""People as views show them: how they are asked and where, and a company on its admin's page."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session

from bot.views import people as people_views
from checkins.people import absences, accounts, members
from checkins.schedule import calendar
from storage import accounts as stored_accounts
from storage import goals
from storage import people as stored_people
from storage.outbox import deliveries
from storage.tables import Person


def rhythm(tx: Session, person: Person, now: datetime) -> people_views.AskingRhythm:
    """How somebody is asked."""
    teams = stored_people.teams_of(tx, [person.id])[person.id]
    wanted = members.rhythm(person, teams)
    today = calendar.local_day(now, person.zone)
    leave = stored_people.absent(tx, [person.id], today, today + timedelta(days=400))
    team = members.home(teams)
    return people_views.AskingRhythm(
        name=person.name,
        zone=person.zone,
        days=wanted.days if wanted else None,
        minute=wanted.minute if wanted else None,
        own=person.own_minute is not None,
        reminder=person.reminder,
        teams=tuple(team.name for team in teams),
        next_at=members.next_question(person, teams, now, leave),
        stopped=person.stopped_at is not None,
        leave=tuple(
            (row.first, row.last) for row in sorted(leave, key=lambda row: row.first) if row.kind != absences.KIND
        ),
        away_by_status=any(row.kind == absences.KIND and row.first <= today for row in leave),
        admin=person.admin,
        zone_known=person.own_zone or person.zone != "UTC",
        team_zone=team.zone if team else "",
    )


def places_of(tx: Session, person: Person) -> list[people_views.AccountPlace]:
    """Where somebody can be asked; of several workspaces of one platform each by its name."""
    every = stored_accounts.of(tx, person.id)
    names = [accounts.platform(workspace.key) for _, workspace in every]
    return [
        people_views.AccountPlace(
            str(workspace.id),
            name if names.count(name) == 1 else f"{name} ({workspace.name})",
            account.chosen,
            account.preferred,
            stored_accounts.why_not(account, workspace),
        )
        for (account, workspace), name in zip(every, names, strict=True)
    ]


def first_name(name: str) -> str:
    """What they are called in a sentence."""
    return name.split(maxsplit=1)[0] if name.strip() else "there"


def running(tx: Session, admin: Person, now: datetime, *, is_worse: bool) -> people_views.Running:
    """How the company stands, for the home page of an admin; `is_worse` when lines are filed worse than they were."""
    teams = []
    for team in stored_people.teams(tx, admin.company_id):
        size = len(stored_people.members(tx, team.id))
        people_in = f"{size} {'person' if size == 1 else 'people'}" if size else "nobody yet"
        channel = f"digest in #{team.digest_channel}" if team.digest_channel else "no digest yet"
        teams.append((team.name, f"{people_in}, {'on' if team.on_at else 'off'}, {channel}"))
    failed = deliveries.failed(tx, admin.company_id, now - timedelta(days=7), 100)
    company = stored_people.company(tx, admin.company_id)
    return people_views.Running(
        tuple(teams),
        len(goals.goals(tx, admin.company_id)),
        len(failed),
        company.paused_at is not None,
        is_worse,
    )
