"""The demo: a made-up company that lives through three weeks before the page opens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from bot.chat.events import MessageReceived
from bot.conversation.dispatcher import Conversation
from bot.demo.cast import FEATURED, DemoCast
from bot.demo.company import GOALS, NAME, PEOPLE, TEAMS
from bot.demo.playground_world import WORKSPACE, DatabaseWorld, channel_for
from bot.tagging.tagger_pool import Taggers
from checkins.goals import rules as goal_rules
from checkins.people import members, teams
from checkins.schedule import calendar
from storage import people as stored_people
from storage.database import Database
from storage.tables import Person

WEEKS = 3


def starts_at(today: date) -> datetime:
    """The Monday morning three weeks before this week's Monday."""
    monday = today - timedelta(days=today.weekday())
    return datetime.combine(monday - timedelta(days=7 * WEEKS), datetime.min.time(), UTC) + timedelta(hours=5)


def ends_at(start: datetime) -> datetime:
    """Monday afternoon after the third week, when all three digests are out."""
    return start + timedelta(days=7 * WEEKS, hours=10, minutes=30)


def create_company(tx: Session, now: datetime) -> int:
    """The company, its people, teams and goals, all of it new, the teams switched on. Its id."""
    company = members.create_company(tx, NAME, WORKSPACE, "Playground", now)
    workspace = stored_people.workspace(tx, WORKSPACE)
    assert workspace is not None
    by_key: dict[str, Person] = {}
    for someone in PEOPLE:
        address = f"playground:{someone.key}"
        by_key[someone.key] = members.meet(
            tx,
            workspace,
            who=address,
            address=address,
            name=someone.name,
            email=f"{someone.key}@tidewater.example",
            zone=someone.zone,
            admin=someone.admin,
            now=now,
        )
    for name, (zone, manager) in TEAMS.items():
        team = teams.create(tx, company.id, name, zone, now)
        team.manager_id = by_key[manager].id
        for someone in PEOPLE:
            if someone.team == name:
                members.join(tx, team, by_key[someone.key], now)
        teams.set_digest(
            tx,
            team,
            channel=channel_for(name),
            channel_name=name.lower(),
            workspace_id=workspace.id,
            weekday=None,
            minute=None,
            now=now,
        )
        teams.switch_on(tx, team, now)
    admin = by_key["mara"]
    for goal in GOALS:
        row = goal_rules.add(
            tx,
            admin,
            goal_rules.GoalInput(
                goal.title,
                description=goal.description,
                under=goal.under,
                owner_id=by_key[goal.owner].id if goal.owner else None,
                by=now.date() + timedelta(days=goal.by) if goal.by else None,
                weight=goal.weight,
                needs=goal.needs,
                handle=goal.handle,
                key_results=goal.key_results,
                initiatives=goal.initiatives,
            ),
            now,
        )
        row.starts = now.date() - timedelta(days=14)
    return company.id


async def play(
    stage: DatabaseWorld,
    conversation: Conversation,
    taggers: Taggers,
    database: Database,
    progress: Callable[[int, int], None],
) -> DemoCast:
    """Lives through the three weeks: questions, answers, corrections, numbers typed, digests."""
    assert stage.cycle is not None
    start = stage.now()
    company_id = await database.run(lambda tx: create_company(tx, start))
    cast = DemoCast(database, conversation, stage.now)
    cast.spared.clear()
    end = ends_at(start)
    fridays = [
        calendar.instant(start.date() + timedelta(days=7 * week + 4), 16 * 60, "Europe/Berlin") for week in range(WEEKS)
    ]
    total = int((end - start).total_seconds())
    while stage.now() < end:
        due = await stage.cycle.next_at()
        stops = [moment for moment in (due, *fridays[:1], end) if moment is not None]
        stage.clock.move_to(min(stops))
        await stage.cycle.tick()
        cast.week = (stage.now() - start).days // 7
        if await cast.answers():
            await taggers.catch_up(company_id)  # weeks pass too quickly for it to keep up by itself
            await stage.cycle.tick()
        if fridays and stage.now() >= fridays[0]:
            await _numbers(cast, WEEKS - len(fridays))
            del fridays[0]
        progress(min(total, int((stage.now() - start).total_seconds())), total)
    cast.spared.update(FEATURED)
    return cast


async def _numbers(cast: DemoCast, week: int) -> None:
    """On Friday the owners type how far their goals are, and somebody plans days off."""
    for goal in GOALS:
        if week < len(goal.typed):
            await cast.act(
                MessageReceived,
                goal.owner,
                words=f"/goals progress #{goal.handle} {goal.typed[week]}",
                command=True,
            )
    if week == 1:
        await cast.act(MessageReceived, "jonas", words="leave in 3 days to in 7 days")
