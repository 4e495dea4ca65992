"""Event to reply: one match, one transaction, one error handler."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import assert_never

from sqlmodel import Session

from bot.chat import safe_traceback
from bot.chat.events import (
    ChannelChanged,
    Choices,
    Edited,
    Event,
    HomeOpened,
    InboundEvent,
    Installed,
    Invalid,
    Left,
    MemberJoined,
    MessageReceived,
    Opened,
    Page,
    Pressed,
    Replace,
    Reply,
    Statuses,
    Submitted,
    Suggest,
    Uninstalled,
    Who,
)
from bot.chat.messages import Message
from bot.chat.platform import Channel, Platform, PlatformError, Profile, RateLimited, Unreachable
from bot.commands import parse as command_parse
from bot.commands.arguments import Lookup
from bot.commands.parse import Misread, Understood
from bot.commands.table import ActionTable
from bot.conversation import router, typed_text
from bot.conversation.actions import ACTIONS
from bot.conversation.context import Found, Turn
from bot.conversation.handlers import checkins, goals, people
from bot.conversation.pending_events import KeptEvents
from bot.delivery.channels import Channels
from bot.delivery.rate_limits import rates
from bot.tagging.second_opinion import SecondOpinion
from bot.tagging.tagger_pool import Taggers
from bot.views import notes
from checkins import standings
from checkins.errors import PermissionDenied, UserError
from checkins.people import absences, accounts, members, workspaces
from checkins.people.absences import Hint
from checkins.schedule import calendar
from storage import database, inbox
from storage import people as stored_people
from storage.database import Database, DatabaseUnavailable
from storage.tables import Account, Audit, Person

log = logging.getLogger(__name__)

AT_ONCE = 8  # events whose turn it is; more would only make what follows from them come all at once
STANDING_LASTS = timedelta(days=1)  # then a platform is asked again whether somebody is a member
LOOK = 1.0  # seconds that somebody known waits for that at most
LOOK_AGAIN = timedelta(minutes=1)  # after a look that failed
TRIES, LONGEST_WAIT = 3, 1.0  # at asking about a channel, and seconds between two of them at most
NO_WARNINGS: Mapping[int, str] = MappingProxyType({})

_AUDITED_AS: Mapping[type[InboundEvent], str] = {
    MessageReceived: "said",
    HomeOpened: "looked",
    MemberJoined: "came",
}  # in the words that the trail has for them since its first version


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
        channels: Channels | None = None,
        actions: ActionTable = ACTIONS,
    ) -> None:
        """`warnings` are what admins find on their home page, by company, as they stand when it is opened. `second` is
        asked in the background, once an answer is stored, about lines the tagger was unsure of. `channels` are those
        that whoever sends in this process has looked at, to be told of what changed. `actions` are all that can be
        asked for.
        """
        self._database = database
        self._platforms = platforms
        self._taggers = taggers
        self._admins = admins
        self._now = now
        self._wake = wake
        self._warnings = warnings
        self._second = second
        self._rates = rates(platforms.values())
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._channels = channels
        self._actions = actions
        self._nameless: set[str] = set()  # whose e-mail address their platform does not tell
        self._not_before: dict[str, datetime] = {}  # when to look again at somebody whose platform did not answer
        self.kept = KeptEvents(database, now, lambda who: self._platform(who).profile(who))

    async def hear(self, event: Event) -> Reply:
        """The reply to an event. The same event twice has one effect; a failure is told in a sentence."""
        event = typed_text.cleaned(event)
        reply, noted = await self._heard(event)
        if isinstance(event, InboundEvent):
            await self.kept.heard(event, noted=noted)
        return reply

    async def resume(self) -> None:
        """Hears what another process kept and did not finish, and sends each person the reply they wait for."""
        for event in await self.kept.claim_stale():
            reply = await self.hear(event)
            message = reply.message if isinstance(reply, Replace | Page) else reply
            if isinstance(reply, Invalid):
                message = notes.problem(" ".join(reply.errors.values()))
            if isinstance(message, Message):
                await self._show(event, message)

    async def _show(self, event: InboundEvent, message: Message) -> None:
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
                await self._database.run(lambda tx: _statuses(tx, event, self._now()))
                self._wake()
                return None, False
            if isinstance(event, ChannelChanged):
                if self._channels is not None:
                    self._channels.changed(event.where)
                return None, False
            reply, company = await self._take_turn(event)
            self._wake()
            if company is not None:
                self._taggers.told(company)
                if self._second is not None:
                    self._second.told(company)
            return reply, company is not None
        except _Unidentified:
            assert isinstance(event, InboundEvent)
            return _turned_away(event, notes.unidentified(), keeps_form=True), False
        except UserError as problem:
            return await self._told(event, problem), False
        except DatabaseUnavailable as error:
            log.error("%s", error)
            if isinstance(event, InboundEvent):
                self.kept.put_off(event)
            return _failed(event, notes.unusable(str(error))), False
        except Exception as error:  # noqa: BLE001  the one handler: the person gets a sentence, the log the trace
            reference = secrets.token_hex(3)
            log.error("reference %s: %s failed: %s", reference, type(event).__name__, safe_traceback.of(error))
            return _failed(event, notes.broke(reference)), False

    async def _take_turn(self, event: InboundEvent) -> tuple[Reply, int | None]:
        """One transaction. Where only the platform knows what it needs, it is undone, the platform asked, and it begins
        again: hardly any event needs that, so nothing is read beforehand to find out."""
        asked: _Asked | None = None
        found: Found | None = None
        while True:

            def turn(
                tx: Session, asked: _Asked | None = asked, found: Found | None = found
            ) -> tuple[Reply, int | None]:
                return self._turn(tx, event, asked, found)

            try:
                if isinstance(event, Opened | Suggest):  # somebody looks at the screen until it is there
                    return await self._database.run(turn, urgent=True)
                async with self._turns:
                    return await self._database.run(turn)
            except _WhoIsThat as question:
                asked = await self._ask(event.who.id, within=LOOK if question.is_known else None)
            except _Elsewhere as question:
                found = await self._find(event, question.lookup)

    async def _ask(self, who: str, *, within: float | None) -> _Asked:
        """What their platform says of somebody, if it does within so many seconds."""
        try:
            async with asyncio.timeout(within):
                profile = await self._platform(who).profile(who)
        except (PlatformError, TimeoutError):
            self._not_before[who] = self._now() + LOOK_AGAIN
            return _Asked(None)
        if not profile.email:
            self._nameless.add(who)
        return _Asked(profile)

    async def _find(self, event: InboundEvent, lookup: tuple[Lookup, str] | None) -> Found:
        """What the event needs to know from the platform."""
        platform = self._platform(event.where)
        try:
            if isinstance(event, Submitted):
                channel = await _patiently(platform, event.subject)
                return Found(tuple(await platform.people(event.subject)), event.subject, channel)
            match lookup:
                case ("channel", named):
                    here = named.lower() == "here"
                    if here and event.private:
                        return Found(refused="Say that in the channel, or name it: team digest #channel.")
                    where = event.where if here else platform.address(named, event.who.workspace)
                    return Found(where=where, channel=await _patiently(platform, where))
                case _:
                    return Found(here=tuple(await platform.people(event.where)))
        except Unreachable as error:
            return Found(refused=str(error))
        except PlatformError:
            return Found(refused="I could not find that out just now. Please try again in a minute.")

    def _turn(
        self, tx: Session, event: InboundEvent, asked: _Asked | None, found: Found | None
    ) -> tuple[Reply, int | None]:
        """The reply, and the company in which something may have changed. Raises _WhoIsThat, _Unidentified and
        _Elsewhere."""
        now = self._now()
        changes = not isinstance(event, Suggest | HomeOpened | Opened)
        if changes and not inbox.once(tx, event.key, now):
            return None, None
        workspace = stored_people.workspace(tx, event.who.workspace)
        if workspace is None or workspace.removed_at is not None:
            return notes.not_installed(), None
        known = stored_people.account(tx, event.who.id)
        if known is None and isinstance(event, Left):
            return None, None
        if asked is None and self._has_to_be_asked(tx, event, known, now):
            raise _WhoIsThat(is_known=known is not None)
        profile = asked.profile if asked is not None else None
        if known is None:
            if profile is None:
                raise _Unidentified
            if profile.outsider:
                return _turned_away(event, notes.for_members()), None
            members.meet(
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
            known = stored_people.account(tx, event.who.id)
        assert known is not None
        account, person = known
        if profile is not None:
            standings.follow(tx, {account.who: profile.outsider}, now)
        if account.outsider and not isinstance(event, Left):
            return _turned_away(event, notes.for_members()), None
        if found is not None:
            standings.follow(tx, {each.id: each.outsider for each in found.here}, now)
        if person.left_at is not None and isinstance(event, Pressed):  # an old button proves nothing
            return notes.gone(), None
        if person.left_at is not None and not isinstance(event, Left):
            person.left_at = None
            members.reschedule(tx, [person.id], now)
        members.refresh(tx, account, person, event.who.address, event.who.zone, now)
        if profile is not None and profile.email and not person.email:
            person = accounts.recognise(tx, person, profile.email, now)
        was_away = _is_here(event) and absences.here(tx, person, now)
        understood = None
        if isinstance(event, MessageReceived):
            today = calendar.local_day(now, person.zone)
            marked = event.command or not event.private
            understood = command_parse.parse(event.words, today, self._actions, marked=marked)
        lookup = understood.lookup if isinstance(understood, Understood) else None
        if found is None and (lookup is not None or _is_about_a_channel(event)):
            raise _Elsewhere(lookup)
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
            actions=self._actions,
            model_at=model_at,
            was_away=was_away,
            admins=self._admins,
        )
        return self._replied(turn, event, understood), account.company_id if changes else None

    def _has_to_be_asked(
        self, tx: Session, event: InboundEvent, known: tuple[Account, Person] | None, now: datetime
    ) -> bool:
        """Whether their platform has to say who somebody is: somebody new, somebody who was looked at too long ago, and
        who may be known by another account. Who is known does not wait for a platform that did not answer just now."""
        if known is None:
            return True
        if self._not_before.get(event.who.id, now) > now:
            return False
        account, person = known
        last = account.looked_up_at
        return last is None or now - last >= STANDING_LASTS or self._may_be_known_elsewhere(tx, event, person)

    def _may_be_known_elsewhere(self, tx: Session, event: InboundEvent, person: Person) -> bool:
        """Who has no e-mail address yet, in a company of several workspaces; asked about once, where there is none."""
        if person.email or event.who.id in self._nameless:
            return False
        return len(stored_people.workspaces(tx, person.company_id)) > 1

    def _replied(
        self,
        turn: Turn,
        event: InboundEvent,
        understood: Understood | Misread | None,
    ) -> Reply:
        match event:
            case MessageReceived():
                return router.said(turn, event, understood)
            case Edited():
                return checkins.edited(turn, event.words) if event.private else None
            case Opened():
                return router.opened(turn, event)
            case Submitted():
                return router.submitted(turn, event)
            case Pressed():
                return router.pressed(turn, event)
            case Suggest():
                return (
                    goals.suggest(turn, event.field, event.typed)
                    if event.name == "goal"
                    else checkins.suggest(turn, event.typed)
                )
            case HomeOpened():
                return people.home(turn)
            case MemberJoined():
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
                    _meet_installer(tx, event.who, self._admins, self._now())
                elif new:
                    log.warning("installed in %s, where nobody is an admin yet", event.workspace)
            case Uninstalled():
                if workspaces.removed(tx, event.workspace, self._now()):
                    log.warning("removed from %s: nothing is sent there until it is installed again", event.workspace)
            case _:
                assert_never(event)

    async def _told(self, event: Event, problem: UserError) -> Reply:
        if isinstance(problem, PermissionDenied) and isinstance(event, InboundEvent):
            await self._database.run(lambda tx: _note_refusal(tx, event, self._now()))
        match event:
            case Submitted():
                return Invalid({name: notes.plain(sentence) for name, sentence in problem.errors.items()})
            case Suggest():
                return Choices(())
            case MessageReceived(private=True, command=False, words=words) if not words.startswith("/"):
                # Unmarked words may have been an answer all along: nothing that was typed is lost.
                today = self._now().astimezone(UTC).date()
                is_command = command_parse.parse(words, today, self._actions, marked=False) is not None
                return notes.problem(problem.sentence, words if is_command else "")
            case _:
                return notes.problem(problem.sentence)

    def _platform(self, address: str) -> Platform:
        return self._platforms[address.partition(":")[0]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the platform said of somebody; None when it did not answer."""

    profile: Profile | None


