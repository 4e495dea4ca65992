"""Saying something where it belongs: people and channels by their address, strangers met first."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.msteams import addresses
from adapters.msteams.addresses import GENERAL, Addresses, PersonRow, PlaceRow
from adapters.msteams.client import Json
from adapters.msteams.connector import Connector
from adapters.msteams.graph import Graph
from adapters.msteams.settings import Settings
from bot.chat.events import Address
from bot.chat.platform import OutcomeUnknown, RateLimited, Unreachable

AFTER_ADDING = 30.0  # seconds until an app that was added for somebody is there for sure
CARD = "application/vnd.microsoft.card.adaptive"


def activity(card: Json, summary: str, *, key: str = "") -> Json:
    """A card as an activity. `summary` is the notification, `key` our own name of it, which Teams keeps to itself."""
    carried = {"channelData": {"delivery": key}} if key else {}
    return {
        "type": "message",
        "summary": summary,
        "attachments": [{"contentType": CARD, "content": card}],
        **carried,
    }


class Outbound:
    """What `addresses` knows, and what `connector` can do, put together."""

    def __init__(self, settings: Settings, known: Addresses, connector: Connector, graph: Graph) -> None:
        self._settings = settings
        self._known = known
        self._connector = connector
        self._graph = graph

    async def say(self, to: Address, said: Json, *, under: str | None = None) -> str:
        """Post it, and return its id: of a reply in a thread, "root/reply". Raises Unreachable, RateLimited or
        OutcomeUnknown."""
        service, conversation = await self.reach(to)
        if under is None or not await self._has_threads(to):
            return await self._connector.say(service, conversation, said)
        root = under.partition("/")[0]
        name = await self._connector.say(service, f"{conversation};messageid={root}", said)
        return f"{root}/{name}"

    async def show(self, to: Address, name: str, said: Json) -> None:
        """Put this in the place of a message of ours. Raises Unreachable, RateLimited or OutcomeUnknown."""
        service, conversation = await self.reach(to)
        root, _, reply = name.partition("/")
        if await self._has_threads(to):
            conversation = f"{conversation};messageid={root}"
        await self._connector.show(service, conversation, reply or root, said)

    async def reach(self, to: Address) -> tuple[str, str]:
        """The service and the conversation of an address. Raises Unreachable, and RateLimited as nothing was said
        yet."""
        try:
            return await (self._person(to) if addresses.is_person(to) else self._place(to))
        except OutcomeUnknown as error:
            raise RateLimited(5, str(error)) from error

    async def where_seen(self, who: Address) -> tuple[str, str, str]:
        """Service, a conversation somebody is in, and what they are called there. Raises Unreachable."""
        row = await self._known.person(who)
        conversation = row.conversation or row.seen_in
        if not row.service or not conversation:
            raise Unreachable(_stranger(row, self._settings.app_id))
        return row.service, conversation, row.user or addresses.split(who)[1]

    async def place(self, where: Address) -> tuple[Address, PlaceRow]:
        """A channel or chat, looked for by its name where that is all there is. Raises Unreachable."""
        tenant, name = addresses.split(where)
        if not name.startswith("#"):
            return where, await self._known.place(where)
        found = await self._called(tenant, name)
        if not found:  # nothing was heard from it yet: the teams are asked for their channels
            known = await self._known.places(tenant)
            teams = {row.team: row.service for row in known.values() if row.team and not row.gone}
            for team, service in teams.items():
                for channel in await self._connector.channels(service, team):
                    there = addresses.address(tenant, str(channel.get("id", "")))
                    label = str(channel.get("name") or GENERAL)
                    await self._known.note_place(there, service=service, team=team, name=label)
            found = await self._called(tenant, name)
        if len(found) == 1:
            return next(iter(found.items()))
        if found:
            raise Unreachable(f"There are {len(found)} channels called {name}. Say it in the right one, with “here”.")
        raise Unreachable(f"I see no channel {name}. Add me to its team, or say it in the channel with “here”.")

    async def is_shared(self, where: Address, service: str, team: str) -> bool:
        """Whether a channel is a shared one, as its team's list of channels says, or as it said itself where that does
        not have it. Raises Unreachable, RateLimited or OutcomeUnknown."""
        name = addresses.split(where)[1]
        for channel in await self._connector.channels(service, team):
            if channel.get("id") == name and (kind := addresses.kind_of(channel)):
                return kind == "shared"
        return (await self._known.place(where)).shared

    async def _called(self, tenant: str, name: str) -> Mapping[Address, PlaceRow]:
        wanted = name.removeprefix("#").strip().lower()
        known = await self._known.places(tenant)
        return {at: row for at, row in known.items() if row.name.lower() == wanted and not row.gone}

    async def _place(self, where: Address) -> tuple[str, str]:
        there, row = await self.place(where)
        if row.gone:
            raise Unreachable(row.gone)
        tenant, name = addresses.split(there)
        return row.service or await self._service(tenant), name

    async def _has_threads(self, to: Address) -> bool:
        """Only channels have them; of one nothing was heard from yet, its kind of name tells."""
        if addresses.is_person(to):
            return False
        there, row = await self.place(to)
        return bool(row.team) or there.endswith("@thread.tacv2")

    async def _person(self, who: Address) -> tuple[str, str]:
        row = await self._known.person(who)
        if row.removed:
            raise Unreachable(f"{row.name or 'This person'} has removed the app. They can add it again themselves.")
        tenant, entra = addresses.split(who)
        service = row.service or await self._service(tenant)
        if row.conversation:
            return service, row.conversation
        try:
            conversation = await self._connector.meet(service, row.user or entra, tenant)
        except Unreachable as refused:
            if not self._graph.may_add:
                raise Unreachable(f"{_stranger(row, self._settings.app_id)} {refused}") from refused
            try:
                await self._graph.add(entra)
            except Unreachable as error:
                raise Unreachable(f"{_stranger(row, self._settings.app_id)} {error}") from error
            try:
                conversation = await self._connector.meet(service, row.user or entra, tenant)
            except Unreachable as error:
                raise RateLimited(AFTER_ADDING, "the app was added for them just now") from error
        await self._known.note_person(who, service=service, conversation=conversation)
        return service, conversation

    async def _service(self, tenant: str) -> str:
        return (await self._known.tenant(tenant)).service or self._settings.service_url


def _stranger(row: PersonRow, app_id: str) -> str:
    return (
        f"{row.name or 'This person'} has not added the app. Send them: “Please open "
        f"https://teams.microsoft.com/l/app/{app_id} and choose Add.”"
    )
