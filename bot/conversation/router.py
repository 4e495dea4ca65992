"""Which handler typed words, a button or a form go to. Those of commands stand in `bot/conversation/actions.py`."""

from __future__ import annotations

from bot.chat.events import MessageReceived, Opened, Pressed, Replace, Reply, Submitted
from bot.chat.messages import Message
from bot.commands.parse import Misread, Understood
from bot.conversation.context import Turn
from bot.conversation.handlers import about, admin, checkins, digests, goals, people, teams
from bot.views import notes
from checkins.answers import questions
from checkins.errors import UserError


def said(turn: Turn, event: MessageReceived, understood: Understood | Misread | None) -> Reply:
    """Typed words: an answer, a command, or neither."""
    match understood:
        case None:
            return about.greeted(turn, checkins.typed(turn, event.words))
        case Misread(sentence=sentence, marked=marked):
            return notes.problem(sentence, "" if marked else event.words)
        case Understood(action=action, values=values):
            return action.handler(turn, **values)


def opened(turn: Turn, event: Opened) -> Reply:
    """A form asked for by its name."""
    match event.name:
        case "checkin" if event.given is not None and event.given.by_outsider is None:
            return notes.of_somebody()
        case "checkin" if event.given is not None and event.given.by_outsider:
            return notes.of_an_outsider()
        case "checkin" if event.given is not None:
            return checkins.keep_form(turn, event.given)
        case "checkin":
            return checkins.form(turn, event.subject)
        case "move":
            return checkins.move_form(turn, event.subject)
        case "goal":
            return goals.form(turn, handle=event.subject)
        case "settings":
            return people.settings_form(turn)
        case "team":
            return teams.show(turn)
        case _:
            raise UserError("That button is from another time. `help` shows what there is now.")


def submitted(turn: Turn, event: Submitted) -> Reply:
    """A form sent."""
    match event.name:
        case "checkin":
            return Replace(checkins.submitted(turn, event.subject, event.values))
        case "move":
            return Replace(checkins.moved(turn, event.values))
        case "goal":
            return goals.submitted(turn, event.subject, event.values)
        case "team":
            return teams.set_up(turn, event.values)
        case "settings":
            return people.settings(turn, event.values)
        case _:
            raise UserError("That form is from another time. Open it again.")


def pressed(turn: Turn, event: Pressed) -> Reply:
    """A tap."""
    match event.press:
        case "checkin" | "edit":
            return checkins.form(turn, event.subject)
        case "same":
            return _replaced(checkins.same(turn, event.subject))
        case "skip":
            return _replaced(checkins.skip(turn, event.subject))
        case "snooze":
            return _replaced(checkins.snooze(turn, event.subject))
        case "answer":
            return _replaced(checkins.typed(turn, event.subject))
        case "file":
            return checkins.file(turn, event.subject, event.value)
        case "move":
            return checkins.move_form(turn, event.subject)
        case "blocker":
            return checkins.blocker(turn, event.subject, event.value)
        case "mine":
            return checkins.mine(turn)
        case "fine":
            return people.fine(turn)
        case "settings":
            return people.settings_form(turn)
        case "zone":
            return people.zone_of_welcome(turn, event.value)
        case "privacy":
            return about.privacy(turn)
        case "stop":
            return _replaced(people.stop(turn))
        case "start":
            return _replaced(people.start(turn))
        case "forget":
            return people.forget(turn)
        case "goals":
            return goals.tree(turn)
        case "goal.add":
            return goals.form(turn, handle="")
        case "goal.show":
            return goals.show(turn, handle=event.subject)
        case "goal.edit":
            return goals.form(turn, handle=event.subject)
        case "goal.retire":
            return goals.retire(turn, handle=event.subject)
        case "goal.restore":
            return goals.restore(turn, handle=event.subject)
        case "goal.undo":
            return _replaced(goals.undo(turn))
        case "team.show":
            return teams.show(turn, team_name=event.subject)
        case "team.on":
            return _replaced(teams.on(turn, team_name=event.subject))
        case "digest.open" | "digest.lines":  # the latter is what it was called at first
            return digests.opened(turn, event.subject)
        case "digest.seen":
            return digests.seen(turn, event.subject)
        case "retry":
            return admin.retry(turn, event.value)
        case "take back":
            return admin.take_back(turn)
        case "resume":
            return _replaced(admin.resume(turn))
        case name if (question := questions.named(name)) is not None:
            return checkins.tap(turn, question, event.subject, event.value)
        case _:
            raise UserError("That button is from another time. `help` shows what there is now.")


def _replaced(reply: Reply) -> Reply:
    return Replace(reply) if isinstance(reply, Message) else reply
