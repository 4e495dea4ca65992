"""Planning for very many, and ticks that find nothing."""

from __future__ import annotations

import asyncio
import statistics
import time
from datetime import timedelta

from sqlmodel import select

from bot.cli.serve import settle
from bot.delivery import plan
from bot.delivery.cycle import Cycle
from scripts.bench.stage import NOW, Databases, Figure, analyse, people
from scripts.bench.throughput import Nobody
from storage.database import Database
from storage.tables import Person


def planning(databases: Databases) -> list[Figure]:
    figures = []
    for number in (1_000, 10_000, 100_000, 1_000_000):
        for kind, url in databases():
            database = Database(url)
            people(database, number, due=number // 10)
            settle()
            took, portions, waits = asyncio.run(_planned(database, number // 10))
            analyse(database)
            idle = asyncio.run(nothing_due(database))
            database.close()
            figures += [
                Figure(
                    f"{number // 10:,} due at once among {number:,} people planned, {kind}",
                    f"{number / 10 / took:,.0f} a second",
                    f"{took:.2f} s in {len(portions)} transactions, longest {max(portions) * 1000:.0f} ms; "
                    f"a bystander's longest wait {max(waits, default=0) * 1000:.0f} ms",
                    "< 3 s, < 100 ms" if number == 1_000_000 else "",
                ),
                Figure(
                    f"a tick with nothing due, {number:,} people, {kind}",
                    "",
                    f"{idle * 1000:.1f} ms",
                    "< 5 ms" if number == 1_000_000 else "",
                ),
            ]
    return figures


async def _planned(database: Database, number: int) -> tuple[float, list[float], list[float]]:
    """How long all of it took and each portion, and how long somebody waited who answered meanwhile. In seconds."""
    waits: list[float] = []
    answering = asyncio.create_task(bystander(database, waits))
    portions: list[float] = []
    planned, more = 0, True
    began = time.perf_counter()
    while more:
        since = time.perf_counter()
        some, more = await database.run(lambda tx: plan.questions(tx, NOW))
        planned += some
        portions.append(time.perf_counter() - since)
    took = time.perf_counter() - began
    answering.cancel()
    assert planned == number
    return took, portions, waits


async def bystander(database: Database, waits: list[float]) -> None:
    """Somebody answers meanwhile: a small transaction of their own, again and again."""
    while True:
        began = time.perf_counter()
        await database.run(lambda tx: tx.exec(select(Person.name).where(Person.id == 1)).first())
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.002)


async def nothing_due(database: Database) -> float:
    """The median of many ticks, in seconds."""
    rounds = Cycle(database, {"wire": Nobody()}, lambda: NOW - timedelta(days=1))
    times = []
    for _ in range(50):
        began = time.perf_counter()
        await rounds.tick()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
