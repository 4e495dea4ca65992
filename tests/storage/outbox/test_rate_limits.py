"""One pace for a workspace, whoever sends."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.chat.platform import Pace, RateLimited
from bot.delivery.cycle import Cycle
from storage.database import Database
from storage.outbox import rate_limits
from storage.outbox.rate_limits import Rate
from tests.support.world import MONDAY, FakeChat, World, local


@given(
    st.floats(0.5, 50),
    st.integers(1, 30),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 40)), min_size=1, max_size=30),
)
def test_never_more_than_a_burst_and_the_rate(per_second: float, burst: int, wishes: list[tuple[float, int]]) -> None:
    rate = Rate(per_second, burst)
    now, paced = MONDAY, None
    sent: list[datetime] = []
    for wait, goal_input in wishes:
        now += timedelta(seconds=wait)
        taken = rate_limits.room(paced, now, rate, goal_input)
        assert taken <= goal_input
        if taken:
            paced = max(paced or now, now) + taken * rate.interval
            sent += [now] * taken
        else:
            free = rate_limits.free_at(paced, now, rate)
            assert free > now - timedelta(milliseconds=1)
            assert rate_limits.room(paced, free + timedelta(milliseconds=1), rate, 1) == 1
    for at in range(len(sent)):
        for upto in range(at, len(sent)):
            seconds = (sent[upto] - sent[at]).total_seconds()
            assert upto - at + 1 <= burst + per_second * seconds + 1e-3


def team_of(world: World, number: int) -> None:
    keys = [f"p{at}" for at in range(number)]
    world.team("Platform", keys)
    world.introduced(*keys)


async def test_a_round_is_spread_over_the_pace_of_its_workspace(database: Database) -> None:
    world = World(database, chat=FakeChat(pace=Pace(per_second=2, burst=5)))
    team_of(world, 20)
    seen = []
    for tenths in range(0, 90, 5):
        await world.goes_to(local(3, 15, 30) + timedelta(seconds=tenths / 10))
        seen.append(len(world.chat.entries))
    assert seen[:4] == [5, 6, 7, 8]
    assert seen[-1] == 20
    assert [entry.posts for entry in world.chat.entries] == [1] * 20


async def test_several_processes_keep_one_pace(database: Database) -> None:
    world = World(database, chat=FakeChat(pace=Pace(per_second=2, burst=5)))
    team_of(world, 20)
    world.at = local(3, 15, 30)
    others = [Cycle(database, {"playground": world.chat}, lambda: world.at) for _ in range(3)]
    await asyncio.gather(world.cycle.tick(), *(other.tick() for other in others))
    assert len(world.chat.entries) == 5
    world.at += timedelta(seconds=3)
    await asyncio.gather(world.cycle.tick(), *(other.tick() for other in others))
    assert len(world.chat.entries) == 10  # three seconds are worth six, and no more than a burst of five is kept


async def test_when_a_platform_asks_to_wait_the_whole_workspace_waits_and_nobody_else(
    database: Database,
) -> None:
    world = World(database, chat=FakeChat())
    team_of(world, 3)
    other = World(database, name="Other", chat=FakeChat("second"))
    other.team("Platform", ["zoe"])
    other.introduced("zoe")
    world.at = local(3, 15, 30)
    world.chat.fail = [("before", RateLimited(30))]  # the others are not even tried then
    both = Cycle(database, {"playground": world.chat, "second": other.chat}, lambda: world.at)
    done = await both.tick()
    assert (len(world.chat.entries), len(other.chat.entries)) == (0, 1)
    assert done.again_at == world.at + timedelta(seconds=30)
    world.at += timedelta(seconds=29)
    await both.tick()
    assert world.chat.entries == []
    world.at += timedelta(seconds=1)
    await both.tick()
    assert len(world.chat.entries) == 3
