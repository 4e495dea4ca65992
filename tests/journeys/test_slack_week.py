"""A company's week over Slack, by both transports: everything goes over the wire, and the wire is not kind."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel import select

from bot.chat.platform import Platform
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.tagging.tagger_pool import Taggers
from storage.database import Database
from storage.tables import Delivery, Goal, Line
from tests.support.fake_slack import SlackChannel, SlackUser
from tests.support.harness import Dialog, Shown, Somebody
from tests.support.slack_harness import SlackRig, read

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NAMES = {
    "U1ANA": "Ana Ruiz",
    "U2BEN": "Ben Okafor",
    "U4MARA": "Mara Lind",
    "U5CEM": "Cem Yilmaz",
    "U6DORA": "Dora Weiss",
}
TEAM = "slack:T1:C1PLATFORM"


class SlackCompany:
    """Five people in one Slack channel, and a clock."""

    def __init__(self, rig: SlackRig, database: Database) -> None:
        self.rig = rig
        self.database = database
        self.at = MONDAY
        self.platforms: dict[str, Platform] = {}
        self.conversation = Conversation(
            database, self.platforms, Taggers(database, lambda: self.at), admins=frozenset({"slack:T1:U4MARA"}), now=lambda: self.at,
            wake=lambda: None,
        )  # fmt: skip
        team = rig.fake.team
        team.people = {user: SlackUser(user, name, "Europe/Berlin") for user, name in NAMES.items()}
        team.add(SlackUser("U7GUEST", "Guest Lee", more={"is_restricted": True}))
        team.channels["C1PLATFORM"] = SlackChannel("C1PLATFORM", "platform", [*NAMES, "U7GUEST"])

    async def start(self) -> None:
        await self.rig.start(self.conversation.hear, self.conversation.kept.keep)
        self.platforms["slack"] = self.rig.platform
        self.cycle = Cycle(self.database, self.platforms, lambda: self.at)

    def who(self, user: str) -> Somebody:
        return Somebody(f"slack:T1:{user}", f"slack:T1:{user}", NAMES[user])

    async def lives_until(self, moment: datetime) -> None:
        """Time passes through everything that falls due on the way."""
        while True:
            due = await self.cycle.next_at()
            self.at = moment if due is None or due > moment else max(due, self.at + timedelta(milliseconds=10))
            await self.cycle.tick()
            if self.at >= moment:
                return

    async def says(self, user: str, words: str) -> None:
        await self.rig.say(self.who(user), words)

    async def commands(self, user: str, words: str, way: str = "slash in a channel") -> Shown:
        """What they are answered, to read."""
        before = len(self.rig.fake.team.posts)
        await self.rig.command(self.who(user), words, way)
        (answer,) = [post for post in self.rig.fake.team.posts[before:] if post.by == "UBOT"]
        assert answer.only == user
        return read(answer)

    async def presses(self, user: str, label: str, where: str = "") -> Dialog | None:
        who = self.who(user)
        return await self.rig.press(who, where or who.address, label)

    async def dm(self, user: str) -> list[Shown]:
        return list(await self.rig.shown(f"slack:T1:{user}", self.who(user)))


@pytest_asyncio.fixture(params=["socket", "http"])
async def company(request: pytest.FixtureRequest, tmp_path: Path, sqlite: Path) -> AsyncIterator[SlackCompany]:
    """A company whose Slack asks to wait at every fourth call."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    made = SlackCompany(SlackRig.unhurried(request.param), database)
    await made.start()
    made.rig.fake.throttle_every = 4
    yield made
    await made.rig.stop()
    database.close()


async def test_a_team_is_set_up_in_its_channel_in_one_form_and_stands_on_the_admins_home(
    company: SlackCompany,
) -> None:
    rig, mara = company.rig, company.who("U4MARA")
    dialog = await rig.command(mara, "team", "slash in a channel")
    assert dialog is not None
    assert dialog.title == "Set up a team"
    refused = await rig.submit(mara, dialog, {"name": " ", "time": "25:99", "digest_time": "late"})
    assert refused is not None
    assert set(refused.errors) == {"name", "time", "digest_time"}
    given: dict[str, str | tuple[str, ...]] = {
        "name": "Platform",
        "days": ("0", "2"),
        "time": "14:00",
        "digest_day": "4",
        "digest_time": "16:00",
        "on": "now",
    }
    assert await rig.submit(mara, dialog, given) is None
    page = (await company.commands("U1ANA", "team")).words
    assert "Mon and Wed at 14:00" in page
    assert "Cem Yilmaz" in page
    assert "Guest" not in page
    await company.says("U4MARA", "Planned the quarter 2h")
    home = await rig.home(mara)
    assert home is not None
    assert "5 people, on, digest in #platform" in home.words
    assert "Planned the quarter" in home.words
    assert "Edit Monday" in home.controls
    theirs = await rig.home(company.who("U1ANA"))
    assert theirs is not None
    assert "digest in #platform" not in theirs.words


