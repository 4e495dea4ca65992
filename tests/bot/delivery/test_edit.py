"""Edits: at the pace a platform has for them, by one process, until what stands is what should."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from bot.chat.messages import Message
from bot.chat.platform import OutcomeUnknown, Pace, RateLimited, Sent
from bot.delivery.cycle import Cycle
from storage.database import Database
from storage.outbox import edits
from storage.tables import Delivery, Workspace
from tests.support.world import FakeChat, World, local, seen

SLOWLY = Pace(per_second=1.0, burst=3)


async def answered(database: Database, number: int, chat: FakeChat) -> World:
    """So many people who were asked and typed their answer: what asked them should show that now."""
    world = World(database, chat=chat)
    keys = [f"p{each}" for each in range(number)]
    world.team("Platform", keys)
    world.introduced(*keys)
    await world.goes_to(local(3, 15, 30))
    chat.edits = 0
    for key in keys:
        await world.says(key, "Wrote to two customers")
    return world


def shown(world: World) -> int:
    return sum("Wrote to two customers" in seen(entry.message) for entry in world.chat.entries)


def waiting(world: World) -> list[datetime | None]:
    with world.database.transaction() as tx:
        return [row.edit_at for row in tx.exec(select(Delivery)) if row.edit_at is not None]


async def test_edits_keep_the_pace_that_a_platform_has_for_them(database: Database) -> None:
    world = await answered(database, 8, FakeChat(edit_pace=SLOWLY))
    for seconds, there in ((0, 3), (0, 3), (2, 5), (3, 8), (60, 8)):
        world.at += timedelta(seconds=seconds)
        await world.cycle.tick()
        assert shown(world) == there
    assert world.chat.edits == 8
    assert waiting(world) == []


async def test_without_a_pace_of_their_own_edits_count_as_messages(database: Database) -> None:
    world = await answered(database, 8, FakeChat(pace=Pace(per_second=1.0, burst=10)))
    with database.transaction() as tx:
        before = tx.exec(select(Workspace.paced_until)).one()
    await world.cycle.tick()
    with database.transaction() as tx:
        after = tx.exec(select(Workspace.paced_until)).one()
    assert before is not None
    assert after == before + timedelta(seconds=2)  # of ten, eight were questions
    assert shown(world) == 2


async def test_where_they_count_as_messages_edits_keep_the_pace_of_a_conversation_too(
    database: Database,
) -> None:
    chat = FakeChat(conversation_pace=Pace(per_second=1.0, burst=2))
    world = await answered(database, 1, chat)
    with database.transaction() as tx:
        (row,) = tx.exec(select(Delivery).where(Delivery.kind == "prompt")).all()
        for number in range(3):
            again = row.model_dump(exclude={"id"}) | {"dedup_key": f"again|{number}", "edit_at": world.at}
            tx.add(Delivery(**again))
    await world.cycle.tick()
    assert chat.edits == 1  # the question itself was the other one
    for there in (2, 3, 4, 4):
        world.at += timedelta(seconds=1)
        await world.cycle.tick()
        assert chat.edits == there
    assert waiting(world) == []


async def test_two_processes_share_what_is_to_be_edited(database: Database) -> None:
    world = await answered(database, 30, FakeChat())
    other = Cycle(database, {"playground": world.chat}, lambda: world.at)
    await asyncio.gather(world.cycle.show(), other.show())
    assert shown(world) == world.chat.edits == 30


async def test_a_platform_that_asks_to_wait_gets_no_edit_before(database: Database) -> None:
    world = await answered(database, 8, FakeChat(edit_pace=SLOWLY))
    world.chat.fail_edits = [RateLimited(30.0)] * 3
    await world.cycle.tick()
    assert world.chat.refused == 3
    for seconds in (1, 15, 13):
        world.at += timedelta(seconds=seconds)
        await world.cycle.tick()
    assert world.chat.edits == 0
    world.at += timedelta(seconds=1)
    await world.cycle.tick()
    assert world.chat.edits == 1
    for _ in range(20):
        world.at += timedelta(seconds=1)
        await world.cycle.tick()
    assert shown(world) == world.chat.edits == 8


async def test_an_edit_without_a_clear_answer_is_made_again(database: Database) -> None:
    world = await answered(database, 1, FakeChat())
    world.chat.fail_edits = [OutcomeUnknown()]
    await world.cycle.tick()
    assert shown(world) == 0
    world.at += timedelta(seconds=30)
    await world.cycle.tick()
    assert shown(world) == 1


async def test_told_to_stop_nothing_more_is_edited_and_what_hangs_is_cut_off_and_made_again(
    database: Database,
) -> None:
    class Slow(FakeChat):
        async def edit(self, sent: Sent, message: Message) -> None:
            self.edits += 1
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()
    world = await answered(database, 2, Slow(edit_pace=Pace(per_second=1.0, burst=1)))
    showing = asyncio.create_task(world.cycle.show())
    await begun.wait()
    asked_at = world.at
    world.at += timedelta(seconds=10)  # by now the pace would let the other one go
    async with asyncio.timeout(5):
        await world.cycle.stop(0.1)
        await showing
    assert world.chat.edits == 1
    again_at = world.at + timedelta(seconds=30)
    assert sorted(moment for moment in waiting(world) if moment) == [asked_at, again_at]


async def test_an_edit_that_died_with_its_process_is_made_by_another_one(database: Database) -> None:
    world = await answered(database, 2, FakeChat())
    with database.transaction() as tx:  # claimed, and nothing more
        rooms = edits.waiting(tx, world.at)
        assert edits.claim(tx, rooms, world.at, world.at + timedelta(seconds=60))
    world.at += timedelta(seconds=59)
    await world.cycle.tick()
    assert shown(world) == 0
    world.at += timedelta(seconds=1)
    await world.cycle.tick()
    assert shown(world) == 2


async def test_a_wish_that_comes_while_an_edit_is_made_is_kept(database: Database) -> None:
    world = await answered(database, 1, FakeChat())
    until = world.at + timedelta(seconds=60)
    with database.transaction() as tx:
        (row,) = edits.claim(tx, edits.waiting(tx, world.at), world.at, until)
    await world.says("p0", "And called a third")
    with database.transaction() as tx:
        edits.settle(tx, until, {row.id: None})
    await world.cycle.tick()
    assert "And called a third" in seen(world.chat.entries[0].message)


@pytest.mark.parametrize("again_at", [None, local(3, 16, 0)])
def test_nothing_to_settle_is_no_trouble(database: Database, again_at: datetime | None) -> None:
    with database.transaction() as tx:
        edits.settle(tx, local(3, 15, 0), {})
        edits.settle(tx, local(3, 15, 0), {7: again_at})
