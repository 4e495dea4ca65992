"""A company, its chat and its clock, for tests: what people do goes in, what people see comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import web
from sqlmodel import Session

from bot.chat.events import (
    Address,
    Edited,
    Event,
    Hear,
    Keep,
    MessageReceived,
    Opened,
    Page,
    Pressed,
    Replace,
    Reply,
    Submitted,
    Who,
)
from bot.chat.messages import Chart, Facts, Form, Message, Pick, Quote, Rule, Text
from bot.chat.platform import Channel, Pace, Platform, Profile, Sent, Unreachable, Unsupported
from bot.commands.table import ActionTable
from bot.conversation.actions import ACTIONS
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.delivery.timing import Done
from bot.ops.metrics import Metrics
from bot.tagging.quality_monitor import Watch
from bot.tagging.second_opinion import SecondOpinion
from bot.tagging.tagger_pool import Taggers
from checkins.goals import rules as goal_rules
from checkins.goals.rules import GoalInput
from checkins.people import members, teams
from storage import checkins
from storage import goals as stored_goals
from storage import people as stored_people
from storage.database import Database, add
from storage.tables import CheckIn, Goal, Line, Person, Prediction, Team

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class ChatMessage:
    """One message as the chat keeps it."""

    id: str
    to: str
    key: str
    message: Message
    under: str | None
    posts: int = 1


@dataclass
class FakeChat:
    """A chat platform that keeps the truth. Ask it what it shows; tell it how to fail."""

    name: str = "playground"
    pace: Pace | None = None
    conversation_pace: Pace | None = None
    edit_pace: Pace | None = None
    entries: list[ChatMessage] = field(default_factory=list)
    profiles: dict[str, Profile] = field(default_factory=dict)
    channels: dict[str, list[str]] = field(default_factory=dict)
    fail: list[tuple[str, Exception]] = field(default_factory=list)  # ("before" | "after", error), one a send
    searchable: bool = True
    edits: int = 0
    fail_edits: list[Exception] = field(default_factory=list)  # one an edit
    refused: int = 0
    public: set[str] = field(default_factory=set)  # channels that anybody can read
    looks: list[str] = field(default_factory=list)  # channels that were looked at
    fail_looks: list[Exception] = field(default_factory=list)  # one a look

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        when, error = self.fail.pop(0) if self.fail else ("", None)
        if when == "before" and error:
            raise error
        if to not in self.profiles and to not in self.channels:
            raise Unreachable("They are not here any more.")
        same = next((entry for entry in self.entries if entry.key == key), None)
        if same is not None:
            same.posts += 1
        else:
            same = ChatMessage(f"m{len(self.entries)}", to, key, message, under)
            self.entries.append(same)
        if error:
            raise error
        return Sent(to, same.id)

    async def find(self, to: Address, key: str) -> Sent | Unsupported | None:
        if not self.searchable:
            return Unsupported()
        found = next((entry for entry in self.entries if entry.key == key and entry.to == to), None)
        return Sent(to, found.id) if found else None

    async def edit(self, sent: Sent, message: Message) -> None:
        if self.fail_edits:
            self.refused += 1
            raise self.fail_edits.pop(0)
        entry = next((entry for entry in self.entries if entry.id == sent.id), None)
        if entry is None:
            raise Unreachable("That message is gone.")
        entry.message = message
        self.edits += 1

    async def home(self, who: str, message: Message) -> None:
        raise NotImplementedError

    async def profile(self, who: str) -> Profile:
        if who not in self.profiles:
            raise Unreachable("There is no such person.")
        return self.profiles[who]

    async def people(self, where: Address) -> Sequence[Profile]:
        if where not in self.channels:
            raise Unreachable("I am not in that channel.")
        return [self.profiles[who] for who in self.channels[where]]

    def address(self, channel: str, workspace: str) -> Address:
        return f"{self.name}:{channel}"

    async def check(self, where: Address) -> Channel:
        self.looks.append(where)
        if self.fail_looks:
            raise self.fail_looks.pop(0)
        if where not in self.channels:
            raise Unreachable(f"There is no channel {where.partition(':')[2]} here.")
        return Channel(where.partition("#")[2], where in self.public)

    def mount(self, application: web.Application, hear: Hear, keep: Keep) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        pass

    def to(self, key: str) -> list[ChatMessage]:
        """What was said unprompted to somebody or in a channel."""
        return [entry for entry in self.entries if entry.to == f"{self.name}:{key}"]


class World:
    """A company with one workspace. People are named by short keys; `at` is what every clock shows."""

    def __init__(
        self,
        database: Database,
        *,
        name: str = "Acme",
        chat: FakeChat | None = None,
        taggers: Taggers | None = None,
    ) -> None:
        self.database = database
        self.at = MONDAY
        self.taught = True  # what was confirmed is learnt before anything else is heard
        self.chat = chat or FakeChat()
        self.workspace = f"{self.chat.name}:local"
        self._keys = count()
        self.restart(taggers)
        with database.transaction() as tx:
            self.company_id = members.create_company(tx, name, self.workspace, name, self.at).id

    def restart(
        self,
        taggers: Taggers | None = None,
        second: SecondOpinion | None = None,
        actions: ActionTable = ACTIONS,
    ) -> None:
        """A process that knows nothing but what the database says."""
        self.taggers = taggers or Taggers(self.database, lambda: self.at)
        self.metrics = Metrics()
        self.watch = Watch(self.database, self.metrics, lambda: self.at)
        platforms: dict[str, Platform] = {self.chat.name: self.chat}
        self.conversation = Conversation(
            self.database,
            platforms,
            self.taggers,
            admins=frozenset(),
            now=lambda: self.at,
            wake=lambda: None,
            warnings=self.watch.warnings,
            second=second,
            actions=actions,
        )
        self.cycle = Cycle(self.database, platforms, lambda: self.at)

    # The company, as it is set up

    def person(self, key: str, zone: str = "Europe/Berlin", *, admin: bool = False, name: str = "") -> Person:
        """Somebody new with an account."""
        address = f"{self.chat.name}:{key}"
        self.chat.profiles[address] = Profile(address, address, name or key.capitalize(), f"{key}@acme.example", zone)
        with self.database.transaction() as tx:
            workspace = stored_people.workspace(tx, self.workspace)
            assert workspace is not None
            return members.meet(
                tx, workspace, who=address, address=address, name=name or key.capitalize(), email="", zone=zone,
                admin=admin, now=self.at,
            )  # fmt: skip

    def team(
        self,
        name: str,
        keys: Sequence[str],
        *,
        zone: str = "Europe/Berlin",
        on: bool = True,
        manager: str = "",
    ) -> Team:
        """A team of people who exist or are made now, with a channel for its digest."""
        channel = f"{self.chat.name}:#{name.lower()}"
        for key in keys:
            if f"{self.chat.name}:{key}" not in self.chat.profiles:
                self.person(key, zone)
        self.chat.channels[channel] = [f"{self.chat.name}:{key}" for key in keys]
        with self.database.transaction() as tx:
            team = teams.create(tx, self.company_id, name, zone, self.at)
            workspace = stored_people.workspace(tx, self.workspace)
            assert workspace is not None
            for key in keys:
                members.join(tx, team, self._known(tx, key), self.at)
            team.manager_id = self._known(tx, manager).id if manager else None
            teams.set_digest(
                tx, team, channel=channel, channel_name=name.lower(), workspace_id=workspace.id, weekday=None,
                minute=None, now=self.at,
            )  # fmt: skip
            if on:
                teams.switch_on(tx, team, self.at)
            return team

    def introduced(self, *keys: str) -> None:
        """They were welcomed some time ago and may be asked from today on."""
        with self.database.transaction() as tx:
            for key in keys:
                person = self._known(tx, key)
                person.introduced_at = self.at - timedelta(days=60)
                person.asked_from = self.at.date() - timedelta(days=59)

    def goal(self, title: str, **goal_input: Any) -> Goal:
        """A goal added by an admin of the company, made for it where there is none."""
        address = f"{self.chat.name}:root"
        if address not in self.chat.profiles:
            self.person("root", admin=True)
        with self.database.transaction() as tx:
            return goal_rules.add(tx, self._known(tx, "root"), GoalInput(title, **goal_input), self.at)

    def answered(self, keys: Sequence[str], days: int, *, agreed: int, confidence: float = 0.6) -> None:
        """On each of the last days each of them was asked about a line, and chose what was thought on so many days."""
        with self.database.transaction() as tx:
            for person in [self._known(tx, key) for key in keys]:
                for back in range(days):
                    checkin = CheckIn(
                        company_id=self.company_id, person_id=person.id, zone="UTC", state="answered",
                        day=self.at.date() - timedelta(days=back),
                    )  # fmt: skip
                    add(tx, checkin)
                    line = Line(
                        company_id=self.company_id, person_id=person.id, checkin_id=checkin.id, position=0,
                        day=checkin.day, text="Quilt mended", asked=True, written_at=self.at,
                    )  # fmt: skip
                    add(tx, line)
                    add(tx, Prediction(line_id=line.id, rank=0, kind="other", confidence=confidence))
                    goal = None if back < agreed else stored_goals.goals(tx, self.company_id)[0].id
                    kind = "other" if goal is None else "goal"
                    said = checkins.NewTag(self.company_id, line.id, goal, kind, "person", 1.0, self.at)
                    checkins.note(tx, (), [said])

    def _known(self, tx: Session, key: str) -> Person:
        known = stored_people.account(tx, f"{self.chat.name}:{key}")
        assert known is not None, key
        return known[1]

    def read(self, key: str) -> Person:
        """A person as the database has them."""
        with self.database.transaction() as tx:
            return self._known(tx, key)

    # What people do

    async def hear(self, event: Event) -> Reply:
        if self.taught:
            await self.taggers.catch_up(self.company_id)
        return await self.conversation.hear(event)

    def _heard(self, key: str, where: str = "", event_key: str = "") -> dict[str, Any]:
        address = f"{self.chat.name}:{key}"
        return {
            "key": event_key or f"e{next(self._keys)}",
            "who": Who(address, self.workspace, address, key.capitalize()),
            "where": f"{self.chat.name}:{where}" if where else address,
            "private": not where,
        }

    async def says(self, key: str, words: str, *, where: str = "", event_key: str = "", message: str = "") -> Reply:
        """Types it: in the DM, or in a channel, where it is a command. `message` is the chat's id of it."""
        return await self.hear(
            MessageReceived(
                **self._heard(key, where, event_key),
                message=message,
                words=words,
                command=words.startswith("/"),
            )
        )

    async def retypes(self, key: str, message: str, words: str) -> Reply:
        """Edits what they typed earlier, in the chat itself."""
        return await self.hear(Edited(**self._heard(key), message=message, words=words))

    async def presses(self, key: str, press: str, subject: str = "", value: str = "", where: str = "") -> Reply:
        return await self.hear(Pressed(**self._heard(key, where), press=press, subject=subject, value=value))

    async def opens(self, key: str, name: str, subject: str = "") -> Reply:
        return await self.hear(Opened(**self._heard(key), name=name, subject=subject))

    async def submits(self, key: str, form: str, subject: str = "", *, event_key: str = "", **values: Any) -> Reply:
        return await self.hear(
            Submitted(**self._heard(key, event_key=event_key), name=form, subject=subject, values=values)
        )

    async def goes_to(self, moment: datetime) -> Done:
        """Time passes until then; what is due then is done."""
        self.at = moment
        return await self.cycle.tick()

    async def lives_until(self, moment: datetime) -> Done:
        """Time passes through everything that falls due on the way."""
        done = Done()
        while True:
            due = await self.cycle.next_at()
            step = moment if due is None or due > moment else due
            done += await self.goes_to(step)
            if step >= moment:
                return done


def local(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    """A moment in Berlin in 2026."""
    from zoneinfo import ZoneInfo

    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def seen(reply: Reply) -> str:
    """A reply as words, the way somebody would read it aloud."""
    match reply:
        case Replace(message=message) | Page(message=message):
            return seen(message)
        case Message():
            rows = [reply.title]
            for block in reply.blocks:
                match block:
                    case Text():
                        rows.append(block.plain)
                    case Quote():
                        rows.append(f"> {block.words} [{block.note}]")
                    case Facts():
                        rows += [f"{label}: {value}" for label, value in block.rows]
                    case Chart():
                        rows.append(f"{block.title}: {block.fallback}")
                    case Pick():
                        rows.append(f"{block.prompt.plain} ({' | '.join(option.label for option in block.options)})")
                    case Rule():
                        rows.append("--")
            rows += [f"[{button.label}]" for button in reply.buttons]
            return "\n".join(rows)
        case Form():
            return "\n".join([reply.title, *(field.label for field in reply.fields)])
        case _:
            return str(reply)
