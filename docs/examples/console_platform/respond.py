"""The way back: an event is heard, and the reply said to the one person it is for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from bot.chat.events import Choices, Invalid, Page, Replace
from bot.chat.inbound import Intake, Progress
from bot.chat.messages import Form, Message
from docs.examples.console_platform import render
from docs.examples.console_platform.client import Json, Lines
from docs.examples.console_platform.inbound import Act


class Responder:
    """Says replies."""

    def __init__(self, lines: Lines, intake: Intake[bool]) -> None:
        self._lines = lines
        self._intake = intake

    async def answer(self, event: Act, progress: Progress) -> bool:
        """Hear it and say the reply; True once that is done."""
        reply = await self._intake.reply(event)
        progress.heard = True
        match reply:
            case None:
                pass
            case Message():
                self._say(event, render.message(reply), render.taps(reply))
            case Replace(message=message) | Page(message=message):
                self._say(event, render.message(message), render.taps(message))
            case Form():
                self._say(event, render.form(reply), render.sends(reply), about=event.message)
            case Invalid():
                self._say(event, render.errors(reply.errors), render.again(event), about=event.message)
            case Choices():
                self._say(event, render.options(reply.options))
            case _:
                assert_never(reply)
        return True

    def _say(self, event: Act, text: str, controls: Iterable[Json] = (), about: str = "") -> None:
        self._lines.say(event.where, text, controls, only=event.who.id, about=about)
