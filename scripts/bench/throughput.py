"""Questions planned, worded, claimed, sent to nobody and settled."""

from __future__ import annotations

import asyncio
import time

from bot.__main__ import settle
from bot.messages import Message
from bot.platform import Sent
from bot.rounds import Rounds
from scripts.bench.stage import NOW, Databases, Figure, people, run
from storage.database import Database
from tests.faults.worker import Wire


class Nobody(Wire):
    """Takes everything at once."""

    def __init__(self) -> None:
        self.pace = None

    async def send(self, to: str, message: Message, *, key: str, under: str | None = None) -> Sent:
        return Sent(to, "m")


def throughput(databases: Databases) -> list[Figure]:
    figures = []
    for number in (1_000, 10_000, 50_000):
        for kind, url in databases():
            database = Database(url)
            people(database, number, due=number)
            rounds = Rounds(database, {"wire": Nobody()}, lambda: NOW)
            settle()  # as `serve` does
            began, used = time.perf_counter(), time.process_time()
            asyncio.run(_said(rounds, number))
            took, cpu = time.perf_counter() - began, time.process_time() - used
            bare = outbox(database, min(number, 10_000))
            database.close()
            figures.append(
                Figure(
                    f"plan, word, claim, send to nobody, settle: {number:,} questions, {kind}",
                    f"{number / took / bare:.2f} of a bare outbox",
                    f"{number / took:,.0f}/s ({number / cpu:,.0f} a second of our own processor time)",
                    "≥ 15,000/s" if number == 50_000 else "",
                )
            )
    return figures


async def _said(rounds: Rounds, number: int) -> None:
    """A whole round, sent as `serve` does it: from the first portion that is planned on."""
    planned = asyncio.Event()
    planning = asyncio.create_task(rounds.plan(planned.set))
    sent = 0
    while sent < number:
        await planned.wait()
        planned.clear()
        sent += (await rounds.send()).sent
    await planning


def outbox(database: Database, number: int) -> float:
    """Messages a second of a loop that does nothing but mark rows as claimed and as sent, a batch at a time."""
    with database.transaction() as tx:
        run(tx, "UPDATE delivery SET state = 'due', platform_id = ''")
    batch = 1_000
    began = time.perf_counter()
    for at in range(0, number, batch):
        for state, before in (("claimed", "due"), ("sent", "claimed")):
            with database.transaction() as tx:
                run(
                    tx,
                    f"UPDATE delivery SET state = '{state}', attempt = attempt + 1 WHERE state = '{before}' "
                    "AND id > :low AND id <= :high",
                    low=at,
                    high=at + batch,
                )
    return number / (time.perf_counter() - began)
