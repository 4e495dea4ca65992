"""Events that are acknowledged before their effect is there have it all the same, once, whoever ends in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.chat.events import (
    Edited,
    HomeOpened,
    InboundEvent,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Pressed,
    Submitted,
    Suggest,
    Who,
)
from bot.conversation import pending_events
from bot.conversation.pending_events import ABANDONED
from storage import inbox
from tests.support.world import World, local

ANA = Who("playground:ana", "playground:local", "playground:ana", "Ana", zone="Europe/Berlin")
COMMON: dict[str, Any] = {"key": "e1", "who": ANA, "where": ANA.address, "private": True, "message": "m1"}


@pytest.fixture
async def team(world: World) -> World:
    """Ana is asked on Tuesday and may answer."""
    world.goal("Pricing page")
    world.team("Platform", ["ana", "ben", "cem", "dora"])
    world.introduced("ana", "ben", "cem", "dora")
    await world.goes_to(local(3, 15, 30))
    return world


def answer(key: str = "late") -> Submitted:
    return Submitted(
        key=key,
        who=ANA,
        where=ANA.address,
        private=True,
        name="checkin",
        subject="2026-03-03",
        values={"words": "Toggle works #pricing-page", "blockers": "", "mix": ""},
    )


def replies(world: World) -> list[str]:
    return [entry.message.title for entry in world.chat.to("ana") if entry.key.startswith("reply|")]


@pytest.mark.parametrize(
    "event",
    [
        MessageReceived(**COMMON, words="“é” 🦊\n<b>", command=True),
        Edited(**COMMON, words="other"),
        Submitted(**COMMON, name="goal", subject="3", values={"title": "T", "owners": ("a", "b")}),
        Pressed(**COMMON, press="file", subject="3", value="goal:1"),
        MemberJoined(**COMMON),
        Left(**COMMON),
    ],
)
def test_an_event_is_read_as_it_was_written(event: InboundEvent) -> None:
    assert pending_events.read(pending_events.write(event)) == event


@pytest.mark.parametrize("event", [Opened(**COMMON), HomeOpened(**COMMON), Suggest(**COMMON)])
def test_what_changes_nothing_is_not_kept(event: InboundEvent) -> None:
    assert pending_events.write(event) == ""


async def test_an_answer_that_was_acknowledged_has_its_effect_after_a_crash(team: World) -> None:
    await team.conversation.kept.keep(answer())  # and there the process ends
    team.restart()
    await team.conversation.resume()
    assert replies(team) == []  # whoever keeps it may still be at it
    team.at += ABANDONED + timedelta(seconds=1)
    await team.conversation.resume()
    await team.conversation.resume()
    [said] = replies(team)
    assert said.startswith("Saved")
    assert await team.hear(answer()) is None


async def test_an_event_that_was_heard_to_its_end_is_not_heard_again(team: World) -> None:
    event = answer()
    await team.conversation.kept.keep(event)
    assert await team.hear(event) is not None
    team.at += ABANDONED + timedelta(seconds=1)
    await team.conversation.resume()
    assert replies(team) == []


async def test_an_event_that_was_refused_is_not_heard_again(team: World) -> None:
    event = MessageReceived(key="s1", who=ANA, where=ANA.address, private=True, words="/goals add X", command=True)
    await team.conversation.kept.keep(event)
    assert "admin" in str(await team.hear(event))
    team.at += ABANDONED + timedelta(seconds=1)
    await team.conversation.resume()
    assert replies(team) == []


async def test_words_are_kept_no_longer_than_they_are_needed(team: World) -> None:
    await team.conversation.kept.keep(answer())
    await team.hear(answer())
    with team.database.transaction() as tx:
        assert inbox.unfinished(tx, team.at + timedelta(days=1)) == []
