"""The way in: POST /console takes one event, GET /console?after=NUMBER gives the lines that came since."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.chat.events import Hear, Installed, Keep, Suggest
from bot.chat.inbound import Intake, NotKept, TooLarge, read_body
from docs.examples.console_platform import inbound
from docs.examples.console_platform.addresses import WORKSPACE
from docs.examples.console_platform.client import Lines
from docs.examples.console_platform.inbound import RequestRefused
from docs.examples.console_platform.respond import Responder
from docs.examples.console_platform.settings import LARGEST, PATIENCE, Environment


class Receiver:
    """Requests of the console."""

    def __init__(self, environment: Environment, lines: Lines, hear: Hear, keep: Keep) -> None:
        self._environment = environment
        self._lines = lines
        self._hear = hear
        self._intake: Intake[bool] = Intake(hear, keep, PATIENCE)
        self._responder = Responder(lines, self._intake)

    def mount(self, application: web.Application) -> None:
        """Add the routes, and what is done at the start and at the end."""
        application.router.add_post("/console", self._checked(self._take))
        application.router.add_get("/console", self._checked(self._fetch))
        application.on_startup.append(self._install)
        application.on_cleanup.append(self._finish)

    def _checked(
        self, handler: Callable[[web.Request], Awaitable[web.Response]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """For whoever has the key."""
        wanted = f"Bearer {self._environment.key}".encode()

        async def checked(request: web.Request) -> web.Response:
            given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
            try:
                if not hmac.compare_digest(given, wanted):
                    raise RequestRefused(401, "The key is another.")
                return await handler(request)
            except TooLarge as error:
                return web.Response(text=str(error), status=413)
            except RequestRefused as refused:
                return web.Response(text=str(refused), status=refused.status)
            except NotKept:
                return web.Response(text="Not now.", status=503)

        return checked

    async def _take(self, request: web.Request) -> web.Response:
        """200 when the reply was said, 202 when it is still to come."""
        event = inbound.read(await read_body(request, LARGEST), self._environment.people)
        if event is None:
            return web.Response()
        done = await self._intake.take(
            event.key,
            lambda progress: self._responder.answer(event, progress),
            lambda: False,
            kept=None if isinstance(event, Suggest) else event,
        )
        return web.Response(status=200 if done else 202)

    async def _fetch(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "0")
        if not after.isdecimal() or len(after) > 20:
            raise RequestRefused(400, "after is the number of a line.")
        lines = self._lines.after(int(after))
        return web.Response(text="".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))

    async def _install(self, _: web.Application) -> None:
        await self._hear(Installed(f"install:{WORKSPACE}", WORKSPACE, "Console"))

    async def _finish(self, _: web.Application) -> None:
        await self._intake.close()
