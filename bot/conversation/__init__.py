"""Event to reply: one match, one transaction, one error handler."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import assert_never

from sqlmodel import Session

from bot import commands, grammar, trace
from bot.conversation import checkins, goals, people, routes
from bot.conversation.turn import Found, Turn
from bot.events import (
    Came,
    Choices,
    Edited,
    Event,
    Heard,
    Installed,
    Invalid,
    Left,
    Looked,
    Opened,
    Page,
    Pressed,
    Replace,
    Reply,
    Said,
    Statuses,
    Submitted,
    Suggest,
    Uninstalled,
    Who,
)
from bot.kept_events import KeptEvents
from bot.messages import Message
from bot.paces import rates as pacing_of
from bot.platform import Platform, PlatformError, Profile, Unreachable
from bot.second_opinion import SecondOpinion
from bot.taggers import Taggers
from bot.views import notes
from checkins import accounts, schedule, statuses, workspaces
from checkins import people as rules
from checkins.problems import Problem, Refused
from checkins.statuses import Hint
from storage import goals as audits
from storage import inbox
from storage import people as stored
from storage.database import Database, Unusable
from storage.tables import Audit, Person

log = logging.getLogger(__name__)

AT_ONCE = 8  # events whose turn it is; more would only make what follows from them come all at once
NO_WARNINGS: Mapping[int, str] = MappingProxyType({})


class Conversation:
    """What is heard becomes what is replied. `wake` is called when something may have to be said at once."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        taggers: Taggers,
        *,
        admins: frozenset[str],
        now: Callable[[], datetime],
        wake: Callable[[], None],
        warnings: Mapping[int, str] = NO_WARNINGS,
        second: SecondOpinion | None = None,
    ) -> None:
        """`warnings` are what admins find on their home page, by company, as they stand when it is opened. `second` is
        asked in the background, once an answer is stored, about lines the tagger was unsure of.
        """
        self._database = database
        self._platforms = platforms
        self._taggers = taggers
        self._admins = admins
        self._now = now
        self._wake = wake
        self._warnings = warnings
        self._second = second
        self._rates = pacing_of(platforms.values())
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nameless: set[str] = set()  # whose e-mail address their platform does not tell
        self.kept = KeptEvents(database, now)

    async def hear(self, event: Event) -> Reply:
        """The reply to an event. The same event twice has one effect; a failure is told in a sentence."""
        reply, noted = await self._heard(event)
        if isinstance(event, Heard):
            await self.kept.heard(event, noted=noted)
        return reply

    async def resume(self) -> None:
        """Hears what another process kept and did not finish, and sends each person the reply they wait for."""
        for event in await self.kept.take_abandoned():
            reply = await self.hear(event)
            message = reply.message if isinstance(reply, Replace | Page) else reply
            if isinstance(reply, Invalid):
                message = notes.problem(" ".join(reply.errors.values()))
            if isinstance(message, Message):
                await self._show(event, message)

    async def _show(self, event: Heard, message: Message) -> None:
        try:
            await self._platform(event.who.address).send(event.who.address, message, key=f"reply|{event.key}")
        except PlatformError as error:
            log.warning("the reply to a kept event was not shown: %s", error)

    async def _heard(self, event: Event) -> tuple[Reply, bool]:
        """The reply, and whether the event is noted with its effect."""
        try:
            if isinstance(event, Installed | Uninstalled):
                await self._database.run(lambda tx: self._installation(tx, event))
                self._wake()
                return None, False
            if isinstance(event, Statuses):
                hints = {
                    who: Hint(away.mark, away.until) if away is not None else None
                    for who, away in event.of.items()
                }
                await self._database.run(lambda tx: statuses.heard(tx, hints, self._now()))
                self._wake()
                return None, False
            reply, company = await self._take_turn(event)
            self._wake()
            if company is not None:
                self._taggers.told(company)
                if self._second is not None:
                    self._second.told(company)
            return reply, company is not None
        except Problem as problem:
            return await self._told(event, problem), False
        except Unusable as error:
            log.error("%s", error)
            if isinstance(event, Heard):
                self.kept.put_off(event)
            return _failed(event, notes.unusable(str(error))), False
        except Exception as error:  # noqa: BLE001  the one handler: the person gets a sentence, the log the trace
            reference = secrets.token_hex(3)
            log.error("reference %s: %s failed: %s", reference, type(event).__name__, trace.of(error))
            return _failed(event, notes.broke(reference)), False

    async def _take_turn(self, event: Heard) -> tuple[Reply, int | None]:
        """One transaction. Where only the platform knows what it needs, it is undone, the platform asked, and it begins
        again: hardly any event needs that, so nothing is read beforehand to find out."""
        profile: Profile | None = None
        found: Found | None = None
        while True:

            def turn(
                tx: Session, profile: Profile | None = profile, found: Found | None = found
            ) -> tuple[Reply, int | None]:
                return self._turn(tx, event, profile, found)

            try:
                if isinstance(event, Opened | Suggest):  # somebody looks at the screen until it is there
                    return await self._database.run(turn, urgent=True)
                async with self._turns:
                    return await self._database.run(turn)
            except _Stranger:
                profile = await self._profile(event)
            except _Elsewhere as asked:
                found = await self._find(event, asked.command)

    async def _profile(self, event: Heard) -> Profile:
        """Who somebody new is; where the platform does not tell, what the event says of them is enough to begin with."""
        try:
            profile = await self._platform(event.who.id).profile(event.who.id)
            if not profile.email:
                self._nameless.add(event.who.id)
            return profile
        except PlatformError:
            return Profile(event.who.id, event.who.address, event.who.name, zone=event.who.zone)

    async def _find(self, event: Heard, command: commands.Command | None) -> Found:
        """What the event needs to know from the platform."""
        platform = self._platform(event.where)
        try:
            if isinstance(event, Submitted):
                name = await platform.check(event.subject)
                return Found(tuple(await platform.people(event.subject)), event.subject, name)
            match command:
                case commands.TeamDigest(channel=channel):
                    here = channel.lower() == "here"
                    if here and event.private:
                        return Found(refused="Say that in the channel, or name it: team digest #channel.")
                    where = event.where if here else platform.address(channel, event.who.workspace)
                    return Found(channel=where, channel_name=await platform.check(where))
                case _:
                    return Found(here=tuple(await platform.people(event.where)))
        except Unreachable as error:
            return Found(refused=str(error))
        except PlatformError:
            return Found(refused="I could not find that out just now. Please try again in a minute.")

    def _turn(
        self, tx: Session, event: Heard, profile: Profile | None, found: Found | None
    ) -> tuple[Reply, int | None]:
        """The reply, and the company in which something may have changed. Raises _Stranger and _Elsewhere."""
        now = self._now()
        changes = not isinstance(event, Suggest | Looked | Opened)
        if changes and not inbox.once(tx, event.key, now):
            return None, None
        workspace = stored.workspace(tx, event.who.workspace)
        if workspace is None or workspace.removed_at is not None:
            return notes.not_installed(), None
        known = stored.account(tx, event.who.id)
        if known is None:
            if profile is None:
                raise _Stranger
            rules.meet(
                tx,
                workspace,
                who=event.who.id,
                address=event.who.address,
                name=profile.name,
                email=profile.email,
                zone=event.who.zone or profile.zone,
                admin=event.who.id in self._admins,
                now=now,
            )
            known = stored.account(tx, event.who.id)
        assert known is not None
        account, person = known
        if profile is None and self._may_be_known_elsewhere(tx, event, person):
            raise _Stranger
        if person.left_at is not None and isinstance(event, Pressed):  # an old button proves nothing
            return notes.gone(), None
        if person.left_at is not None and not isinstance(event, Left):
            person.left_at = None
            rules.reschedule(tx, [person.id], now)
        rules.refresh(tx, account, person, event.who.address, event.who.zone, now)
        if profile is not None and profile.email and not person.email:
            person = accounts.recognise(tx, person, profile.email, now)
        was_away = _is_here(event) and statuses.here(tx, person, now)
        understood = None
        if isinstance(event, Said):
            today = schedule.local_day(now, person.zone)
            understood = grammar.parse(event.words, today, marked=event.command or not event.private)
        if found is None and _is_elsewhere(event, understood):
            raise _Elsewhere(understood.command if isinstance(understood, grammar.Understood) else None)
        model_at = self._second.model.host if self._second is not None else ""
        turn = Turn(
            tx=tx,
            now=now,
            event=event,
            workspace=workspace,
            account=account,
            person=person,
            taggers=self._taggers,
            found=found or Found(),
            rates=self._rates,
            warnings=self._warnings,
            model_at=model_at,
            was_away=was_away,
            admins=self._admins,
        )
        return self._replied(turn, event, understood), account.company_id if changes else None

    def _may_be_known_elsewhere(self, tx: Session, event: Heard, person: Person) -> bool:
        """Who has no e-mail address yet, in a company of several workspaces; asked about once, where there is none."""
        if person.email or event.who.id in self._nameless:
            return False
        return len(stored.workspaces(tx, person.company_id)) > 1

    def _replied(
        self, turn: Turn, event: Heard, understood: grammar.Understood | grammar.Misread | None
    ) -> Reply:
        match event:
            case Said():
                return routes.said(turn, event, understood)
            case Edited():
                return checkins.edited(turn, event.words) if event.private else None
            case Opened():
                return routes.opened(turn, event)
            case Submitted():
                return routes.submitted(turn, event)
            case Pressed():
                return routes.pressed(turn, event)
            case Suggest():
                return (
                    goals.suggest(turn, event.field, event.typed)
                    if event.name == "goal"
                    else checkins.suggest(turn, event.typed)
                )
            case Looked():
                return people.home(turn)
            case Came():
                return None
            case Left():
                accounts.gone_from(turn.tx, turn.account, turn.person, turn.now)
                return None
            case _:
                raise TypeError(f"{type(event).__name__} is not an event")

    def _installation(self, tx: Session, event: Installed | Uninstalled) -> None:
        match event:
            case Installed():
                new = workspaces.installed(tx, event.workspace, event.name, self._now())
                if new and event.who is not None:
                    _first_admin(tx, event.who, self._now())
            case Uninstalled():
                if workspaces.removed(tx, event.workspace, self._now()):
                    log.warning(
                        "removed from %s: nothing is sent there until it is installed again", event.workspace
                    )
            case _:
                assert_never(event)

    async def _told(self, event: Event, problem: Problem) -> Reply:
        if isinstance(problem, Refused) and isinstance(event, Heard):
            await self._database.run(lambda tx: _note_refusal(tx, event, self._now()))
        match event:
            case Submitted():
                return Invalid({name: notes.plain(sentence) for name, sentence in problem.errors.items()})
            case Suggest():
                return Choices(())
            case Said(private=True, command=False, words=words) if not words.startswith("/"):
                # Unmarked words may have been an answer all along: nothing that was typed is lost.
                maybe = (
                    words if grammar.parse(words, self._now().astimezone(UTC).date(), marked=False) else ""
                )
                return notes.problem(problem.sentence, maybe)
            case _:
                return notes.problem(problem.sentence)

    def _platform(self, address: str) -> Platform:
        return self._platforms[address.partition(":")[0]]


