"""Whether this process lives, whether it is ready for work, and its numbers: for whoever operates it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime

from aiohttp import web

from bot.ops.metrics import CONTENT_TYPE, Metrics
from storage.database import Database, DatabaseUnavailable
from storage.outbox import deliveries

LATE = 60.0  # seconds without a beat that nothing ordinary explains


class Health:
    """`/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, database: Database, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._database = database
        self.metrics = metrics
        self._now = now
        self._beats: dict[str, float] = {}

    def mount(self, application: web.Application, steps: Iterable[str]) -> None:
        """Adds the routes; `steps` are what has to beat."""
        self._steps = tuple(steps)
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._numbers)

    def beat(self, step: str) -> None:
        """A step of the engine was done."""
        self._beats[step] = time.monotonic()

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, _: web.Request) -> web.Response:
        """503 with the reason until the database answers and every step was done a short while ago."""
        try:
            await self._database.run(lambda tx: deliveries.waiting(tx, self._now()))
        except DatabaseUnavailable as error:
            return web.Response(status=503, text=f"{error}\n")
        since = time.monotonic() - LATE
        late = [step for step in self._steps if self._beats.get(step, -1.0) < since]
        if late:
            return web.Response(status=503, text=f"Not done for a minute: {', '.join(late)}.\n")
        return web.Response(text="ready\n")

    async def _numbers(self, _: web.Request) -> web.Response:
        now = self._now()
        try:
            due, oldest = await self._database.run(lambda tx: deliveries.waiting(tx, now))
        except DatabaseUnavailable as error:
            return web.Response(status=503, text=f"{error}\n")
        return web.Response(body=self.metrics.text(due, oldest, now), headers={"Content-Type": CONTENT_TYPE})
