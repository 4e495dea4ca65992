"""Two companies in two workspaces of one app, for a week: the same names everywhere, and nothing crosses."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from sqlmodel import select

from bot.chat.inbound import Patience
from bot.chat.platform import Platform
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.tagging.tagger_pool import Taggers
from storage.adapter_store import AdapterStore
from storage.database import Database
from storage.tables import Company, Delivery, Goal, Line, Person, Workspace
from tests.support.fake_slack import Post, SlackChannel, SlackTeam, SlackUser
from tests.support.fake_slack.slack_actions import Hands, controls
from tests.support.harness import Shown
from tests.support.oauth_app import House
from tests.support.slack_harness import dialog_of, read

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = {"U1": "Mara Lind", "U2": "Ana Ruiz", "U3": "Ben Okafor", "U4": "Cem Yilmaz", "U5": "Dora Weiss"}
CHANNEL = "C1PLATFORM"


class Office:
    """One company in its workspace: whoever does something there, and what they see. `mark` is in all its words."""

    def __init__(self, city: City, name: str, mark: str) -> None:
        self.city, self.mark = city, mark
        self.team = SlackTeam(
            name, f"Company {name}", people={user: SlackUser(user, who, "Europe/Berlin") for user, who in PEOPLE.items()},
            channels={CHANNEL: SlackChannel(CHANNEL, "platform", list(PEOPLE))}, expires_at=1.0,
        )  # fmt: skip

    async def comes(self) -> None:
        status, _ = await self.city.house.install(self.team)
        assert status == 200
        self.hands = Hands(self.city.house.fake, self.team, self.city.house.url)

    async def commands(self, user: str, words: str) -> str:
        """In the channel; what they alone are answered there."""
        await self.hands.commands(user, words, CHANNEL)
        await self.city.settle()
        answer = self.team.seen(CHANNEL, user)[-1]
        assert answer.only == user
        return read(answer).words

    async def says(self, user: str, words: str) -> None:
        await self.hands.types(user, words)
        await self.city.settle()

    async def presses(self, user: str, label: str, channel: str = "") -> None:
        for post in reversed(self.team.seen(channel or self.team.dm(user), user)):
            for name, element, option in controls(post.blocks):
                if name == label:
                    await self.hands.taps(user, post, element, option)
                    await self.city.settle()
                    return
        raise AssertionError(f"{user} sees no {label}")

    async def fills_in(self, user: str, **values: str) -> None:
        """The form that is open before them, sent."""
        view = self.team.modals[user][-1]
        assert set(values) <= set(dialog_of(view).values)
        await self.hands.submits(view, values)
        await self.city.settle()

    def dm(self, user: str) -> list[Shown]:
        return [read(post) for post in self.team.seen(self.team.dm(user), user) if post.by == self.team.bot_user]

    def channel(self) -> list[Shown]:
        return [read(post) for post in self.team.seen(CHANNEL, "") if post.by == self.team.bot_user]

    def everything(self) -> str:
        """All there is in the workspace: messages, windows, home pages."""
        shown = [[post.text, post.blocks] for post in self.team.posts]
        views = [view.shown for stack in self.team.modals.values() for view in stack]
        return json.dumps([shown, views, self.team.homes], ensure_ascii=False)


class City:
    """Both offices before one Instep, and a clock."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.at = MONDAY
        self.platforms: dict[str, Platform] = {}
        self.house = House(AdapterStore(database))
        self.conversation = Conversation(
            database,
            self.platforms,
            Taggers(database, lambda: self.at),
            admins=frozenset(),
            now=lambda: self.at,
            wake=lambda: None,
        )
        self.house.listen(self.conversation.hear, self.conversation.kept.keep)
        self.acme, self.initech = Office(self, "T1", "acme"), Office(self, "T2", "initech")

    @property
    def offices(self) -> tuple[Office, Office]:
        return self.acme, self.initech

    async def start(self) -> None:
        await self.house.fake.start()
        await self.house.start(patience=Patience(answer=2.0, keep=0.5), modal=1.5)
        self.platforms["slack"] = self.house.platform
        self.cycle = Cycle(self.database, self.platforms, lambda: self.at)

    async def stop(self) -> None:
        for office in self.offices:
            await office.hands.close()
        await self.house.stop()
        await self.house.fake.stop()

    async def settle(self) -> None:
        assert self.house.platform.listener is not None
        await self.house.platform.listener.intake.settle()

    async def lives_until(self, moment: datetime) -> None:
        while True:
            due = await self.cycle.next_at()
            self.at = moment if due is None or due > moment else max(due, self.at + timedelta(milliseconds=10))
            await self.cycle.tick()
            if self.at >= moment:
                return


