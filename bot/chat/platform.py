"""The port: what Instep asks of a chat platform, and the three ways in which a platform can fail us."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.chat.events import Address, Away, Hear, Keep
from bot.chat.messages import Message


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that arrived: where, and the platform's own id of it, both opaque."""

    to: Address
    id: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The platform cannot look a message up by our key."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a platform knows of a person. `zone` is IANA or empty. `outsider` marks guests, bots and people of
    other organisations, whom Instep never writes to."""

    id: str
    address: Address
    name: str
    email: str = ""
    zone: str = ""
    outsider: bool = False
    away: Away | None = None  # where the platform's statuses say such things, and we may read them


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it stands now: its name, and whether anybody of the workspace may read it without being asked in."""

    name: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a workspace or a conversation takes: messages a second in the long run, and at once after a rest."""

    per_second: float
    burst: int


class PlatformError(Exception):
    """A platform did not do what was asked; the class says what to do about it."""


class Unreachable(PlatformError):
    """Nobody can be written to there, now or later. The text says why, in words an admin understands."""


class RateLimited(PlatformError):
    """Refused before it had any effect: try again after `retry_after` seconds."""

    def __init__(self, retry_after: float, message: str = "the platform asked us to wait") -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeadlinePassed(RateLimited):
    """It was not sent, because somebody else may be about to look whether it was."""


class OutcomeUnknown(PlatformError):
    """No clear answer: it may have arrived. Look it up before it is sent again."""


send_before: ContextVar[float] = ContextVar("send_before", default=math.inf)
"""Until when, by the monotonic clock, the message that is being sent may leave this process."""


def in_time() -> None:
    """To be called in `send` as the last thing before a request leaves. Raises DeadlinePassed when it is too late for
    that: the machine slept, or the connection took too long to be made."""
    if time.monotonic() > send_before.get():
        raise DeadlinePassed(0, "It took too long until it could be sent.")


class Store(Protocol):
    """What an adapter keeps between runs (installations, addresses), as text under keys that begin with its name and a
    colon. What is secret in it the adapter encrypts."""

    async def get(self, key: str) -> str | None:
        """The text under a key."""
        ...

    async def put(self, texts: Mapping[str, str]) -> None:
        """Keeps these, in the place of what was there."""
        ...

    async def drop(self, prefix: str) -> None:
        """Forgets what is kept under keys that begin so."""
        ...

    async def every(self, prefix: str) -> Mapping[str, str]:
        """What is kept under keys that begin so."""
        ...


class Platform(Protocol):
    """One chat platform. Addresses, ids and keys are opaque strings; addresses begin with `name` and a colon."""

    name: str
    pace: Pace | None  # of one workspace; None: no limit is known
    conversation_pace: Pace | None  # of one DM or channel
    edit_pace: Pace | None  # of edits in one workspace; None: they count as messages

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        """Say it. `key` travels with it for `find`; `under` is the id of a message whose thread it goes to, and says
        nothing where the platform has no threads.

        Calls `in_time` as the last thing before the request leaves. Raises Unreachable, RateLimited or OutcomeUnknown.
        """
        ...

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        """The message that carries this key; None when it never arrived, Unsupported where the platform has no
        history."""
        ...

    async def edit(self, sent: Sent, message: Message) -> None:
        """Show this in its place; may be repeated freely. Where the platform changes nothing that was said, nothing
        happens. Raises Unreachable, RateLimited or OutcomeUnknown."""
        ...

    async def home(self, who: str, message: Message) -> None:
        """Show this on the person's home page of Instep; where the platform has none, nothing happens."""
        ...

    async def profile(self, who: str) -> Profile:
        """What is known of one person. Raises Unreachable when there is no such person."""
        ...

    async def people(self, where: Address) -> Sequence[Profile]:
        """Everybody in a channel or team. Raises Unreachable when we cannot see it."""
        ...

    def address(self, channel: str, workspace: str) -> Address:
        """A channel as somebody of a workspace wrote it (`#platform`), as an address."""
        ...

    async def check(self, where: Address) -> Channel:
        """The channel as it is at this moment, if we may write there and no outsiders read along by its being shared.

        Raises Unreachable with what to do about it if not; Busy or OutcomeUnknown where the platform does not say: then
        nothing is to be written there.
        """
        ...

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        """Plug the platform's side into the web application; events go to `hear`, and to `keep` as well where they must
        be acknowledged before it returns."""
        ...

    async def close(self) -> None:
        """Let go of every connection; nothing is sent after that."""
        ...