class _Stranger(Exception):
    """The platform has to be asked who this is."""


class _Elsewhere(Exception):
    """The platform has to be asked about a channel, or who is in it, for a command or a form."""

    def __init__(self, command: commands.Command | None) -> None:
        self.command = command


def _is_elsewhere(event: Heard, understood: grammar.Understood | grammar.Misread | None) -> bool:
    if isinstance(event, Submitted):
        return event.name == "team"
    match understood:
        case grammar.Understood(command=commands.TeamAdd(people=names)):
            return [name.lower() for name in names] == ["here"]
        case grammar.Understood(command=commands.TeamDigest()):
            return True
        case _:
            return False


def _is_here(event: Heard) -> bool:
    """Whether it is an answer or a command: something nobody does who is away."""
    match event:
        case Said() | Submitted():
            return True
        case Pressed(press=press):
            return press in ("same", "answer")
        case _:
            return False


def _first_admin(tx: Session, who: Who, now: datetime) -> None:
    """Whoever installs Instep for a company is its first admin."""
    workspace = stored.workspace(tx, who.workspace)
    assert workspace is not None
    rules.meet(
        tx, workspace, who=who.id, address=who.address, name=who.name, email="", zone=who.zone, admin=True, now=now
    )  # fmt: skip


def _note_refusal(tx: Session, event: Heard, now: datetime) -> None:
    known = stored.account(tx, event.who.id)
    if known is not None:
        said = f"was refused: {type(event).__name__.lower()}"
        audits.add(
            tx, Audit(company_id=known[1].company_id, at=now, actor_id=known[1].id, act="refused", said=said)
        )


def _failed(event: Event, message: Message) -> Reply:
    match event:
        case Submitted():
            more = "".join(block.plain for block in message.blocks if hasattr(block, "plain"))
            return Invalid({"": f"{message.title}. {more}"})
        case Suggest():
            return Choices(())
        case _:
            return message