class _WhoIsThat(Exception):
    """The platform has to be asked who this is."""

    def __init__(self, *, is_known: bool) -> None:
        self.is_known = is_known


class _Unidentified(Exception):
    """Somebody new, of whom their platform does not say who they are: nothing of theirs is kept."""


class _Elsewhere(Exception):
    """The platform has to be asked about a channel, or who is in it, for a command or a form."""

    def __init__(self, lookup: tuple[Lookup, str] | None) -> None:
        self.lookup = lookup


async def _patiently(platform: Platform, where: str) -> Channel:
    """The channel, asked for again where the platform wants us to wait a moment: somebody is looking at the screen."""
    for _ in range(TRIES - 1):
        try:
            return await platform.check(where)
        except RateLimited as busy:
            await asyncio.sleep(min(busy.retry_after, LONGEST_WAIT))
    return await platform.check(where)


def _is_about_a_channel(event: InboundEvent) -> bool:
    """Whether it is the form that makes a channel's team."""
    return isinstance(event, Submitted) and event.name == "team"


def _is_here(event: InboundEvent) -> bool:
    """Whether it is an answer or a command: something nobody does who is away."""
    match event:
        case MessageReceived() | Submitted():
            return True
        case Pressed(press=press):
            return press in ("same", "answer")
        case _:
            return False


