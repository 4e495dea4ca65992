"""One event that a platform delivers several times, to several processes, in any order, is one event."""

from __future__ import annotations

import asyncio

from sqlmodel import select

from bot.chat.events import MessageReceived, Submitted, Who
from bot.conversation.dispatcher import Conversation
from bot.tagging.tagger_pool import Taggers
from storage.database import Database
from storage.tables import Line
from tests.support.world import World, local

DAY = "2026-03-03"


def another_process(world: World) -> Conversation:
    return Conversation(
        world.database, {"playground": world.chat}, Taggers(world.database, lambda: world.at), admins=frozenset(), now=lambda: world.at,
        wake=lambda: None,
    )  # fmt: skip


def submitted(key: str, who: Who, words: str) -> Submitted:
    values = {"words": words, "blockers": "", "mix": ""}
    return Submitted(key, who, who.address, True, name="checkin", subject=DAY, values=values)


async def test_an_event_delivered_four_times_to_two_processes_has_one_effect_and_one_reply(
    world: World, database: Database
) -> None:
    keys = ("ana", "ben", "cem", "dora", "emil", "finn")
    world.team("Platform", keys)
    world.introduced(*keys)
    await world.goes_to(local(3, 15, 30))
    people = [Who(f"playground:{key}", world.workspace, f"playground:{key}", key) for key in keys]
    events: list[MessageReceived | Submitted] = [
        submitted(f"submit {who.name}", who, "Toggle works\nCopy written") for who in people[:4]
    ]
    events += [MessageReceived(f"typed {who.name}", who, who.address, True, words="Another line") for who in people[4:]]
    processes = [another_process(world), another_process(world)]
    replies = await asyncio.gather(
        *(processes[turn % 2].hear(event) for turn in range(4) for event in events[:: 1 - 2 * (turn % 2)])
    )
    restarted = another_process(world)
    late = [await restarted.hear(event) for event in events]
    assert sum(reply is not None for reply in replies) == 4  # what was typed is shown where it was asked
    assert late == [None] * len(events)
    with database.transaction() as tx:
        lines = sorted(tx.exec(select(Line.text)).all())
    assert lines == ["Another line"] * 2 + ["Copy written"] * 4 + ["Toggle works"] * 4
