"""Teams under load, against the strict fake of its services: a table on standard output.

    make teams-bench, or with figures: scripts/bench_teams.py [seconds of activities] [proactive messages]

In: 200 activities a second, each replied to, by the adapter alone; the same with one commit to a real database for
each; then typed answers through the whole conversation, as fast as they go. Out: proactive messages at the pace of one
tenant, to a connector that counts and refuses what is too fast.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiohttp import ClientError, web

from adapters.msteams.adapter import build
from adapters.msteams.settings import Settings
from bot.chat.events import Event, MessageReceived, Reply
from bot.chat.messages import Message, text
from bot.chat.platform import RateLimited
from bot.cli.serve import settle
from bot.conversation.dispatcher import Conversation
from bot.tagging.tagger_pool import Taggers
from storage import inbox
from storage.adapter_store import AdapterStore
from storage.database import Database
from tests.support.fake_teams import TENANT, TENANT_LIMITS, Fake, TenantUser, Throttle

A_SECOND = 200  # activities
PEOPLE = 300
HOW = {
    "adapter": "activities",
    "commit": "one commit for each",
    "whole": "typed answers, one by one",
    "flood": "typed answers, come what may",
}


def serve(settings: Settings, folder: str, told: Connection, how: str) -> None:
    """The bot, in a process of its own: the adapter, and behind it nothing, a commit for each event, or all of it."""

    async def run() -> None:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        database.upgrade()
        platform = build(settings, AdapterStore(database))
        conversation = Conversation(
            database,
            {"teams": platform},
            Taggers(database, lambda: datetime.now(UTC)),
            admins=frozenset(),
            now=lambda: datetime.now(UTC),
            wake=lambda: None,
        )

        async def note(event: Event) -> Reply:
            if how == "commit":
                await database.run(lambda tx: inbox.once(tx, event.key, datetime.now(UTC)))
            return Message("Saved: one line", (text("Pricing page"),)) if isinstance(event, MessageReceived) else None

        application = web.Application()
        platform.mount(application, conversation.hear if how in ("whole", "flood") else note, conversation.kept.keep)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        listening = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listening).start()
        settle()
        told.send(listening.getsockname()[1])
        await asyncio.get_running_loop().run_in_executor(None, told.recv)
        await runner.cleanup()
        await platform.close()
        database.close()

    logging.disable(logging.WARNING)
    asyncio.run(run())


async def incoming(seconds: float, how: str) -> list[tuple[str, str]]:
    """Activities at an even rate, whatever becomes of the ones before; the whole conversation gets one after the other
    from each of a few people at once."""
    fake = Fake()
    await fake.start()
    for number in range(PEOPLE):
        key = f"p{number:04}"
        fake.people[key] = TenantUser(key, f"Person {number}")
        fake.people[key].has_app = fake.people[key].knows_us = True
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        settings = fake.settings(patience=7.0, timeout=9.0)
        process = context.Process(target=serve, args=(settings, folder, theirs, how))
        process.start()
        port = await asyncio.get_running_loop().run_in_executor(None, ours.recv)
        fake.endpoint = f"http://127.0.0.1:{port}/api/messages"
        headers = {"Authorization": f"Bearer {fake.token()}"}
        took: list[float] = []
        lost = 0

        async def one(number: int) -> None:
            nonlocal lost
            account = fake.people[f"p{number % PEOPLE:04}"]
            activity = fake.typed(account, f"Pricing page, round {number} 2h")
            began = time.perf_counter()
            try:
                async with fake.client.post(fake.endpoint, json=activity, headers=headers) as response:
                    await response.read()
                    lost += response.status != 200
            except (TimeoutError, ClientError):
                lost += 1
            took.append(time.perf_counter() - began)

        for number in range(PEOPLE):  # everybody is known before it counts
            await one(number)
        took.clear()
        replies = len(fake.posts)
        began = time.perf_counter()
        tasks = []
        if how == "whole":
            numbers = iter(range(int(seconds * A_SECOND / 10)))

            async def somebody() -> None:
                for number in numbers:
                    await one(number)

            await asyncio.gather(*(somebody() for _ in range(8)))
        else:
            for number in range(int(seconds * A_SECOND)):
                await asyncio.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
                tasks.append(asyncio.create_task(one(number)))
            await asyncio.gather(*tasks)
        over = time.perf_counter() - began
        if how == "flood":
            await fake.until(lambda: len(fake.posts) - replies >= len(took), within=300)
        done = time.perf_counter() - began
        ours.send("end")
        await asyncio.get_running_loop().run_in_executor(None, process.join)
    replied = len(fake.posts) - replies
    await fake.stop()
    took.sort()
    return [
        (
            HOW[how],
            f"{len(took)} in {over:.1f} s, {len(took) / over:.0f} a second",
        ),
        ("not acknowledged with 200", str(lost)),
        ("replies that arrived", f"{replied}, the last of them {done - over:.0f} s later"),
        *((f"acknowledged, {name}", f"{took[int(at * (len(took) - 1))] * 1000:.0f} ms") for name, at in QUANTILES),
    ]


QUANTILES = (("median", 0.5), ("p99", 0.99), ("longest", 1.0))


async def outgoing(number: int) -> list[tuple[str, str]]:
    """Messages to so many people, at the pace the adapter asks for."""
    fake = Fake()
    await fake.start()
    fake.tenant_throttle = Throttle(TENANT_LIMITS)
    fake.retry_after = "1"
    shelf = _Shelf()
    platform = build(fake.settings(timeout=9.0), shelf)
    for at in range(number):
        key = f"p{at:04}"
        account = fake.people[key] = TenantUser(key, f"Person {at}")
        account.has_app = account.knows_us = True
        row = {"service": fake.service, "user": account.user, "conversation": account.conversation}
        await shelf.put({f"teams:person:{TENANT}:{account.entra}": json.dumps(row)})
    pace = platform.pace
    assert pace is not None
    message = Message("What did you work on?", (text("One line for each piece of work."),))
    again = 0

    async def one(at: int) -> None:
        nonlocal again
        account = fake.people[f"p{at:04}"]
        while True:
            try:
                await platform.send(f"teams:{TENANT}:{account.entra}", message, key=f"k{at}")
            except RateLimited as busy:
                again += 1
                await asyncio.sleep(busy.retry_after)
            else:
                return

    began = time.perf_counter()
    tasks = []
    for at in range(number):
        await asyncio.sleep(max(0.0, began + at / pace.per_second - time.perf_counter()))
        tasks.append(asyncio.create_task(one(at)))
    await asyncio.gather(*tasks)
    over = time.perf_counter() - began
    await platform.close()
    await fake.stop()
    most, seconds = TENANT_LIMITS[0]
    return [
        ("proactive messages", f"{number} in {over:.1f} s, {number / over:.1f} a second"),
        ("of the limit", f"{number / over / (most / seconds):.3f}"),
        ("asked to wait", str(again)),
        ("said twice, or not at all", str(abs(len(fake.posts) - number) + number - len(set(fake.posts)))),
    ]


class _Shelf:
    """A store in memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self._texts.get(key)

    async def put(self, texts: Any) -> None:
        self._texts |= texts

    async def drop(self, prefix: str) -> None:
        raise NotImplementedError

    async def every(self, prefix: str) -> dict[str, str]:
        return {key: text for key, text in self._texts.items() if key.startswith(prefix)}


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    rows = []
    for how in HOW:
        rows += asyncio.run(incoming(given[0] if given else 30.0, how))
    rows += asyncio.run(outgoing(int(given[1]) if len(given) > 1 else 2_000))
    for name, value in rows:
        sys.stdout.write(f"{name:<28}{value}\n")