def _meet_installer(tx: Session, who: Who, admins: frozenset[str], now: datetime) -> None:
    """Whoever installs Instep for a company is its first admin, where the settings name nobody."""
    workspace = stored_people.workspace(tx, who.workspace)
    assert workspace is not None
    members.meet(
        tx, workspace, who=who.id, address=who.address, name=who.name, email="", zone=who.zone,
        admin=not admins or who.id in admins, now=now,
    )  # fmt: skip


def _statuses(tx: Session, event: Statuses, now: datetime) -> None:
    """What people are in a workspace now, and whether they are away."""
    here = {who: standing for who, standing in event.standings.items() if standing != "gone"}
    standings.follow(tx, {who: standing == "outsider" for who, standing in here.items()}, now)
    for account, person in stored_people.accounts_called(tx, event.standings.keys() - here.keys()):
        accounts.gone_from(tx, account, person, now)
    hints = {who: Hint(away.mark, away.until) if away is not None else None for who, away in event.of.items()}
    absences.heard(tx, hints, now)


def _note_refusal(tx: Session, event: InboundEvent, now: datetime) -> None:
    known = stored_people.account(tx, event.who.id)
    if known is not None:
        said = f"was refused: {_AUDITED_AS.get(type(event), type(event).__name__.lower())}"
        database.add(tx, Audit(company_id=known[1].company_id, at=now, actor_id=known[1].id, act="refused", said=said))


def _turned_away(event: InboundEvent, message: Message, *, keeps_form: bool = False) -> Reply:
    """The one sentence to somebody nothing is shown to or kept of; none to who did not ask for anything."""
    match event:
        case MemberJoined() | Left():
            return None
        case Submitted() if keeps_form:
            return _failed(event, message)
        case Suggest():
            return Choices(())
        case _:
            return message


def _failed(event: Event, message: Message) -> Reply:
    match event:
        case Submitted():
            more = "".join(block.plain for block in message.blocks if hasattr(block, "plain"))
            return Invalid({"": f"{message.title}. {more}"})
        case Suggest():
            return Choices(())
        case _:
            return message
