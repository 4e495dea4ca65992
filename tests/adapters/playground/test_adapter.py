"""What is the playground's own: its stream, its clock, its chatter, and what a restart leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from adapters.playground.playground_world import Player, PlaygroundChannel
from bot.chat.events import Edited, Event, MessageReceived, Replace, Reply
from bot.chat.messages import Button, Chart, Message, Series
from bot.chat.platform import Sent, Unreachable
from tests.support.playground_harness import Json, PlaygroundRig
from tests.support.recording_handler import Ear
from tests.support.scripted_playground import PLATFORM, Script

ANA, BEN = "playground:ana", "playground:ben"


class BrowserPage:
    """An open page of one person."""

    def __init__(self, stream: ClientWebSocketResponse) -> None:
        self.stream = stream

    async def until(self, kind: str) -> Any:
        """The next news of this kind, past all other."""
        while True:
            news = await self.stream.receive_json(timeout=5)
            if news["kind"] == kind:
                return news


@asynccontextmanager
async def a_page(rig: PlaygroundRig, person: str) -> AsyncIterator[BrowserPage]:
    """Open one, past its greeting."""
    async with rig.client.ws_connect(f"{rig.url}/stream", params={"as": person}, headers={"Origin": rig.url}) as stream:
        page = BrowserPage(stream)
        await page.until("hello")
        yield page


def said(words: str, where: str = ANA, person: str = ANA) -> Json:
    """Words typed by somebody."""
    return {"kind": "say", "as": person, "where": where, "words": words}


async def test_we_are_installed_at_startup() -> None:
    heard: list[Event] = []

    async def hear(event: Event) -> Reply:
        heard.append(event)
        return None

    rig = PlaygroundRig()
    await rig.start(hear)
    await rig.stop()
    (event,) = heard
    assert event.key == "install:playground:local"


async def test_an_open_page_sees_messages_come_and_change(rig: PlaygroundRig) -> None:
    async with a_page(rig, ANA) as page:
        sent = await rig.platform.send(ANA, Message("Before"), key="k")
        news = await page.until("entry")
        assert (news["entry"]["message"]["title"], news["entry"]["edited"]) == ("Before", False)
        assert news["entry"]["at"] == "2026-03-05T15:30:00+00:00"
        await rig.platform.edit(sent, Message("After"))
        news = await page.until("entry")
        assert (news["entry"]["id"], news["entry"]["message"]["title"]) == (sent.id, "After")
        assert news["entry"]["edited"]
        await rig.platform.home(ANA, Message("Your week"))
        assert (await page.until("home"))["message"]["title"] == "Your week"


async def test_others_learn_that_somebody_has_something_new_but_not_what(rig: PlaygroundRig) -> None:
    async with a_page(rig, BEN) as page:
        await rig.platform.send(ANA, Message("For Ana"), key="k")
        news = await page.stream.receive_json(timeout=5)
        assert news == {"kind": "activity", "where": ANA, "turn": 1}
        assert (await rig.hello(rig.another()))["latest"] == {ANA: 1}


async def test_the_first_person_is_given_to_a_page_that_names_none(rig: PlaygroundRig) -> None:
    async with rig.client.ws_connect(f"{rig.url}/stream", headers={"Origin": rig.url}) as stream:
        assert (await BrowserPage(stream).until("hello"))["me"] == ANA


async def test_chatter_in_a_channel_is_shown_to_its_members_and_not_heard(rig: PlaygroundRig, ear: Ear) -> None:
    await rig.act(said("Lunch? me@instep.example", PLATFORM))
    await rig.act(said("/ is not a command, nor is /etc/hosts", PLATFORM))
    assert ear.events == []
    assert [shown.words for shown in await rig.shown(PLATFORM, rig.another())] == [
        "Lunch? me@instep.example",
        "/ is not a command, nor is /etc/hosts",
    ]


async def test_a_slash_command_in_a_channel_is_between_the_person_and_us(rig: PlaygroundRig, ear: Ear) -> None:
    await rig.act(said("/goals", PLATFORM))
    await rig.act(said("@Instep, goals", PLATFORM))
    assert [event.words for event in ear.events if isinstance(event, MessageReceived)] == ["goals", "goals"]
    assert [shown.words for shown in await rig.shown(PLATFORM, rig.another())] == ["@Instep, goals"]


async def test_words_said_to_us_can_be_edited(rig: PlaygroundRig, ear: Ear) -> None:
    await rig.act(said("Chekout copy"))
    first = ear.last(MessageReceived)
    await rig.act({"kind": "edit", "as": ANA, "message": first.message, "words": "Checkout copy"})
    event = ear.last(Edited)
    assert (event.message, event.words) == (first.message, "Checkout copy")
    (entry,) = await rig.entries(ANA, rig.a_person())
    assert (entry["words"], entry["edited"]) == ("Checkout copy", True)


async def test_half_of_a_character_is_not_passed_on(rig: PlaygroundRig, ear: Ear) -> None:
    await rig.act(said("half \ud83d of a smile"))
    assert ear.last(MessageReceived).words == "half � of a smile"


async def test_a_message_from_before_a_restart_comes_back_under_its_old_id(rig: PlaygroundRig) -> None:
    await rig.platform.edit(Sent(PLATFORM, "old-1"), Message("Digest, edited"))
    reply = await rig.platform.send(PLATFORM, Message("All lines"), key="k", under="old-1")
    first, second = await rig.shown(PLATFORM, rig.a_person())
    assert (first.id, first.words, second.id, second.under) == ("old-1", "Digest, edited", reply.id, "old-1")
    with pytest.raises(Unreachable):
        await rig.platform.edit(Sent("playground:#closed", "old-2"), Message("Gone"))


async def test_an_unknown_channel_is_named_with_those_there_are(rig: PlaygroundRig) -> None:
    with pytest.raises(Unreachable) as raised:
        await rig.platform.check("playground:#plat")
    assert str(raised.value) == "There is no channel #plat here. Channels: #platform, #market, #support"


async def test_an_act_asked_again_while_it_is_done_is_the_same_act(rig: PlaygroundRig, ear: Ear) -> None:
    ear.open.clear()
    ear.reply = Message("Once.")
    await rig.knock(rig.a_person(), "words")
    async with asyncio.TaskGroup() as group:
        again = group.create_task(rig.settle())
        ear.open.set()
    assert again.done()
    assert len(ear.events) == 1
    assert [shown.words for shown in await rig.shown(ANA, rig.a_person())] == ["words", "Once."]


async def test_the_same_key_of_two_people_is_two_acts(rig: PlaygroundRig, ear: Ear) -> None:
    await rig.act(said("mine") | {"key": "one"})
    await rig.act(said("mine", BEN, BEN) | {"key": "one"})
    assert len({event.key for event in ear.events}) == 2


async def test_the_clock_moves_for_every_page_and_shows_that_it_does(rig: PlaygroundRig) -> None:
    async with a_page(rig, BEN) as page:
        await rig.act({"kind": "move", "as": ANA, "to": "friday"})
        clocks = [await page.until("clock") for _ in range(3)]
    assert [(news["now"][:10], news["moving"]) for news in clocks] == [
        ("2026-03-05", True),
        ("2026-03-06", True),
        ("2026-03-06", False),
    ]
    (prompt,) = await rig.shown(ANA, rig.a_person())
    assert "What did you work on?" in prompt.words


async def test_a_private_note_in_a_channel_is_replaced_where_it_stands(rig: PlaygroundRig, ear: Ear) -> None:
    ear.reply = Message("Sure?", (), (Button("Yes", "yes"),))
    await rig.command(rig.a_person(), "stop", "slash in a channel")
    ear.reply = Replace(Message("Stopped."))
    await rig.press(rig.a_person(), PLATFORM, "Yes")
    assert [shown.words for shown in await rig.shown(PLATFORM, rig.a_person())] == ["/stop", "Stopped."]
    assert await rig.shown(PLATFORM, rig.another()) == []


class Stuck(Script):
    """A stage whose clock waits for a test, and then fails."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()

    async def move(self, to: str, report: Callable[[], None], *, who: str = "") -> None:
        await self.go.wait()
        raise ValueError(to)


