"""One database, two chats in front of it: a Slack and a Teams that keep the truth, and whoever is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from sqlmodel import select

from bot.chat.events import (
    Installed,
    Left,
    MemberJoined,
    MessageReceived,
    Pressed,
    Reply,
    Submitted,
    Uninstalled,
    Who,
)
from bot.chat.platform import Platform, Profile
from bot.conversation.dispatcher import Conversation
from bot.delivery.cycle import Cycle
from bot.tagging.tagger_pool import Taggers
from checkins.people import members, teams
from storage import people as stored_people
from storage.database import Database
from storage.tables import Account, CheckIn, Company, Delivery, Person, Team
from tests.support.world import MONDAY, ChatMessage, FakeChat, seen

CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")


class TwoChats:
    """People are named by chat and key: `slack:T1:ana`, in the workspace `slack:T1`."""

    def __init__(self, database: Database, *admins: str) -> None:
        self.database = database
        self.at = MONDAY
        self.chats = {name: FakeChat(name=name) for name in ("slack", "teams")}
        platforms: dict[str, Platform] = dict(self.chats)
        self.conversation = Conversation(
            database, platforms, Taggers(database, lambda: self.at), admins=frozenset(admins), now=lambda: self.at, wake=lambda: None
        )  # fmt: skip
        self.cycle = Cycle(database, platforms, lambda: self.at)
        self._keys = count()

    def is_here(self, who: str, email: str = "", zone: str = "Europe/Berlin") -> None:
        """Somebody has an account on a platform, which nobody here has heard of yet."""
        chat = self.chats[who.partition(":")[0]]
        name = who.rpartition(":")[2].capitalize()
        chat.profiles[who] = Profile(who, who, name, email, zone)

    async def install(self, workspace: str, name: str, by: str = "") -> None:
        who = self._who(by) if by else None
        await self.conversation.hear(Installed(f"i{next(self._keys)}", workspace, name, who))

    def make_admin(self, who: str) -> None:
        """By whoever runs the server."""
        with self.database.transaction() as tx:
            members.set_admin(tx, who, self.at, admin=True)

    async def uninstall(self, workspace: str) -> None:
        await self.conversation.hear(Uninstalled(f"u{next(self._keys)}", workspace))

    async def says(self, who: str, words: str) -> str:
        """What they are answered, to read."""
        return seen(await self._hear(MessageReceived, who, words=words))

    async def presses(self, who: str, press: str, subject: str = "", value: str = "") -> str:
        return seen(await self._hear(Pressed, who, press=press, subject=subject, value=value))

    async def submits(self, who: str, form: str, subject: str = "", **values: Any) -> str:
        return seen(await self._hear(Submitted, who, name=form, subject=subject, values=values))

    async def comes(self, who: str) -> None:
        await self._hear(MemberJoined, who)

    async def leaves(self, who: str) -> None:
        await self._hear(Left, who)

    async def code(self, who: str, words: str) -> str:
        """The code that a command answers with."""
        found = CODE.search(answer := await self.says(who, words))
        assert found is not None, answer
        return found[0]

    async def _hear(self, kind: type[Any], who: str, **more: Any) -> Reply:
        event = kind(key=f"e{next(self._keys)}", who=self._who(who), where=who, private=True, **more)
        return await self.conversation.hear(event)

    def _who(self, who: str) -> Who:
        return Who(who, who.rpartition(":")[0], who, who.rpartition(":")[2].capitalize())

    def team(self, name: str, whos: Sequence[str]) -> Team:
        """A team of these people that is on, everybody welcomed long ago."""
        with self.database.transaction() as tx:
            company_id = self._of(tx, whos[0]).company_id
            team = teams.create(tx, company_id, name, "Europe/Berlin", self.at)
            for who in whos:
                person = self._of(tx, who)
                members.join(tx, team, person, self.at)
                person.introduced_at = self.at - timedelta(days=60)
                person.asked_from = self.at.date() - timedelta(days=59)
            teams.switch_on(tx, team, self.at)
            return team

    def _of(self, tx: Any, who: str) -> Person:
        known = stored_people.account(tx, who)
        assert known is not None, who
        return known[1]

    def person(self, who: str) -> Person:
        """Whose account it is, as the database has them."""
        with self.database.transaction() as tx:
            return self._of(tx, who)

    def company(self, who: str) -> Company:
        with self.database.transaction() as tx:
            return stored_people.company(tx, self._of(tx, who).company_id)

    def account(self, who: str) -> Account:
        with self.database.transaction() as tx:
            known = stored_people.account(tx, who)
            assert known is not None
            return known[0]

    def checkins(self) -> Sequence[CheckIn]:
        with self.database.transaction() as tx:
            return tx.exec(select(CheckIn)).all()

    def deliveries(self) -> Sequence[Delivery]:
        with self.database.transaction() as tx:
            return tx.exec(select(Delivery)).all()

    def to(self, who: str) -> list[ChatMessage]:
        """What was said to somebody unprompted."""
        return [entry for entry in self.chats[who.partition(":")[0]].entries if entry.to == who]

    async def goes_to(self, moment: Any) -> None:
        self.at = moment
        await self.cycle.tick()
