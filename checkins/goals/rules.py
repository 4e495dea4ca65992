"""Goals: their tree, what may be changed, and the history of every change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from checkins import text
from checkins.errors import Gathered, PermissionDenied, UserError
from checkins.goals import checks
from checkins.goals import key_results as key_result_rules
from checkins.goals import tree as goal_tree
from storage import audit, database, people
from storage import goals as stored_goals
from storage.kinds import GoalStatus
from storage.tables import Audit, Change, Goal, GoalNeed, Person, Team


@dataclass(frozen=True, slots=True)
class GoalInput:
    """What a goal should be: every field as it should stand afterwards. `under` is a handle."""

    title: str
    description: str = ""
    under: str = ""
    owner_id: int | None = None
    by: date | None = None
    weight: int | None = None
    needs: tuple[str, ...] = ()
    status: str = GoalStatus.ON_TRACK
    handle: str = ""
    key_results: tuple[str, ...] = ()
    initiatives: tuple[str, ...] = ()


def require_admin(person: Person) -> None:
    """Raises PermissionDenied for everybody who may not change goals."""
    if not person.admin:
        raise PermissionDenied(
            "Only admins can change goals. `/goals` shows them, and your lines count under them all the same."
        )


def add(tx: Session, by: Person, goal_input: GoalInput, now: datetime) -> Goal:
    """A new goal."""
    require_admin(by)
    check(tx, by.company_id, None, goal_input)
    title = checks.title(goal_input.title)
    goal = Goal(
        company_id=by.company_id,
        handle=free_handle(tx, by.company_id, goal_input.handle or title),
        title=title,
        created_at=now,
    )
    database.add(tx, goal)
    entry = audited(tx, by, "goals add", goal, f"added #{goal.handle} “{title}”", now)
    _fill(tx, goal, goal_input, entry)
    database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="added", after=goal.handle))
    return goal


def edit(tx: Session, by: Person, goal: Goal, goal_input: GoalInput, now: datetime) -> Sequence[Change]:
    """A goal as it should be from now on; what changed, which is nothing when all stays."""
    require_admin(by)
    check(tx, by.company_id, goal, goal_input)
    entry = audited(tx, by, "goals edit", goal, "", now)
    _set(tx, entry, goal, "title", checks.title(goal_input.title))
    if goal_input.handle and goal_input.handle != goal.handle:
        _set(tx, entry, goal, "handle", read_handle(goal_input.handle))
    _fill(tx, goal, goal_input, entry)
    changes = audit.changes(tx, entry.id)
    if not changes:
        tx.delete(entry)
        return changes
    entry.said = f"changed #{goal.handle}: " + (", ".join(named(change.field) for change in changes) or "nothing")
    return changes


def progress(tx: Session, by: Person, goal: Goal, value: str, now: datetime) -> str:
    """A key result's number, or a status. Its owner and admins may. What was done, in words."""
    if not by.admin and by.id not in stored_goals.owners(tx, [goal])[goal.id]:
        raise PermissionDenied(f"Only admins and the owner of #{goal.handle} can do that.")
    told = " ".join(value.lower().split())
    if told in checks.STATUSES:
        entry = audited(tx, by, "goals progress", goal, f"said #{goal.handle} is {told}", now)
        _set(tx, entry, goal, "status", told)
        return f"is {told}"
    match = re.fullmatch(
        r"(?:(?P<of>.+?)\s*[:=]\s*|(?P<of2>.*\D)\s+)?(?P<number>[-+]?[\d,.\s]*\d)\s*(?P<unit>\S*)",
        value.strip(),
    )
    if match is None:
        raise UserError(f"“{value}” is neither a number nor a status. Statuses: {', '.join(checks.STATUSES)}.")
    results = stored_goals.key_results(tx, [goal.id]).get(goal.id, [])
    name = (match["of"] or match["of2"] or "").strip()
    fitting = [row for row in results if name.lower() in row.title.lower()]
    if not results:
        raise UserError(f"#{goal.handle} has no key result to set. Add one with `/goals edit #{goal.handle}`.")
    if len(fitting) != 1:
        names = ", ".join(f"“{row.title}”" for row in results)
        raise UserError(
            f"Which key result of #{goal.handle}? {names}. Write it like “{results[0].title}: {match['number']}”."
        )
    number = key_result_rules.read_number(match["number"])
    row = fitting[0]
    said = f"set {row.title} of #{goal.handle} to {key_result_rules.show_number(number)}{row.unit}"
    entry = audited(tx, by, "goals progress", goal, said, now)
    database.add(
        tx,
        Change(
            audit_id=entry.id,
            goal_id=goal.id,
            field=f"key result {row.id}",
            before=None if row.now is None else repr(row.now),
            after=repr(number),
        ),
    )
    row.now, row.typed_at = number, now
    return f"{row.title}: {key_result_rules.show_number(number)}{row.unit}, target {key_result_rules.show_number(row.target)}{row.unit}"


