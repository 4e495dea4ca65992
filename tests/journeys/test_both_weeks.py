"""The week of one company that uses Slack and Teams at once, side by side at the wire. Both ask to wait at every fourth
call."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlmodel import select

from bot.chat.platform import Platform
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.tagging.tagger_pool import Taggers
from checkins.people import members
from storage.adapter_store import AdapterStore
from storage.database import Database
from storage.tables import CheckIn, Company, Delivery, Line, Person
from tests.support import fake_slack, teams_shapes
from tests.support.fake_teams import CHANNEL, TEAM, TENANT, Activity, TenantUser
from tests.support.harness import Dialog, Somebody
from tests.support.slack_harness import SlackRig, read
from tests.support.teams_harness import TeamsRig
from tests.support.world import MONDAY, local

Json = dict[str, Any]
CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")
IN_SLACK = {
    "U4MARA": "Mara Lind",
    "U1ANA": "Ana Ruiz",
    "U2BEN": "Ben Okafor",
    "U5CEM": "Cem Yilmaz",
    "U6FAY": "Fay Wong",
}
IN_TEAMS = {"mara": "Mara Lind", "ana": "Ana Ruiz", "ben": "Ben Okafor", "fay": "Fay Wong", "eli": "Eli Stein", "tom": "Tom Berg"}  # fmt: skip
SLACK_CHANNEL = "slack:T1:C1PLATFORM"


class Both:
    """One company, the two far sides of it, and a clock."""

    def __init__(self, database: Database) -> None:
        self.at = MONDAY
        self.database = database
        self.slack = SlackRig.unhurried()
        self.teams = TeamsRig.unhurried(AdapterStore(database))
        self.platforms: dict[str, Platform] = {}
        self.conversation = Conversation(
            database, self.platforms, Taggers(database, lambda: self.at), admins=frozenset({"slack:T1:U4MARA"}), now=lambda: self.at,
            wake=lambda: None,
        )  # fmt: skip
        team = self.slack.fake.team
        team.people = {}
        for user, name in IN_SLACK.items():
            key = "ben.okafor" if user == "U2BEN" else user[2:].lower()  # Ben has another address in each
            profile = {"real_name": name, "email": f"{key}@acme.example"}
            team.add(fake_slack.SlackUser(user, name, "Europe/Berlin", more={"profile": profile}))
        team.channels["C1PLATFORM"] = fake_slack.SlackChannel("C1PLATFORM", "platform", [*IN_SLACK])
        fake = self.teams.fake
        fake.people = {key: TenantUser(key, name) for key, name in IN_TEAMS.items()}
        fake.members = {TEAM: [*IN_TEAMS]}

    async def start(self) -> None:
        await self.slack.start(self.conversation.hear, self.conversation.kept.keep)
        self.teams.ready = True
        await self.teams.serve(self.conversation.hear, self.conversation.kept.keep)
        self.platforms |= {"slack": self.slack.platform, "teams": self.teams.platform}
        self.cycle = Cycle(self.database, self.platforms, lambda: self.at)
        self.slack.fake.throttle_every = 4
        self.teams.fake.every = (4, "busy")

    async def lives_until(self, moment: datetime) -> None:
        """Time passes, through everything that falls due on the way, and through what was asked to wait."""
        while True:
            due = await self.cycle.next_at()
            self.at = max(self.at, moment if due is None or due > moment else due)
            done = await self.cycle.tick()
            while done.again_at is not None and done.again_at < self.at + timedelta(minutes=1):
                self.at = max(done.again_at, self.at + timedelta(milliseconds=10))
                moment = max(moment, self.at)
                done = await self.cycle.tick()
            if self.at >= moment:
                return
            self.at += timedelta(milliseconds=10)

    # In Slack

    async def slack_says(self, user: str, words: str, way: str = "slash in a DM") -> str:
        """What a command is answered with."""
        before = len(self.slack.fake.team.posts)
        await self.slack.command(self._user(user), words, way)
        return "\n".join(read(post).words for post in self.slack.fake.team.posts[before:] if post.by == "UBOT")

    async def slack_types(self, user: str, words: str) -> str:
        """What typed words are answered with at once."""
        before = len(self.slack.fake.team.posts)
        await self.slack.say(self._user(user), words)
        return "\n".join(read(post).words for post in self.slack.fake.team.posts[before:] if post.by == "UBOT")

    async def slack_form(self, user: str, words: str) -> None:
        dialog = await self.slack.press(self._user(user), f"slack:T1:{user}", "Check in")
        assert isinstance(dialog, Dialog)
        assert await self.slack.submit(self._user(user), dialog, {"words": words}) is None

    async def slack_sees(self, user: str, where: str = "") -> list[str]:
        return [shown.words for shown in await self.slack.shown(where or f"slack:T1:{user}", self._user(user))]

    def _user(self, user: str) -> Somebody:
        return Somebody(f"slack:T1:{user}", f"slack:T1:{user}", IN_SLACK[user])

    # In Teams

    async def teams_says(self, key: str, words: str, where: str = "") -> str:
        """What is answered."""
        before = set(self.teams.fake.activities)
        await self.teams.fake.types(key, words, where, mention=bool(where))
        return "\n".join(self.teams_sees(key, where, before))

    def teams_sees(self, key: str, where: str = "", before: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
        return [words(one) for one in self.teams.fake.cards(key, where) if one.id not in before]

    async def teams_form(self, key: str, **filled: str) -> None:
        """The newest card with inputs, filled in and sent."""
        posted = [one for one in self.teams.fake.cards(key) if teams_shapes.inputs(cast(Json, one.card))][-1]
        card = cast(Json, posted.card)
        inputs = teams_shapes.sent(card)
        for field in teams_shapes.inputs(card):
            name = str(field["id"]).partition("/")[2]
            inputs[field["id"]] = filled.get(name, inputs[field["id"]])
        save = next(tap for tap in teams_shapes.taps(card) if tap["title"] == "Save")
        await self.teams.fake.taps(key, posted, cast(Json, save), inputs)

    # What arrived

    def arrived(self) -> Counter[str]:
        """The keys of everything that was said unprompted, in both, once for each time."""
        posts = self.slack.fake.team.posts
        keys = [(post.metadata or {}).get("event_payload", {}).get("key", "") for post in posts]
        return Counter(key for key in (*keys, *self.teams.fake.posts) if key and not key.startswith("reply|"))

    def asked(self, day: str) -> dict[str, list[str]]:
        """On which platforms each person was asked on a day, by name."""
        found: dict[str, list[str]] = {}
        with self.database.transaction() as tx:
            names = {row.id: row.name for row in tx.exec(select(Person)).all()}
            rows = tx.exec(select(Delivery).where(Delivery.kind == "prompt", Delivery.state == "sent")).all()
        for row in rows:
            if row.dedup_key.endswith(day) and row.person_id is not None:
                found.setdefault(names[row.person_id], []).append(row.to.partition(":")[0])
        return found


def words(posted: Activity) -> str:
    return "\n".join(teams_shapes.lines(cast(Json, posted.card)))


@pytest.fixture
async def both(sqlite: Path, tmp_path: Path) -> AsyncIterator[Both]:
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    company = Both(database)
    await company.start()
    yield company
    await company.slack.stop()
    await company.teams.stop()
    database.close()


@pytest.mark.feature("R1", on=("slack", "teams"))
async def test_a_week_in_both_chats(both: Both) -> None:
    # Monday. Mara sets up Slack; Tom of IT adds the app to Teams and brings the tenant in with her code.
    await both.slack_says("U4MARA", "team create Platform", "slash in a channel")
    assert "Cem Yilmaz" in await both.slack_says("U4MARA", "team add here", "slash in a channel")
    await both.slack_says("U4MARA", "team digest here Mon 10:00", "slash in a channel")
    assert "Added" in await both.slack_says("U4MARA", 'goals add "Pricing page"')
    fake = both.teams.fake
    await fake.adds_to_team("tom")
    await fake.changes("tom", "channelCreated", CHANNEL, channel={"name": "support"})
    for key in IN_TEAMS:
        await fake.adds_app(key)
    code = CODE.search(await both.slack_says("U4MARA", "instep invite"))
    assert code is not None
    assert "Only admins" in await both.teams_says("tom", f"instep join {code[0]}")
    with both.database.transaction() as tx:  # `instep admin grant`, where the server runs
        members.set_admin(tx, f"teams:{TENANT}:{fake.people['tom'].entra}", both.at, admin=True)
    answer = await both.teams_says("tom", f"instep join {code[0]}")
    assert "This Teams workspace belongs to Acme now" in answer
    assert "I knew 3 of these people already" in answer  # Mara, Ana and Fay
    with both.database.transaction() as tx:
        assert [row.name for row in tx.exec(select(Company)).all()] == ["Acme"]

    # Mara is an admin in Teams as well; the goal she adds there is everybody's, and Tom may add none.
    assert "Only admins" in await both.teams_says("tom", 'goals add "Mine"')
    assert "Added" in await both.teams_says("mara", 'goals add "EU hosting"')
    await both.teams_says("mara", "team create Support", CHANNEL)
    await both.teams_says("mara", "team add @Eli.Stein @Tom.Berg @Ben.Okafor for Support")
    await both.teams_says("mara", "team add here for Support", CHANNEL)
    assert "The digest of Support goes to #support" in await both.teams_says("mara", "team digest here Mon 10:00 for Support", CHANNEL)  # fmt: skip
    assert "EU hosting" in await both.slack_says("U5CEM", "goals")

    # Ben has another address in each: he links his accounts himself. Ana prefers Teams.
    code = CODE.search(await both.slack_says("U2BEN", "instep link"))
    assert code is not None
    assert "Linked: you are Ben Okafor in Slack and Teams" in await both.teams_says("ben", f"instep link {code[0]}")
    assert "I ask you in Teams from now on" in await both.slack_types("U1ANA", "prefer teams")
    await both.slack_says("U4MARA", "team on for Platform")
    assert "Support" in await both.teams_says("mara", "team on for Support")
    await both.lives_until(local(2, 12))
    await both.teams_says("eli", "zone Berlin")  # what tells of installations says nothing of it

    # Tuesday: everybody is asked once, where they prefer.
    await both.lives_until(local(3, 15, 40))
    assert both.asked("2026-03-03") == {
        "Mara Lind": ["slack"], "Ana Ruiz": ["teams"], "Ben Okafor": ["slack"], "Cem Yilmaz": ["slack"],
        "Fay Wong": ["slack"], "Eli Stein": ["teams"], "Tom Berg": ["teams"],
    }  # fmt: skip

    # Ana answers in Slack what she was asked in Teams: it is said there, and stands where the question was.
    reply = await both.slack_types("U1ANA", "Annual toggle works #pricing-page 2h")
    assert "Saved" in reply
    for minute in (41, 42, 43):  # an edit that was asked to wait comes with a later tick
        await both.lives_until(local(3, 15, minute))
    (shown,) = [card for card in both.teams_sees("ana") if "Annual toggle works" in card]
    assert "Saved" in shown
    await both.teams_form("eli", words="Answered nine tickets\nMoved a database #eu-hosting, done")
    await both.slack_form("U2BEN", "Replica keeps up #eu-hosting 4h")
    await both.teams_says("ben", "Call with a partner #pricing-page")
    await both.slack_types("U5CEM", "Backups restore in 20 minutes #eu-hosting, done")
    with both.database.transaction() as tx:
        ben = tx.exec(select(Person).where(Person.name == "Ben Okafor")).one()
        lines = [row.text for row in tx.exec(select(Line).where(Line.person_id == ben.id)).all()]
    assert len(lines) == 2

    # Wednesday: an admin in Teams changes a goal, and it is seen by staff in Slack.
    await both.teams_says("mara", "goals progress #pricing-page at risk")
    assert "at risk" in await both.slack_says("U5CEM", "goals show #pricing-page")

    # Fay is deactivated in Slack: on Friday she is asked in Teams, and admins see why.
    both.slack.fake.team.people["U6FAY"].more["deleted"] = True
    await both.lives_until(local(6, 15, 40))
    asked = both.asked("2026-03-06")
    assert asked["Fay Wong"] == ["teams"]
    assert all(len(places) == 1 for places in asked.values())
    shown = await both.teams_says("mara", "instep deliveries")
    assert "Fay Wong" in shown
    assert re.search(r"in Teams, not in Slack: .+", shown)

    # Monday: the digest of each team is in its channel, with lines from either chat.
    await both.lives_until(local(9, 10, 20))
    (platform,) = [card for card in await both.slack_sees("U4MARA", SLACK_CHANNEL) if "week of 2 Mar" in card]
    assert platform.startswith("Platform · week of 2 Mar")
    (support,) = [card for card in both.teams_sees("eli", CHANNEL) if "week of 2 Mar" in card]
    assert support.startswith("Support · week of 2 Mar")
    told = "\n".join(await both.slack_sees("U4MARA", SLACK_CHANNEL))
    assert "Annual toggle works" in told
    assert "Call with a partner" in told
    assert "Answered nine tickets" in "\n".join(both.teams_sees("eli", CHANNEL))

    # Nothing was lost, and nobody was asked twice.
    with both.database.transaction() as tx:
        rows = tx.exec(select(Delivery).where(Delivery.due_at <= both.at)).all()
        answers = tx.exec(select(CheckIn)).all()
    assert {row.state for row in rows} <= {"sent", "cancelled"}, [(r.dedup_key, r.state, r.reason) for r in rows]
    arrived = both.arrived()
    assert set(arrived.values()) == {1}, arrived
    assert len(answers) == len({(one.person_id, one.day) for one in answers})
    refused = [error for _, error in both.slack.fake.errors]
    assert set(refused) == {"user_disabled"}
