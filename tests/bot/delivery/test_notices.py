"""A notice is about something, and in words when it is sent: what there is nothing to say of any more is not said."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bot.chat.messages import Message
from bot.delivery import content
from storage import people
from storage.kinds import DeliveryKind, DeliveryState
from storage.tables import Delivery
from tests.support.world import World, seen


def queued(world: World, subject: str, words: str = "") -> None:
    with world.database.transaction() as tx:
        workspace = people.workspace(tx, world.workspace)
        assert workspace is not None
        tx.add(
            Delivery(
                company_id=world.company_id, workspace_id=workspace.id, dedup_key=f"notice|{subject}",
                kind=DeliveryKind.NOTICE, to="playground:ana", subject=subject, due_at=world.at, created_at=world.at,
                words=words,
            )
        )  # fmt: skip


def states(world: World) -> list[str]:
    with world.database.transaction() as tx:
        return [*tx.exec(select(Delivery.state).where(Delivery.kind == DeliveryKind.NOTICE))]


async def test_a_notice_says_how_its_subject_is_when_it_is_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.person("ana")
    now = {"12": "closed"}
    monkeypatch.setitem(content.NOTICES, "door", lambda _, which: Message(f"Door {which} is {now[which]}"))
    queued(world, "door:12")
    now["12"] = "open"
    await world.cycle.tick()
    assert [seen(entry.message) for entry in world.chat.to("ana")] == ["Door 12 is open"]
    assert states(world) == [DeliveryState.SENT]


@pytest.mark.parametrize("subject", ["door:12", "nothing known", ""])
async def test_what_there_is_nothing_to_say_of_is_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch, subject: str
) -> None:
    world.person("ana")
    monkeypatch.setitem(content.NOTICES, "door", lambda _tx, _which: None)
    queued(world, subject, words="Words that were written when it was queued")
    await world.cycle.tick()
    assert world.chat.entries == []
    assert states(world) == [DeliveryState.CANCELLED]
