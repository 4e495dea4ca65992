"""Slack as a platform: what is said goes out through its Web API, what is asked is answered by it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aiohttp import web

from adapters.slack import addresses, blocks, render
from adapters.slack.blocks import Json
from adapters.slack.client import Api, SlackRefused
from adapters.slack.directory import Directory
from adapters.slack.oauth import OAuthPages
from adapters.slack.receive import Receiver, Transport
from adapters.slack.respond import Responder
from adapters.slack.settings import Settings, missing
from adapters.slack.workspaces import Vault, Workspaces
from bot.chat.events import Address, Hear, Keep
from bot.chat.inbound import Intake, Patience
from bot.chat.messages import Message
from bot.chat.platform import Channel, Pace, Profile, RateLimited, Sent, Store, Unreachable, Unsupported

EVENT_TYPE = "instep_message"  # of the metadata that carries our key
PAGE = 200  # messages, or members, at once
PAGES = 5  # of a conversation that are searched for a key
CUT = 55.0  # seconds: a history that may be read once a minute is no place to look things up

_ID = re.compile(r"[CDGUW][A-Z0-9]{2,}")
_UNREADABLE = frozenset({"missing_scope", "not_in_channel", "channel_not_found", "not_allowed_token_type"})


class Slack:
    """One app in any number of workspaces. Addresses hold the workspace, so nothing has to be looked up to send."""

    name = "slack"

    def __init__(
        self,
        api: Api,
        workspaces: Workspaces,
        transport: Transport,
        *,
        pace: Pace,
        conversation_pace: Pace,
        edit_pace: Pace,
        patience: Patience,
        modal: float,
        largest: int,
    ) -> None:
        self.pace: Pace | None = pace
        self.conversation_pace: Pace | None = conversation_pace
        self.edit_pace: Pace | None = edit_pace
        self._api = api
        self._workspaces = workspaces
        self._directory = Directory(workspaces)
        self._transport = transport
        self._patience = patience
        self._modal_within = modal
        self._largest = largest
        self._channels: dict[tuple[str, str], str] = {}  # ids of channels somebody named, by workspace and name
        self._dms: dict[Address, str] = {}  # D… ids by the person's address
        self._refuse_charts: set[str] = set()  # workspaces that do not know native charts
        self.listener: Receiver | None = None

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        """Post it; to a person straight to their id, which spares the call that opens the DM."""
        team, place = addresses.split(to)
        posted = await self._post(
            team, message, "chat.postMessage", channel=place,
            thread_ts=addresses.split_message(under)[1] if under else None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False, unfurl_media=False,
        )  # fmt: skip
        channel = str(posted["channel"])
        if addresses.is_person(place):
            self._dms[to] = channel
        return Sent(to, addresses.message(channel, str(posted["ts"])))

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        """Look for the key in the conversation and in the threads under our own messages there."""
        team, place = addresses.split(to)
        try:
            channel = await self._dm(to) if addresses.is_person(place) else place
            ts = await self._search(team, channel, key)
        except SlackRefused as refused:
            if refused.code in _UNREADABLE:
                return Unsupported()
            raise
        except RateLimited as busy:
            if busy.retry_after >= CUT:
                return Unsupported()
            raise
        return Sent(to, addresses.message(channel, ts)) if ts else None

    async def edit(self, sent: Sent, message: Message) -> None:
        """Show this in its place."""
        team, _ = addresses.split(sent.to)
        channel, ts = addresses.split_message(sent.id)
        await self._post(team, message, "chat.update", channel=channel, ts=ts)

    async def home(self, who: str, message: Message) -> None:
        """Show this on their App Home."""
        team, user = addresses.split(who)
        await self._workspaces.call(team, "views.publish", user_id=user, view=render.home(message))

    async def profile(self, who: str) -> Profile:
        """What Slack knows of somebody."""
        return await self._directory.profile(*addresses.split(who))

    async def people(self, where: Address) -> Sequence[Profile]:
        """The members of a channel, without those who were deactivated."""
        team, channel = self._channel(where)
        members: list[str] = []
        cursor = ""
        while True:
            told = await self._workspaces.ask(
                team, "conversations.members", channel=channel, limit=PAGE, cursor=cursor or None
            )
            members += told["members"]
            cursor = told.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return await self._directory.profiles(team, members)

    def address(self, channel: str, workspace: str) -> Address:
        """`#platform`, or a channel's id, as an address. A name counts when somebody has just mentioned it."""
        team = workspace.partition(":")[2]
        name = channel.removeprefix("#")
        return addresses.of(team, self._channels.get((team, name), name))

    async def check(self, where: Address) -> Channel:
        """The channel, its name without "#". What Slack does not say of it is taken for the worse.

        https://docs.slack.dev/reference/objects/conversation-object
        """
        team, channel = self._channel(where)
        told = (await self._workspaces.call(team, "conversations.info", channel=channel))["channel"]
        name = str(told.get("name", channel))
        if told.get("is_archived"):
            raise Unreachable(f"#{name} is archived. Unarchive it, or choose another channel.")
        if told.get("is_ext_shared") or told.get("is_pending_ext_shared") or told.get("pending_shared"):
            raise Unreachable(
                f"#{name} is shared with another company, which would read along. Choose a channel of your own."
            )
        if told.get("is_org_shared") and set(told.get("shared_team_ids") or ()) != {team}:
            raise Unreachable(
                f"#{name} is shared with other workspaces, which would read along. Choose a channel of this one alone."
            )
        if not told.get("is_member"):
            raise Unreachable(f"I am not in #{name}. Invite me there first: /invite @Instep")
        return Channel(name, is_public=told.get("is_private") is not True)

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        """Listen, by Socket Mode or at `/slack/events`, and tell `hear` at startup where we are installed."""
        intake: Intake[blocks.Json] = Intake(hear, keep, self._patience, answers_again=False)
        responder = Responder(self, self._workspaces, self._directory, self._channels, intake, self._modal_within)
        self.listener = Receiver(
            self._workspaces, self._directory, responder, intake, hear, self._transport, self._largest
        )
        self.listener.mount(application)

    async def close(self) -> None:
        """Let the connections go."""
        await self._api.close()

    async def _post(self, team: str, message: Message, method: str, **more: object) -> Json:
        """A workspace that refuses native charts gets them made of characters, now and from then on."""
        native = team not in self._refuse_charts
        payload = render.message(message, native_charts=native)
        try:
            return await self._workspaces.call(team, method, **payload, **more)
        except SlackRefused as refused:
            if refused.code != "invalid_blocks" or not blocks.has_charts(payload):
                raise
            self._refuse_charts.add(team)
            payload = render.message(message, native_charts=False)
            return await self._workspaces.call(team, method, **payload, **more)

    async def _dm(self, to: Address) -> str:
        """The DM's own id, under which alone its history can be read."""
        if to not in self._dms:
            team, user = addresses.split(to)
            opened = await self._workspaces.call(team, "conversations.open", users=user)
            self._dms[to] = str(opened["channel"]["id"])
        return self._dms[to]

    async def _search(self, team: str, channel: str, key: str) -> str:
        """The time of the message that carries this key, or ""."""
        threads: list[str] = []
        cursor = ""
        for _ in range(PAGES):
            told = await self._workspaces.call(
                team, "conversations.history", channel=channel, include_all_metadata=True, limit=PAGE,
                cursor=cursor or None,
            )  # fmt: skip
            for message in told["messages"]:
                if carried(message) == key:
                    return str(message["ts"])
                if message.get("reply_count") and carried(message):
                    threads.append(str(message["ts"]))
            cursor = told.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                break
        for thread in threads:
            told = await self._workspaces.call(
                team,
                "conversations.replies",
                channel=channel,
                ts=thread,
                include_all_metadata=True,
                limit=PAGE,
            )
            for message in told["messages"]:
                if carried(message) == key:
                    return str(message["ts"])
        return ""

    def _channel(self, where: Address) -> tuple[str, str]:
        team, place = addresses.split(where)
        if not _ID.fullmatch(place):
            raise Unreachable(
                f"I do not know the channel #{place}. Choose it from the list that Slack offers after “#”."
            )
        if addresses.is_person(place):
            raise Unreachable("That is somebody's direct messages, not a channel.")
        return team, place


def carried(message: Json) -> str:
    """Our key in a message, or ""."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return ""
    return str((metadata.get("event_payload") or {}).get("key", ""))


def build(settings: Settings, store: Store) -> Slack:
    """The adapter. Raises ValueError with the sentence of `missing` where something is."""
    if wrong := missing(settings):
        raise ValueError(wrong)
    api = Api(settings.api_url, settings.timeout)
    many = not settings.bot_token
    workspaces = Workspaces(
        api, store, token=settings.bot_token, client_id=settings.client_id,
        client_secret=settings.client_secret, vault=Vault(settings.secret_keys) if many else None,
    )  # fmt: skip
    doors = (
        OAuthPages(workspaces, store, client_id=settings.client_id, client_secret=settings.client_secret)
        if many
        else None
    )
    return Slack(
        api,
        workspaces,
        Transport(settings.app_token, settings.signing_secret, doors, settings.ping, settings.again),
        pace=settings.pace,
        conversation_pace=settings.conversation_pace,
        edit_pace=settings.edit_pace,
        patience=settings.patience,
        modal=settings.modal,
        largest=settings.largest,
    )
