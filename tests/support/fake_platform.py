"""A platform that keeps the truth and fails as platforms do: before its effect, after it, slowly, or not at all."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from aiohttp import web

Fault = Literal[
    "", "busy", "busy without a time", "error before", "error after", "cut before", "cut after", "hang before",
    "hang after", "html", "truncated", "die before", "die after",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = (
    "busy", "busy without a time", "error before", "error after", "cut before", "cut after", "hang before", "hang after",
    "html", "truncated",
)  # fmt: skip
"""Those that leave the process alive."""

HAPPENED: frozenset[str] = frozenset({"", "error after", "cut after", "hang after", "truncated", "die after"})


@dataclass
class WorkspaceBucket:
    """What one workspace takes: messages a second, and at once after a rest."""

    per_second: float
    burst: int
    level: float = 0.0
    at: float = 0.0

    def take(self, now: float) -> float:
        """0 when one more is taken; else in how many seconds it will be."""
        self.level = max(0.0, self.level - max(0.0, now - self.at) * self.per_second)
        self.at = max(self.at, now)
        if self.level + 1 > self.burst:
            return (self.level + 1 - self.burst) / self.per_second
        self.level += 1
        return 0.0


class SendRequest(NamedTuple):
    """One request to send: when, by the loop's clock, and whether the limit let it through."""

    at: float
    workspace: str
    key: str
    status: int


@dataclass
class Far:
    """The far side, on a port of its own in this process. `posts` counts what arrived, by our key."""

    faults: deque[Fault] = field(default_factory=deque)  # for the next sends, one each
    fault: Callable[[], Fault] = lambda: ""  # for those after
    latency: Callable[[], float] = lambda: 0.0  # seconds
    limit: tuple[float, int] | None = None  # of each workspace: a second, burst
    limits: dict[str, tuple[float, int]] = field(default_factory=dict)  # of those that have another one
    retry_after: float | None = None  # the wait it asks for, in the place of what its bucket says
    posts: Counter[str] = field(default_factory=Counter)
    asked: Counter[int] = field(default_factory=Counter)  # answers by status
    times: list[float] = field(default_factory=list)
    heard: list[SendRequest] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)  # while clear, everything that arrived is not answered

    def __post_init__(self) -> None:
        self.held.set()
        self.buckets: dict[str, WorkspaceBucket] = {}
        self.arrived = asyncio.Condition()

    async def start(self) -> None:
        application = web.Application()
        application.router.add_post("/send", self._send)
        application.router.add_get("/find", self._find)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=4096)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        self.held.set()
        await self._runner.cleanup()

    async def until(self, so: Callable[[], bool], within: float) -> None:
        """Until the truth is so; raises TimeoutError."""
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(so)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        fault = self.faults.popleft() if self.faults else self.fault()
        now = asyncio.get_running_loop().time()
        # Where the sender says when it sent, that counts: this process may have stood still meanwhile.
        wait = self._wait(asked["workspace"], asked.get("at", now))
        self.heard.append(SendRequest(now, asked["workspace"], asked["key"], 429 if wait else 200))
        if wait:
            self.asked[429] += 1
            return web.Response(status=429, headers={"Retry-After": f"{self.retry_after or wait:.3f}"})
        if fault == "die before":
            os.kill(int(request.headers["Pid"]), signal.SIGKILL)
        if fault in HAPPENED:
            self.posts[asked["key"]] += 1
            self.times.append(asyncio.get_running_loop().time())
            async with self.arrived:
                self.arrived.notify_all()
        if fault == "die after":
            os.kill(int(request.headers["Pid"]), signal.SIGKILL)
        await asyncio.sleep(self.latency())
        await self.held.wait()
        answer = await self._answer(request, fault, asked["key"])
        self.asked[answer.status] += 1
        return answer

    def _wait(self, workspace: str, now: float) -> float:
        limit = self.limits.get(workspace, self.limit)
        if limit is None:
            return 0.0
        bucket = self.buckets.setdefault(workspace, WorkspaceBucket(*limit))
        bucket.per_second, bucket.burst = limit
        return bucket.take(now)

    async def _answer(self, request: web.Request, fault: Fault, key: str) -> web.StreamResponse:
        match fault:
            case "busy":
                return web.Response(status=429, headers={"Retry-After": "0.2"})
            case "busy without a time":
                return web.Response(status=429)
            case "error before" | "error after":
                return web.Response(status=500)
            case "html":
                return web.Response(status=502, text="<html>Bad gateway</html>", content_type="text/html")
            case "truncated":
                return web.Response(text='{"id": "m', content_type="application/json")
            case "cut before" | "cut after" | "die before" | "die after":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            case "hang before" | "hang after":
                await asyncio.sleep(3600)
        return web.json_response({"id": f"m:{key}"})

    async def _find(self, request: web.Request) -> web.StreamResponse:
        key = request.query["key"]
        if self.fault() in ("error before", "error after"):
            return web.Response(status=500)
        return web.json_response({"id": f"m:{key}" if self.posts[key] else None})


def sometimes(share: float, seed: int) -> Callable[[], Fault]:
    """Faults of every kind that leaves the process alive, for a share of all sends."""
    chance = random.Random(seed)
    return lambda: chance.choice(FAULTS) if chance.random() < share else ""
