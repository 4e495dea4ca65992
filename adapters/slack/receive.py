"""The way in: slack-bolt receives and dispatches, over Socket Mode or signed HTTP, and every listener answers in
time."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from adapters.slack import addresses, inbound, manifest
from adapters.slack.blocks import Json
from adapters.slack.client import QUIET
from adapters.slack.directory import Directory
from adapters.slack.inbound import Act
from adapters.slack.oauth import OAuthPages
from adapters.slack.respond import Responder
from adapters.slack.workspaces import NotInstalled, Workspaces
from bot.chat import safe_traceback
from bot.chat.events import ChannelChanged, Hear, Installed, Standing, Statuses, Uninstalled, Who
from bot.chat.inbound import Intake, NotKept, TooLarge, read_body
from bot.chat.platform import OutcomeUnknown, PlatformError, Profile, RateLimited, Unreachable

log = logging.getLogger(__name__)

EVENTS_PATH = "/slack/events"
TOLD_AT_ONCE = 500  # people
OLDEST = 300  # seconds; an older signature is a replay
CHANNEL_CHANGES = frozenset(name for name in manifest.EVENTS if name.startswith(("channel_", "group_", "member_left")))
REMOVALS = frozenset({"app_uninstalled", "tokens_revoked"})
_ANY = re.compile(".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Transport:
    """How Slack reaches us: by a WebSocket we open (`app_token`), or by requests it signs (`signing_secret`).

    `doors` are the pages of an installation by OAuth, where there are any. `ping` is the seconds between two
    heartbeats of the WebSocket, `again` those between two tries to reach Slack at the start, growing up to a minute.
    """

    app_token: str = ""
    signing_secret: str = ""
    doors: OAuthPages | None = None
    ping: float = 10.0
    again: float = 5.0


class Receiver:
    """Bolt's app with our listeners in it, and what runs it."""

    EVENTS = tuple(name.partition(".")[0] for name in manifest.EVENTS)

    def __init__(
        self,
        workspaces: Workspaces,
        directory: Directory,
        responder: Responder,
        intake: Intake[Json],
        hear: Hear,
        transport: Transport,
        largest: int,
    ) -> None:
        self._workspaces = workspaces
        self._directory = directory
        self._responder = responder
        self.intake = intake
        self._hear = hear
        self._transport = transport
        self._largest = largest
        self._socket: AsyncSocketModeHandler | None = None
        self._background: set[asyncio.Task[None]] = set()

    def mount(self, application: web.Application) -> None:
        """Adds the routes, and what is done at startup and at the end."""
        self._workspaces.when_removed = self._removed
        if self._transport.doors is not None:
            self._transport.doors.mount(application, self._installed)
        if not self._transport.app_token:
            application.router.add_post(EVENTS_PATH, self._request)
        application.cleanup_ctx.append(self._serve)

    # The life of the server

    async def _serve(self, application: web.Application) -> AsyncIterator[None]:
        self._app = self._bolt()
        self.started = asyncio.create_task(self._start())
        await asyncio.wait({self.started}, timeout=self._transport.again)
        if self.started.done():
            self.started.result()  # a token that Slack refuses ends the start, with the reason
        else:
            log.warning("Slack cannot be reached yet; it is tried again and again")
            self.started.add_done_callback(_told)
        yield
        running = {self.started, *self._background}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close_async()  # type: ignore[no-untyped-call]
        await self.intake.close()

    async def _start(self) -> None:
        """Knows where we are installed, then listens; people are listed while it already serves."""
        wait = self._transport.again
        while True:
            try:
                installations = await self._workspaces.every()
                for each in installations:
                    workspace = addresses.workspace(each.team)
                    await self._hear(Installed(f"install:{workspace}", workspace, each.name))
                await self._connect()
                break
            except (RateLimited, OutcomeUnknown) as error:
                log.warning("Slack: %s", error)
                await asyncio.sleep(wait)
                wait = min(60.0, wait * 2)
        for each in installations:
            self._in_background(each.team)

    async def _connect(self) -> None:
        if not self._transport.app_token:
            return
        try:
            # Asked for once by ourselves: the SDK would try a refused token for ever.
            opened = await self._workspaces.api.call("apps.connections.open", self._transport.app_token)
        except Unreachable as error:
            raise Unreachable(
                f"Slack refuses SLACK_APP_TOKEN: {error} It begins with xapp- and needs the scope connections:write."
            ) from None
        socket = AsyncSocketModeHandler(
            self._app, self._transport.app_token, logger=_socket_log(),
            web_client=self._workspaces.api.client(), ping_interval=self._transport.ping,
        )  # fmt: skip
        socket.client.wss_uri = opened["url"]
        self._socket = socket
        await socket.connect_async()  # type: ignore[no-untyped-call]

    def _in_background(self, team: str) -> None:
        task = asyncio.create_task(self._list_people(team))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _list_people(self, team: str) -> None:
        """Until it is done: whoever became a guest while we were away would be asked, and is told of in no other
        way."""
        wait = self._transport.again
        while True:
            try:
                await self._directory.load(team)
                everybody = list(self._directory.everybody(team).items())
                for start in range(0, len(everybody), TOLD_AT_ONCE):
                    await self._tell(team, dict(everybody[start : start + TOLD_AT_ONCE]))
                return
            except (RateLimited, OutcomeUnknown) as error:
                log.warning("Slack: the people of a workspace could not be listed yet: %s", error)
                await asyncio.sleep(wait)
                wait = min(60.0, wait * 2)
            except PlatformError as error:
                log.warning("Slack: the people of a workspace could not be listed: %s", error)
                return

    async def _tell(self, team: str, people: Mapping[str, Profile | None]) -> None:
        """What they are in the workspace, and what the statuses of its members say. Raises RateLimited where it could
        not be noted."""
        of = {who: profile.away for who, profile in people.items() if profile and not profile.outsider}
        standings = {who: _standing(profile) for who, profile in people.items()}
        told = Statuses(f"statuses:{team}", addresses.workspace(team), of, standings)
        if people and await self._hear(told) is not None:
            raise RateLimited(0, "what people are in a workspace could not be noted")

    async def _installed(self, team: str, name: str, installer: str) -> None:
        """By OAuth, while we serve. Slack lets only its own members and admins do that, as the workspace sees fit."""
        workspace = addresses.workspace(team)
        who = None
        if installer:
            address = addresses.of(team, installer)
            try:
                profile = await self._directory.profile(team, installer)
                if not profile.outsider:
                    who = Who(address, workspace, address, profile.name, profile.zone)
            except PlatformError as error:  # whoever cannot be looked up is put in charge of nothing
                log.warning("Slack: who installed the app could not be found out: %s", error)
        await self._hear(Installed(f"install:{workspace}", workspace, name, who))
        self._in_background(team)

    # HTTP

    async def _request(self, request: web.Request) -> web.Response:
        """Checked before anything in it is read, and read by ourselves.

        Bolt would log a body whose signature is wrong, fail with 500 on a malformed one, and lose a command that
        has the word "payload" in it; so it is given what was read, as over Socket Mode.
        """
        try:
            body = await read_body(request, self._largest)
        except TooLarge as error:
            return web.Response(status=413, text=str(error))
        if not _is_signed(self._transport.signing_secret, body, request):
            return web.Response(status=401, text="That is not signed by Slack.")
        try:
            payload = _payload(body, request.content_type)
        except (ValueError, RecursionError):
            return web.Response(status=400, text="That is neither JSON nor a form.")
        try:
            answered = await self._app.async_dispatch(
                AsyncBoltRequest(mode="socket_mode", body=payload, headers=dict(request.headers))
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return web.Response(status=400, text="That is not what Slack sends.")
        return await to_aiohttp_response(answered)

    # Bolt

    def _bolt(self) -> AsyncApp:
        app = AsyncApp(
            name="instep",
            logger=QUIET,
            process_before_response=True,  # acknowledged with what a listener says, when it says it, and not if it fails
            authorize=_Authorize(self._workspaces),
            request_verification_enabled=False,  # done before anything is read
        )
        app.error(self._failed)
        app.command(_ANY)(self._listener(inbound.command))
        app.action(_ANY)(self._listener(inbound.tapped))
        app.shortcut(_ANY)(self._listener(inbound.shortcut))
        app.view(_ANY)(self._listener(inbound.submitted))
        app.options(_ANY)(self._listener(inbound.suggested))
        for name in self.EVENTS:
            app.event(name)(self._on(name))
        return app

    def _on(self, name: str) -> Any:
        if name in REMOVALS:
            return self._on_removal
        return self._on_channel if name in CHANNEL_CHANGES else self._on_event

    def _listener(self, read: Callable[[Json], Act]) -> Any:
        async def listener(ack: AsyncAck, body: Json) -> None:
            await ack(await self._responder.answer(read(body)) or "")

        return listener

    async def _on_event(self, ack: AsyncAck, body: Json) -> None:
        act = await self._act(body)
        if act is not None:
            await self._responder.answer(act)
        await ack()

    async def _act(self, body: Json) -> Act | None:
        event, team = body["event"], str(body["team_id"])
        match event["type"]:
            case "message":
                return inbound.typed(body, event, (await self._workspaces.of(team)).bot_user)
            case "app_mention":
                return inbound.mentioned(body, event, (await self._workspaces.of(team)).bot_user)
            case "app_home_opened":
                return inbound.looked(body, event) if event.get("tab") == "home" else None
            case _:
                user = event["user"]
                before = self._directory.known(team, str(user["id"]))
                moved = self._directory.learn(team, user)
                profile = self._directory.known(team, str(user["id"]))
                if profile is None:
                    return inbound.left(body, user)
                if before is None or (profile.away, profile.outsider) != (before.away, before.outsider):
                    try:
                        await self._tell(team, {profile.id: profile})
                    except RateLimited:
                        self._directory.unlearn(team, str(user["id"]))
                        raise
                newly = event["type"] == "team_join" or moved
                return inbound.came(body, user) if newly else None

    async def _on_channel(self, ack: AsyncAck, body: Json) -> None:
        """It is shared, archived, or somebody left it, maybe we: what was known of it is not known any more."""
        event, team = body["event"], str(body["team_id"])
        where = addresses.of(team, str(event["channel"]))
        key = f"slack:{team}:{body['event_id']}"
        await self._hear(ChannelChanged(key, addresses.workspace(team), where))
        await ack()

    async def _on_removal(self, ack: AsyncAck, body: Json) -> None:
        event, team = body["event"], str(body["team_id"])
        if event["type"] == "app_uninstalled" or event.get("tokens", {}).get("bot"):
            await self._removed(team)
        await ack()

    async def _removed(self, team: str) -> None:
        """Slack tells it more than once, or not at all while we are away: then a refused token does."""
        workspace = addresses.workspace(team)
        if await self._hear(Uninstalled(f"removed:{workspace}", workspace)) is not None:
            raise RateLimited(0, "it could not be noted that we were removed")
        await self._workspaces.forget(team)
        self._directory.forget(team)

    async def _failed(self, error: Exception) -> BoltResponse:
        """Nothing of it was committed: Slack is to deliver it again."""
        if isinstance(error, NotInstalled):
            return BoltResponse(status=403, body="")
        if isinstance(error, KeyError | TypeError | ValueError | AttributeError):
            log.warning("Slack sent what it should not: %s", safe_traceback.of(error))
            return BoltResponse(status=400, body="")
        if isinstance(error, NotKept):
            log.error("%s; Slack is asked to deliver it again", error)
        else:
            log.error("an event could not be kept: %s", safe_traceback.of(error))
        return BoltResponse(status=500, body="")


def _standing(profile: Profile | None) -> Standing:
    if profile is None:
        return "gone"
    return "outsider" if profile.outsider else "member"


class _Authorize(AsyncAuthorize):
    """Who we are in the workspace a request comes from; nobody where we are not installed."""

    def __init__(self, workspaces: Workspaces) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._workspaces = workspaces

    async def __call__(self, *, team_id: str | None, user_id: str | None, **_: Any) -> AuthorizeResult:
        found = await self._workspaces.of(team_id or "")
        return AuthorizeResult(
            enterprise_id=None, team_id=found.team, bot_user_id=found.bot_user, bot_id=found.bot,
            bot_token=found.token, user_id=user_id,
        )  # fmt: skip


def _told(started: asyncio.Task[None]) -> None:
    """Slack could be reached after all, and refused us: there is nobody left but the log to tell."""
    error = None if started.cancelled() else started.exception()
    if error is not None:
        log.error(
            "Slack is not connected: %s",
            error if isinstance(error, PlatformError) else safe_traceback.of(error),
        )


def _is_signed(secret: str, body: bytes, request: web.Request) -> bool:
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    given = request.headers.get("X-Slack-Signature", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > OLDEST:
        return False
    try:
        expected = SignatureVerifier(secret).generate_signature(timestamp=timestamp, body=body)
    except UnicodeDecodeError:
        return False
    return expected is not None and hmac.compare_digest(expected.encode(), given.encode())


def _payload(body: bytes, content_type: str) -> Json:
    """The JSON of an event, of the `payload` of an interaction, or the fields of a command. Raises ValueError."""
    words = body.decode()
    if content_type == "application/json":
        payload = json.loads(words)
    elif content_type == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(words, keep_blank_values=True, strict_parsing=True))
        payload = json.loads(fields["payload"]) if "payload" in fields else fields
    else:
        raise ValueError(content_type)
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return payload


def _socket_log() -> logging.Logger:
    """What the WebSocket client warns of names sessions and errors, never what came through it."""
    logger = logging.getLogger("adapters.slack.socket")
    logger.setLevel(logging.WARNING)
    return logger
