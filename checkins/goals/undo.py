"""Taking back one's last change of a goal, field by field, unless the world moved on meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins.errors import UserError
from checkins.goals import key_results
from checkins.goals import rules as goal_rules
from checkins.goals import tree as goal_tree
from storage import audit
from storage import goals as stored_goals
from storage.kinds import GoalStatus
from storage.tables import Change, Goal, Person

UNDO_WITHIN = timedelta(minutes=10)
_FIELDS = (
    "handle",
    "title",
    "description",
    "parent_id",
    "owner_id",
    "by",
    "weight",
    "status",
    "successor_id",
    "retired_at",
)
_READ: Mapping[str, type] = {"parent_id": int, "owner_id": int, "weight": int, "successor_id": int}


def undo(tx: Session, by: Person, now: datetime) -> str:
    """Takes back this person's last change of a goal, if it is fresh; what was taken back, in words."""
    goal_rules.require_admin(by)
    act = audit.last_act(tx, by.company_id, by.id, now - UNDO_WITHIN)
    if act is None:
        raise UserError("There is nothing of yours from the last 10 minutes to take back.")
    if act.act == "goals merge":
        raise UserError(
            "A merge cannot be taken back: its lines are in the other goal now. `/goals restore` brings the goal back."
        )
    for change in reversed(audit.changes(tx, act.id)):
        goal = stored_goals.goal_by_id(tx, by.company_id, change.goal_id)
        assert goal is not None
        if change.field == "added":
            goal.retired_at, goal.status = now, GoalStatus.RETIRED
        elif change.field in _FIELDS:
            _take_back(tx, goal, change)
        elif change.field == "needs":
            goal_rules.set_needs(tx, goal, change.before.split(";") if change.before else ())
        else:
            key_results.undo(tx, goal, change)
    act.undone_at = now
    taken_back = goal_rules.audited(tx, by, "goals undo", None, f"took back: {act.said}", now)
    taken_back.goal_id, taken_back.undone_at = act.goal_id, now  # an undo is not undone
    return act.said


def _take_back(tx: Session, goal: Goal, change: Change) -> None:
    """One field as it was, unless the world moved on meanwhile."""
    before = _read_back(change.field, change.before)
    if goal_rules.written(getattr(goal, change.field)) != change.after:
        raise UserError(f"#{goal.handle} was changed again since, so that cannot be taken back any more.")
    if change.field == "handle":
        other = stored_goals.goal(tx, goal.company_id, str(before))
        if other is not None and other.id != goal.id:
            raise UserError(f"#{before} belongs to “{other.title}” by now, so that cannot be taken back any more.")
    if change.field == "title":
        goal_rules.free_title(tx, goal.company_id, str(before), but=goal.id)
    if change.field == "parent_id" and isinstance(before, int):
        above = stored_goals.goal_by_id(tx, goal.company_id, before)
        if above is None or goal_tree.is_under(tx, above, goal):
            raise UserError(f"#{goal.handle} cannot go back there: that would be a circle by now.")
    setattr(goal, change.field, before)


def _read_back(field: str, value: str | None) -> object:
    if value is None:
        return None
    if field == "by":
        return date.fromisoformat(value)
    if field == "retired_at":
        return datetime.fromisoformat(value)
    return _READ.get(field, str)(value)
