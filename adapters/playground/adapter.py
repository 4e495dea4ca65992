"""The playground as a platform: what is sent shows on the page, what is asked is answered by the stage."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from adapters.playground import receive
from adapters.playground.playground_world import Player, PlaygroundChannel, PlaygroundWorld, is_channel
from adapters.playground.settings import Settings
from adapters.playground.transcript import US, Transcripts
from bot.chat import platform
from bot.chat.events import Address, Hear, Keep
from bot.chat.messages import Message
from bot.chat.platform import Pace, Profile, Sent, Unreachable, Unsupported

__all__ = ["Player", "Playground", "PlaygroundChannel", "PlaygroundWorld"]


class Playground:
    """A chat platform in this process. Nothing leaves the machine and nothing is kept after a restart."""

    name = "playground"
    pace: Pace | None = None  # a page on this machine
    conversation_pace: Pace | None = None
    edit_pace: Pace | None = None

    def __init__(self, stage: PlaygroundWorld, *, sites: tuple[str, ...], largest: int, patience: float) -> None:
        self._stage = stage
        self._room = Transcripts(stage.now)
        self._sites = sites
        self._largest = largest
        self._patience = patience

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        """Show it in the DM or the channel; a thread whose first message is gone is shown as a conversation."""
        await self._reach(to)
        return Sent(to, self._room.say(to, US, message, key=key, under=under or "").id)

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        """The message that carries this key, as far back as this process."""
        entry = self._room.carrying(to, key)
        return Sent(to, entry.id) if entry else None

    async def edit(self, sent: Sent, message: Message) -> None:
        """Show this in its place. A message from before a restart comes back under the id it had."""
        entry = self._room.entry(sent.id)
        if entry is None:
            await self._reach(sent.to)
            self._room.say(sent.to, US, message, again=sent.id)
        elif entry.body != message:
            self._room.change(sent.id, message)

    async def home(self, who: str, message: Message) -> None:
        """Show this on the person's Home tab."""
        await self.profile(who)
        self._room.set_home(who, message)

    async def profile(self, who: str) -> Profile:
        """One of the stage's people."""
        for player in await self._stage.players():
            if player.id == who:
                return _profile(player)
        raise Unreachable(f"There is nobody called {_bare(who)} here.")

    async def people(self, where: Address) -> Sequence[Profile]:
        """The members of a channel."""
        channel = await self._channel(where)
        return [_profile(player) for player in await self._stage.players() if player.id in channel.members]

    def address(self, channel: str, workspace: str) -> Address:
        """`#platform` as an address."""
        return f"playground:#{channel.removeprefix('playground:').removeprefix('#')}"

    async def check(self, where: Address) -> platform.Channel:
        """The channel; whoever is not in it does not see it."""
        return platform.Channel((await self._channel(where)).name, is_public=False)

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        """Serve the page at `/`, take what is done on it, and tell `hear` at startup that we are installed.

        The conversations themselves end with this process, so no event is given to `keep`.
        """
        receive.Receiver(
            self._stage, self._room, hear, sites=self._sites, largest=self._largest, patience=self._patience
        ).mount(application)

    async def close(self) -> None:
        """There are no connections."""

    async def _reach(self, to: Address) -> None:
        if is_channel(to):
            await self._channel(to)
        else:
            await self.profile(to)

    async def _channel(self, where: Address) -> PlaygroundChannel:
        channels = await self._stage.channels()
        for channel in channels:
            if channel.address == where:
                return channel
        names = ", ".join(f"#{channel.name}" for channel in channels) or "none yet"
        raise Unreachable(f"There is no channel {_bare(where)} here. Channels: {names}")


def _profile(player: Player) -> Profile:
    return Profile(id=player.id, address=player.id, name=player.name, zone=player.zone)


def _bare(address: Address) -> str:
    return address.removeprefix("playground:")


def build(settings: Settings, world: PlaygroundWorld) -> Playground:
    """The playground in front of this world. Binding to loopback only is the server's job."""
    return Playground(
        world,
        sites=tuple(f"{host}:{settings.port}" for host in settings.hosts),
        largest=settings.largest,
        patience=settings.patience,
    )
