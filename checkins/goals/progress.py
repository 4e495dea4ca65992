"""Quickly enough: how far a goal is, against how much of its time is gone. Without a plan nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from storage.kinds import GoalStatus
from storage.tables import Goal, KeyResult

SLACK = 0.10  # ten points behind the calendar is still on pace

Verdict = Literal["on pace", "behind", "past its date", "done", "no plan"]


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """`done` and `elapsed` are parts of 1; None where there is nothing to compare."""

    goal_id: int
    verdict: Verdict
    done: float | None = None
    elapsed: float | None = None
    by: date | None = None


def of(goal: Goal, results: Sequence[KeyResult], day: date) -> GoalProgress:
    """Pace of a goal on a day. A plan is a date and at least one key result with start, now and target."""
    if goal.status == GoalStatus.DONE:
        return GoalProgress(goal.id, "done", by=goal.by)
    if goal.by is not None and goal.by < day:
        return GoalProgress(goal.id, "past its date", by=goal.by)
    parts = [part for row in results if (part := progress(row)) is not None]
    begins = goal.starts or goal.created_at.date()
    if goal.by is None or not parts or begins >= goal.by:
        return GoalProgress(goal.id, "no plan", by=goal.by)
    done = sum(parts) / len(parts)
    elapsed = min(1.0, max(0.0, (day - begins).days / (goal.by - begins).days))
    return GoalProgress(goal.id, "on pace" if done >= elapsed - SLACK else "behind", done, elapsed, goal.by)


def progress(row: KeyResult) -> float | None:
    """How far from start to target, 0 to 1; None without a start, a present number or a distance to go."""
    if row.start is None or row.now is None or row.target == row.start:
        return None
    return min(1.0, max(0.0, (row.now - row.start) / (row.target - row.start)))
