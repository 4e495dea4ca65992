"""Teams as a platform."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from adapters.msteams import addresses, render
from adapters.msteams.addresses import Addresses
from adapters.msteams.client import Client, Json
from adapters.msteams.connector import Connector
from adapters.msteams.graph import Graph
from adapters.msteams.outbound import Outbound, activity
from adapters.msteams.settings import Settings
from bot.chat.events import Address, Hear, Keep
from bot.chat.messages import Message
from bot.chat.platform import Channel, Pace, Profile, Sent, Store, Unreachable, Unsupported


class Teams:
    """The port on the Bot Connector. Microsoft's library is loaded when it is mounted: sending needs none of it."""

    name = "teams"

    def __init__(self, settings: Settings, store: Store) -> None:
        self.pace: Pace | None = settings.pace
        self.conversation_pace: Pace | None = settings.conversation_pace
        self.edit_pace: Pace | None = None
        self._settings = settings
        self._wire = Client(settings)
        self._known = Addresses(store)
        self._connector = Connector(settings, self._wire)
        self._outbound = Outbound(settings, self._known, self._connector, Graph(settings, self._wire))

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        """Post it; somebody nothing was heard from yet is met first. A chat has no threads, so `under` is beside it."""
        said = activity(render.card(message), render.summary(message), key=key)
        return Sent(to, await self._outbound.say(to, said, under=under))

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        """Teams shows a bot no history."""
        return Unsupported()

    async def edit(self, sent: Sent, message: Message) -> None:
        """Put this in its place."""
        await self._outbound.show(sent.to, sent.id, activity(render.card(message), render.summary(message)))

    async def home(self, who: str, message: Message) -> None:
        """Show this in the place of their newest home card. Teams has no page of ours: who asked for none has none."""
        if card := (await self._known.person(who)).home:
            await self.edit(Sent(who, card), message)

    async def profile(self, who: str) -> Profile:
        """A person as Teams knows them; their zone comes with what they say, and not before."""
        service, conversation, user = await self._outbound.where_seen(who)
        profile = _profile(addresses.split(who)[0], await self._connector.member(service, conversation, user))
        await self._known.note_person(who, name=profile.name)  # what tells of installations has no names
        return profile

    async def people(self, where: Address) -> Sequence[Profile]:
        """Everybody in a channel's team, or in a chat."""
        there, _ = await self._outbound.place(where)
        service, conversation = await self._outbound.reach(there)
        tenant, name = addresses.split(there)
        found = []
        known = {}
        for member in await self._connector.members(service, conversation):
            profile = _profile(tenant, member)
            if profile.id != addresses.address(tenant, ""):
                user = str(member.get("id", ""))
                known[profile.id] = {"service": service, "user": user, "name": profile.name, "seen_in": name}
                found.append(profile)
        await self._known.note_people(tenant, known)
        return found

    def address(self, channel: str, workspace: str) -> Address:
        """`#platform` as an address, which is looked for among the channels of our teams when it is used."""
        return addresses.address(addresses.split(workspace)[0], f"#{channel.removeprefix('#')}")

    async def check(self, where: Address) -> Channel:
        """The channel or chat. Nobody reads one without being in its team, so none is public."""
        if addresses.is_person(where):
            return Channel((await self.profile(where)).name, is_public=False)
        there, row = await self._outbound.place(where)
        service, conversation = await self._outbound.reach(there)
        await self._connector.members(service, conversation, all_of_them=False)
        name = row.name or row.team_name or "this chat"
        if row.team and await self._outbound.is_shared(there, service, row.team):
            raise Unreachable(
                f"{name} is a shared channel, where people of other teams and organisations read along. Choose a standard "
                "or a private one."
            )
        return Channel(name, is_public=False)

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        """Listen at `/api/messages`."""
        from adapters.msteams.auth import Authenticator
        from adapters.msteams.receive import Receiver
        from adapters.msteams.respond import Responder

        responder = Responder(self._outbound, self._known, self._connector, hear)
        Receiver(
            self._settings,
            Authenticator(self._settings, self._wire),
            self._known,
            self._connector,
            responder,
            hear,
            keep,
        ).mount(application)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._wire.close()


def _profile(tenant: str, member: Json) -> Profile:
    """https://learn.microsoft.com/microsoftteams/platform/bots/how-to/get-teams-context"""
    entra = str(member.get("aadObjectId") or member.get("objectId") or "").lower()
    home = str(member.get("tenantId") or tenant).lower()
    principal = str(member.get("userPrincipalName") or "")
    guest = str(member.get("userRole") or "user").lower() not in ("user", "owner") or "#EXT#" in principal
    who = addresses.address(tenant, entra)
    return Profile(
        id=who,
        address=who,
        name=str(member.get("name") or "Somebody"),
        email="" if guest else str(member.get("email") or principal),
        outsider=guest or home != tenant or not entra,
    )


def build(settings: Settings, store: Store) -> Teams:
    """Teams as a platform. What it remembers of people and channels it keeps in `store`."""
    return Teams(settings, store)


async def try_out(settings: Settings) -> None:
    """Sign in once and read the keys, nothing else. Raises PlatformError, with what to do about it."""
    client = Client(settings)
    try:
        await client.sign_in()
        await client.fetch(settings.openid_url)
    finally:
        await client.close()
