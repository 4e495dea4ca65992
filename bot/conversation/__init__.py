"""Event to reply: one match, one transaction, one error handler."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import assert_never

from sqlmodel import Session

from bot import commands, grammar, kept_events, trace
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
    Pressed,
    Replace,
    Reply,
    Said,
    Submitted,
    Suggest,
    Uninstalled,
    Who,
)
from bot.messages import Message
from bot.platform import Platform, PlatformError, Profile, Unreachable
from bot.sending import rates as pacing_of
from bot.taggers import Taggers
from bot.views import notes
from checkins import accounts, schedule
from checkins import people as rules
from checkins.problems import Problem, Refused
from storage import accounts as reached
from storage import deliveries
from storage import goals as audits
from storage import people as stored
from storage.database import Database, Unusable
from storage.tables import Audit

log = logging.getLogger(__name__)

ABANDONED = timedelta(minutes=1)  # no platform waits longer for what follows an acknowledgement


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
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._taggers = taggers
        self._admins = admins
        self._now = now
        self._wake = wake
        self._rates = pacing_of(platforms.values())
        self._to_keep: list[tuple[str, str, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None
        self._nameless: set[str] = set()  # whose e-mail address their platform does not tell
        self._kept: set[str] = set()  # events that were acknowledged and are being heard just now

    async def hear(self, event: Event) -> Reply:
        """The reply to an event. The same event twice has one effect; a failure is told in a sentence."""
        reply = await self._heard(event)
        if isinstance(event, Heard) and event.key in self._kept:
            self._kept.discard(event.key)
            await self._database.run(lambda tx: deliveries.finish_event(tx, event.key))
        return reply

    async def keep(self, event: Heard) -> None:
        """Commits an event that is being heard, so that it has its effect even when this process ends before."""
        body = kept_events.write(event)
        if not body:
            return
        self._kept.add(event.key)
        kept = asyncio.get_running_loop().create_future()
        self._to_keep.append((event.key, body, kept))
        if len(self._to_keep) == 1:
            self._keeping = asyncio.create_task(self._keep_together())
        await kept

    async def _keep_together(self) -> None:
        """One commit for all that came while the last one was written: when many come at once, few are waited for."""
        while self._to_keep:
            batch = tuple(self._to_keep)

            def work(tx: Session, batch: Sequence[tuple[str, str, asyncio.Future[None]]] = batch) -> None:
                for key, body, _ in batch:
                    deliveries.keep_event(tx, key, body, self._now())

            try:
                await self._database.run(work, urgent=True)
                error = None
            except Exception as failed:  # noqa: BLE001  each of those who wait is told
                error = failed
            del self._to_keep[: len(batch)]
            for _, _, kept in batch:
                if not kept.done():
                    kept.set_exception(error) if error else kept.set_result(None)

    async def resume(self) -> None:
        """Hears what another process kept and did not finish, and sends each person the reply they wait for."""
        since = self._now() - ABANDONED
        for body in await self._database.run(lambda tx: deliveries.unfinished_events(tx, since)):
            event = kept_events.read(body)
            if event.key in self._kept:
                continue  # ours, and still at it
            self._kept.add(event.key)
            reply = await self.hear(event)
            message = reply.message if isinstance(reply, Replace) else reply
            if isinstance(reply, Invalid):
                message = notes.problem(" ".join(reply.errors.values()))
            if isinstance(message, Message):
                await self._show(event, message)

    async def _show(self, event: Heard, message: Message) -> None:
        try:
            await self._platform(event.who.address).send(event.who.address, message, key=f"reply|{event.key}")
        except PlatformError as error:
            log.warning("the reply to a kept event was not shown: %s", error)

    async def _heard(self, event: Event) -> Reply:
        try:
            if isinstance(event, Installed | Uninstalled):
                await self._database.run(lambda tx: self._installation(tx, event))
                return None
            profile, understood = await self._understand(event)
            found = await self._find(event, understood)
            reply, company = await self._database.run(
                lambda tx: self._turn(tx, event, profile, understood, found)
            )
            self._wake()
            if company is not None:
                self._taggers.told(company)
            return reply
        except Problem as problem:
            return await self._told(event, problem)
        except Unusable as error:
            log.error("%s", error)
            if isinstance(event, Heard):
                self._kept.discard(event.key)  # where it was kept it is heard again once the database is back
            return _failed(event, notes.unusable(str(error)))
        except Exception as error:  # noqa: BLE001  the one handler: the person gets a sentence, the log the trace
            reference = secrets.token_hex(3)
            log.error("reference %s: %s failed: %s", reference, type(event).__name__, trace.of(error))
            return _failed(event, notes.broke(reference))

    async def _understand(
        self, event: Heard
    ) -> tuple[Profile | None, grammar.Understood | grammar.Misread | None]:
        """Who it is, where they are new, and what typed words mean on their calendar."""
        zone, is_known = await self._database.run(lambda tx: _zone(tx, event.who.id))
        profile = None
        if not is_known and event.who.id not in self._nameless:
            try:
                profile = await self._platform(event.who.id).profile(event.who.id)
                zone = zone or profile.zone
                if not profile.email:
                    self._nameless.add(event.who.id)
            except PlatformError:  # what the event says of them is enough to begin with
                zone = zone or event.who.zone
        if not isinstance(event, Said):
            return profile, None
        today = schedule.local_day(self._now(), rules.known_zone(zone or ""))
        return profile, grammar.parse(event.words, today, marked=event.command or not event.private)

    async def _find(self, event: Heard, understood: grammar.Understood | grammar.Misread | None) -> Found:
        """What a command needs to know from the platform, asked before the transaction begins."""
        command = understood.command if isinstance(understood, grammar.Understood) else None
        platform = self._platform(event.where)
        try:
            if isinstance(event, Submitted) and event.name == "team":
                name = await platform.check(event.subject)
                return Found(tuple(await platform.people(event.subject)), event.subject, name)
            match command:
                case commands.TeamAdd(people=names) if [name.lower() for name in names] == ["here"]:
                    return Found(here=tuple(await platform.people(event.where)))
                case commands.TeamDigest(channel=channel):
                    here = channel.lower() == "here"
                    if here and event.private:
                        return Found(refused="Say that in the channel, or name it: team digest #channel.")
                    where = event.where if here else platform.address(channel, event.who.workspace)
                    return Found(channel=where, channel_name=await platform.check(where))
                case _:
                    return Found()
        except Unreachable as error:
            return Found(refused=str(error))
        except PlatformError:
            return Found(refused="I could not find that out just now. Please try again in a minute.")

    def _turn(
        self,
        tx: Session,
        event: Heard,
        profile: Profile | None,
        understood: grammar.Understood | grammar.Misread | None,
        found: Found,
    ) -> tuple[Reply, int | None]:
        """The reply, and the company in which something may have changed."""
        now = self._now()
        changes = not isinstance(event, Suggest | Looked | Opened)
        if changes and not deliveries.once(tx, event.key, now):
            return None, None
        workspace = stored.workspace(tx, event.who.workspace)
        if workspace is None or workspace.removed_at is not None:
            return notes.not_installed(), None
        known = stored.account(tx, event.who.id)
        if known is None:
            rules.meet(
                tx,
                workspace,
                who=event.who.id,
                address=event.who.address,
                name=profile.name if profile else event.who.name,
                email=profile.email if profile else "",
                zone=event.who.zone or (profile.zone if profile else ""),
                admin=event.who.id in self._admins,
                now=now,
            )
            known = stored.account(tx, event.who.id)
        assert known is not None
        account, person = known
        if person.left_at is not None and not isinstance(event, Left):
            person.left_at = None
            rules.reschedule(tx, [person.id], now)
        rules.refresh(tx, account, person, event.who.address, event.who.zone, now)
        if profile is not None and profile.email and not person.email:
            person = accounts.recognise(tx, person, profile.email, now)
        turn = Turn(
            tx, now, event, workspace, account, person, self._taggers, found, self._rates, self._admins
        )
        return self._replied(turn, event, understood), account.company_id if changes else None

    def _replied(
        self, turn: Turn, event: Heard, understood: grammar.Understood | grammar.Misread | None
    ) -> Reply:
        match event:
            case Said():
                return routes.said(turn, event, understood)
            case Edited():
                return checkins.edited(turn, event.words) if event.private else None
            case Opened():
                return routes.opened(turn, event.name, event.subject)
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
        workspace = stored.workspace(tx, event.workspace)
        match event:
            case Installed():
                if workspace is None:
                    rules.found(tx, event.name, event.workspace, event.name, self._now())
                    if event.who is not None:
                        _first_admin(tx, event.who, self._now())
                elif workspace.removed_at is not None:
                    workspace.removed_at = None
                    reached.prefer_in(tx, workspace.id)
            case Uninstalled():
                if workspace is not None:
                    workspace.removed_at = self._now()
                    reached.prefer_in(tx, workspace.id)
            case _:
                assert_never(event)

    async def _told(self, event: Event, problem: Problem) -> Reply:
        if isinstance(problem, Refused) and isinstance(event, Heard):
            await self._database.run(lambda tx: _note_refusal(tx, event, self._now()))
        match event:
            case Submitted():
                return Invalid({problem.field: problem.sentence})
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


def _zone(tx: Session, who: str) -> tuple[str, bool]:
    """Their zone, and whether the platform has nothing to add: who has no e-mail address yet may be somebody who is
    known from another workspace of the company."""
    known = stored.account(tx, who)
    if known is None:
        return "", False
    person = known[1]
    return person.zone, bool(person.email) or len(stored.workspaces(tx, person.company_id)) < 2


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