def retire(tx: Session, by: Person, goal: Goal, into: Goal | None, now: datetime) -> None:
    """Ends a goal. Its lines stay filed under it; new ones of the kind go to its successor."""
    require_admin(by)
    if goal.retired_at is not None:
        raise UserError(f"#{goal.handle} is retired already.")
    children = [row for row in stored_goals.goals(tx, by.company_id) if row.parent_id == goal.id]
    if children:
        names = ", ".join(f"#{row.handle}" for row in children)
        raise UserError(f"#{goal.handle} still has goals under it: {names}. Retire or move them first.")
    if into is not None and (into.id == goal.id or into.retired_at is not None):
        raise UserError("A goal goes into another one that is still open.")
    said = f"retired #{goal.handle}" + (f" into #{into.handle}" if into else "")
    entry = audited(tx, by, "goals retire", goal, said, now)
    _set(tx, entry, goal, "status", GoalStatus.RETIRED)
    _set(tx, entry, goal, "retired_at", now)
    _set(tx, entry, goal, "successor_id", into.id if into else None)


def restore(tx: Session, by: Person, goal: Goal, now: datetime) -> None:
    """Brings a retired goal back."""
    require_admin(by)
    if goal.retired_at is None:
        raise UserError(f"#{goal.handle} is not retired.")
    free_title(tx, by.company_id, goal.title, but=goal.id)
    above = stored_goals.goal_by_id(tx, by.company_id, goal.parent_id) if goal.parent_id else None
    if above is not None and above.retired_at is not None:
        raise UserError(f"#{goal.handle} was under #{above.handle}, which is retired. Restore that one first.")
    _check_weights(tx, goal.company_id, goal, above, goal.weight)
    entry = audited(tx, by, "goals restore", goal, f"restored #{goal.handle}", now)
    _set(tx, entry, goal, "status", GoalStatus.ON_TRACK)
    _set(tx, entry, goal, "retired_at", None)
    _set(tx, entry, goal, "successor_id", None)


def merge(tx: Session, by: Person, goal: Goal, into: Goal, now: datetime) -> int:
    """Moves a goal's lines and goals into another and retires it; how many lines moved."""
    require_admin(by)
    if goal.id == into.id:
        raise UserError("A goal cannot be merged into itself.")
    if into.retired_at is not None:
        raise UserError(f"#{into.handle} is retired. Restore it first, or merge into another goal.")
    if goal_tree.is_under(tx, into, goal):
        raise UserError(f"#{into.handle} is under #{goal.handle}. Move it out first.")
    entry = audited(tx, by, "goals merge", goal, f"merged #{goal.handle} into #{into.handle}", now)
    moved = 0
    there = {tag.line_id for tag in stored_goals.tags_of(tx, into.id)}
    for tag in stored_goals.tags_of(tx, goal.id):
        if tag.line_id in there:
            continue  # the line serves both already
        tag.goal_id = into.id
        moved += 1
    for child in stored_goals.goals(tx, by.company_id):
        if child.parent_id == goal.id:
            _set(tx, entry, child, "parent_id", into.id)
    if goal.retired_at is None:
        _set(tx, entry, goal, "status", GoalStatus.RETIRED)
        _set(tx, entry, goal, "retired_at", now)
    _set(tx, entry, goal, "successor_id", into.id)
    return moved


