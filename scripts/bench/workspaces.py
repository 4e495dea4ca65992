"""A round over very many workspaces by two processes, and over one very large one: the pace of each must be kept
full."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import time
from datetime import timedelta
from typing import Any

from bot.chat.platform import Pace
from bot.cli.serve import settle
from bot.delivery import plan
from bot.delivery.cycle import Cycle
from scripts.bench.stage import NOW, Databases, Figure, analyse, people
from scripts.bench.throughput import Nobody
from storage.database import Database
from storage.outbox import deliveries

BURST = 20


def workspaces(databases: Databases) -> list[Figure]:
    many = int(os.environ.get("PEOPLE", "1000000"))
    figures = []
    for kind, url in databases():
        number, places, processes, rate = (many, 1_000, 2, 5.0) if kind == "PostgreSQL" else (many // 100, 1, 1, 50.0)
        database = Database(url)
        people(database, number, due=number, workspaces=places)
        asyncio.run(_planned(database))
        analyse(database)
        database.close()
        took, told = _sent(url, processes, rate)
        database = Database(url)
        with database.transaction() as tx:
            arrived = deliveries.counts(tx, 1, NOW - timedelta(days=1))
        database.close()
        assert arrived == [("prompt", "sent", number)], arrived
        fastest = (number / places - BURST) / rate
        figures.append(
            Figure(
                f"{number:,} questions, {places:,} workspace{'s' * (places > 1)} of {rate:g}/s, "
                f"{processes} process{'es' * (processes > 1)}, {kind}",
                f"{fastest / took:.3f} of the limit",
                f"{took:.1f} s of {fastest:.1f} s, {number - sum(sent for sent, _ in told)} not sent once, "
                f"at most {max(memory for _, memory in told):.0f} MB a process",
                "≥ 0.95, < 300 MB",
            )
        )
    return figures


async def _planned(database: Database) -> None:
    more = True
    while more:
        _, more = await database.run(lambda tx: plan.questions(tx, NOW))


def _sent(url: str, processes: int, rate: float) -> tuple[float, list[tuple[int, float]]]:
    """The seconds it took, and of each process how many it sent and the megabytes it took at most."""
    spawn = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    for _ in range(processes):
        ours, theirs = spawn.Pipe()
        worker = spawn.Process(target=_work, args=(url, rate, theirs))
        worker.start()
        pipes.append(ours)
        workers.append(worker)
    for pipe in pipes:
        pipe.recv()  # it is ready
    began = time.time()
    for pipe in pipes:
        pipe.send(began)
    told = [pipe.recv() for pipe in pipes]
    for worker in workers:
        worker.join()
    return max(ended for ended, _, _ in told) - began, [(sent, memory) for _, sent, memory in told]


def _work(url: str, rate: float, pipe: Any) -> None:
    settle()
    database = Database(url)
    platform = Nobody()
    platform.pace = Pace(rate, BURST)
    pipe.send("ready")
    began = pipe.recv()
    # All processes of this machine share its clock; the day's begins with the round.
    rounds = Cycle(database, {"wire": platform}, lambda: NOW + timedelta(seconds=time.time() - began))
    sent, ended = asyncio.run(_until_nothing_waits(database, rounds))
    database.close()
    pipe.send((ended, sent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


async def _until_nothing_waits(database: Database, rounds: Cycle) -> tuple[int, float]:
    sent, ended = 0, time.time()
    while True:
        done = await rounds.send()
        sent += done.sent
        if done.sent:
            ended = time.time()
        waiting, _ = await database.run(lambda tx: deliveries.waiting(tx, NOW + timedelta(days=1)))
        if not waiting:
            return sent, ended
        await asyncio.sleep(0.02)
