"""The door for what is typed: an event's words are clean before anything reads them, so that no handler has to think of
it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from bot.chat.events import (
    Edited,
    Event,
    InboundEvent,
    Installed,
    MessageReceived,
    Opened,
    Pressed,
    QuotedMessage,
    Submitted,
    Suggest,
)
from checkins import text

AnyEvent = TypeVar("AnyEvent", bound=Event | InboundEvent)


def cleaned(event: AnyEvent) -> AnyEvent:
    """The same event with its words, names and choices as `checkins.text` keeps them. Ids and addresses, which
    platforms mint, stay as they are."""
    if isinstance(event, Installed):
        return replace(event, name=text.on_one_line(event.name))
    if not isinstance(event, InboundEvent):
        return event
    who = replace(event.who, name=text.on_one_line(event.who.name))
    match event:
        case MessageReceived() | Edited():
            return replace(event, who=who, words=text.clean(event.words))
        case Opened():
            return replace(event, who=who, subject=text.clean(event.subject), given=_quoted(event.given))
        case Submitted():
            values = {name: _value(value) for name, value in event.values.items()}
            return replace(event, who=who, subject=text.clean(event.subject), values=values)
        case Pressed():
            subject, value = text.clean(event.subject), text.clean(event.value)
            return replace(event, who=who, subject=subject, value=value)
        case Suggest():
            return replace(event, who=who, typed=text.clean(event.typed))
        case _:
            return replace(event, who=who)


def _value(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    return text.clean(value) if isinstance(value, str) else tuple(map(text.clean, value))


def _quoted(given: QuotedMessage | None) -> QuotedMessage | None:
    if given is None:
        return None
    return replace(given, words=text.clean(given.words), by=text.on_one_line(given.by))
