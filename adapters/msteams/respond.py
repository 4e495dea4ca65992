"""What somebody did is heard, and the reply shown to that person alone: in the card they used, or as a message."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import assert_never

from adapters.msteams import cards, forms, inbound, render
from adapters.msteams.addresses import Addresses
from adapters.msteams.client import Json
from adapters.msteams.connector import Connector
from adapters.msteams.inbound import Done, Scene
from adapters.msteams.outbound import Outbound, activity
from bot.chat.events import (
    Choices,
    Hear,
    HomeOpened,
    Invalid,
    Opened,
    Page,
    Pressed,
    Replace,
    Reply,
    Submitted,
    Suggest,
)
from bot.chat.inbound import Progress, failure, patiently
from bot.chat.messages import Form, Message
from bot.chat.platform import PlatformError, Unreachable

log = logging.getLogger(__name__)

UNTARGETED = 24 * 3600.0  # seconds for which a tenant that refused a private message in a channel is not asked again


@dataclass(frozen=True, slots=True)
class _Card:
    """Our message that was acted on: its own id in its conversation, and whether one person alone sees it."""

    name: str
    only: bool


class Responder:
    """The one place where an act becomes an event and the reply becomes something to see."""

    def __init__(self, outbound: Outbound, known: Addresses, connector: Connector, hear: Hear) -> None:
        self._outbound = outbound
        self._known = known
        self._connector = connector
        self._hear = hear
        self._untargeted: dict[str, float] = {}

    async def answer(self, raw: inbound.Json, at: Scene, event: Done, progress: Progress) -> Json | None:
        """Hear it and show the reply; the body for an invoke comes back. Raises nothing."""
        try:
            reply = await self._hear(event)
            progress.heard = True
            return await self._show(raw, at, event, reply, progress)
        except PlatformError as error:
            log.warning("the reply to a %s was not shown: %s", type(event).__name__, error)
            return _trouble("That was done, but Teams did not let me show it here.")
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it and the log has it
            progress.heard = True
            return await self._own_up(at, event, failure(type(event).__name__, error))

    async def _show(self, raw: inbound.Json, at: Scene, event: Done, reply: Reply, progress: Progress) -> Json | None:
        card = _Card(inbound.card_message(raw, at).rpartition("/")[2], inbound.shown_to_one(raw))
        mine = at.private or card.only  # nobody else sees the card that was used
        if isinstance(event, Suggest):
            return forms.suggestions(reply if isinstance(reply, Choices) else Choices(()))
        if isinstance(event, Submitted):
            return await self._submitted(raw, at, event, reply, card, progress)
        match reply:
            case None | Choices():
                return _said("Done.")
            case Message() if isinstance(event, HomeOpened):
                return await self._home(event, reply)
            case Message():
                return await self._say(at, reply)
            case Page(message=message):
                return await self._say(at, message)
            case Replace(message=message):
                pressed = isinstance(event, Pressed) and mine
                return await (self._replace(at, card, message) if pressed else self._say(at, message))
            case Form():
                pressed = isinstance(event, Pressed) and mine
                return await self._open(at, reply, event.message if pressed else "")
            case Invalid():
                return await self._say(at, _sentences(reply))
            case _:
                assert_never(reply)

    # A form that was sent

    async def _submitted(
        self,
        raw: inbound.Json,
        at: Scene,
        event: Submitted,
        reply: Reply,
        card: _Card,
        progress: Progress,
    ) -> Json | None:
        origin = _origin(raw)
        alone = origin is not None  # on a card of its own, which has done its work when the form is taken
        mine = at.private or card.only
        match reply:
            case None | Choices():  # delivered again: the card may have become the first reply, so it is left alone
                return _said("Done.")
            case Invalid():
                return await self._refuse(at, event, reply, card, origin, progress)
            case Form() if alone:
                return await self._put(at, card, forms.card(reply, origin=origin), reply.title)
            case Form():
                return await self._open(at, reply, event.message if mine else "")
            case Message():
                return await (self._replace(at, card, reply) if alone else self._say(at, reply))
            case Page(message=message):
                return await self._say(at, message)
            case Replace(message=message) if origin:
                first = _Card(origin.rpartition("/")[2], card.only)
                try:
                    await self._put(at, first, render.card(message), render.summary(message))
                except Unreachable:
                    return await self._replace(at, card, message)
                await self._take_back(at, card)
                return _said(message.title)
            case Replace(message=message):
                return await (self._replace(at, card, message) if mine else self._say(at, message))
            case _:
                assert_never(reply)

    async def _refuse(
        self,
        at: Scene,
        event: Submitted,
        invalid: Invalid,
        card: _Card,
        origin: str | None,
        progress: Progress,
    ) -> Json | None:
        """The form once more, with everything that was typed and what is wrong with it."""
        key = f"{event.key}:again"
        asked = Opened(key, event.who, event.where, event.private, event.message, event.name, event.subject)
        form = await self._hear(asked)
        if isinstance(form, Form):
            drawn = forms.card(forms.filled(form, event.values), invalid.errors, origin=origin)
            if progress.waits and at.invoked:
                return _shown(cards.for_one(drawn) if card.only else drawn)
            # What stands there for everybody is not replaced by what one person typed.
            if at.private or card.only:
                with suppress(Unreachable):
                    return await self._put(at, card, drawn, form.title)
        said = _sentences(invalid)
        await self._say(at, said)
        return _trouble(said.title)

    async def _own_up(self, at: Scene, event: Done, words: str) -> Json | None:
        if isinstance(event, Suggest):
            return forms.suggestions(Choices(()))
        try:
            await self._say(at, Message(words))
        except PlatformError as error:
            log.warning("somebody could not be told that it failed: %s", error)
        return _trouble(words)

    # What is seen

    async def _say(self, at: Scene, message: Message) -> Json:
        """To that person alone: in a channel nobody else sees it."""
        privately = await self._utter(at, render.card(message), render.summary(message))
        return _said("Done." if privately else "I answered in our own chat.")

    async def _open(self, at: Scene, form: Form, origin: str) -> Json:
        """The form on a card of its own."""
        privately = await self._utter(at, forms.card(form, origin=origin), form.title)
        return _said(form.title if privately else f"{form.title}: it is in our own chat.")

    async def _utter(self, at: Scene, card: Json, summary: str) -> bool:
        """Say it privately; whether it stands where they spoke."""
        if at.private:
            said = activity(card, summary)
            await patiently(lambda: self._connector.say(at.service, at.conversation, said), until_unclear=True)
            return True
        if self._untargeted.get(at.tenant, 0.0) < time.monotonic():
            only = activity(cards.for_one(card), summary) | {"recipient": {"id": at.user, "isTargeted": True}}
            try:
                await patiently(
                    lambda: self._connector.say(at.service, at.conversation, only, only=True),
                    until_unclear=True,
                )
            except Unreachable as error:
                log.info("no private messages in channels of this tenant: %s", error)
                self._untargeted[at.tenant] = time.monotonic() + UNTARGETED
            else:
                return True
        assert at.who is not None
        said, to = activity(card, summary), at.who.address
        await patiently(lambda: self._outbound.say(to, said), until_unclear=True)
        return False

    async def _home(self, event: HomeOpened, message: Message) -> Json:
        """The home card, in the conversation with us whatever they asked it in."""
        said = activity(render.card(message), render.summary(message))
        name = await patiently(lambda: self._outbound.say(event.who.address, said), until_unclear=True)
        await self._known.note_person(event.who.id, home=name)
        return _said("Done.")

    async def _replace(self, at: Scene, card: _Card, message: Message) -> Json:
        """In the place of the message; where that is gone, as one of its own."""
        drawn, summary = render.card(message), render.summary(message)
        try:
            return await self._put(at, card, drawn, summary)
        except Unreachable:
            return await self._say(at, message)

    async def _put(self, at: Scene, card: _Card, drawn: Json, summary: str) -> Json:
        if not card.name:
            raise Unreachable("That message is not there any more.")
        drawn = cards.for_one(drawn) if card.only else drawn
        said = activity(drawn, summary)
        await patiently(lambda: self._connector.show(at.service, at.conversation, card.name, said, only=card.only))
        return _shown(drawn)

    async def _take_back(self, at: Scene, card: _Card) -> None:
        try:
            await patiently(lambda: self._connector.take_back(at.service, at.conversation, card.name, only=card.only))
        except PlatformError as error:
            log.info("a form that was sent stays where it is: %s", error)


def _sentences(invalid: Invalid) -> Message:
    return Message(" ".join(invalid.errors.values()))


def _origin(raw: inbound.Json) -> str | None:
    value = raw.get("value")
    if isinstance(value, dict) and isinstance(value.get("action"), dict):
        value = value["action"].get("data")
    sent = forms.decode(value) if isinstance(value, dict) else None
    return sent.origin if isinstance(sent, forms.Sends) else None


def _shown(card: Json) -> Json:
    """https://learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model#response-format"""
    return {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": card}


def _said(words: str) -> Json:
    return {"statusCode": 200, "type": "application/vnd.microsoft.activity.message", "value": words}


def _trouble(words: str) -> Json:
    error = {"code": "BadRequest", "message": words}
    return {"statusCode": 400, "type": "application/vnd.microsoft.error", "value": error}


def late(event: Done) -> Json:
    """What an invoke is answered with while its reply is still to come; a search has no later."""
    if isinstance(event, Suggest):
        return forms.suggestions(Choices(()))
    return _said("Still at it: the answer comes here in a moment.")
