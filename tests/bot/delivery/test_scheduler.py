"""The heartbeat: never two ticks at once, never a forgotten one, and an end that waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from bot.delivery.scheduler import Scheduler

NEVER = 3600.0  # seconds: longer than any test
PATIENCE = 10.0


class Ticks:
    """A tick that says when it begins and ends when it is let go."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended = 0
        self.at_once = 0
        self.most_at_once = 0
        self.fails = False
        self.held = asyncio.Event()
        self.held.set()
        self._changed = asyncio.Condition()

    async def __call__(self) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun += 1
        await self._tell()
        try:
            await self.held.wait()
            if self.fails:
                raise RuntimeError("the platform is gone")
        finally:
            self.at_once -= 1
        self.ended += 1
        await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, so: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(so)


async def settle() -> None:
    """Everything that can go on without waiting for anything goes on."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def clock(ticks: Ticks) -> AsyncIterator[Scheduler]:
    made = Scheduler({"tick": ticks}, every=NEVER)
    yield made
    ticks.held.set()
    await made.stop()


async def test_it_ticks_as_soon_as_it_is_started(clock: Scheduler, ticks: Ticks) -> None:
    clock.start()
    await settle()
    assert ticks.ended == 1


async def test_nothing_wakes_it_before_it_is_started(clock: Scheduler, ticks: Ticks) -> None:
    clock.wake()
    await settle()
    assert ticks.begun == 0


async def test_waking_it_many_times_at_once_is_one_tick(clock: Scheduler, ticks: Ticks) -> None:
    clock.start()
    await settle()
    for _ in range(50):
        clock.wake()
    await settle()
    assert ticks.ended == 2


async def test_waking_it_during_a_tick_leads_to_exactly_one_more(clock: Scheduler, ticks: Ticks) -> None:
    ticks.held.clear()
    clock.start()
    await ticks.until(lambda: ticks.begun == 1)
    for _ in range(50):
        clock.wake()
        await asyncio.sleep(0)
    assert ticks.begun == 1
    ticks.held.set()
    await settle()
    assert (ticks.begun, ticks.ended, ticks.most_at_once) == (2, 2, 1)


async def test_waking_it_as_a_tick_ends_is_not_lost(clock: Scheduler, ticks: Ticks) -> None:
    """At each of the moments between the end of the work and the end of the task that did it."""
    clock.start()
    await settle()
    for turns in range(12):
        before = ticks.ended
        ticks.held.clear()
        clock.wake()
        await ticks.until(lambda before=before: ticks.begun == before + 1)  # type: ignore[misc]
        ticks.held.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        clock.wake()
        await settle()
        assert ticks.ended == before + 2, turns


async def test_a_beat_during_a_tick_does_not_run_beside_it(clock: Scheduler, ticks: Ticks) -> None:
    ticks.held.clear()
    clock.start()
    await ticks.until(lambda: ticks.begun == 1)
    beats = [asyncio.create_task(clock.beat()) for _ in range(10)]
    await settle()
    ticks.held.set()
    await asyncio.gather(*beats)
    assert (ticks.ended, ticks.most_at_once) == (2, 1)


async def test_it_beats_by_itself_and_a_failing_tick_does_not_stop_it(
    ticks: Ticks, caplog: pytest.LogCaptureFixture
) -> None:
    ticks.fails = True
    clock = Scheduler({"tick": ticks}, every=0.01)
    with caplog.at_level(logging.ERROR, logger="bot.delivery.scheduler"):
        clock.start()
        await ticks.until(lambda: ticks.begun >= 3)
        ticks.fails = False
        await ticks.until(lambda: ticks.ended >= 3)
    await clock.stop()
    said = {record.getMessage() for record in caplog.records if record.name == "bot.delivery.scheduler"}
    assert said
    assert all(line.startswith("the tick failed, and the next one tries again: RuntimeError") for line in said)


@pytest.mark.parametrize("every", [NEVER, 0.01])
async def test_stopping_waits_for_the_tick_in_progress_whoever_began_it(ticks: Ticks, every: float) -> None:
    clock = Scheduler({"tick": ticks}, every=every)
    clock.start()
    await ticks.until(lambda: ticks.ended >= (1 if every == NEVER else 2))
    begun = ticks.begun
    ticks.held.clear()
    if every == NEVER:
        clock.wake()
    await ticks.until(lambda: ticks.begun > begun)
    stopping = asyncio.create_task(clock.stop())
    await settle()
    assert not stopping.done()
    ticks.held.set()
    async with asyncio.timeout(PATIENCE):
        await stopping
    assert ticks.ended == ticks.begun


async def test_once_stopped_nothing_wakes_it(clock: Scheduler, ticks: Ticks) -> None:
    clock.start()
    await settle()
    await clock.stop()
    clock.wake()
    await settle()
    assert ticks.begun == 1


async def test_stopping_what_was_never_started_is_nothing(clock: Scheduler) -> None:
    await clock.stop()


async def test_a_beat_during_a_tick_returns_when_a_tick_after_it_is_done() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    done: list[int] = []

    async def tick() -> float | None:
        begun.set()
        await go_on.wait()
        done.append(1)
        return None

    clock = Scheduler({"tick": tick})
    first = asyncio.create_task(clock.beat())
    await begun.wait()
    second = asyncio.create_task(clock.beat())
    go_on.set()
    await second
    assert len(done) == 2
    await first


async def test_a_step_that_hangs_keeps_no_other_from_its_beat(ticks: Ticks) -> None:
    other = Ticks()
    clock = Scheduler({"plan": ticks, "send": other}, every=NEVER)
    other.held.clear()
    clock.start()
    await ticks.until(lambda: ticks.ended == 1)
    clock.wake("plan")
    await ticks.until(lambda: ticks.ended == 2)
    assert other.ended == 0
    other.held.set()
    await clock.stop()
    assert (ticks.ended, other.ended) == (2, 1)


async def test_a_beat_of_all_is_each_step_in_its_order() -> None:
    done: list[str] = []

    async def plan() -> None:
        done.append("plan")

    async def send() -> None:
        done.append("send")

    await Scheduler({"plan": plan, "send": send}).beat()
    assert done == ["plan", "send"]


async def test_chores_are_done_at_their_own_pace_and_a_failing_one_again(ticks: Ticks) -> None:
    chore = Ticks()
    chore.fails = True
    clock = Scheduler({"tick": ticks}, [(chore, 0.01)], every=NEVER)
    clock.start()
    await chore.until(lambda: chore.begun >= 3)
    await clock.stop()
    assert ticks.ended == 1
