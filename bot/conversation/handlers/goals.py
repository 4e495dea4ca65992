"""Goals by words and by form. Rights are checked by the rules themselves, in every one of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.chat.events import Choices, Reply
from bot.chat.messages import Message, Option
from bot.conversation.context import Turn
from bot.view_values import goal_values
from bot.views import goals as goal_views
from bot.views.checkins import clip
from checkins.answers import assign_goals
from checkins.errors import Gathered, UserError
from checkins.goals import checks
from checkins.goals import rules as goal_rules
from checkins.goals import undo as goal_undo
from checkins.goals.rules import GoalInput
from checkins.schedule import parse as schedule_parse
from storage import goals as stored_goals
from storage import people


def tree(turn: Turn) -> Message:
    """All open goals."""
    return goal_views.tree(goal_values.tree(turn.tx, turn.person.company_id), admin=turn.person.admin)


def show(turn: Turn, *, handle: str) -> Message:
    """One goal and its story."""
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle)
    return goal_views.page(goal_values.goal_page(turn.tx, goal, turn.today), admin=turn.person.admin)


def add(
    turn: Turn,
    *,
    title: str = "",
    under: str = "",
    owner: str = "",
    by: date | None = None,
    weight: int | None = None,
    needs: tuple[str, ...] = (),
) -> Reply:
    """A goal by words; without words the form."""
    goal_rules.require_admin(turn.person)
    if not title:
        return goal_values.goal_form(turn.tx, turn.person.company_id, None)
    owned_by = turn.person_called(owner) if owner else None
    checks.still_to_come(by, turn.today)
    goal_input = GoalInput(
        title,
        under=under,
        owner_id=owned_by.id if owned_by else None,
        by=by,
        weight=weight,
        needs=needs,
    )
    return _added(turn, goal_input)


def _added(turn: Turn, goal_input: GoalInput) -> Message:
    """A new goal, and who is asked about it: lines are shown to nobody but those who wrote them."""
    goal = goal_rules.add(turn.tx, turn.person, goal_input, turn.now)
    asked = assign_goals.ask_about(turn.tx, goal, turn.tagger, turn.now)
    own = [(line.id, line.text) for line in asked if line.person_id == turn.person.id]
    return goal_views.added(goal.handle, goal.title, goal.id, own)


def form(turn: Turn, *, handle: str) -> Reply:
    """The form of a goal, or of a new one."""
    goal_rules.require_admin(turn.person)
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle, retired=False) if handle else None
    return goal_values.goal_form(turn.tx, turn.person.company_id, goal)


def submitted(turn: Turn, handle: str, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form, sent: a new goal, or one as it should be from now on."""
    goal_rules.require_admin(turn.person)
    known = goal_rules.find(turn.tx, turn.person.company_id, handle, retired=False) if handle else None
    gathered = Gathered()
    goal_input = _goal_input(turn, values, gathered)
    with gathered.at("by"):
        if known is None or known.by != goal_input.by:
            checks.still_to_come(goal_input.by, turn.today)
    with gathered.at():
        goal_rules.check(turn.tx, turn.person.company_id, known, goal_input)
    gathered.tell()
    if known is None:
        return _added(turn, goal_input)
    changes = goal_rules.edit(turn.tx, turn.person, known, goal_input, turn.now)
    what = ", ".join(dict.fromkeys(goal_rules.named(change.field) for change in changes))
    return goal_views.changed(known.handle, known.title, f"changed {what}" if what else "")


def progress(turn: Turn, *, handle: str, value: str) -> Message:
    """A number or a status."""
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle, retired=False)
    said = goal_rules.progress(turn.tx, turn.person, goal, value, turn.now)
    return goal_views.changed(goal.handle, goal.title, said)


def retire(turn: Turn, *, handle: str, into: str = "") -> Message:
    """Ends a goal."""
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle)
    successor = goal_rules.find(turn.tx, turn.person.company_id, into, retired=False) if into else None
    goal_rules.retire(turn.tx, turn.person, goal, successor, turn.now)
    said = f"retired, its lines go to #{successor.handle} now" if successor else "retired"
    return goal_views.ended(goal.handle, goal.title, said)


def restore(turn: Turn, *, handle: str) -> Message:
    """Brings one back."""
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle)
    goal_rules.restore(turn.tx, turn.person, goal, turn.now)
    return goal_views.changed(goal.handle, goal.title, "restored")


def merge(turn: Turn, *, handle: str, into: str) -> Message:
    """Moves a goal's lines into another."""
    goal = goal_rules.find(turn.tx, turn.person.company_id, handle)
    other = goal_rules.find(turn.tx, turn.person.company_id, into)
    moved = goal_rules.merge(turn.tx, turn.person, goal, other, turn.now)
    return goal_views.ended(goal.handle, goal.title, f"merged into {other.title}, {moved} lines moved")


def undo(turn: Turn) -> Message:
    """Takes the last change back."""
    return goal_views.undone(goal_undo.undo(turn.tx, turn.person, turn.now))


def suggest(turn: Turn, field: str, typed: str) -> Choices:
    """Goals or people whose name holds what is typed."""
    told = typed.casefold()
    if field == "owner":
        found = [(str(row.id), row.name) for row in people.everybody(turn.tx, turn.person.company_id)]
    else:
        found = [(row.handle, row.title) for row in stored_goals.goals(turn.tx, turn.person.company_id)]
    fitting = [Option(value, clip(name, 70)) for value, name in found if told in name.casefold()]
    return Choices(tuple(fitting[:100]))


def _goal_input(turn: Turn, values: Mapping[str, str | tuple[str, ...]], gathered: Gathered) -> GoalInput:
    """What the form says. What cannot be read is left out of it, and gathered."""

    def word(name: str) -> str:
        value = values.get(name, "")
        return (value[0] if value else "") if isinstance(value, tuple) else value.strip()

    owner, by, weight = None, None, None
    with gathered.at("owner"):
        owner = _owner(turn, word("owner"))
    with gathered.at("by"):
        by = schedule_parse.day(word("by"), turn.today) if word("by") else None
    with gathered.at("weight"):
        weight = checks.weight(word("weight")) if word("weight") else None
    needs = values.get("needs", ())
    return GoalInput(
        title=word("title"),
        description=word("description"),
        under=word("under"),
        owner_id=owner,
        by=by,
        weight=weight,
        needs=needs if isinstance(needs, tuple) else tuple(needs.split(";")),
        status=word("status") or checks.STATUSES[0],
        handle=word("handle"),
        key_results=tuple(line.strip() for line in word("key_results").split("\n") if line.strip()),
        initiatives=tuple(line.strip() for line in word("initiatives").split("\n") if line.strip()),
    )


def _owner(turn: Turn, words: str) -> int | None:
    known = people.by_id(turn.tx, [int(words)]) if words.isdigit() else {}
    if words and not any(person.company_id == turn.person.company_id for person in known.values()):
        raise UserError("That person is not here any more.")
    return int(words) if words else None
