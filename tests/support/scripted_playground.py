"""A stage with twenty people and a scripted partner that says every part of the vocabulary, to look at and to test
with."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from aiohttp import web

from adapters.playground.adapter import Playground, build
from adapters.playground.playground_world import Player, PlaygroundChannel
from adapters.playground.settings import Settings
from bot.chat.events import (
    Choices,
    Edited,
    Event,
    HomeOpened,
    InboundEvent,
    Installed,
    Invalid,
    MessageReceived,
    Opened,
    Pressed,
    Replace,
    Reply,
    Submitted,
    Suggest,
)
from bot.chat.messages import Message, text
from tests.support import playground_messages

PLATFORM, MARKET, SUPPORT = "playground:#platform", "playground:#market", "playground:#support"

_PEOPLE = [
    ("ana", "Ana Duarte", "staff", "Platform", "Europe/Lisbon"),
    ("maya", "Maya Lindqvist", "manager", "Platform", "Europe/Berlin"),
    ("omar", "Omar Haddad", "admin", "", "Europe/Berlin"),
    ("ben", "Ben Okafor", "staff", "Platform", "Africa/Lagos"),
    ("chen", "Chen Wei", "staff", "Platform", "Asia/Singapore"),
    ("dana", "Dana Whitfield", "staff", "Platform", "America/New_York"),
    ("emil", "Emil Novák", "staff", "Platform", "Europe/Berlin"),
    ("farah", "Farah Siddiqui", "staff", "Platform", "Asia/Singapore"),
    ("goran", "Goran Ilić", "staff", "Platform", "Europe/Berlin"),
    ("hana", "Hana Mori", "staff", "Market", "Asia/Singapore"),
    ("ivo", "Ivo Costa", "manager", "Market", "Europe/Lisbon"),
    ("june", "June Park", "staff", "Market", "America/New_York"),
    ("kofi", "Kofi Mensah", "staff", "Market", "Europe/Lisbon"),
    ("lena", "Lena Brandt", "staff", "Market", "Europe/Berlin"),
    ("mo", "Mo Yusuf", "staff", "Market", "America/New_York"),
    ("nils", "Nils Berg", "staff", "Market", "Europe/Berlin"),
    ("olga", "Olga Petrenko", "manager", "Support", "Europe/Berlin"),
    ("pia", "Pia Romero", "staff", "Support", "America/New_York"),
    ("quinn", "Quinn Adeyemi", "staff", "Support", "Europe/Lisbon"),
    ("rosa", "Rosa Almeida", "staff", "Support", "Europe/Lisbon"),
]


async def never(event: InboundEvent) -> None:
    """For `keep`: everything here ends with the process, so nothing is worth keeping."""
    raise AssertionError(event)


class Script:
    """The stage, and `hear` with it. `world` may be changed by a test: players, channels."""

    def __init__(self, pace: float = 0.0) -> None:
        self.platform: Playground | None = None
        self.heard: list[Event] = []
        self.pace = pace
        self.at = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
        self._sent = 0

    # The stage

    def now(self) -> datetime:
        return self.at

    async def players(self) -> Sequence[Player]:
        return [
            Player(f"playground:{name}", full, role, (team,) if team else (), zone, _channels(role, team))
            for name, full, role, team, zone in _PEOPLE
        ]

    async def channels(self) -> Sequence[PlaygroundChannel]:
        players = await self.players()
        return [
            PlaygroundChannel(address, address.partition("#")[2], tuple(p.id for p in players if address in p.channels))
            for address in (PLATFORM, MARKET, SUPPORT)
        ]

    def commands(self) -> Sequence[tuple[str, str]]:
        return [
            ("/checkin", "What did you work on?"),
            ("/checkin same", "The same as last time"),
            ("/goals", "The goals as a tree"),
            ("/goals add", "Add a goal"),
            ("/goals show", "One goal and its history"),
            ("/team", "My team"),
            ("/digest", "This week so far"),
            ("/instep help", "What I understand"),
            ("/instep settings", "Times, reminders, privacy"),
        ]

    def moves(self) -> Sequence[tuple[str, str]]:
        return [
            ("hour", "An hour on"),
            ("next", "Next prompt"),
            ("friday", "Friday afternoon"),
            ("week", "A week on"),
        ]

    async def move(self, to: str, report: Callable[[], None], *, who: str = "") -> None:
        if to == "hour":
            self.at += timedelta(hours=1)
            report()
            return
        days = {"next": 1, "friday": (4 - self.at.weekday()) % 7 or 7, "week": 7}[to]
        for _ in range(days):
            self.at += timedelta(days=1)
            report()
            await asyncio.sleep(self.pace)
            if self.at.weekday() < 5:
                await self.tick()

    async def tick(self) -> None:
        for name in ("ana", "ben"):
            await self.say(f"playground:{name}", playground_messages.prompt(self.at))

    # What is said unasked

    async def say(self, to: str, message: Message, under: str | None = None) -> str:
        """Send one as the tick would."""
        assert self.platform
        self._sent += 1
        return (await self.platform.send(to, message, key=f"delivery-{self._sent}", under=under)).id

    async def furnish(self) -> None:
        """Three days of conversation, so that there is something to look at."""
        self.at = datetime(2026, 3, 2, 9, 4, tzinfo=UTC)
        await self.say("playground:ana", playground_messages.welcome())
        self.at += timedelta(minutes=2)
        await self.say("playground:ana", Message("Your team's rhythm is Tuesday and Thursday, 15:30 your time."))
        self.at = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)
        await self.say(
            "playground:ana",
            playground_messages.saved("Checkout copy, second draft 2h\nPaired with Ben on the migration 30%"),
        )
        self.at = datetime(2026, 3, 5, 10, 0, tzinfo=UTC)
        post = await self.say(PLATFORM, playground_messages.digest())
        for line in playground_messages.threads():
            await self.say(PLATFORM, line, under=post)
        self.at = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
        await self.say("playground:ana", playground_messages.prompt(self.at))
        await self.say("playground:ben", playground_messages.prompt(self.at))

    # What is replied

    async def hear(self, event: Event) -> Reply:
        """A script, not a bot: each part of the vocabulary has words that bring it out."""
        self.heard.append(event)
        match event:
            case MessageReceived(words="boom"):
                raise RuntimeError(f"could not file {event.words!r}")
            case MessageReceived(words="checkin") | Opened(name="checkin"):
                return playground_messages.checkin()
            case MessageReceived(words="goals add") | Opened(name="goal"):
                return playground_messages.goal()
            case MessageReceived(words="goals"):
                return playground_messages.tree()
            case MessageReceived(words="digest"):
                return playground_messages.digest()
            case MessageReceived(command=True, words=words):
                return Message(f"I do not know “{words}”. Did you mean `goals`?")
            case MessageReceived(words=words) | Edited(words=words):
                return playground_messages.saved(words)
            case Submitted(name="checkin", values=values):
                if not str(values.get("did", "")).strip():
                    return Invalid({"did": "One line for each piece of work, please.", "": "Nothing was saved yet."})
                return Replace(playground_messages.saved(str(values["did"])))
            case Submitted(name="goal", values=values):
                if "pricing" in str(values.get("title", "")).lower():
                    return Invalid({"title": "There is a goal of that name: “Pricing page that explains itself”."})
                return Message(f"Added “{values['title']}”.", (text("Under {parent}.", parent=values.get("parent")),))
            case Pressed(press="file", value=value):
                return Replace(playground_messages.saved("Checkout copy, second draft 2h", value))
            case Pressed(press="stop"):
                return Replace(Message("Stopped. Nothing more from me until you say `start`."))
            case Pressed(press=press):
                return Message(f"Noted: {press}.")
            case Suggest(typed=typed):
                return Choices(tuple(goal for goal in playground_messages.GOALS if typed.lower() in goal.label.lower()))
            case HomeOpened():
                return playground_messages.home()
            case Installed():
                return None
            case _:
                return None


def _channels(role: str, team: str) -> tuple[str, ...]:
    every = (PLATFORM, MARKET, SUPPORT)
    return every if role == "admin" else tuple(one for one in every if one.endswith(team.lower()))


def application(script: Script, port: int) -> web.Application:
    """The playground on this stage."""
    script.platform = build(Settings(port=port), script)
    app = web.Application()
    script.platform.mount(app, script.hear, never)
    return app


async def _serve(port: int) -> None:
    script = Script(pace=0.4)
    runner = web.AppRunner(application(script, port))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await script.furnish()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8099))
