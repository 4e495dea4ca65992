"""Questions planned, worded, claimed, sent to nobody and settled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy import bindparam, text
from sqlmodel import Session

from bot.chat.messages import Message
from bot.chat.platform import Sent
from bot.cli.serve import settle
from bot.delivery import content
from bot.delivery.cycle import Cycle
from bot.delivery.plan import PORTION
from scripts.bench.stage import NOW, Databases, Figure, people, run
from storage.database import Database
from storage.tables import Instant
from tests.faults.worker import WirePlatform


class Nobody(WirePlatform):
    """Takes everything at once."""

    def __init__(self) -> None:
        self.pace = None

    async def send(self, to: str, message: Message, *, key: str, under: str | None = None) -> Sent:
        return Sent(to, "m")


def throughput(databases: Databases) -> list[Figure]:
    figures = []
    for number, about in (
        (1_000, "questions"),
        (10_000, "questions"),
        (50_000, "questions"),
        (50_000, "notices"),
    ):
        for kind, url in databases():
            database = Database(url)
            asked = about == "questions"
            people(database, number, due=number if asked else 0)
            rounds = Cycle(database, {"wire": Nobody()}, lambda: NOW)
            fill = rounds.plan if asked else partial(_queued, database, number)
            settle()  # as `serve` does
            began, used = time.perf_counter(), time.process_time()
            asyncio.run(_said(rounds, fill, number))
            took, cpu = time.perf_counter() - began, time.process_time() - used
            bare = outbox(database, min(number, 10_000))
            database.close()
            done = "plan, word, claim, send to nobody, settle" if asked else "queue, claim, send to nobody, settle"
            figures.append(
                Figure(
                    f"{done}: {number:,} {about}, {kind}",
                    f"{number / took / bare:.2f} of a bare outbox",
                    f"{number / took:,.0f}/s ({number / cpu:,.0f} a second of our own processor time)",
                    "≥ 15,000/s" if number == 50_000 else "",
                )
            )
    return figures


async def _said(rounds: Cycle, fill: Callable[[Callable[[], None]], Awaitable[object]], number: int) -> None:
    """A whole round, sent as `serve` does it: from the first portion that is there on."""
    there = asyncio.Event()
    filling = asyncio.ensure_future(fill(there.set))
    sent = 0
    while sent < number:
        await there.wait()
        there.clear()
        sent += (await rounds.send()).sent
    await filling


async def _queued(database: Database, number: int, portion_done: Callable[[], None]) -> None:
    """A notice that needs no looking up, to everybody: the engine without check-ins."""
    content.NOTICES["office"] = lambda _, which: Message(f"The office is {which}.")
    for first in range(0, number, PORTION):
        await database.run(partial(_queue, first=first))
        portion_done()


def _queue(tx: Session, first: int) -> None:
    tx.connection().execute(
        text(
            'INSERT INTO delivery (company_id, workspace_id, meaning, kind, "to", person_id, subject, words, due_at, state, attempt, '
            "owner, platform_id, reason, created_at) SELECT company_id, workspace_id, 'notice|' || person_id, 'notice', "
            "address, person_id, 'office:closed on Friday', '', :moment, 'due', 0, '', '', '', :moment FROM account "
            "WHERE person_id > :first AND person_id <= :last ON CONFLICT DO NOTHING"
        ).bindparams(bindparam("moment", type_=Instant())),
        {"moment": NOW, "first": first, "last": first + PORTION},
    )


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
