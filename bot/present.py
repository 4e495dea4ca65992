"""Rows made into the values that views show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.messages import Form
from bot.views import checkins as checkin_views
from bot.views import goals as goal_views
from bot.views import people as people_views
from bot.views import teams as team_views
from bot.views.checkins import KIND_NAMES, Place, Saved, SavedLine
from checkins import accounts, filing, goal_tree, goals, key_results, pace, people, schedule, statuses, window
from storage import accounts as stored_accounts
from storage import checkins
from storage import deliveries as stored_deliveries
from storage import goals as stored_goals
from storage import people as stored
from storage.checkins import Asked, Filed
from storage.tables import Blocker, CheckIn, Goal, Guess, KeyResult, Person, Tag, Team

KINDS = ("support", "firefighting", "overhead", "other")


def rhythm(tx: Session, person: Person, now: datetime) -> people_views.Rhythm:
    """How somebody is asked."""
    teams = stored.teams_of(tx, [person.id])[person.id]
    wanted = people.rhythm(person, teams)
    today = schedule.local_day(now, person.zone)
    leave = stored.absent(tx, [person.id], today, today + timedelta(days=400))
    team = people.home(teams)
    return people_views.Rhythm(
        name=person.name,
        zone=person.zone,
        days=wanted.days if wanted else None,
        minute=wanted.minute if wanted else None,
        own=person.own_minute is not None,
        reminder=person.reminder,
        teams=tuple(team.name for team in teams),
        next_at=people.next_question(person, teams, now, leave),
        stopped=person.stopped_at is not None,
        leave=tuple(
            (row.first, row.last)
            for row in sorted(leave, key=lambda row: row.first)
            if row.kind != statuses.KIND
        ),
        away_by_status=any(row.kind == statuses.KIND and row.first <= today for row in leave),
        admin=person.admin,
        zone_known=person.own_zone or person.zone != "UTC",
        team_zone=team.zone if team else "",
    )


def places_of(tx: Session, person: Person) -> list[people_views.Place]:
    """Where somebody can be asked; of several workspaces of one platform each by its name."""
    every = stored_accounts.of(tx, person.id)
    names = [accounts.platform(workspace.key) for _, workspace in every]
    return [
        people_views.Place(
            str(workspace.id),
            name if names.count(name) == 1 else f"{name} ({workspace.name})",
            account.chosen,
            account.preferred,
            stored_accounts.why_not(account, workspace),
        )
        for (account, workspace), name in zip(every, names, strict=True)
    ]


def saved(tx: Session, rows: Sequence[CheckIn], now: datetime) -> dict[int, Saved]:
    """Answered check-ins as they stand, by id, in a fixed number of queries."""
    lines = checkins.lines(tx, [row.id for row in rows])
    by_checkin: dict[int, list[Filed]] = {row.id: [] for row in rows}
    for filed in lines:
        by_checkin[filed.line.checkin_id].append(filed)
    guesses = checkins.guesses(tx, [filed.line.id for filed in lines])
    wanted = {tag.goal_id for filed in lines for tag in filed.tags if tag.goal_id}
    wanted |= {guess.goal_id for found in guesses.values() for guess in found if guess.goal_id}
    goals_by_id = stored_goals.by_id(tx, [goal_id for goal_id in wanted if goal_id])
    people_of = {row.person_id for row in rows}
    blockers = checkins.open_blockers(tx, people_of)
    closed = window.closed(tx, rows, now)
    return {
        row.id: Saved(
            day=row.day,
            at=row.edited_at
            or row.answered_at
            or datetime.combine(row.day, datetime.min.time()).astimezone(),
            zone=row.zone,
            lines=tuple(_line(filed, guesses[filed.line.id], goals_by_id) for filed in by_checkin[row.id]),
            mix=row.mix,
            blockers=tuple(item.text for item in blockers if item.person_id == row.person_id),
            closed_on=closed.get(row.id),
        )
        for row in rows
    }


def _line(filed: Filed, guesses: Sequence[Guess], goals_by_id: Mapping[int, Goal]) -> SavedLine:
    line = filed.line
    asking = filing.open_questions([filed])
    later_first = sorted(guesses, key=lambda guess: (guess.rank < checkins.LATER, guess.rank))
    sure = next((tag for tag in filed.tags if tag.source == "tagger"), None)
    # Where it is filed stands before what was guessed: the two differ where there was a second opinion.
    after = next(
        (at for at, guess in enumerate(later_first) if guess.rank < checkins.LATER), len(later_first)
    )
    likely: list[Guess | Tag] = [
        *later_first[:after],
        *([sure] if sure is not None else []),
        *later_first[after:],
    ]
    ask = tuple(
        dict.fromkeys(
            Place(
                f"goal:{each.goal_id}" if each.goal_id else each.kind,
                _name(each.goal_id, each.kind, goals_by_id),
            )
            for each in likely
            if each.kind != "other" and not _is_over(each, goals_by_id)
        )
    )[:3]
    is_first = sure is not None and bool(guesses) and _same(sure, guesses[0])
    return SavedLine(
        id=line.id,
        words=line.text,
        places=tuple(_name(tag.goal_id, tag.kind, goals_by_id) for tag in filed.tags)
        or (KIND_NAMES["other"],),
        effort=stated(line.hours, line.percent),
        finished=line.finished,
        late=line.late,
        ask=ask if asking else (),
        why=guesses[0].why if is_first else "",
    )


def _same(tag: Tag, guess: Guess) -> bool:
    return (tag.goal_id, tag.kind) == (guess.goal_id, guess.kind)


def _is_over(guess: Guess | Tag, goals_by_id: Mapping[int, Goal]) -> bool:
    return guess.goal_id is not None and goals_by_id[guess.goal_id].retired_at is not None


def _name(goal_id: int | None, kind: str, goals_by_id: Mapping[int, Goal]) -> str:
    goal = goals_by_id.get(goal_id) if goal_id else None
    return goal.title if goal else KIND_NAMES[kind]


def stated(hours: float | None, percent: float | None) -> str:
    """`3h`, `30%`, or nothing."""
    if hours is not None:
        return f"{hours:.3g}h"
    return f"{percent:.3g}%" if percent is not None else ""


def questions(
    tx: Session, rows: Sequence[Asked], reminders: Collection[int] = ()
) -> dict[int, checkin_views.Question]:
    """Unanswered check-ins as questions, by id; `reminders` are those that were put before."""
    in_the_way: dict[int, list[Blocker]] = {}
    for item in checkins.open_blockers(tx, [row.person_id for row in rows]):
        in_the_way.setdefault(item.person_id, []).append(item)
    return {
        row.id: checkin_views.Question(
            day=row.day,
            first_name=first_name(row.name),
            can_repeat=row.has_answered,
            blockers=tuple(
                (item.id, item.text, (row.day - item.day).days)
                for item in in_the_way.get(row.person_id, ())[:3]
            ),
            reminder=row.id in reminders,
            asks=row.question,
        )
        for row in rows
    }


def first_name(name: str) -> str:
    """What they are called in a sentence."""
    return name.split(maxsplit=1)[0] if name.strip() else "there"


def places(tx: Session, company_id: int) -> list[Place]:
    """Everywhere a line may go: goals in the order of the tree, then the kinds of other work."""
    rows = goal_tree.tree(stored_goals.goals(tx, company_id))
    found = [Place(f"goal:{goal.id}", "\u2003" * depth + goal.title) for depth, goal in rows]
    return found + [Place(kind, KIND_NAMES[kind]) for kind in KINDS]


def tree(tx: Session, company_id: int) -> list[goal_views.GoalRow]:
    """All open goals as rows of the tree."""
    rows = stored_goals.goals(tx, company_id)
    owners = stored.by_id(tx, [row.owner_id for row in rows if row.owner_id])
    results = stored_goals.key_results(tx, [row.id for row in rows])
    return [_goal_row(depth, goal, owners, results.get(goal.id, [])) for depth, goal in goal_tree.tree(rows)]


def _goal_row(
    depth: int, goal: Goal, owners: Mapping[int, Person], results: Sequence[KeyResult]
) -> goal_views.GoalRow:
    owner = owners.get(goal.owner_id) if goal.owner_id else None
    return goal_views.GoalRow(
        depth=depth,
        handle=goal.handle,
        title=goal.title,
        status=goal.status,
        weight=goal.weight,
        by=goal.by,
        owner=owner.name if owner else "",
        numbers=numbers(results[0]) if results else "",
    )


def numbers(row: KeyResult) -> str:
    """`Sign-ups 455, target 600`."""
    now = key_results.show_number(row.now) if row.now is not None else "?"
    return f"{row.title} {now}, target {key_results.show_number(row.target)}{row.unit}"


def goal_page(tx: Session, goal: Goal, today: date) -> goal_views.GoalPage:
    """One goal with everything that hangs on it."""
    owners = stored.by_id(tx, stored_goals.owners(tx, [goal])[goal.id])
    results = stored_goals.key_results(tx, [goal.id]).get(goal.id, [])
    above = stored_goals.goal_by_id(tx, goal.company_id, goal.parent_id) if goal.parent_id else None
    after = stored_goals.goal_by_id(tx, goal.company_id, goal.successor_id) if goal.successor_id else None
    needed = stored_goals.needs(tx, [goal.id]).get(goal.id, set())
    acts = [row for row in stored_goals.history(tx, goal.id, 8) if row.undone_at is None]
    actors = stored.by_id(tx, [row.actor_id for row in acts if row.actor_id])
    row = _goal_row(0, goal, owners, results)
    return goal_views.GoalPage(
        row=row,
        description=goal.description,
        under=f"#{above.handle} {above.title}" if above else "",
        needs=tuple(team.name for team in stored.teams(tx, goal.company_id) if team.id in needed),
        key_results=tuple((result.title, _typed(result)) for result in results),
        initiatives=tuple(item.title for item in stored_goals.initiatives(tx, [goal.id]).get(goal.id, [])),
        pace=_pace(pace.of(goal, results, today)),
        people=stored_goals.workers(tx, goal.id),
        history=tuple(
            (act.at.date(), f"{actors[act.actor_id].name if act.actor_id in actors else 'Import'} {act.said}")
            for act in acts
        ),
        successor=after.handle if after else "",
    )


def _typed(row: KeyResult) -> str:
    start = (
        f"{key_results.show_number(row.start)} → " if row.start is not None and row.start != row.now else ""
    )
    now = key_results.show_number(row.now) if row.now is not None else "?"
    typed = f", typed {schedule.shown(row.typed_at.date())}" if row.typed_at else ""
    return f"{start}{now}, target {key_results.show_number(row.target)}{row.unit}{typed}"


def _pace(found: pace.Pace) -> str:
    if found.done is not None and found.elapsed is not None:
        return f"{found.verdict}: {round(found.done * 100)}% done, {round(found.elapsed * 100)}% of its time gone"
    return "no plan to compare with" if found.verdict == "no plan" else found.verdict


def goal_form(tx: Session, company_id: int, goal: Goal | None, title: str = "") -> Form:
    """The form of a goal that exists, or of a new one."""
    people_known = [(str(row.id), row.name) for row in stored.everybody(tx, company_id)]
    teams = stored.teams(tx, company_id)
    others = [
        (row.handle, "\u2003" * depth + row.title)
        for depth, row in goal_tree.tree(stored_goals.goals(tx, company_id))
        if goal is None or row.id != goal.id
    ]
    if goal is None:
        return goal_views.form(title, people=people_known, goals=others, teams=[team.name for team in teams])
    above = stored_goals.goal_by_id(tx, company_id, goal.parent_id) if goal.parent_id else None
    needed = stored_goals.needs(tx, [goal.id]).get(goal.id, set())
    return goal_views.form(
        goal.title,
        handle=goal.handle,
        description=goal.description,
        under=above.handle if above else "",
        owner=str(goal.owner_id) if goal.owner_id else "",
        by=goal.by,
        weight=goal.weight,
        status=goal.status if goal.status in goals.STATUSES else goals.STATUSES[0],
        needs=[team.name for team in teams if team.id in needed],
        key_results=[
            key_results.write(row) for row in stored_goals.key_results(tx, [goal.id]).get(goal.id, [])
        ],
        initiatives=[row.title for row in stored_goals.initiatives(tx, [goal.id]).get(goal.id, [])],
        people=people_known,
        goals=others,
        teams=[team.name for team in teams],
        editing=goal.handle,
    )


def running(tx: Session, admin: Person, now: datetime, *, is_worse: bool) -> people_views.Running:
    """How the company stands, for the home page of an admin; `is_worse` when lines are filed worse than they were."""
    teams = []
    for team in stored.teams(tx, admin.company_id):
        size = len(stored.members(tx, team.id))
        people_in = f"{size} {'person' if size == 1 else 'people'}" if size else "nobody yet"
        channel = f"digest in #{team.digest_channel}" if team.digest_channel else "no digest yet"
        teams.append((team.name, f"{people_in}, {'on' if team.on_at else 'off'}, {channel}"))
    failed = stored_deliveries.failed(tx, admin.company_id, now - timedelta(days=7), 100)
    company = stored.company(tx, admin.company_id)
    return people_views.Running(
        tuple(teams),
        len(stored_goals.goals(tx, admin.company_id)),
        len(failed),
        company.paused_at is not None,
        is_worse,
    )


def team_page(tx: Session, team: Team) -> team_views.TeamPage:
    """A team as its people see it."""
    manager = stored.by_id(tx, [team.manager_id]).get(team.manager_id) if team.manager_id else None
    band = None
    if team.band_goal is not None and team.band_firefighting is not None:
        band = (team.band_goal, team.band_firefighting, 100 - team.band_goal - team.band_firefighting)
    return team_views.TeamPage(
        name=team.name,
        on=team.on_at is not None,
        people=tuple(row.name for row in stored.members(tx, team.id)),
        manager=manager.name if manager else "",
        days=team.days,
        minute=team.minute,
        zone=team.zone,
        channel=team.digest_channel,
        digest_at=team.digest_due,
        question=team.question,
        band=band,
    )
