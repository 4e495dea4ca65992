"""What Instep says of itself: the help, who sees what, and a word to somebody who has not met it yet."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.events import Reply
from bot.chat.messages import Message, Text
from bot.commands.table import Right
from bot.conversation.context import Turn
from bot.views import people as people_views
from bot.views import welcome
from checkins.people import members
from storage import people as stored_people


def help_page(turn: Turn) -> Message:
    """What can be said, for the rights of who asks."""
    rights: list[Right] = [""]
    if turn.person.admin or stored_people.managed(turn.tx, turn.person.id):
        rights.append("manager")
    if turn.person.admin:
        rights.append("admin")
    return people_views.help_page(turn.person.name.split()[0], turn.actions.helped(rights), _no_admin(turn))


def privacy(turn: Turn) -> Message:
    """Who sees what."""
    return people_views.privacy(turn.model_at)


def greeted(turn: Turn, reply: Reply) -> Reply:
    """Somebody nobody asked yet types by themselves: they are told who we are, under what they saved."""
    if turn.person.introduced_at is None and isinstance(reply, Message):
        members.introduce(turn.person, turn.now)
        note = _no_admin(turn)
        about = (*welcome.introduction(), note) if note is not None else welcome.introduction()
        return replace(reply, blocks=(*reply.blocks, *about))
    return reply


def _no_admin(turn: Turn) -> Text | None:
    """Said for as long as it is so: somebody has to be the first."""
    if stored_people.admins(turn.tx, turn.person.company_id):
        return None
    return welcome.no_admin(turn.account.who)
