"""Goals by words and by form. Rights are checked by the rules themselves, in every one of them."""

from __future__ import annotations

from collections.abc import Mapping

from bot import commands, present
from bot.conversation.turn import Turn
from bot.events import Choices, Reply
from bot.messages import Message, Option
from bot.views import goals as views
from bot.views.checkins import clip
from checkins import filing, goal_undo, goals, reading
from checkins.goals import Wish
from checkins.problems import Gathered, Problem
from storage import goals as stored
from storage import people


def tree(turn: Turn) -> Message:
    """All open goals."""
    return views.tree(present.tree(turn.tx, turn.person.company_id), admin=turn.person.admin)


def show(turn: Turn, handle: str) -> Message:
    """One goal and its story."""
    goal = goals.find(turn.tx, turn.person.company_id, handle)
    return views.page(present.goal_page(turn.tx, goal, turn.today), admin=turn.person.admin)


def add(turn: Turn, command: commands.GoalsAdd) -> Reply:
    """A goal by words; without words the form."""
    goals.require_admin(turn.person)
    if not command.title:
        return present.goal_form(turn.tx, turn.person.company_id, None)
    owner = turn.person_called(command.owner) if command.owner else None
    if command.by is not None and command.by < turn.today:
        raise Problem(f"{command.by.isoformat()} is over already. Name a day to come.")
    wish = Wish(
        command.title,
        under=command.under,
        owner_id=owner.id if owner else None,
        by=command.by,
        weight=command.weight,
        needs=command.needs,
    )
    return _added(turn, wish)


def _added(turn: Turn, wish: Wish) -> Message:
    """A new goal, and who is asked about it: lines are shown to nobody but those who wrote them."""
    goal = goals.add(turn.tx, turn.person, wish, turn.now)
    asked = filing.ask_about(turn.tx, goal, turn.tagger, turn.now)
    own = [(line.id, line.text) for line in asked if line.person_id == turn.person.id]
    return views.added(goal.handle, goal.title, goal.id, own)


def form(turn: Turn, handle: str) -> Reply:
    """The form of a goal, or of a new one."""
    goals.require_admin(turn.person)
    goal = goals.find(turn.tx, turn.person.company_id, handle, retired=False) if handle else None
    return present.goal_form(turn.tx, turn.person.company_id, goal)


def submitted(turn: Turn, handle: str, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form, sent: a new goal, or one as it should be from now on."""
    goals.require_admin(turn.person)
    known = goals.find(turn.tx, turn.person.company_id, handle, retired=False) if handle else None
    gathered = Gathered()
    wish = _wish(turn, values, gathered)
    with gathered.at("by"):
        if wish.by is not None and wish.by < turn.today and (known is None or known.by != wish.by):
            raise Problem(f"{wish.by.isoformat()} is over already. Name a day to come.")
    with gathered.at():
        goals.check(turn.tx, turn.person.company_id, known, wish)
    gathered.tell()
    if known is None:
        return _added(turn, wish)
    changes = goals.edit(turn.tx, turn.person, known, wish, turn.now)
    what = ", ".join(dict.fromkeys(goals.named(change.field) for change in changes))
    return views.changed(known.handle, known.title, f"changed {what}" if what else "")


def progress(turn: Turn, handle: str, value: str) -> Message:
    """A number or a status."""
    goal = goals.find(turn.tx, turn.person.company_id, handle, retired=False)
    said = goals.progress(turn.tx, turn.person, goal, value, turn.now)
    return views.changed(goal.handle, goal.title, said)


def retire(turn: Turn, handle: str, into: str = "") -> Message:
    """Ends a goal."""
    goal = goals.find(turn.tx, turn.person.company_id, handle)
    successor = goals.find(turn.tx, turn.person.company_id, into, retired=False) if into else None
    goals.retire(turn.tx, turn.person, goal, successor, turn.now)
    said = f"retired, its lines go to #{successor.handle} now" if successor else "retired"
    return views.ended(goal.handle, goal.title, said)


def restore(turn: Turn, handle: str) -> Message:
    """Brings one back."""
    goal = goals.find(turn.tx, turn.person.company_id, handle)
    goals.restore(turn.tx, turn.person, goal, turn.now)
    return views.changed(goal.handle, goal.title, "restored")


def merge(turn: Turn, handle: str, into: str) -> Message:
    """Moves a goal's lines into another."""
    goal = goals.find(turn.tx, turn.person.company_id, handle)
    other = goals.find(turn.tx, turn.person.company_id, into)
    moved = goals.merge(turn.tx, turn.person, goal, other, turn.now)
    return views.ended(goal.handle, goal.title, f"merged into {other.title}, {moved} lines moved")


def undo(turn: Turn) -> Message:
    """Takes the last change back."""
    return views.undone(goal_undo.undo(turn.tx, turn.person, turn.now))


def suggest(turn: Turn, field: str, typed: str) -> Choices:
    """Goals or people whose name holds what is typed."""
    told = typed.casefold()
    if field == "owner":
        found = [(str(row.id), row.name) for row in people.everybody(turn.tx, turn.person.company_id)]
    else:
        found = [(row.handle, row.title) for row in stored.goals(turn.tx, turn.person.company_id)]
    fitting = [Option(value, clip(name, 70)) for value, name in found if told in name.casefold()]
    return Choices(tuple(fitting[:100]))


def _wish(turn: Turn, values: Mapping[str, str | tuple[str, ...]], gathered: Gathered) -> Wish:
    """What the form says. What cannot be read is left out of it, and gathered."""

    def word(name: str) -> str:
        value = values.get(name, "")
        return (value[0] if value else "") if isinstance(value, tuple) else value.strip()

    owner, by, weight = None, None, None
    with gathered.at("owner"):
        owner = _owner(turn, word("owner"))
    with gathered.at("by"):
        by = reading.day(word("by"), turn.today) if word("by") else None
    with gathered.at("weight"):
        weight = _weight(word("weight"))
    needs = values.get("needs", ())
    return Wish(
        title=word("title"),
        description=word("description"),
        under=word("under"),
        owner_id=owner,
        by=by,
        weight=weight,
        needs=needs if isinstance(needs, tuple) else tuple(needs.split(";")),
        status=word("status") or goals.STATUSES[0],
        handle=word("handle"),
        key_results=tuple(line.strip() for line in word("key_results").split("\n") if line.strip()),
        initiatives=tuple(line.strip() for line in word("initiatives").split("\n") if line.strip()),
    )


def _owner(turn: Turn, words: str) -> int | None:
    known = people.by_id(turn.tx, [int(words)]) if words.isdigit() else {}
    if words and not any(person.company_id == turn.person.company_id for person in known.values()):
        raise Problem("That person is not here any more.")
    return int(words) if words else None


def _weight(words: str) -> int | None:
    if words and not words.rstrip("%").isdigit():
        raise Problem("A weight is a whole number from 0 to 100.")
    return int(words.rstrip("%")) if words else None