def find(tx: Session, company_id: int, handle: str, *, retired: bool = True) -> Goal:
    """A goal by its handle; UserError names the nearest ones when there is none."""
    goal = stored_goals.goal(tx, company_id, handle)
    if goal is not None and (retired or goal.retired_at is None):
        return goal
    if goal is not None:
        raise UserError(f"#{handle} is retired. `/goals restore #{handle}` brings it back.")
    every = stored_goals.goals(tx, company_id)
    near = [row.handle for row in every if handle in row.handle or row.handle in handle or handle in row.title.lower()]
    hint = f" Did you mean #{', #'.join(near[:3])}?" if near else " `/goals` shows them all."
    raise UserError(f"There is no goal #{handle}.{hint}")


def read_handle(words: str) -> str:
    """`#Pricing page` as a handle: `pricing-page`. Raises UserError when nothing is left of it."""
    plain = unicodedata.normalize("NFKC", words).lower().removeprefix("#")
    handle = re.sub(r"[^\w]+", "-", plain).strip("-_")[:30].strip("-")
    if not handle:
        raise UserError("A handle needs letters or digits, like #pricing.", field="handle")
    return handle


def free_handle(tx: Session, company_id: int, title: str) -> str:
    """A short handle for a title that no other goal of the company has."""
    words = [word for word in read_handle(title).split("-") if word]
    short: list[str] = []
    for word in words:
        if short and len("-".join([*short, word])) > 18:
            break
        short.append(word)
    base = "-".join(short)[:30]
    handle, number = base, 2
    while stored_goals.goal(tx, company_id, handle) is not None:
        handle, number = f"{base}-{number}", number + 1
    return handle


def check(tx: Session, company_id: int, goal: Goal | None, goal_input: GoalInput) -> None:
    """Raises a UserError with everything that is wrong with a wish for a goal, or for a new one, each at its field."""
    gathered = Gathered()
    title, parent = "", None
    with gathered.at("title"):
        title = free_title(tx, company_id, goal_input.title, but=goal.id if goal else 0)
    with gathered.at("handle"):
        if goal is not None and goal_input.handle and goal_input.handle != goal.handle:
            wanted = read_handle(goal_input.handle)
            other = stored_goals.goal(tx, company_id, wanted)
            if other is not None and other.id != goal.id:
                raise UserError(f"#{wanted} is taken by “{other.title}”.")
        elif goal is None and title:
            read_handle(goal_input.handle or title)
    with gathered.at("under"):
        parent = _parent(tx, company_id, goal, goal_input)
    with gathered.at("description"):
        checks.description(goal_input.description)
    with gathered.at("status"):
        checks.status(goal_input.status)
    with gathered.at("weight"):
        if goal_input.weight is not None:
            checks.weight(str(goal_input.weight))
        _check_weights(tx, company_id, goal, parent, goal_input.weight)
    with gathered.at("needs"):
        _needed(tx, company_id, goal_input.needs)
    with gathered.at("key_results"):
        for line in goal_input.key_results:
            key_result_rules.read(line)
    gathered.tell()


def _parent(tx: Session, company_id: int, goal: Goal | None, goal_input: GoalInput) -> Goal | None:
    if not goal_input.under:
        return None
    parent = find(tx, company_id, goal_input.under.removeprefix("#").lower(), retired=False)
    if goal is not None:
        rows = {row.id: row for row in stored_goals.goals(tx, company_id, retired=True)}
        parents = {row.handle: rows[row.parent_id].handle if row.parent_id else "" for row in rows.values()}
        wrong = checks.circles(parents | {goal.handle: parent.handle}).get(goal.handle)
        if wrong is not None:
            raise UserError(wrong)
    return parent


