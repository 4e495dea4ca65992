"""The laws of who Instep is not for: guests see nothing and leave nothing, on every platform, at the wire."""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.chat.platform import Platform, Unreachable
from bot.chat.registry import Capability
from bot.conversation.dispatcher import Conversation
from bot.tagging.tagger_pool import Taggers
from storage.database import Database
from storage.tables import Account, Inbox, Line, Person
from tests.support.harness import Rig, Somebody
from tests.support.harnesses import HARNESSES
from tests.support.teams_harness import TeamsRig
from tests.support.world import MONDAY

WORDS = "Wrote the quilted brochure 2h"
pytestmark = pytest.mark.needs(Capability.GUESTS)


class WorkspaceWithGuests:
    """The product behind one platform, and its clock."""

    def __init__(self, rig: Rig, database: Database) -> None:
        self.rig = rig
        self.database = database
        self.at = MONDAY
        self.platforms: dict[str, Platform] = {}
        self.conversation = Conversation(
            database, self.platforms, Taggers(database, lambda: self.at), admins=frozenset(), now=lambda: self.at,
            wake=lambda: None,
        )  # fmt: skip

    async def read(self, person: Somebody, where: str = "") -> str:
        shown = await self.rig.shown(where or person.address, person)
        return shown[-1].words if shown else ""

    def lines(self) -> list[str]:
        with self.database.transaction() as tx:
            return [line.text for line in tx.exec(select(Line))]


@pytest.fixture
async def house(harness: str, sqlite: Path, tmp_path: Path) -> AsyncIterator[WorkspaceWithGuests]:
    """Each platform in turn that has outsiders."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    rig = HARNESSES[harness].unhurried()
    made = WorkspaceWithGuests(rig, database)
    if isinstance(rig, TeamsRig):  # it tells of who adds the app while it starts
        rig.ready, made.platforms["teams"] = True, rig.platform
    await rig.start(made.conversation.hear, made.conversation.kept.keep)
    made.platforms[rig.platform.name] = rig.platform
    yield made
    await rig.stop()
    database.close()


async def test_an_outsider_is_told_so_and_nothing_of_theirs_is_kept(
    house: WorkspaceWithGuests, caplog: pytest.LogCaptureFixture
) -> None:
    rig, guest = house.rig, house.rig.an_outsider()
    caplog.set_level(logging.DEBUG, "bot")
    await rig.say(guest, WORDS)
    assert "Instep is for the members of this organisation" in await house.read(guest)
    for way in rig.ways:
        await rig.command(guest, "goals", way)
        seen = await house.read(guest, "" if "DM" in way else rig.a_channel())
        assert "Instep is for the members of this organisation" in seen, way
    with house.database.transaction() as tx:
        assert tx.exec(select(Account).where(Account.who == guest.id)).all() == []
        assert tx.exec(select(Person).where(Person.name == guest.name)).all() == []
        assert all(WORDS not in row.body for row in tx.exec(select(Inbox)))
    assert house.lines() == []
    assert WORDS not in caplog.text


async def test_a_member_who_becomes_a_guest_is_turned_away_and_let_in_again(
    house: WorkspaceWithGuests,
) -> None:
    rig, person = house.rig, house.rig.a_person()
    await rig.say(person, "Pricing page copy")
    assert house.lines() == ["Pricing page copy"]
    for outsider, lines in ((True, 1), (False, 2)):
        await rig.becomes(person, outsider=outsider)
        house.at += timedelta(days=1)
        await rig.say(person, f"Pricing page calculator {outsider}")
        assert ("for the members" in await house.read(person)) is outsider
        assert len(house.lines()) == lines


@pytest.mark.needs(Capability.CHANNELS)
async def test_profiles_and_rosters_say_who_is_an_outsider(house: WorkspaceWithGuests) -> None:
    rig, guest = house.rig, house.rig.an_outsider()
    await rig.say(guest, "hello")
    assert (await rig.platform.profile(guest.id)).outsider
    there = {profile.id: profile.outsider for profile in await rig.platform.people(rig.a_channel())}
    assert there[guest.id]
    assert not there[rig.a_person().id]


@pytest.mark.needs(Capability.CHANNELS)
async def test_a_channel_that_is_shared_is_refused(house: WorkspaceWithGuests) -> None:
    assert (await house.rig.platform.check(house.rig.a_channel())).name
    house.rig.shares()
    with pytest.raises(Unreachable, match="shared"):
        await house.rig.platform.check(house.rig.a_channel())
