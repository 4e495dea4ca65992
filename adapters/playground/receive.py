"""The way in: the page's files, one stream to each open page, and what is done on it, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import resources

from aiohttp import WSCloseCode, web

from adapters.playground import inbound
from adapters.playground.inbound import Moved, RequestRefused, Ticked
from adapters.playground.playground_world import PlaygroundWorld
from adapters.playground.render import Json
from adapters.playground.respond import Responder
from adapters.playground.transcript import ConnectedPage, Transcripts
from bot.chat.events import Hear, Installed
from bot.chat.inbound import Intake, Patience, TooLarge, read_body

_CLOCK_GLANCE = 5.0
"""Seconds between two looks at the clock, which may run by itself."""

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

_WAIT: Json = {"kind": "wait"}
"""What a page is told whose answer is still to come: it asks again under the same key."""

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Receiver:
    """The handlers of the page."""

    def __init__(
        self,
        stage: PlaygroundWorld,
        room: Transcripts,
        hear: Hear,
        *,
        sites: tuple[str, ...],
        largest: int,
        patience: float,
    ) -> None:
        self._stage = stage
        self._room = room
        self._hear = hear
        self._responder = Responder(stage, room, hear)
        self._sites = sites
        self._largest = largest
        # A page waits at a pace of its own, and nothing has to outlive this process: its conversations do not either.
        self._intake: Intake[Json] = Intake(hear, None, Patience(answer=patience, keep=0, crowded=patience))
        self._sockets: set[web.WebSocketResponse] = set()

    def mount(self, application: web.Application) -> None:
        """Add the routes, and what is done at startup and at the end."""
        files = {
            file.name: (file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")
            for file in (resources.files(__package__) / "page").iterdir()
            if file.is_file()
        }
        file = partial(self._file, files)
        application.router.add_get("/", self._guarded(file))
        application.router.add_get("/page/{name}", self._guarded(file))
        application.router.add_get("/stream", self._guarded(self._stream, needs_origin=True))
        application.router.add_post("/acts", self._guarded(self._take, needs_origin=True))
        application.on_startup.append(self._install)
        application.on_shutdown.append(self._hang_up)
        application.on_cleanup.append(self._finish)

    # HTTP

    def _guarded(self, handler: _Handler, *, needs_origin: bool = False) -> _Handler:
        """Only for our own page under a name of this machine: another site's page, or a name that was made to
        point here (DNS rebinding), shows in Host or Origin."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            host = request.headers.get("Host", "").lower()
            origin = request.headers.get("Origin")
            try:
                if host not in self._sites:
                    raise RequestRefused(403, "The playground answers on this machine only.")
                if (origin is not None or needs_origin) and origin != f"http://{host}":
                    raise RequestRefused(403, "The playground answers to its own page only.")
                return await handler(request)
            except TooLarge as error:
                return web.json_response({"error": str(error)}, status=413, headers=_HEADERS)
            except RequestRefused as refused:
                return web.json_response({"error": str(refused)}, status=refused.status, headers=_HEADERS)

        return guarded

    async def _file(self, files: dict[str, tuple[bytes, str]], request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        if name not in files:
            raise RequestRefused(404, "The page has no such file.")
        body, kind = files[name]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        """One act. The same key again, while it is done or after, is the same act and gets the same answer."""
        if request.content_type != "application/json":
            raise RequestRefused(415, "An act is JSON.")
        body = await read_body(request, self._largest)
        if not self._room.players:
            await self._responder.meet()
        player, key, act = inbound.read(body, self._room, self._stage.moves())
        if isinstance(act, Moved | Ticked) and not self._intake.is_known(key):
            if self._room.moving:
                raise RequestRefused(409, "The clock is already being moved.")
            self._room.moving = True
        answer = await self._intake.take(key, lambda _: self._responder.answer(player, key, act), lambda: _WAIT)
        return web.json_response(answer, status=202 if answer is _WAIT else 200, headers=_HEADERS)

    # The stream

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Everything a page shows, as it comes. Pages without `as` are given the first person."""
        await self._responder.meet()
        wanted = request.query.get("as")
        player = next((one for one in self._room.players if wanted in (None, one.id)), None)
        if player is None:
            raise RequestRefused(400, "There is no such person here.")
        socket = web.WebSocketResponse(heartbeat=20, max_msg_size=1024)
        if not socket.can_prepare(request):
            raise RequestRefused(400, "The stream is a WebSocket.")
        await socket.prepare(request)
        page = self._room.open(player)
        self._sockets.add(socket)
        writer = asyncio.create_task(self._write(socket, page))
        try:
            async for _ in socket:  # a page only listens; this ends when it goes
                pass
        finally:
            writer.cancel()
            self._room.close(page)
            self._sockets.discard(socket)
        return socket

    async def _write(self, socket: web.WebSocketResponse, page: ConnectedPage) -> None:
        named = {
            "commands": [{"words": words, "hint": hint} for words, hint in self._stage.commands()],
            "moves": [{"to": to, "label": label} for to, label in self._stage.moves()],
        }
        try:
            await socket.send_json(self._room.world())
            await socket.send_json(self._room.hello(page) | named)
            shown = self._stage.now()
            while True:
                try:
                    await socket.send_json(await asyncio.wait_for(page.news.get(), _CLOCK_GLANCE))
                except TimeoutError:
                    now = self._stage.now()
                    if now.replace(second=0, microsecond=0) != shown.replace(second=0, microsecond=0):
                        shown = now
                        await socket.send_json({"kind": "clock"} | self._room.clock())
        except ConnectionError:
            pass  # the page has gone; its reader notices too

    # The life of the server

    async def _install(self, application: web.Application) -> None:
        await self._responder.meet()
        await self._hear(Installed(f"install:{inbound.WORKSPACE}", inbound.WORKSPACE, "Playground"))

    async def _hang_up(self, application: web.Application) -> None:
        # All at once: each may wait for a page that does not say goodbye.
        await asyncio.gather(*(socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._sockets))

    async def _finish(self, application: web.Application) -> None:
        await self._intake.close()
