"""Processes that are killed, stopped and started again: every message arrives once."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from datetime import UTC, datetime

import pytest

from storage.database import Database
from tests.faults import company
from tests.faults.conftest import LONG, Start, asleep, ended, pause
from tests.faults.worker import POINTS
from tests.support.fake_platform import FAULTS, Far, sometimes

PEOPLE, MANY = 40, 70


def prepare(url: str, people: int = PEOPLE, *, slots: int = 4, workspaces: int = 1) -> None:
    database = Database(url)
    with database.transaction() as tx:
        company.create_company(tx, workspaces)
        company.due(tx, people, datetime.now(UTC), slots=slots, workspaces=workspaces)
    database.close()


def more(url: str, people: int = PEOPLE, *, slots: int = 2) -> None:
    database = Database(url)
    with database.transaction() as tx:
        company.due(tx, people, datetime.now(UTC), slots=slots)
    database.close()


def found(url: str) -> Counter[str]:
    database = Database(url, read_only=True)
    with database.transaction() as tx:
        states = company.states(tx)
    database.close()
    return states


async def done(url: str, people: int, within: float) -> None:
    """Until the database says that all of it is sent, too."""
    database = Database(url, read_only=True)
    try:
        async with asyncio.timeout(within):
            while await database.run(company.states) != Counter(sent=people):  # noqa: ASYNC110  it tells nobody
                await asyncio.sleep(0.05)
    finally:
        database.close()


def judge(far: Far, people: int) -> None:
    """LOST is what was expected and is not there, DOUBLE what is there more than once."""
    assert (people - len(far.posts), far.posts.total() - len(far.posts)) == (0, 0)


async def test_wherever_a_process_dies_nothing_is_lost_and_nothing_comes_twice(
    url: str, far: Far, start: Start
) -> None:
    prepare(url)
    people = PEOPLE
    for point in ("POST written", "POST accepted", *POINTS):
        if not point.startswith("reconcile") and "reconcile" not in point:
            more(url)
            people += PEOPLE
        if point == "POST written":
            far.faults.extend(["", "die before"])
        if point == "POST accepted":
            far.faults.extend(["", "die after"])
        assert await ended(start(url, die_at=point)) == -signal.SIGKILL, point
        far.faults.clear()
    last = start(url)
    await done(url, people, within=10)
    judge(far, people)
    last.terminate()
    assert await ended(last) == 0


async def test_whatever_the_platform_does_nothing_is_lost_and_nothing_comes_twice(
    url: str, far: Far, start: Start
) -> None:
    """Every way of failing there is, three times each, before and after the message is there."""
    prepare(url, MANY, slots=1)
    far.faults.extend(FAULTS * 3)
    start(url)
    await done(url, MANY, within=20)
    judge(far, MANY)
    assert not far.faults


async def test_killed_again_and_again_while_the_platform_fails_too(
    url: str, far: Far, start: Start, rounds: int
) -> None:
    """One replica on SQLite, two on PostgreSQL; more people are due each time. Without a pace, as the platform's asking
    to wait has nothing to do with it here."""
    chance = random.Random(7)
    prepare(url, MANY)
    far.fault = sometimes(0.07, seed=11)
    far.latency = lambda: chance.uniform(0.0, 0.3)
    replicas = [start(url) for _ in range(1 if url.startswith("sqlite") else 2)]
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.2, 0.6))  # at a random moment, which is what is tried
        at = chance.randrange(len(replicas))
        replicas[at].kill()
        await ended(replicas[at])
        more(url, MANY)
        replicas[at] = start(url)
    people = MANY * (rounds + 1)
    await done(url, people, within=30 + rounds)
    judge(far, people)


async def test_a_process_that_sleeps_past_its_lease_sends_nothing_twice(shared: str, far: Far, start: Start) -> None:
    prepare(shared)
    far.held.clear()
    sleeper = start(shared)
    await far.until(lambda: len(far.posts) == PEOPLE, within=10)
    pause(sleeper, signal.SIGSTOP)
    far.held.set()
    more(shared)
    start(shared)
    await done(shared, 2 * PEOPLE, within=10)
    pause(sleeper, signal.SIGCONT)
    more(shared)
    await done(shared, 3 * PEOPLE, within=10)
    judge(far, 3 * PEOPLE)


@pytest.mark.parametrize("point", ["after claim commit", "connected"])
async def test_a_process_that_sleeps_before_it_sends_does_not_send_after_its_lease(
    shared: str, far: Far, start: Start, point: str
) -> None:
    """It wakes with claimed letters in its hands, which somebody else has sent meanwhile."""
    prepare(shared, slots=1)
    sleeper = start(shared, die_at=point, asleep=True)
    await asleep(sleeper)
    start(shared)
    await done(shared, PEOPLE, within=10)
    pause(sleeper, signal.SIGCONT)
    more(shared)
    await done(shared, 2 * PEOPLE, within=10)
    judge(far, 2 * PEOPLE)


@pytest.mark.parametrize("replicas", [2, 4])
async def test_replicas_that_start_at_the_same_instant_send_each_message_once(
    shared: str, far: Far, start: Start, replicas: int, rounds: int
) -> None:
    people, rate = (1_000, 60.0) if rounds < LONG else (20_000, 150.0)
    prepare(shared, people, slots=20, workspaces=5)
    # One that stands still for a second lets a second's messages go at once.
    far.limit = (1.1 * rate, int(1.5 * rate))
    for _ in range(replicas):
        start(shared, per_second=rate, burst=25)
    await done(shared, people, within=40 + people / rate)  # five of them: five times as long as it should
    judge(far, people)
    assert far.asked[429] == 0  # together they kept one pace


async def test_told_to_stop_it_writes_down_what_is_in_the_air(url: str, far: Far, start: Start) -> None:
    prepare(url)
    far.held.clear()
    process = start(url, timeout=5.0, lease=30.0)
    await far.until(lambda: len(far.posts) == PEOPLE, within=10)
    process.terminate()
    far.held.set()
    assert await ended(process, within=10) == 0
    assert found(url) == Counter(sent=PEOPLE)


async def test_told_to_stop_while_nothing_answers_it_ends_all_the_same(url: str, far: Far, start: Start) -> None:
    prepare(url)
    far.held.clear()
    process = start(url, timeout=60.0, lease=90.0)
    await far.until(lambda: len(far.posts) == PEOPLE, within=10)
    process.terminate()
    assert await ended(process, within=10) == 0
    far.held.set()
    assert found(url) == Counter(uncertain=PEOPLE)
    start(url)
    await done(url, PEOPLE, within=10)
    judge(far, PEOPLE)
