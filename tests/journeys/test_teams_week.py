"""A company's whole week over Teams: every call over the wire, a connector that asks to wait at every fourth, and each
activity delivered twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy
from typing import Any, cast

import pytest
from sqlmodel import col, select

from adapters.msteams.adapter import Teams
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.tagging.tagger_pool import Taggers
from storage.adapter_store import AdapterStore
from storage.database import Database
from storage.tables import CheckIn, Delivery, Line
from tests.support import teams_shapes
from tests.support.fake_teams import CHANNEL, TEAM, TENANT, Activity, TenantUser
from tests.support.teams_harness import TeamsRig
from tests.support.world import MONDAY, local

Json = dict[str, Any]
KEYS = ("ana", "ben", "cem", "dora", "eli")


class TeamsCompany:
    """Five people, one channel, a clock; everything else is on the other side of the wire."""

    def __init__(self, database: Database) -> None:
        self.at = MONDAY
        self.rig = TeamsRig.unhurried(AdapterStore(database))
        self.fake = self.rig.fake
        self.fake.people |= {
            "dora": TenantUser("dora", "Dora Weiss"),
            "eli": TenantUser("eli", "Eli Stein"),
        }
        del self.fake.people["zoe"]
        self.fake.members[TEAM] = list(KEYS)
        self.database = database
        platforms = {"teams": self.rig.platform}
        admin = f"teams:{TENANT}:{self.fake.people['ana'].entra}"
        self.conversation = Conversation(
            database,
            cast(Any, platforms),
            Taggers(database, lambda: self.at),
            admins=frozenset({admin}),
            now=lambda: self.at,
            wake=lambda: None,
        )
        self.cycle = Cycle(database, cast(Any, platforms), lambda: self.at)

    @property
    def teams(self) -> Teams:
        return self.rig.platform

    async def lives_until(self, moment: datetime) -> None:
        """Time passes, through everything that falls due on the way."""
        soon: datetime | None = None
        while True:
            due = soon or await self.cycle.next_at()
            self.at = max(moment if due is None or due > moment else due, self.at)
            done = await self.cycle.tick()
            # The pace of a tenant counts by this clock too: what it holds back goes a moment later.
            soon = done.again_at if done.again_at and done.again_at < self.at + timedelta(minutes=1) else None
            if soon is None and self.at >= moment:
                return
            moment = max(moment, soon or moment)

    def newest(self, key: str, where: str = "", containing: str = "") -> Activity:
        """The newest card of ours that somebody sees, with these words in it."""
        found = [one for one in self.fake.cards(key, where) if containing in words(one)]
        assert found, (containing, [words(one) for one in self.fake.cards(key, where)])
        return found[-1]

    async def taps(self, key: str, posted: Activity, label: str, **filled: str) -> None:
        """Fill in what is named, and use the action of this label."""
        card = cast(Json, posted.card)
        inputs = teams_shapes.sent(card)
        for field in teams_shapes.inputs(card):
            name = str(field["id"]).partition("/")[2]
            if name in filled:
                inputs[field["id"]] = filled[name]
        found = {tap["title"]: tap for tap in teams_shapes.taps(card)}
        assert label in found, list(found)
        await self.fake.taps(key, posted, cast(Json, found[label]), inputs)


def words(posted: Activity) -> str:
    return "\n".join(teams_shapes.lines(cast(Json, posted.card)))


@pytest.fixture
async def acme(sqlite: Path, tmp_path: Path) -> AsyncIterator[TeamsCompany]:
    copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    company = TeamsCompany(database)
    company.rig.ready = True
    await company.rig.serve(company.conversation.hear, company.conversation.kept.keep)
    company.fake.every = (4, "busy")
    company.fake.twice = True
    yield company
    await company.rig.stop()
    database.close()


async def test_a_week_over_teams(acme: TeamsCompany) -> None:
    fake = acme.fake

    # Monday: the app comes into the team, and everybody but Eli adds it for themselves.
    await fake.adds_to_team("ana")
    await fake.changes("ana", "channelCreated", CHANNEL, channel={"name": "platform"})
    for key in KEYS[:-1]:
        await fake.adds_app(key)
    await fake.types("ana", "team create Platform", CHANNEL, mention=True)
    await fake.types("ana", "team add here", CHANNEL, mention=True)
    assert "Ana Duarte, Ben Okafor" in words(acme.newest("ana", CHANNEL, "Platform now"))
    assert not [one for one in fake.cards("ben", CHANNEL) if "Platform now" in words(one)]
    await fake.types("ana", "/team digest here Mon 10:00", CHANNEL, targeted=True)
    acme.newest("ana", CHANNEL, "The digest of Platform goes to #platform")
    await fake.types(
        "ana", "/team manager @ben for Platform", CHANNEL, targeted=True, also={"@ben": fake.people["ben"]}
    )
    acme.newest("ana", CHANNEL, "Ben Okafor manages Platform now")
    await fake.types("ana", 'goals add "Pricing page" by 30 Jun')
    await fake.types("ana", '/goals add "EU hosting"')
    await fake.types("ben", 'goals add "My own goal"')
    acme.newest("ben", containing="Only admins")

    # A goal by its form: what cannot be taken is told at its field, what was typed stays.
    await fake.types("ana", "goals add")
    form = acme.newest("ana", containing="Add a goal")
    await acme.taps("ana", form, "Save goal", title="Partner API", by="someday")
    form = acme.newest("ana", containing="Add a goal")
    assert "someday" in words(form)
    assert teams_shapes.sent(cast(Json, form.card))["text/title"] == "Partner API"
    await acme.taps("ana", form, "Save goal", by="2026-09-30")
    assert "Partner API" in words(acme.newest("ana", containing="Added"))
    assert not [one for one in fake.cards("ana") if "Add a goal" in words(one).split("\n")]

    await fake.types("ana", "team on for Platform")
    await acme.lives_until(local(2, 12))
    for key in KEYS:
        acme.newest(key, containing="I’m Instep")
    assert fake.people["eli"].knows_us  # met, though nothing was heard from him

    # Tuesday: the question, as a card to fill in. It becomes what was saved, and a tap corrects a tag.
    await acme.lives_until(local(3, 18))
    for key in KEYS[:4]:
        prompt = acme.newest(key, containing="")
        await acme.taps(key, prompt, "Save", words="Pricing page copy and layout, 2h\nOffice chairs", blockers="")
        saved = next(one for one in fake.cards(key) if one.id == prompt.id)
        assert "Saved" in words(saved)
        assert "Pricing page" in words(saved)
    saved = next(one for one in fake.cards("ana") if "Saved" in words(one))
    await acme.taps("ana", saved, "No goal")
    saved = next(one for one in fake.cards("ana") if one.id == saved.id)
    assert "→ No goal" in words(saved)

    # Edited by its form, and in Teams itself.
    await acme.taps("ana", saved, "Edit")
    form = fake.cards("ana")[-1]
    assert teams_shapes.sent(cast(Json, form.card))["text/words"].startswith("Pricing page copy")
    await acme.taps("ana", form, "Save", words="Pricing page copy and layout, 2h\nOffice chairs\nEU hosting: moved")
    saved = next(one for one in fake.cards("ana") if one.id == saved.id)
    assert "EU hosting: moved" in words(saved)
    assert form.id not in [one.id for one in fake.cards("ana")]
    typed = await fake.types("ben", "Helped the new colleague settle in")
    await fake.retypes("ben", typed, "Helped Eli settle in")
    with acme.database.transaction() as tx:
        lines = [line.text for line in tx.exec(select(Line)).all()]
    assert "Helped Eli settle in" in lines
    assert "Helped the new colleague settle in" not in lines

    # The home card, and the digest of the next Monday, for everybody in the channel.
    await fake.types("cem", "home")
    acme.newest("cem", containing="Istanbul")
    await acme.lives_until(local(9, 12))
    (digest,) = [one for one in fake.cards("eli", CHANNEL) if words(one).startswith("Platform · week of 2 Mar")]
    assert "4 of 5" in words(digest)
    below = [one for one in fake.cards("eli", CHANNEL) if one.thread == digest.id]
    assert below
    assert any("Helped Eli settle in" in words(one) for one in below)

    # Ben, who manages it, says that it is read; Eli reads all of it, seen by nobody else.
    await acme.taps("ben", digest, "Seen")
    await acme.taps("ben", digest, "Seen")
    await acme.taps("eli", digest, "Open")
    page = fake.cards("eli", CHANNEL)[-1]
    assert "Helped Eli settle in" in words(page)
    assert "QUICKLY ENOUGH" in words(page)
    assert page.id not in [one.id for one in fake.cards("ana", CHANNEL)]

    # A late answer is edited in where the digest stands.
    prompt = [one for one in fake.cards("eli") if teams_shapes.inputs(cast(Json, one.card))][-1]
    await acme.taps("eli", prompt, "Save", words="Partner API: first calls answered")
    await acme.lives_until(local(9, 14))
    digest = next(one for one in fake.cards("eli", CHANNEL) if one.id == digest.id)
    assert "1 line came after this was posted" in words(digest)
    assert "Read by Ben" in words(digest).split("\n")
    assert digest.edits >= 1

    # Nothing was lost, and nothing was said twice, whatever the connector and the deliveries did.
    with acme.database.transaction() as tx:
        rows = tx.exec(select(Delivery).where(col(Delivery.due_at) <= acme.at)).all()
        answers = tx.exec(select(CheckIn).where(CheckIn.state == "answered")).all()
    assert {row.state for row in rows} <= {"sent", "cancelled", "expired"}, [
        (r.dedup_key, r.state, r.reason) for r in rows
    ]
    said = [key for key in fake.posts if key]
    assert len(said) == len(set(said))
    assert set(said) == {row.dedup_key for row in rows if row.platform_id}
    assert len(answers) == len({(one.person_id, one.day) for one in answers})
    assert all(status in (412, 429) for _, status, _ in fake.refused), fake.refused


async def test_a_welcome_asks_for_the_zone_that_nobody_knows_and_then_says_their_time(
    acme: TeamsCompany,
) -> None:
    fake = acme.fake
    fake.every, fake.twice = (0, ""), False
    await fake.adds_to_team("ana")
    for said in ("team create Platform", "team add here", "team on"):
        await fake.types("ana", said, CHANNEL, mention=True)
    await acme.lives_until(local(2, 12))
    assert "your time" in words(acme.newest("ana", containing="I’m Instep"))  # she wrote, and Teams told it
    welcome = acme.newest("eli", containing="I’m Instep")
    assert "your time" not in words(welcome)
    assert "Which city has the same time as you?" in words(welcome)
    eli = acme.rig._somebody("eli")
    await acme.rig.press(eli, eli.address, "New York, Toronto")
    (welcome,) = [one for one in fake.cards("eli") if one.id == welcome.id]
    assert "Tue and Fri at 15:30 your time" in words(welcome)
    assert "Tuesday 3 March, 15:30 (America/New_York)" in words(welcome)
    assert "Which city" not in words(welcome)


@pytest.mark.parametrize("fault", ["cut", "server error", "html", "truncated", "timeout"])
async def test_a_question_that_may_have_arrived_is_not_put_twice_and_the_reminder_makes_up_for_it(
    acme: TeamsCompany, fault: str
) -> None:
    fake = acme.fake
    fake.every, fake.twice = (0, ""), False
    await fake.adds_to_team("ana")
    for key in KEYS:
        await fake.adds_app(key)
    for words in ("team create Platform", "team add here", "team on"):
        await fake.types("ana", words, CHANNEL, mention=True)
    await acme.lives_until(local(2, 12))
    fake.faults.extend([fault] * 2)
    await acme.lives_until(local(3, 18))
    with acme.database.transaction() as tx:
        rows = tx.exec(select(Delivery).where(Delivery.kind == "prompt")).all()
    held = [row.person_id for row in rows if row.state == "held"]
    assert (len(rows), len(held)) == (5, 2)
    asked = [key for key in fake.posts if key.startswith("prompt|")]
    assert len(asked) == len(set(asked)) == (3 if fault in ("server error", "html") else 5)
    await acme.lives_until(local(4, 14))
    reminded = {int(key.split("|")[1]) for key in fake.posts if key.startswith("reminder|")}
    assert set(held) <= reminded
