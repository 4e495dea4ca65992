"""What somebody did, as the console tells it, and as an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from bot.chat.events import MessageReceived, Opened, Pressed, Submitted, Suggest, Who
from bot.chat.inbound import whole
from docs.examples.console_platform.addresses import CHANNEL, NAME, WORKSPACE, of

Act: TypeAlias = MessageReceived | Opened | Submitted | Pressed | Suggest


class RequestRefused(Exception):
    """A request that is not taken, and its status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def read(body: bytes, people: Mapping[str, str]) -> Act | None:
    """The event; None for words in the channel that are not for us. Raises RequestRefused for what is not
    understood."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, "That is not JSON.") from error
    if not isinstance(given, dict):
        raise RequestRefused(400, "That is not a JSON object.")

    def word(name: str) -> str:
        return _word(given.get(name, ""))

    key, name = word("id"), word("who")
    if not 0 < len(key) <= 100 or name not in people:
        raise RequestRefused(400, "An event has an id, and one of the people who did it.")
    who = Who(of(name), WORKSPACE, of(name), people[name])
    where = word("where") or who.address
    if where not in (who.address, CHANNEL):
        raise RequestRefused(400, "That conversation is not one of theirs.")
    private = where == who.address
    at = (f"{NAME}:{key}", who, where, private, word("message") or key)
    match given:
        case {"say": _}:
            words = word("say")
            command = words.startswith("/")
            return MessageReceived(*at, words.removeprefix("/"), command) if command or private else None
        case {"press": _}:
            return Pressed(*at, word("press"), word("subject"), word("value"))
        case {"open": _}:
            return Opened(*at, word("open"), word("subject"))
        case {"submit": _, "values": dict(values)}:
            filled = {whole(field): _value(value) for field, value in values.items()}
            return Submitted(*at, word("submit"), word("subject"), filled)
        case {"suggest": _}:
            return Suggest(*at, word("suggest"), word("subject"), word("field"), word("typed"))
        case _:
            raise RequestRefused(400, "That is nothing that can be done here.")


def _value(value: object) -> str | tuple[str, ...]:
    return tuple(map(_word, value)) if isinstance(value, list) else _word(value)


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise RequestRefused(400, "What is told is told in strings.")
    return whole(value)