@pytest_asyncio.fixture
async def city(tmp_path: Path, sqlite: Path) -> AsyncIterator[City]:
    """Two companies that install the app, in a Slack that asks to wait at every fourth call."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    made = City(database)
    await made.start()
    yield made
    await made.stop()
    database.close()


async def test_a_week_of_two_companies(city: City) -> None:
    fake = city.house.fake
    for office in city.offices:
        await office.comes()
    fake.throttle_every = 4

    # Whoever installed it is the admin there, and sets up a team of the same name in a channel of the same id.
    for office in city.offices:
        for words in ("team create Platform", "team add here", "team digest here"):
            await office.commands("U1", words)
        await office.commands("U1", f'goals add "Pricing of {office.mark}"')
        await office.commands("U1", 'goals add "EU hosting"')
        assert "Only admins" in await office.commands("U2", 'goals add "My own"')
        assert "5 people are welcomed" in await office.commands("U1", "team on")

    # Everybody is asked on Tuesday; each office answers in its own words, by form and by typing.
    await city.lives_until(MONDAY + timedelta(hours=2))
    await city.lives_until(datetime(2026, 3, 3, 15, 0, tzinfo=UTC))
    for office in city.offices:
        await office.presses("U2", "Check in")
        await office.fills_in("U2", words=f"Toggle of {office.mark} #eu-hosting 2h\nXylophone of {office.mark}")
        await office.says("U3", f"Replica of {office.mark} keeps up #eu-hosting, done")
        await office.says("U4", f"Interviews for {office.mark} #eu-hosting")
        await office.says("U1", f"Plans of {office.mark} #eu-hosting")

    # In the middle of the week Slack ends every token, before its time.
    before = [office.team.token for office in city.offices]
    for office in city.offices:
        office.team.expires_at = 1.0
    # And somebody of one office goes on vacation; their namesake in the other works.
    dora = city.acme.team.people["U5"].told("T1")
    away = {"status_emoji": ":palm_tree:", "status_text": "Vacationing", "status_expiration": 0}
    await city.acme.hands.event({"type": "user_change", "user": dora | {"profile": dora["profile"] | away}})

    await city.lives_until(datetime(2026, 3, 6, 15, 0, tzinfo=UTC))
    assert all(office.team.token != token for office, token in zip(city.offices, before, strict=True))
    asked = [sum("What did you work on" in shown.words for shown in office.dm("U5")) for office in city.offices]
    assert asked[1] == asked[0] + 1
    for office in city.offices:
        await office.says("U5" if office is city.initech else "U4", f"Friday of {office.mark} #eu-hosting")

    # Digests on Monday; the admin of each says that it is read, and a member reads all of it.
    await city.lives_until(datetime(2026, 3, 9, 10, 0, tzinfo=UTC))
    for office in city.offices:
        await office.presses("U1", "Seen", CHANNEL)
        await office.presses("U2", "Open", CHANNEL)
    for minute in range(3):
        await city.lives_until(datetime(2026, 3, 9, 11, minute, tzinfo=UTC))
    assert len([shown for shown in city.acme.channel() if "· 4 of 4, 1 away" in shown.words]) == 1
    for office in city.offices:
        (digest,) = [shown for shown in office.channel() if shown.words.startswith("Platform · week of 2 Mar")]
        assert "DONE  6 lines" in digest.words
        assert digest.words.endswith("Read by Mara")
        window = read(Post("", "0", "", "", office.team.modals["U2"][-1].shown["blocks"]))
        assert f"Replica of {office.mark} keeps up" in window.words

    # Nothing crosses: not by what one may ask for, and not by a button of the one office pressed in the other.
    for office in city.offices:
        for words in ("goals", "digest last", "instep deliveries", "instep audit", "team"):
            await office.commands("U1", words)
        await office.hands.opens_home("U1")
        await city.settle()
    with city.database.transaction() as tx:
        companies = {row.key: row.company_id for row in tx.exec(select(Workspace))}
        theirs = tx.exec(select(Line).where(Line.company_id == companies["slack:T1"])).all()
        goal = tx.exec(select(Goal).where(Goal.company_id == companies["slack:T1"])).all()[0]
    post = city.initech.team.seen(CHANNEL, "U2")[0]
    pressed = {"type": "button", "action_id": "tap:0", "text": {"type": "plain_text", "text": "x"}}
    for line in theirs:
        value = json.dumps(["press", "file", str(line.id), f"goal:{goal.id}"])
        await city.initech.hands.taps("U2", post, pressed | {"value": value})
    assert "Pricing of acme" not in await city.initech.commands("U1", "goals show #pricing-of-acme")
    await city.settle()
    for office, other in (city.offices, city.offices[::-1]):
        assert office.mark in office.everything()
        assert other.mark not in office.everything().replace("#pricing-of-acme", "")
    with city.database.transaction() as tx:
        assert len(tx.exec(select(Company)).all()) == 2
        assert Counter(row.company_id for row in tx.exec(select(Person))) == dict.fromkeys(companies.values(), 5)
        for line in tx.exec(select(Line)):
            mark = "acme" if line.company_id == companies["slack:T1"] else "initech"
            assert mark in line.text

    # One of them removes the app, told four times; the other one's Tuesday comes as ever.
    fake.throttle_every = 0
    for _ in range(2):
        await city.initech.hands.event({"type": "app_uninstalled"})
        await city.initech.hands.event({"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}})
    counted = [len(office.team.posts) for office in city.offices]
    fake.throttle_every = 4
    await city.lives_until(datetime(2026, 3, 10, 15, 0, tzinfo=UTC))
    assert len(city.acme.team.posts) == counted[0] + 4  # Dora is still away
    assert len(city.initech.team.posts) == counted[1]

    # Nothing was lost, and nothing came twice.
    with city.database.transaction() as tx:
        rows = tx.exec(select(Delivery)).all()
    assert {row.state for row in rows} <= {"sent", "cancelled"}
    arrived = Counter(
        key
        for office in city.offices
        for post in office.team.posts
        if (key := (post.metadata or {}).get("event_payload", {}).get("key", "")) and not key.startswith("reply|")
    )
    assert arrived == Counter(row.dedup_key for row in rows if row.state == "sent")
    assert {error for _, error in fake.errors} == {"token_expired"}
    assert max(office.hands.slowest for office in city.offices) < 3
