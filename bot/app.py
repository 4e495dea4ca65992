"""The only assembly: settings, database, adapters, conversation, rounds, clock, one aiohttp application."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aiohttp import web
from sqlmodel import Session

from adapters import playground
from bot.clock import Clock
from bot.conversation import Conversation
from bot.platform import Platform
from bot.rounds import Rounds
from bot.settings import Settings, Wrong
from bot.stage import WORKSPACE, MovableClock, Stage
from bot.taggers import Taggers
from checkins import people as rules
from storage import deliveries, people
from storage.database import Database
from storage.kept import Texts

log = logging.getLogger(__name__)

EVENTS_KEPT = timedelta(days=3)  # no platform delivers an event again after this


@dataclass(frozen=True, slots=True)
class Instep:
    """Everything joined. `web` serves it; `rounds` alone is enough for one tick."""

    settings: Settings
    database: Database
    platforms: dict[str, Platform]
    conversation: Conversation
    rounds: Rounds
    clock: Clock
    web: web.Application
    stage: Stage | None = None


def build(settings: Settings, database: Database, *, starts_at: datetime | None = None) -> Instep:
    """The application. `starts_at` moves the playground's clock; it is refused for any other platform."""
    movable = MovableClock(starts_at)
    now: Callable[[], datetime] = movable.now if "playground" in settings.platforms else _now
    platforms: dict[str, Platform] = {}
    stage = None
    if "playground" in settings.platforms:
        stage = Stage(database, movable)
        platforms["playground"] = playground.build(playground.Settings(port=settings.port), stage)
    if "teams" in settings.platforms:
        platforms["teams"] = _teams(settings, database)
    rounds = Rounds(database, platforms, now, only_to=settings.only_to)

    async def housekeeping() -> None:
        await database.run(lambda tx: deliveries.forget_events(tx, now() - EVENTS_KEPT))

    async def tick() -> float | None:
        done = await rounds.tick()
        return (done.again_at - now()).total_seconds() if done.again_at is not None else None

    clock = Clock(tick, housekeeping)
    conversation = Conversation(
        database, platforms, Taggers(), admins=settings.admins, now=now, wake=clock.wake
    )
    application = web.Application()
    for platform in platforms.values():
        platform.mount(application, conversation.hear, conversation.keep)
    if stage is not None:
        stage.rounds, stage.beat = rounds, clock.beat
        application.on_startup.append(lambda _: database.run(lambda tx: _somebody(tx, now(), settings)))

    application.on_startup.append(
        lambda _: database.run(lambda tx: rules.appoint(tx, settings.admins, now()))
    )

    async def beating(_: web.Application) -> AsyncIterator[None]:
        clock.start()
        yield
        await clock.stop()

    application.cleanup_ctx.append(beating)

    async def closing(_: web.Application) -> None:
        for platform in platforms.values():
            await platform.close()

    application.on_cleanup.append(closing)
    return Instep(settings, database, platforms, conversation, rounds, clock, application, stage)


def _teams(settings: Settings, database: Database) -> Platform:
    from adapters import teams  # and with it Microsoft's library, only where it is used

    try:
        return teams.build(teams.Settings(**settings.teams), Texts(database))
    except ValueError as error:
        raise Wrong(str(error)) from None


def _now() -> datetime:
    return datetime.now(UTC)


def _somebody(tx: Session, now: datetime, settings: Settings) -> None:
    """A playground with nobody in it gets one person to begin with: Sam, an admin, for you to be."""
    workspace = people.workspace(tx, WORKSPACE)
    if workspace is not None and not people.all_accounts(tx, WORKSPACE):
        rules.meet(
            tx,
            workspace,
            who="playground:you",
            address="playground:you",
            name="Sam",
            email="",
            zone="",
            admin=True,
            now=now,
        )
