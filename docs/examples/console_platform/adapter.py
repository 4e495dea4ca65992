"""The console as a platform: what the bot asks of it."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bot.chat.events import Address, Hear, Keep
from bot.chat.messages import Message
from bot.chat.platform import Channel, Pace, Profile, Sent, Unreachable, Unsupported
from docs.examples.console_platform import addresses, render
from docs.examples.console_platform.client import Lines
from docs.examples.console_platform.receive import Receiver
from docs.examples.console_platform.settings import Environment


class Console:
    """A DM with each of the people, and one channel of all."""

    name = addresses.NAME
    pace: Pace | None = None
    conversation_pace: Pace | None = None
    edit_pace: Pace | None = None

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._lines = Lines()

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        """Say it. A platform behind a network calls `in_time` here, as the last thing before its request leaves."""
        await self.check(to)
        return Sent(to, self._lines.say(to, render.message(message), render.taps(message)))

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        """Lines that were fetched are not looked up."""
        return Unsupported()

    async def edit(self, sent: Sent, message: Message) -> None:
        """A line stays as it was."""

    async def home(self, who: str, message: Message) -> None:
        """There is no home page."""

    async def profile(self, who: str) -> Profile:
        """One of the people."""
        name = self._environment.people.get(addresses.split(who))
        if name is None:
            raise Unreachable(f"There is no {addresses.split(who)} here.")
        return Profile(id=who, address=who, name=name)

    async def people(self, where: Address) -> Sequence[Profile]:
        """Everybody."""
        await self.check(where)
        return [await self.profile(addresses.of(key)) for key in self._environment.people]

    def address(self, channel: str, workspace: str) -> Address:
        """A channel as somebody wrote it."""
        return addresses.of(f"#{channel.removeprefix('#')}")

    async def check(self, where: Address) -> Channel:
        """The channel, or the DM with one of the people."""
        if where == addresses.CHANNEL:
            return Channel("all", is_public=True)
        return Channel((await self.profile(where)).name, is_public=False)

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        """Listen at `/console`."""
        Receiver(self._environment, self._lines, hear, keep).mount(application)

    async def close(self) -> None:
        """There are no connections."""