async def test_a_moving_clock_is_not_moved_twice_and_a_failed_one_can_be_tried_again(
    ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stuck()
    rig = PlaygroundRig(stage)
    await rig.start(ear)
    act = rig.keyed({"kind": "move", "as": ANA, "to": "week"})
    assert await rig.status(act) == 202
    assert await rig.status(rig.keyed({"kind": "tick", "as": ANA})) == 409
    stage.go.set()
    answer = await rig.act(act)
    assert answer["kind"] == "failed"
    assert answer["words"].split()[-1].rstrip(".") in caplog.text
    assert await rig.act({"kind": "tick", "as": ANA}) == {"kind": "nothing"}
    await rig.stop()


class Growing(Script):
    """A stage where a channel is founded."""

    founded = False

    async def players(self) -> Sequence[Player]:
        return [
            replace(player, channels=(*player.channels, "playground:#new")) if self.founded else player
            for player in await super().players()
        ]

    async def channels(self) -> Sequence[PlaygroundChannel]:
        new = [PlaygroundChannel("playground:#new", "new", (ANA, BEN))] if self.founded else []
        return [*await super().channels(), *new]


async def test_a_page_learns_of_a_channel_founded_by_what_was_done(ear: Ear) -> None:
    stage = Growing()
    rig = PlaygroundRig(stage)
    await rig.start(ear)
    async with a_page(rig, BEN) as page:
        stage.founded = True
        await rig.act(said("team create new"))
        assert "new" in [channel["name"] for channel in (await page.until("world"))["channels"]]
        await rig.platform.send("playground:#new", Message("Welcome"), key="k")
        assert (await page.until("entry"))["entry"]["where"] == "playground:#new"
    await rig.stop()


async def test_a_chart_without_numbers_is_still_json(rig: PlaygroundRig) -> None:
    chart = Chart("Odd", "lines", ("a", "b"), (Series("s", (float("nan"), float("inf"))),), "Nothing.")
    await rig.platform.send(ANA, Message("Chart", (chart,)), key="k")
    (entry,) = await rig.entries(ANA, rig.a_person())
    assert entry["message"]["blocks"][0]["series"][0]["values"] == [None, None]


async def test_pages_are_told_when_the_server_stops(ear: Ear) -> None:
    rig = PlaygroundRig()
    await rig.start(ear)
    async with a_page(rig, ANA) as page:
        stopping = asyncio.create_task(rig.stop_serving())
        message = await page.stream.receive(timeout=5)
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
        await stopping
    await rig.client.close()


async def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(rig: PlaygroundRig) -> None:
    async with rig.client.get(f"{rig.url}/") as response:
        assert response.status == 200
        policy = response.headers["Content-Security-Policy"]
        page = await response.text()
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "//" not in page.replace("<!doctype html>", "")
    for name in ("app.js", "base.css", "mark.svg"):
        async with rig.client.get(f"{rig.url}/page/{name}") as response:
            assert response.status == 200
            assert response.headers["X-Content-Type-Options"] == "nosniff"
