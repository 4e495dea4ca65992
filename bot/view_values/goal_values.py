"""Goals as views show them: the tree, a page, a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import Session

from bot.chat.messages import Form
from bot.views import goals as goal_views
from checkins.goals import checks, key_results, progress
from checkins.goals import tree as goal_tree
from checkins.schedule import calendar
from storage import audit, people
from storage import goals as stored_goals
from storage.tables import Goal, KeyResult, Person


def tree(tx: Session, company_id: int) -> list[goal_views.GoalRow]:
    """All open goals as rows of the tree."""
    rows = stored_goals.goals(tx, company_id)
    owners = people.by_id(tx, [row.owner_id for row in rows if row.owner_id])
    results = stored_goals.key_results(tx, [row.id for row in rows])
    return [_goal_row(depth, goal, owners, results.get(goal.id, [])) for depth, goal in goal_tree.tree(rows)]


def _goal_row(depth: int, goal: Goal, owners: Mapping[int, Person], results: Sequence[KeyResult]) -> goal_views.GoalRow:
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
    owners = people.by_id(tx, stored_goals.owners(tx, [goal])[goal.id])
    results = stored_goals.key_results(tx, [goal.id]).get(goal.id, [])
    above = stored_goals.goal_by_id(tx, goal.company_id, goal.parent_id) if goal.parent_id else None
    after = stored_goals.goal_by_id(tx, goal.company_id, goal.successor_id) if goal.successor_id else None
    needed = stored_goals.needs(tx, [goal.id]).get(goal.id, set())
    acts = [row for row in audit.history(tx, goal.id, 8) if row.undone_at is None]
    actors = people.by_id(tx, [row.actor_id for row in acts if row.actor_id])
    row = _goal_row(0, goal, owners, results)
    return goal_views.GoalPage(
        row=row,
        description=goal.description,
        under=f"#{above.handle} {above.title}" if above else "",
        needs=tuple(team.name for team in people.teams(tx, goal.company_id) if team.id in needed),
        key_results=tuple((result.title, _typed(result)) for result in results),
        initiatives=tuple(item.title for item in stored_goals.initiatives(tx, [goal.id]).get(goal.id, [])),
        pace=_pace(progress.of(goal, results, today)),
        people=stored_goals.workers(tx, goal.id),
        history=tuple(
            (act.at.date(), f"{actors[act.actor_id].name if act.actor_id in actors else 'Import'} {act.said}")
            for act in acts
        ),
        successor=after.handle if after else "",
    )


def _typed(row: KeyResult) -> str:
    start = f"{key_results.show_number(row.start)} → " if row.start is not None and row.start != row.now else ""
    now = key_results.show_number(row.now) if row.now is not None else "?"
    typed = f", typed {calendar.shown(row.typed_at.date())}" if row.typed_at else ""
    return f"{start}{now}, target {key_results.show_number(row.target)}{row.unit}{typed}"


def _pace(found: progress.GoalProgress) -> str:
    if found.done is not None and found.elapsed is not None:
        return f"{found.verdict}: {round(found.done * 100)}% done, {round(found.elapsed * 100)}% of its time gone"
    return "no plan to compare with" if found.verdict == "no plan" else found.verdict


def goal_form(tx: Session, company_id: int, goal: Goal | None, title: str = "") -> Form:
    """The form of a goal that exists, or of a new one."""
    people_known = [(str(row.id), row.name) for row in people.everybody(tx, company_id)]
    teams = people.teams(tx, company_id)
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
        status=goal.status if goal.status in checks.STATUSES else checks.STATUSES[0],
        needs=[team.name for team in teams if team.id in needed],
        key_results=[key_results.write(row) for row in stored_goals.key_results(tx, [goal.id]).get(goal.id, [])],
        initiatives=[row.title for row in stored_goals.initiatives(tx, [goal.id]).get(goal.id, [])],
        people=people_known,
        goals=others,
        teams=[team.name for team in teams],
        editing=goal.handle,
    )
