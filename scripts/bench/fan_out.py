"""A round over a platform with limits; the far side is a process of its own that answers 429 beyond them."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, TCPConnector

from bot.delivery.cycle import Cycle
from bot.delivery.timing import Timing
from scripts.bench.stage import Databases, Figure, analyse
from storage.database import Database
from tests.faults import company, worker
from tests.faults.worker import Options, WirePlatform
from tests.support.fake_platform import Far


def fan_out(databases: Databases) -> list[Figure]:
    figures = []
    for workspaces, limit in ((1, 30.0), (20, 5.0)):
        number, burst = 2_000, 25
        for kind, url in databases():
            took, far = asyncio.run(_round(url, number, workspaces, limit, burst))
            fastest = (number / workspaces - burst) / limit
            asked = sum(far["asked"].values())
            figures.append(
                Figure(
                    f"2,000 questions, {workspaces} workspace{'s' * (workspaces > 1)} of {limit:g}/s, {kind}",
                    f"{fastest / took:.3f} of the limit",
                    f"{took:.1f} s, {far['asked'].get(429, 0) / asked:.2%} 429s, {number - far['distinct']} lost, "
                    f"{far['posts'] - far['distinct']} double",
                    "≥ 0.97, < 1%, 0" if workspaces == 1 else "≥ 0.90, < 1%, 0",
                )
            )
    took, far = asyncio.run(_gather(2_000, 30.0, 25))
    asked = sum(far["asked"].values())
    figures.append(
        Figure(
            "the same with a stock client and gather, 1 workspace",
            f"{far['distinct'] / 2_000:.3f} of them arrived",
            f"{took:.1f} s, {far['asked'].get(429, 0) / asked:.2%} 429s, {2_000 - far['distinct']} lost",
            "",
        )
    )
    return figures


def _far_side(limit: float, burst: int, pipe: Any) -> None:
    async def stand() -> None:
        chance = random.Random(1)
        far = Far(limit=(limit, burst), latency=lambda: chance.uniform(0.1, 0.3))
        await far.start()
        pipe.send(far.url)
        await asyncio.to_thread(pipe.recv)
        pipe.send(
            {
                "posts": far.posts.total(),
                "distinct": len(far.posts),
                "asked": dict(far.asked),
                "took": far.times[-1] - far.times[0],
            }
        )

    asyncio.run(stand())


@contextmanager
def _standing(limit: float, burst: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_far_side, args=(limit, burst, theirs))
    process.start()

    def truth() -> dict[str, Any]:
        ours.send("over")
        told: dict[str, Any] = ours.recv()
        return told

    yield ours.recv(), truth
    process.join()


async def _round(url: str, number: int, workspaces: int, limit: float, burst: int) -> tuple[float, dict[str, Any]]:
    database = Database(url)
    with database.transaction() as tx:
        company.create_company(tx, workspaces)
        company.due(tx, number, datetime.now(UTC), workspaces=workspaces)
    analyse(database)
    with _standing(limit, burst) as (address, truth):
        options = Options(url, address, per_second=limit, burst=burst - 5)
        wire = WirePlatform(options, worker.Death(options))
        rounds = Cycle(database, {"wire": wire}, database.now, timing=Timing())
        await rounds.plan()
        sent = 0
        while sent < number:
            done = await rounds.send()
            sent += done.sent
            if done.again_at is not None:
                await asyncio.sleep(max(0.0, (done.again_at - database.now()).total_seconds()))
        await wire.close()
        database.close()
        told = await asyncio.to_thread(truth)
    return told["took"], told


async def _gather(number: int, limit: float, burst: int) -> tuple[float, dict[str, Any]]:
    """What one writes without an engine: everything at once, and a 429 waited for once, as the stock client does."""
    with _standing(limit, burst) as (address, truth):
        async with ClientSession(address, connector=TCPConnector(limit=100)) as client:

            async def post(at: int) -> None:
                body = {"to": "x", "key": str(at), "workspace": "w1", "text": "x"}
                for _ in range(2):
                    async with client.post("/send", json=body) as response:
                        if response.status != 429:
                            return
                        await asyncio.sleep(float(response.headers["Retry-After"]))

            await asyncio.gather(*(post(at) for at in range(number)))
        told = await asyncio.to_thread(truth)
    return told["took"], told
