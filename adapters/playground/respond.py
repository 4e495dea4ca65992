"""What is done on the page: put into the room, heard, and the reply shown to the one person it is for."""

from __future__ import annotations

from typing import TypeAlias, assert_never

from adapters.playground import inbound, render
from adapters.playground.inbound import Act, Moved, Retyped, Ticked, Typed
from adapters.playground.playground_world import Player, PlaygroundWorld, is_channel
from adapters.playground.render import Json
from adapters.playground.transcript import US, Transcripts
from bot.chat.events import (
    Choices,
    Edited,
    Hear,
    HomeOpened,
    Invalid,
    MessageReceived,
    Opened,
    Page,
    Pressed,
    Replace,
    Submitted,
    Suggest,
)
from bot.chat.inbound import failure
from bot.chat.messages import Form, Message

_NOTHING: Json = {"kind": "nothing"}

_FromPerson: TypeAlias = MessageReceived | Edited | Opened | Submitted | Pressed | Suggest | HomeOpened


class Responder:
    """The one place where a person's act becomes an event and the reply becomes something to see."""

    def __init__(self, stage: PlaygroundWorld, room: Transcripts, hear: Hear) -> None:
        self._stage = stage
        self._room = room
        self._hear = hear

    async def meet(self) -> None:
        """Look again at who and what there is: what was done may have changed it."""
        self._room.meet(await self._stage.players(), await self._stage.channels())

    async def answer(self, player: Player, key: str, act: Act) -> Json:
        """Do it; where that fails, say so to the person with a reference that is in the log. Raises nothing."""
        try:
            answer = await self._do(player, key, act)
            if not isinstance(act, Suggest | HomeOpened):
                await self.meet()
        except Exception as error:  # noqa: BLE001 - whatever it is, the person hears of it and the log has it
            return self._own_up(player, act, failure(type(act).__name__, error))
        return answer

    async def _do(self, player: Player, key: str, act: Act) -> Json:
        match act:
            case Typed():
                return await self._type(player, key, act)
            case Retyped():
                self._room.change(act.message, act.words)
                return await self._ask(Edited(key, inbound.who(player), player.id, True, act.message, act.words))
            case Moved() | Ticked():
                return await self._turn_clock(player, act)
            case Pressed() | Opened() | Submitted() | Suggest() | HomeOpened():
                return await self._ask(act)
            case _:
                assert_never(act)

    async def _type(self, player: Player, key: str, act: Typed) -> Json:
        private = not is_channel(act.where)
        heard = inbound.spoken(act.words, private=private)
        # A slash command is between the person and us; a mention stands in the channel like any other words.
        alone = heard is not None and not private and act.words.lstrip().startswith("/")
        entry = self._room.say(act.where, player.id, act.words, only=player.id if alone else "")
        if heard is None:
            return _NOTHING
        words, command = heard
        return await self._ask(MessageReceived(key, inbound.who(player), act.where, private, entry.id, words, command))

    async def _turn_clock(self, player: Player, act: Moved | Ticked) -> Json:
        self._room.show_clock()
        try:
            if isinstance(act, Moved):
                await self._stage.move(act.to, self._room.show_clock, who=player.id)
            else:
                await self._stage.tick()
        finally:
            self._room.moving = False
            self._room.show_clock()
        return _NOTHING

    async def _ask(self, event: _FromPerson) -> Json:
        reply = await self._hear(event)
        match reply:
            case None:
                return _NOTHING
            case Message() if isinstance(event, HomeOpened):
                self._room.set_home(event.who.id, reply)
                return _NOTHING
            case Message():
                self._say(event.who.id, event.where, reply)
                return _NOTHING
            case Replace():
                old = self._room.entry(event.message)
                if old and old.by == US and event.who.id in (old.where, old.only):
                    self._room.change(old.id, reply.message)
                else:
                    self._say(event.who.id, event.where, reply.message)
                return _NOTHING
            case Page(message=message):
                return {"kind": "page", "message": render.message(message)}
            case Form():
                return {"kind": "form", "form": render.form(reply)}
            case Invalid() if isinstance(event, Submitted):
                return {"kind": "invalid", "errors": dict(reply.errors)}
            case Invalid():
                self._say(event.who.id, event.where, Message(" ".join(reply.errors.values())))
                return _NOTHING
            case Choices():
                return {"kind": "choices", "options": render.options(reply.options)}
            case _:
                assert_never(reply)

    def _say(self, person: str, where: str, message: Message) -> None:
        """To that person alone: in a channel, nobody else sees it."""
        self._room.say(where, US, message, only=person if is_channel(where) else "")

    def _own_up(self, player: Player, act: Act, words: str) -> Json:
        match act:
            case Submitted():
                return {"kind": "invalid", "errors": {"": words}}
            case Suggest():
                return {"kind": "invalid", "errors": {act.field: words}}
            case HomeOpened():
                self._room.set_home(player.id, Message(words))
            case Typed() | Pressed() | Opened():
                self._say(player.id, act.where, Message(words))
            case Retyped():
                self._say(player.id, player.id, Message(words))
            case Moved() | Ticked():
                return {"kind": "failed", "words": words}
            case _:
                assert_never(act)
        return _NOTHING