async def test_a_week(company: SlackCompany) -> None:
    rig, fake = company.rig, company.rig.fake

    # Mara, an admin, sets the team up in its channel; Ben may not.
    refused = await company.commands("U2BEN", "team create Platform")
    assert "Only admins" in refused.words
    await company.commands("U4MARA", "team create Platform")
    assert "Cem Yilmaz" in (await company.commands("U4MARA", "team add here")).words
    assert "#platform" in (await company.commands("U4MARA", "team digest here", "mention in a channel")).words
    added = await company.commands("U4MARA", 'goals add "Pricing page"')
    assert "Added: Pricing page" in added.words
    await company.commands("U4MARA", 'goals add "EU hosting" by 30 Jun', "slash in a DM")
    assert "Only admins" in (await company.commands("U1ANA", 'goals add "My own"')).words
    dialog = await rig.command(company.who("U4MARA"), "goals add", "slash in a channel")
    assert dialog is not None
    dialog = await rig.submit(company.who("U4MARA"), dialog, {"title": "Partner API", "by": "2026-02-30"})
    assert dialog is not None
    assert "2026-02-30" in dialog.errors["by"]
    assert await rig.submit(company.who("U4MARA"), dialog, {"title": "Partner API", "by": "30 Jun"}) is None
    assert "5 people are welcomed" in (await company.commands("U4MARA", "team on")).words

    # Everybody but the guest is welcomed, then asked on Tuesday.
    await company.lives_until(MONDAY + timedelta(hours=2))
    await company.presses("U1ANA", "Fine")
    assert "Good. I will ask on Tuesday 3 March" in (await company.dm("U1ANA"))[-1].words
    await company.lives_until(datetime(2026, 3, 3, 15, 0, tzinfo=UTC))
    assert fake.team.seen("DU7GUEST", "U7GUEST") == []
    (question,) = [shown for shown in await company.dm("U1ANA") if "What did you work on" in shown.words]

    # Ana answers by form, in the very message that asked; one line is asked about and corrected.
    dialog = await company.presses("U1ANA", "Check in")
    assert dialog is not None
    words = "Annual toggle works #pricing-page 2h\nXylophone repaired\nDatabase copied #eu-hosting, done"
    assert (
        await rig.submit(company.who("U1ANA"), dialog, {"words": words, "blockers": "Waiting for <!channel>"}) is None
    )
    (saved,) = [shown for shown in await company.dm("U1ANA") if shown.id == question.id]
    assert re.search(r"Saved 1\d:\d\d: 3 lines for Tuesday 3 March", saved.words)
    assert "→ Pricing page · 2h" in saved.words
    assert "Waiting for <!channel>" in saved.words
    await company.presses("U1ANA", "No goal")
    await company.presses("U1ANA", "Mostly goal work")
    (saved,) = [shown for shown in await company.dm("U1ANA") if shown.id == question.id]
    assert "→ No goal" in saved.words
    assert saved.live == ()

    # The socket breaks while Ben types; Cem's event comes three times; Dora taps an old button.
    if rig.transport == "socket":
        await fake.drop_sockets()
    await company.says("U2BEN", "Replica keeps up #eu-hosting 4h\nCall with a partner #pricing-page")
    await company.says("U5CEM", "Backups restore in 20 minutes #eu-hosting, done")
    await rig.again()
    await rig.again()
    await company.says("U6DORA", "Interviewed two shops #pricing-page")
    with company.database.transaction() as tx:
        assert len(tx.exec(select(Line)).all()) == 7

    # The digest stands in the channel on Monday, its lines in its thread, and a late answer is edited in.
    await company.lives_until(datetime(2026, 3, 9, 10, 0, tzinfo=UTC))
    channel = await rig.shown(TEAM, company.who("U2BEN"))
    (digest,) = [shown for shown in channel if shown.words.startswith("Platform · week of 2 Mar")]
    assert "DONE  7 lines, 2 finished" in digest.words
    assert "No work: Partner API" in digest.words or "Partner API" in digest.words
    assert any(shown.under == digest.id and "Backups restore" in shown.words for shown in channel)
    # Mara says that it is read, twice; Ana reads all of it in a window, and may not say so.
    for _ in range(2):
        await company.presses("U4MARA", "Seen", TEAM)
    await company.presses("U1ANA", "Seen", TEAM)
    assert "Seen is for the manager" in (await rig.shown(TEAM, company.who("U1ANA")))[-1].words
    await company.presses("U1ANA", "Open", TEAM)
    window = rig.window(company.who("U1ANA"))
    assert window is not None
    assert "DONE  7 lines, 2 finished" in window.words
    assert "Backups restore in 20 minutes" in window.words
    ana = company.who("U1ANA")
    dialog = await company.presses("U1ANA", "Check in")
    assert dialog is not None
    await rig.submit(ana, dialog, {"words": "Currency switch fixed #pricing-page"})
    for minute in range(3):  # an edit that Slack asked to wait with comes with a later tick
        await company.lives_until(datetime(2026, 3, 9, 11, minute, tzinfo=UTC))
    (digest,) = [shown for shown in await rig.shown(TEAM, ana) if shown.id == digest.id]
    assert "DONE  8 lines" in digest.words
    assert digest.words.endswith("Read by Mara")

    # Nothing was lost, nothing came twice, nothing is left over, and the goals are those that were added.
    with company.database.transaction() as tx:
        rows = tx.exec(select(Delivery)).all()
        goals = [goal.title for goal in tx.exec(select(Goal)).all()]
    assert goals == ["Pricing page", "EU hosting", "Partner API"]
    assert {row.state for row in rows} <= {"sent", "cancelled"}
    sent = Counter(row.dedup_key for row in rows if row.state == "sent")
    arrived = Counter(
        key
        for post in fake.team.posts
        if (key := (post.metadata or {}).get("event_payload", {}).get("key", "")) and not key.startswith("reply|")
    )
    assert arrived == sent
    assert fake.errors == []
    assert rig.hands.slowest < 3
