"""The way in: one endpoint, where Teams delivers everything."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from aiohttp import web

from adapters.msteams import inbound, respond
from adapters.msteams.addresses import Addresses, address, workspace
from adapters.msteams.auth import Authenticator
from adapters.msteams.client import Json
from adapters.msteams.connector import Connector
from adapters.msteams.inbound import Done, RequestRefused, Scene
from adapters.msteams.membership import NAME, MembershipTracker
from adapters.msteams.respond import Responder
from adapters.msteams.settings import Settings, is_loopback
from bot.chat import safe_traceback
from bot.chat.events import Hear, Installed, Keep, Suggest, Uninstalled
from bot.chat.inbound import Intake, Patience, TooLarge, read_body, whole
from bot.chat.platform import PlatformError, RateLimited

log = logging.getLogger(__name__)

PATH = "/api/messages"

_DONE = ("message", "messageUpdate", "invoke")
_COMINGS = ("installationUpdate", "conversationUpdate")

_HURRIED = 0.3
"""Seconds after which an activity is kept and acknowledged in a crowd."""

_PEOPLE = 100_000
"""People whose names by Teams (29:…) are remembered for mentions."""


class _EventNotKept(Exception):
    """An event that could neither be heard in time nor be kept: Teams has to deliver it again."""


class Receiver:
    """The handler of the endpoint."""

    def __init__(
        self,
        settings: Settings,
        auth: Authenticator,
        known: Addresses,
        connector: Connector,
        responder: Responder,
        hear: Hear,
        keep: Keep,
    ) -> None:
        self._settings = settings
        self._auth = auth
        self._membership = MembershipTracker(known)
        self._connector = connector
        self._responder = responder
        self._hear = hear
        self._tenants: set[str] = set()  # that are known to be installed
        self._people: dict[str, str] = {}  # ids by what Teams calls people
        patience = settings.patience
        self._intake: Intake[Json | None] = Intake(
            hear, keep, Patience(answer=patience, keep=patience / 4, crowded=min(_HURRIED, patience))
        )

    def mount(self, application: web.Application) -> None:
        """Add the route, and what is done at the end."""
        application.router.add_post(PATH, self._take)
        application.on_cleanup.append(self._finish)

    async def _take(self, request: web.Request) -> web.Response:
        try:
            if self._settings.anonymous and not is_loopback(f"//{_host(request.remote)}"):
                raise RequestRefused(403, "Without authentication only this machine is listened to.")
            raw = _read(await read_body(request, self._settings.largest))
            header = request.headers.get("Authorization", "")
            status, body = await self._auth.enter(raw, header, lambda: self._turn(raw))
        except TooLarge as error:
            return web.json_response({"error": str(error)}, status=413)
        except RequestRefused as refused:
            log.info("a request was refused: %s %s", refused.status, refused)
            return web.json_response({"error": str(refused)}, status=refused.status)
        except (RateLimited, _EventNotKept) as error:
            log.warning("an activity is left to be delivered again: %s", error)
            return web.json_response({"error": "Not now."}, status=503, headers={"Retry-After": "5"})
        except Exception as error:  # noqa: BLE001  not acknowledged, so it is delivered again
            log.error("an activity was not taken\n%s", safe_traceback.of(error))
            return web.json_response({"error": "Not now."}, status=503, headers={"Retry-After": "5"})
        return web.Response(status=status) if body is None else web.json_response(body, status=status)

    async def _turn(self, raw: Json) -> Json | None:
        """One activity whose sender was checked, and the body of its answer."""
        at = inbound.scene(raw, self._settings.serves)
        if raw["type"] not in (*_DONE, *_COMINGS):
            return None
        if raw["type"] in _COMINGS:
            await self._membership.note(raw, at)
            for coming in await self._membership.events(raw, at):
                await self._hear(coming)
                if isinstance(coming, Installed):
                    self._tenants.add(at.tenant)
                elif isinstance(coming, Uninstalled):
                    self._tenants.discard(at.tenant)
            return None
        try:
            await self._membership.note(raw, at)
        except Exception as error:  # noqa: BLE001  whoever hears them tells them of a database that is gone
            log.error("an address was not noted\n%s", safe_traceback.of(error))
        if at.who is not None and at.user:
            self._people[at.user] = at.who.id
            if len(self._people) > _PEOPLE:
                self._people.pop(next(iter(self._people)))
        event = inbound.done(raw, at, await self._mentioned(raw, at))
        if event is None:
            return None
        # Whoever speaks to us has the app, whether or not we were told that it was added.
        installed = Installed(f"install:{at.tenant}", workspace(at.tenant), NAME)
        if at.tenant not in self._tenants and await self._hear(installed) is None:
            self._tenants.add(at.tenant)
        return await self._answer(raw, at, event)

    async def _mentioned(self, raw: Json, at: Scene) -> Mapping[str, str]:
        """Ids of those who are mentioned, by what Teams calls them; who cannot be found stays a name."""
        for name in inbound.mentioned(raw):
            if name in ("", at.bot) or name in self._people:
                continue
            try:
                member = await self._connector.member(at.service, at.conversation.partition(";")[0], name)
            except PlatformError:
                continue
            if entra := str(member.get("aadObjectId") or member.get("objectId") or "").lower():
                self._people[name] = address(at.tenant, entra)
        return self._people

    async def _answer(self, raw: Json, at: Scene, event: Done) -> Json | None:
        """In time, or kept and acknowledged with the answer still to come."""
        return await self._intake.take(
            event.key,
            lambda progress: self._responder.answer(raw, at, event, progress),
            lambda: respond.late(event),
            kept=None if isinstance(event, Suggest) else event,
        )

    async def _finish(self, application: web.Application) -> None:
        await self._intake.close()


def _read(body: bytes) -> Json:
    """An activity's JSON. Raises RequestRefused with 400 for anything else."""
    try:
        raw = json.loads(body)
        if b"\\ud" in body.lower():  # maybe half of a surrogate pair
            raw = json.loads(whole(json.dumps(raw, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        raise RequestRefused(400, "That is not JSON.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise RequestRefused(400, "That is not an activity.")
    return raw


def _host(remote: str | None) -> str:
    return f"[{remote}]" if remote and ":" in remote else remote or ""
