"""Goals as a file wants them, brought into the tree with a history of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from bot.transfer.reports import Tally
from checkins.goals.rules import named
from storage import goals, people
from storage.database import add_all
from storage.kinds import GoalStatus
from storage.tables import Audit, Change, Goal, GoalNeed, GoalOwner, Initiative


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A goal as it should be. None leaves a thing as it is; `values` are fields of the row by their names."""

    line: int
    handle: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    parent: str | None = None  # a handle; empty for none
    owners: tuple[int, ...] | None = None  # people by id; the first one answers for it
    needs: frozenset[int] | None = None  # teams by id
    initiatives: tuple[str, ...] | None = None
    imported_as: str = ""


@dataclass(slots=True)
class _Past:
    """What there is of goals before anything is done, read at once, and the rows that come beside them."""

    by_handle: dict[str, Goal]
    owners: dict[int, set[int]]
    needs: dict[int, set[int]]
    initiatives: dict[int, list[Initiative]]
    team_names: dict[int, str]
    new: list[GoalOwner | GoalNeed | Initiative] = field(default_factory=list)


def keep(tx: Session, company_id: int, plans: Sequence[GoalPlan], now: datetime, tally: Tally) -> dict[str, Goal]:
    """Adds and changes goals in a few large statements; the plans have been checked. All goals by handle."""
    rows = goals.goals(tx, company_id, retired=True)
    ids = [row.id for row in rows]
    past = _Past(
        {row.handle: row for row in rows},
        goals.further_owners(tx, company_id),
        goals.needs(tx, ids),
        goals.initiatives(tx, ids),
        {team.id: team.name for team in people.teams(tx, company_id)},
    )
    known = set(past.by_handle)
    fresh = [
        Goal(company_id=company_id, handle=plan.handle, title=plan.title, created_at=now)
        for plan in plans
        if plan.handle not in known
    ]
    add_all(tx, fresh)
    past.by_handle |= {row.handle: row for row in fresh}
    told: list[tuple[Audit, list[Change]]] = []
    for plan in plans:
        goal = past.by_handle[plan.handle]
        changes = [*_change(goal, plan, past, now), *_change_beside(tx, goal, plan, past)]
        if plan.handle not in known:
            tally.added += 1
            said = f"added #{goal.handle} “{goal.title}”"
            changes = [_changed(goal, "added", None, goal.handle)]
            if plan.imported_as:
                changes.append(_changed(goal, "imported as", None, plan.imported_as))
        elif changes:
            tally.updated += 1
            said = f"changed #{goal.handle}: {', '.join(named(change.field) for change in changes)}"
        else:
            tally.unchanged += 1
            continue
        told.append((Audit(company_id=company_id, at=now, act="import", goal_id=goal.id, said=said), changes))
    add_all(tx, past.new)
    add_all(tx, [audit for audit, _ in told])
    for audit, changes in told:
        for change in changes:
            change.audit_id = audit.id
    add_all(tx, [change for _, changes in told for change in changes])
    return past.by_handle


def _change(goal: Goal, plan: GoalPlan, past: _Past, now: datetime) -> Iterable[Change]:
    """Sets the fields that are different. The changes, still without their audit."""
    values: dict[str, object] = {"title": plan.title, **plan.values}
    if plan.parent is not None:
        values["parent_id"] = past.by_handle[plan.parent].id if plan.parent else None
    if plan.owners is not None:
        values["owner_id"] = plan.owners[0] if plan.owners else None
    if "status" in values and (values["status"] == GoalStatus.RETIRED) != (goal.retired_at is not None):
        values["retired_at"] = now if values["status"] == GoalStatus.RETIRED else None
        values["successor_id"] = None
    for name, value in values.items():
        before = getattr(goal, name)
        if before != value:
            setattr(goal, name, value)
            yield _changed(goal, name, _written(before), _written(value))


def _change_beside(tx: Session, goal: Goal, plan: GoalPlan, past: _Past) -> Iterable[Change]:
    """The same for what stands in rows beside the goal."""
    if plan.owners is not None:
        wanted, have = set(plan.owners[1:]), past.owners.get(goal.id, set())
        if have - wanted:
            goals.drop_owners(tx, goal.id, have - wanted)
        past.new += [GoalOwner(goal_id=goal.id, person_id=number) for number in sorted(wanted - have)]
        if wanted != have:
            yield _changed(goal, "owners", _numbers(have), _numbers(wanted))
    if plan.needs is not None and plan.needs != (needed := past.needs.get(goal.id, set())):
        if needed:
            goals.clear_needs(tx, goal.id)
        past.new += [GoalNeed(goal_id=goal.id, team_id=number) for number in sorted(plan.needs)]
        yield _changed(goal, "needs", _names(needed, past.team_names) or None, _names(plan.needs, past.team_names))
    if plan.initiatives is not None:
        tried = {row.title for row in past.initiatives.get(goal.id, [])}
        for title in plan.initiatives:
            if title not in tried:
                past.new.append(Initiative(goal_id=goal.id, title=title))
                yield _changed(goal, "initiatives", None, title)


def _changed(goal: Goal, name: str, before: str | None, after: str | None) -> Change:
    return Change(audit_id=0, goal_id=goal.id, field=name, before=before, after=after)


def _written(value: object) -> str | None:
    """A value as the history keeps it, so that `undo` could read it back."""
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _numbers(ids: Iterable[int]) -> str:
    return ";".join(str(number) for number in sorted(ids))


def _names(ids: Iterable[int], names: Mapping[int, str]) -> str:
    return ";".join(sorted(names[number] for number in ids))
