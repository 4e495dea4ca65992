"""Whether goals of a file fit the tree as it would be with all of them: parents, circles, titles and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.transfer.goal_plans import GoalPlan
from bot.transfer.reports import Tally
from checkins import text
from checkins.errors import UserError
from checkins.goals import checks
from storage.kinds import GoalStatus
from storage.tables import Goal


def drop_misfits(plans: dict[str, GoalPlan], present: Sequence[Goal], tally: Tally) -> None:
    """Takes out plans that do not fit the tree, or that others left out were needed for, until the rest fits."""
    checks: tuple[Callable[[dict[str, GoalPlan], Sequence[Goal]], dict[str, str]], ...] = (
        _orphans,
        _circles,
        _twins,
        _overweight,
    )
    while True:
        bad: dict[str, str] = {}
        for check in checks:
            bad |= {handle: reason for handle, reason in check(plans, present).items() if handle not in bad}
            if bad:
                break  # what one check takes out changes what the next one sees
        if not bad:
            return
        for handle, reason in bad.items():
            tally.reject(plans.pop(handle).line, reason)


def _orphans(plans: dict[str, GoalPlan], present: Sequence[Goal]) -> dict[str, str]:
    """Goals under one that is not there, and all that are under those in turn."""
    known = {goal.handle for goal in present}
    below: dict[str, list[str]] = {}
    for plan in plans.values():
        below.setdefault(plan.parent or "", []).append(plan.handle)
    bad = {
        handle: f"There is no goal #{parent} to be under."
        for parent in below
        if parent and parent not in known and parent not in plans
        for handle in below[parent]
    }
    waiting = list(bad)
    while waiting:
        parent = waiting.pop()
        if parent in known:
            continue  # it stays as it was, and so can be a parent
        for handle in below.get(parent, []):
            if handle not in bad:
                bad[handle] = f"#{parent}, which it is under, is on a bad row (line {plans[parent].line})."
                waiting.append(handle)
    return bad


def _parents(plans: dict[str, GoalPlan], present: Sequence[Goal]) -> dict[str, str]:
    """Who would be under whom, by handle; empty for nobody."""
    by_id = {goal.id: goal.handle for goal in present}
    found = {goal.handle: by_id[goal.parent_id] if goal.parent_id else "" for goal in present}
    for plan in plans.values():
        found[plan.handle] = found.get(plan.handle, "") if plan.parent is None else plan.parent
    return found


def _circles(plans: dict[str, GoalPlan], present: Sequence[Goal]) -> dict[str, str]:
    bad = checks.circles(_parents(plans, present))
    return {handle: reason for handle, reason in bad.items() if handle in plans}


def _twins(plans: dict[str, GoalPlan], present: Sequence[Goal]) -> dict[str, str]:
    """Open goals with a title that another open one has."""
    taken = {
        text.folded(goal.title): goal.handle for goal in present if goal.handle not in plans and goal.retired_at is None
    }
    retired = {goal.handle for goal in present if goal.retired_at is not None}
    bad: dict[str, str] = {}
    for plan in plans.values():
        if plan.values.get("status", GoalStatus.RETIRED if plan.handle in retired else "") == GoalStatus.RETIRED:
            continue
        try:
            checks.is_free(plan.title, taken)
        except UserError as problem:
            bad[plan.handle] = problem.sentence
        else:
            taken[text.folded(plan.title)] = plan.handle
    return bad


def _overweight(plans: dict[str, GoalPlan], present: Sequence[Goal]) -> dict[str, str]:
    """Weights beside each other share 100."""
    parents = _parents(plans, present)
    beside: dict[str, list[tuple[str, int]]] = {}
    for goal in present:
        if goal.handle not in plans and goal.retired_at is None and goal.weight is not None:
            beside.setdefault(parents[goal.handle], []).append((goal.handle, goal.weight))
    before = {goal.handle: goal for goal in present}
    bad: dict[str, str] = {}
    for plan in plans.values():
        goal_before = before.get(plan.handle)
        status = plan.values.get("status", goal_before.status if goal_before else "")
        weight = plan.values.get("weight", goal_before.weight if goal_before else None)
        if status == GoalStatus.RETIRED or not isinstance(weight, int):
            continue
        others = beside.setdefault(parents[plan.handle], [])
        try:
            checks.shares_100(weight, others)
        except UserError as problem:
            bad[plan.handle] = problem.sentence
        others.append((plan.handle, weight))
    return bad
