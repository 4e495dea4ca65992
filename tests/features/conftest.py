"""A company of five on each platform in turn, at the wire: every feature is tried on all of them by the same words."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.playground.playground_world import Player
from bot.chat import registry
from bot.chat.platform import Platform
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.demo.playground_world import WORKSPACE
from bot.tagging.tagger_pool import Taggers
from checkins.people import members as member_rules
from storage.database import Database
from tests.support.fake_slack import SlackUser
from tests.support.fake_teams import TEAM, TENANT, TenantUser
from tests.support.harness import Dialog, Rig, Shown, Somebody
from tests.support.playground_harness import PlaygroundRig
from tests.support.scripted_playground import Script
from tests.support.slack_harness import SlackRig
from tests.support.teams_harness import TeamsRig
from tests.support.world import MONDAY, local

Made = tuple[Rig, list[Somebody]]


class Five(Script):
    """A playground of five."""

    async def players(self) -> Sequence[Player]:
        keys = ("ana", "ben", "maya", "emil", "goran")
        return [each for each in await super().players() if each.id.partition(":")[2] in keys]


def playground() -> Made:
    names = {"ana": "Ana Duarte", "ben": "Ben Okafor", "maya": "Maya Lindqvist", "emil": "Emil Novák", "goran": "Goran Ilić"}  # fmt: skip
    return PlaygroundRig(Five()), [_same(f"playground:{key}", name) for key, name in names.items()]


def slack() -> Made:
    rig = SlackRig.unhurried()
    team = rig.fake.team
    for user, name in (("U5CEM", "Cem Yilmaz"), ("U6DORA", "Dora Weiss"), ("U7ELI", "Eli Stein")):
        team.add(SlackUser(user, name))
    members = ["U1ANA", "U2BEN", "U5CEM", "U6DORA", "U7ELI"]
    team.channels["C1PLATFORM"].members = members
    return rig, [_same(f"slack:T1:{user}", team.people[user].name) for user in members]


def teams() -> Made:
    rig = TeamsRig.unhurried()
    rig.ready = True
    rig.fake.people |= {"dora": TenantUser("dora", "Dora Weiss"), "eli": TenantUser("eli", "Eli Stein")}
    keys = ["ana", "ben", "cem", "dora", "eli"]
    rig.fake.members[TEAM] = keys
    people_there = rig.fake.people
    return rig, [_same(f"teams:{TENANT}:{people_there[key].entra}", people_there[key].name) for key in keys]


def _same(who: str, name: str) -> Somebody:
    return Somebody(who, who, name)


FIVE_AT: Mapping[str, Callable[[], Made]] = {"slack": slack, "teams": teams, "playground": playground}


class FeatureCompany:
    """The first of the five is the admin. Words are typed in the DM, or said as a command in the team's channel."""

    def __init__(self, database: Database, rig: Rig, everybody: list[Somebody]) -> None:
        self.at = MONDAY
        self.rig = rig
        self.everybody = everybody
        self.ana, self.ben = everybody[0], everybody[1]
        self.platforms: dict[str, Platform] = {}
        self.conversation = Conversation(
            database, self.platforms, Taggers(database, lambda: self.at), admins=frozenset({self.ana.id}), now=lambda: self.at,
            wake=lambda: None,
        )  # fmt: skip
        self.cycle = Cycle(database, self.platforms, lambda: self.at)

    async def start(self) -> None:
        if not isinstance(self.rig, SlackRig):  # which is made when it starts, and asks nothing before
            self.platforms[self.rig.platform.name] = self.rig.platform
        await self.rig.start(self.conversation.hear, self.conversation.kept.keep)
        self.platforms[self.rig.platform.name] = self.rig.platform

    async def lives_until(self, moment: datetime) -> None:
        """Time passes, through everything that falls due on the way."""
        while True:
            due = await self.cycle.next_at()
            self.at = max(self.at, moment if due is None or due > moment else due)
            await self.cycle.tick()
            if self.at >= moment:
                return
            self.at += timedelta(milliseconds=10)

    async def says(self, person: Somebody, words: str) -> str:
        """What they see in the DM after typing that."""
        await self.rig.say(person, words)
        await self.cycle.tick()
        return await self.dm(person)

    async def commands(self, person: Somebody, words: str) -> Dialog | None:
        """Said as a command in the channel; a form that opens is returned."""
        return await self.rig.command(person, words, "slash in a channel")

    async def presses(self, person: Somebody, label: str) -> Dialog | None:
        dialog = await self.rig.press(person, person.address, label)
        await self.cycle.tick()
        return dialog

    async def answers(self, person: Somebody, words: str, **more: str) -> str:
        """The check-in's form, filled in and sent; what they see then."""
        dialog = await self.presses(person, "Check in")
        assert dialog is not None
        assert await self.rig.submit(person, dialog, {"words": words, **more}) is None
        await self.cycle.tick()
        return await self.dm(person)

    async def messages(self, person: Somebody) -> list[Shown]:
        return list(await self.rig.shown(person.address, person))

    async def dm(self, person: Somebody) -> str:
        return "\n".join(shown.words for shown in await self.messages(person))

    async def channel(self, person: Somebody) -> list[Shown]:
        return list(await self.rig.shown(self.rig.a_channel(), person))

    async def asked(self, person: Somebody) -> int:
        """How many questions wait in their DM."""
        return sum(shown.words.startswith("What did you work on") for shown in await self.messages(person))

    async def is_set_up(self, *, on: bool = True) -> None:
        """A team of all five with its digest in the channel, and two goals; on Monday at noon all of them were
        welcomed."""
        for words in ("team create Platform", "team add here", "team digest here Mon 10:00"):
            await self.commands(self.ana, words)
        for title in ("Pricing page", "EU hosting"):
            await self.says(self.ana, f'goals add "{title}"')
        if on:
            await self.commands(self.ana, "team on")
            await self.lives_until(local(2, 13))


TUESDAY, FRIDAY, NEXT_MONDAY = local(3, 17), local(6, 17), local(9, 13)


@pytest.fixture(params=list(registry.ADAPTERS))
def platform(request: pytest.FixtureRequest) -> str:
    """Each platform in turn, by its name."""
    return str(request.param)


@pytest.fixture
async def company(platform: str, sqlite: Path, tmp_path: Path) -> AsyncIterator[FeatureCompany]:
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    if platform == "playground":
        await database.run(lambda tx: member_rules.create_company(tx, "Acme", WORKSPACE, "Acme", MONDAY))
    made = FeatureCompany(database, *FIVE_AT[platform]())
    await made.start()
    yield made
    await made.rig.stop()
    database.close()
