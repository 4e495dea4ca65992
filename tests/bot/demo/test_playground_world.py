"""The playground's clock: it moves through everything that is due, in order, and never back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.cycle import Cycle
from bot.demo.playground_world import MOVES, DatabaseWorld, MovableClock
from storage.database import Database
from tests.support.world import MONDAY, World

SLOWNESS = timedelta(minutes=5)  # real time goes on while a test runs


class Played:
    """A stage over a company of two in Berlin and one in Kolkata, with what was seen on the way."""

    def __init__(self, world: World, database: Database) -> None:
        self.world = world
        self.clock = MovableClock(MONDAY)
        self.stage = DatabaseWorld(database, self.clock)
        self.stage.cycle = Cycle(database, {"playground": world.chat}, self.clock.now)
        self.stage.beat = self.beat
        self.seen: list[tuple[datetime, int]] = []
        self.reported: list[datetime] = []
        world.person("mara", admin=True)
        world.person("kavya", "Asia/Kolkata")
        world.team("Platform", ["ana", "ben", "kavya"])
        world.introduced("ana", "ben", "kavya")

    async def beat(self) -> None:
        assert self.stage.cycle is not None
        await self.stage.cycle.tick()
        self.seen.append((self.clock.now(), len(self.world.chat.entries)))

    async def move(self, to: str) -> None:
        await self.stage.move(to, lambda: self.reported.append(self.clock.now()))


@pytest.fixture
def played(world: World, database: Database) -> Played:
    return Played(world, database)


def test_a_clock_is_moved_forward_and_never_back() -> None:
    clock = MovableClock(MONDAY)
    assert timedelta(0) <= clock.now() - MONDAY < SLOWNESS
    clock.move_to(MONDAY + timedelta(days=2))
    for earlier in (MONDAY, datetime(1970, 1, 1, tzinfo=UTC), clock.now() - timedelta(seconds=1)):
        clock.move_to(earlier)
        assert clock.now() >= MONDAY + timedelta(days=2)


def test_a_clock_that_nobody_moved_shows_the_time() -> None:
    assert abs(MovableClock().now() - datetime.now(UTC)) < SLOWNESS


async def test_a_week_passes_through_every_due_moment_in_order(played: Played) -> None:
    await played.move("week")
    moments = [moment for moment, _ in played.seen]
    assert moments == sorted(moments)
    assert moments[-1] - MONDAY >= timedelta(days=7)
    asked = [
        (entry.to.partition(":")[2], entry.key.split("|")[-1])
        for entry in played.world.chat.entries
        if entry.key.startswith("prompt")
    ]
    days = ["2026-03-03", "2026-03-06"]
    assert [day for _, day in asked] == [day for day in days for _ in range(3)]
    assert [who for who, _ in asked][::3] == ["kavya", "kavya"]  # 15:30 comes first in Kolkata
    assert {who for who, _ in asked[1:3]} == {"ana", "ben"}
    digests = [entry for entry in played.world.chat.entries if entry.key.startswith("digest")]
    assert [entry.key.split("|")[-1] for entry in digests if entry.under is None] == []  # Monday ten is later


async def test_each_thing_has_its_own_time_on_the_way(played: Played) -> None:
    await played.move("week")
    counts = [count for _, count in played.seen]
    assert len(set(counts)) >= 5  # not all at the end
    assert len(played.reported) == len({*played.reported})
    for moment, before, after in zip([moment for moment, _ in played.seen][1:], counts, counts[1:], strict=False):
        if after > before:
            new = played.world.chat.entries[before:after]
            days = {entry.key.split("|")[2] for entry in new if entry.key.startswith("prompt")}
            assert days <= {moment.date().isoformat()}


async def test_time_passes_while_everything_is_paused(played: Played) -> None:
    await played.world.says("mara", "/instep pause")
    await played.move("week")
    assert played.clock.now() - MONDAY >= timedelta(days=7)
    assert len(played.reported) < 60
    assert [entry for entry in played.world.chat.entries if entry.key.startswith("prompt")] == []


async def test_time_passes_while_everybody_is_out_of_reach(played: Played) -> None:
    played.world.chat.profiles.clear()
    played.world.chat.channels.clear()
    await played.move("week")
    assert played.clock.now() - MONDAY >= timedelta(days=7)
    assert len(played.reported) < 60


@pytest.mark.parametrize("to", [name for name, _ in MOVES])
async def test_every_move_goes_forward(played: Played, to: str) -> None:
    for _ in range(3):
        before = played.clock.now()
        await played.move(to)
        assert played.clock.now() > before
        assert played.reported == sorted(played.reported)


async def test_friday_afternoon_is_the_next_one(played: Played) -> None:
    for day in (6, 13):
        await played.move("friday")
        assert abs(played.clock.now() - datetime(2026, 3, day, 16, tzinfo=UTC)) < SLOWNESS


async def test_the_next_prompt_is_where_the_next_person_is_asked(played: Played) -> None:
    await played.move("next")
    assert [entry.to for entry in played.world.chat.entries] == ["playground:kavya"]


async def test_with_nobody_to_ask_the_next_prompt_is_an_hour_on(database: Database) -> None:
    clock = MovableClock(MONDAY)
    stage = DatabaseWorld(database, clock)
    stage.cycle = Cycle(database, {}, clock.now)
    await stage.move("next", lambda: None)
    assert abs(clock.now() - MONDAY - timedelta(hours=1)) < SLOWNESS


async def test_a_move_that_there_is_not_is_refused(played: Played) -> None:
    with pytest.raises(ValueError, match="no such move"):
        await played.move("yesterday")


class Eager:
    """Somebody who answers once, after the first step."""

    def __init__(self) -> None:
        self.left = 1

    async def answers(self) -> int:
        self.left -= 1
        return int(self.left >= 0)


async def test_what_the_cast_answers_is_dealt_with_before_time_goes_on(played: Played) -> None:
    played.stage.cast = Eager()
    await played.move("hour")
    assert len(played.seen) == 2
    assert played.seen[1][0] - played.seen[0][0] < SLOWNESS
