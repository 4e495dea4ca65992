"""A `hear` that notes what it hears, and replies what a test tells it to."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from bot.chat.events import ChannelChanged, Event, InboundEvent, Installed, Invalid, Opened, Reply, Statuses
from bot.chat.messages import Form

_Kind = TypeVar("_Kind")


class Ear:
    """Set `reply` or `fault` before something is done, read `events` after; `open` is an event it waits for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.kept: list[InboundEvent] = []
        self.statuses: list[Statuses] = []
        self.changes: list[ChannelChanged] = []
        self._reply: Reply = None
        self._forms: dict[tuple[str, str], Form] = {}
        self.fault: Exception | None = None
        self.heard, self.told = asyncio.Event(), asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    @property
    def reply(self) -> Reply:
        """What is replied; a form is remembered, as it may be asked for again by its name."""
        return self._reply

    @reply.setter
    def reply(self, reply: Reply) -> None:
        self._reply = reply
        if isinstance(reply, Form):
            self._forms[reply.name, reply.subject] = reply

    async def __call__(self, event: Event) -> Reply:
        """Hear it."""
        if isinstance(event, Installed):
            return None
        if isinstance(event, Statuses):
            self.statuses.append(event)
            self.told.set()
            return None
        if isinstance(event, ChannelChanged):
            self.changes.append(event)
            return None
        self.events.append(event)
        self.heard.set()
        await self.open.wait()
        if self.fault:
            raise self.fault
        if isinstance(event, Opened) and isinstance(self.reply, Invalid):
            return self._forms.get((event.name, event.subject))
        return self.reply

    async def keep(self, event: InboundEvent) -> None:
        """Note that it was to be kept."""
        self.kept.append(event)

    def last(self, kind: type[_Kind]) -> _Kind:
        """What was heard last, which must be of this kind."""
        event = self.events[-1]
        assert isinstance(event, kind), event
        return event