def _fill(tx: Session, goal: Goal, goal_input: GoalInput, entry: Audit) -> None:
    parent = _parent(tx, goal.company_id, goal, goal_input)
    _set(tx, entry, goal, "description", checks.description(goal_input.description))
    _set(tx, entry, goal, "parent_id", parent.id if parent else None)
    _set(tx, entry, goal, "owner_id", goal_input.owner_id)
    _set(tx, entry, goal, "by", goal_input.by)
    _set(tx, entry, goal, "weight", goal_input.weight)
    if goal.retired_at is None:
        _set(tx, entry, goal, "status", goal_input.status)
    before = ";".join(sorted(_need_names(tx, goal)))
    set_needs(tx, goal, goal_input.needs)
    after = ";".join(sorted(_need_names(tx, goal)))
    if before != after:
        database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="needs", before=before, after=after))
    key_result_rules.set_lists(tx, goal, goal_input.key_results, goal_input.initiatives, entry)


def _check_weights(tx: Session, company_id: int, goal: Goal | None, parent: Goal | None, weight: int | None) -> None:
    if weight is None:
        return
    above, own = parent.id if parent else None, goal.id if goal else None
    beside = [
        (row.handle, row.weight)
        for row in stored_goals.goals(tx, company_id)
        if row.parent_id == above and row.id != own and row.weight is not None
    ]
    checks.shares_100(weight, beside)


def _need_names(tx: Session, goal: Goal) -> list[str]:
    ids = stored_goals.needs(tx, [goal.id]).get(goal.id, set())
    return [team.name for team in people.teams(tx, goal.company_id) if team.id in ids]


def set_needs(tx: Session, goal: Goal, names: Sequence[str]) -> None:
    """The teams a goal needs, by name, in the place of those it needed."""
    stored_goals.clear_needs(tx, goal.id)
    for team in _needed(tx, goal.company_id, names):
        database.add(tx, GoalNeed(goal_id=goal.id, team_id=team.id))


def _needed(tx: Session, company_id: int, names: Sequence[str]) -> list[Team]:
    found = []
    for name in dict.fromkeys(name.strip() for name in names if name.strip()):
        team = people.team_named(tx, company_id, name)
        if team is None:
            known = ", ".join(row.name for row in people.teams(tx, company_id)) or "none yet"
            raise UserError(f"There is no team “{name}”. Teams: {known}.")
        found.append(team)
    return found


def free_title(tx: Session, company_id: int, words: str, but: int = 0) -> str:
    """A title that no other goal has. Raises UserError."""
    title = checks.title(words)
    others = [row for row in stored_goals.goals(tx, company_id) if row.id != but]
    checks.is_free(title, {text.folded(row.title): row.handle for row in others})
    return title


def audited(tx: Session, by: Person, act: str, goal: Goal | None, said: str, now: datetime) -> Audit:
    """Notes who did what."""
    row = Audit(
        company_id=by.company_id,
        at=now,
        actor_id=by.id,
        act=act,
        goal_id=goal.id if goal else None,
        said=said,
    )
    database.add(tx, row)
    return row


def _set(tx: Session, entry: Audit, goal: Goal, field: str, value: object) -> None:
    before = getattr(goal, field)
    if before == value:
        return
    setattr(goal, field, value)
    if entry.act != "goals add":
        database.add(
            tx,
            Change(
                audit_id=entry.id,
                goal_id=goal.id,
                field=field,
                before=written(before),
                after=written(value),
            ),
        )


def written(value: object) -> str | None:
    """A field's value as the history keeps it."""
    return None if value is None else value.isoformat() if isinstance(value, date) else str(value)


def named(field: str) -> str:
    """A field as people call it."""
    return {"parent_id": "what it is under", "owner_id": "owner", "by": "date"}.get(field, field)
