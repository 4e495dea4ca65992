"""One process of the engine over real HTTP, that can be told where to die. It is started, killed and stopped by
tests."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, TraceConfig, web
from sqlalchemy import event

from bot.chat.events import Address, Hear, Keep
from bot.chat.messages import Message
from bot.chat.platform import (
    Channel,
    OutcomeUnknown,
    Pace,
    Profile,
    RateLimited,
    Sent,
    Unreachable,
    Unsupported,
    in_time,
)
from bot.delivery.cycle import Cycle
from bot.delivery.scheduler import Scheduler
from bot.delivery.timing import Timing
from storage.database import Database, DatabaseUnavailable

BEAT = 0.05  # seconds
POINTS = (
    "before tick commit", "after tick commit", "before claim commit", "after claim commit", "response read",
    "before settle commit", "after settle commit", "reconcile read", "before reconcile commit",
    "after reconcile commit",
)  # fmt: skip
"""Where a process may die by itself; while a message is on its way it is the far side that kills it."""


@dataclass(frozen=True)
class Options:
    """How a worker is started. Times are in seconds."""

    database_url: str
    far_url: str
    lease: float = 1.0
    timeout: float = 0.4
    settle_window: float = 0.5
    per_second: float = 0.0  # 0: no pace
    burst: int = 25
    die_at: str = ""
    searchable: bool = True
    trouble: str = ""  # disk full | read only: of an SQLite file, from SIGUSR1 until SIGUSR2
    asleep: bool = False  # falls asleep there, in the place of dying, and only once


class WirePlatform:
    """The port over plain HTTP: a send, and a look-up by key."""

    name = "wire"
    conversation_pace: Pace | None = None
    edit_pace: Pace | None = None

    def __init__(self, options: Options, die: Death) -> None:
        self._options = options
        self._die = die
        self.pace = Pace(options.per_second, options.burst) if options.per_second else None
        self._client: ClientSession | None = None

    def _session(self) -> ClientSession:
        if self._client is None:
            self._client = ClientSession(
                self._options.far_url,
                connector=TCPConnector(limit=0),
                timeout=ClientTimeout(total=None),
                headers={"Pid": str(os.getpid())},
                trace_configs=[self._connected()],
            )
        return self._client

    def _connected(self) -> TraceConfig:
        """The last moment before a request is written."""

        async def check(*_: object) -> None:
            self._die("connected")
            in_time()

        trace = TraceConfig()
        trace.on_connection_create_end.append(check)
        trace.on_connection_reuseconn.append(check)
        return trace

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        workspace = to.split(":")[1]
        body: dict[str, object] = {"to": to, "key": key, "workspace": workspace, "text": message.title}
        body["at"] = time.monotonic()  # one clock for all processes of a machine
        try:
            async with self._session().post("/send", json=body) as response:
                if response.status == 429:
                    raise RateLimited(float(response.headers.get("Retry-After", "0.1")))
                if response.status == 410:
                    raise Unreachable("They left.")
                if response.status != 200:
                    raise OutcomeUnknown
                said = await response.json()
        except (ClientError, json.JSONDecodeError, ConnectionError) as error:
            raise OutcomeUnknown from error
        self._die("response read")
        return Sent(to, said["id"])

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        if not self._options.searchable:
            return Unsupported()
        try:
            async with self._session().get("/find", params={"key": key}) as response:
                if response.status != 200:
                    raise OutcomeUnknown
                said = await response.json()
        except ClientError as error:
            raise OutcomeUnknown from error
        self._die("reconcile read")
        return Sent(to, said["id"]) if said["id"] else None

    async def edit(self, sent: Sent, message: Message) -> None:
        pass

    async def home(self, who: str, message: Message) -> None:
        raise NotImplementedError

    async def profile(self, who: str) -> Profile:
        raise NotImplementedError

    async def people(self, where: Address) -> Sequence[Profile]:
        raise NotImplementedError

    def address(self, channel: str, workspace: str) -> Address:
        raise NotImplementedError

    async def check(self, where: Address) -> Channel:
        raise NotImplementedError

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


class Death:
    """Ends this process as a power cut would, at the point it was told, sooner or later."""

    def __init__(self, options: Options) -> None:
        self._at = options.die_at
        self._asleep = options.asleep

    def __call__(self, point: str) -> None:
        if point == self._at:
            self._at = "" if self._asleep else self._at
            os.kill(os.getpid(), signal.SIGSTOP if self._asleep else signal.SIGKILL)

    def watch(self, database: Database) -> None:
        """Knows a transaction by what it writes."""
        kinds = {
            "INSERT INTO checkin": "tick",
            "attempt=(delivery.attempt": "claim",
            "platform_id=": "settle",
            "SET owner=": "reconcile",
        }
        doing: dict[int, str] = {}
        ended: dict[int, str] = {}

        @event.listens_for(database.engine, "before_cursor_execute")
        def _executes(connection: Any, _: Any, statement: str, *__: Any) -> None:
            if statement.startswith(("INSERT", "UPDATE")):
                for words, kind in kinds.items():
                    if words in statement.partition("RETURNING")[0]:
                        doing[id(connection.connection.dbapi_connection)] = kind

        @event.listens_for(database.engine, "commit")
        def _commits(connection: Any) -> None:
            key = id(connection.connection.dbapi_connection)
            if key in doing:
                ended[key] = doing.pop(key)
                self(f"before {ended[key]} commit")

        @event.listens_for(database.engine.pool, "checkin")
        def _given_back(connection: Any, _: Any) -> None:
            if id(connection) in ended:
                self(f"after {ended.pop(id(connection))} commit")


def run(options: Options) -> None:
    """The process: beats until SIGTERM ends it in peace."""
    asyncio.run(_run(options))


async def _run(options: Options) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    die = Death(options)
    database = await _opened(options.database_url)
    die.watch(database)
    _troubles(database, options.trouble)
    platform = WirePlatform(options, die)
    timing = Timing(
        lease=timedelta(seconds=options.lease),
        timeout=timedelta(seconds=options.timeout),
        settle_window=timedelta(seconds=options.settle_window),
        linger=timedelta(milliseconds=10),
    )
    rounds = Cycle(database, {"wire": platform}, database.now, timing=timing)

    async def plan() -> None:
        if (await rounds.plan()).planned:
            clock.wake("send")

    async def send() -> float | None:
        done = await rounds.send()
        return (done.again_at - database.now()).total_seconds() if done.again_at else None

    clock = Scheduler({"plan": plan, "send": send}, every=BEAT)
    clock.start()
    await stopped.wait()
    await rounds.stop(2.0)
    await clock.stop()
    await platform.close()
    database.close()


def _troubles(database: Database, trouble: str) -> None:
    def query_only(value: str) -> None:
        connection = database.engine.raw_connection()  # the one there is, between two transactions
        connection.cursor().execute(f"PRAGMA query_only = {value}")
        connection.close()

    def limit(size: int) -> None:
        """No file may become longer than that."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    happens: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "read only": (lambda: query_only("ON"), lambda: query_only("OFF")),
        "disk full": (lambda: limit(4096), lambda: limit(resource.RLIM_INFINITY)),
    }
    if trouble:
        begins, ends = happens[trouble]
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, begins)
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, ends)


async def _opened(url: str) -> Database:
    """The one before us may not have given the file free yet."""
    while True:
        try:
            return Database(url)
        except DatabaseUnavailable:
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    run(Options(**json.loads(sys.argv[1])))
