"""goals.csv: the tree of goals; each row is read by itself, then all of them are checked together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from bot.transfer import cells, goal_checks, goal_plans
from bot.transfer.files import FileRow, Table
from bot.transfer.goal_plans import GoalPlan
from bot.transfer.reports import ProgressReporter, Tally
from checkins import text
from checkins.errors import UserError
from checkins.goals import checks
from checkins.goals.rules import read_handle
from checkins.schedule import parse as schedule_parse
from storage import goals
from storage import people as stored_people


@dataclass(frozen=True, slots=True)
class _KnownNames:
    """Who and which team a file may name."""

    people: Mapping[str, int]  # by address
    teams: Mapping[str, int]  # by name, whatever the case


def take(tx: Session, table: Table, company_id: int, now: datetime, tally: Tally, progress: ProgressReporter) -> None:
    """Brings the goals to what the file says; bad rows go to the tally and change nothing."""
    names = _KnownNames(
        {account.who: person.id for account, person in stored_people.accounts(tx, company_id)},
        {text.folded(team.name): team.id for team in stored_people.teams(tx, company_id)},
    )
    plans: dict[str, GoalPlan] = {}
    for row in table.rows:
        progress.step()
        try:
            plan = _read(row, table.columns, names, now.date())
            if plan.handle in plans:
                raise UserError(f"#{plan.handle} is on line {plans[plan.handle].line} already.")
        except UserError as problem:
            tally.reject(row.line, problem.sentence)
        else:
            plans[plan.handle] = plan
    goal_checks.drop_misfits(plans, goals.goals(tx, company_id, retired=True), tally)
    if not tally.is_lost:
        goal_plans.keep(tx, company_id, list(plans.values()), now, tally)


def _read(row: FileRow, columns: frozenset[str], names: _KnownNames, today: date) -> GoalPlan:
    """A row by itself. An empty cell means none, except that an empty status stays what it is."""
    if not row.get("goal"):
        raise UserError("This row says no goal.")
    handle = read_handle(row.get("goal"))
    values: dict[str, object] = {}
    if "description" in columns:
        values["description"] = checks.description(row.get("description"))
    if "by" in columns:
        values["by"] = _date(row.get("by"), today) if row.get("by") else None
    if "weight" in columns:
        values["weight"] = checks.weight(row.get("weight")) if row.get("weight") else None
    if row.get("status"):
        values["status"] = checks.status(row.get("status"), retired=True)
    return GoalPlan(
        line=row.line,
        handle=handle,
        title=checks.title(row.get("title")),
        values=values,
        parent=(read_handle(row.get("parent")) if row.get("parent") else "") if "parent" in columns else None,
        owners=tuple(_owner(who, names) for who in cells.parts(row.get("owner"))) if "owner" in columns else None,
        needs=frozenset(_team(name, names) for name in cells.parts(row.get("needs"))) if "needs" in columns else None,
    )


def _date(words: str, today: date) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", words):
        raise UserError(f"“{words}” is not a date. Write it like 2026-06-30.")
    return schedule_parse.day(words, today)


def _owner(who: str, names: _KnownNames) -> int:
    if who not in names.people:
        raise UserError(f"The owner {who} is nobody here. Import people.csv with them first.")
    return names.people[who]


def _team(name: str, names: _KnownNames) -> int:
    if text.folded(name) not in names.teams:
        raise UserError(f"There is no team “{name}”.")
    return names.teams[text.folded(name)]
