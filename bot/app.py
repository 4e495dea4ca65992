"""The only assembly: settings, database, adapters, conversation, rounds, clock, one aiohttp application."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web
from sqlmodel import Session

from bot.chat import registry
from bot.chat.platform import Platform
from bot.chat.registry import Surroundings
from bot.conversation.dispatcher import Conversation
from bot.delivery import plan
from bot.delivery.cycle import Cycle
from bot.delivery.scheduler import Scheduler, Step
from bot.delivery.timing import Done
from bot.demo.playground_world import WORKSPACE, DatabaseWorld, MovableClock
from bot.ops.health import Health
from bot.ops.metrics import Metrics
from bot.settings import Settings
from bot.tagging.language_model import LanguageModel
from bot.tagging.quality_monitor import Watch
from bot.tagging.second_opinion import SecondOpinion
from bot.tagging.tagger_pool import Taggers
from checkins.people import members
from storage import inbox
from storage import people as stored_people
from storage.adapter_store import AdapterStore
from storage.database import Database
from storage.outbox import deliveries

log = logging.getLogger(__name__)

EVENTS_KEPT = timedelta(days=3)  # no platform delivers an event again after this
DELIVERIES_KEPT = timedelta(days=90)  # what was said is in the chat, and what came of it in check-ins and digests
MINUTE, HOUR = 60.0, 3600.0
IN_FLIGHT = 7.0  # seconds for what was sent to be answered and written down when we stop


@dataclass(frozen=True, slots=True)
class Instep:
    """Everything joined. `web` serves it; `rounds` alone is enough for one tick."""

    settings: Settings
    database: Database
    platforms: dict[str, Platform]
    conversation: Conversation
    taggers: Taggers
    cycle: Cycle
    clock: Scheduler
    health: Health
    web: web.Application
    stage: DatabaseWorld | None = None


def build(settings: Settings, database: Database, *, starts_at: datetime | None = None, listens: bool = True) -> Instep:
    """The application. `starts_at` moves the clock of a platform that is rehearsed; any other platform's is the
    database's.

    Without `listens` it hears nobody and only does what is due: one of several workers.
    """
    movable = MovableClock(starts_at)
    rehearsed = any(registry.adapter(name).rehearsed for name in settings.platforms)
    now: Callable[[], datetime] = movable.now if rehearsed else database.now
    stage = DatabaseWorld(database, movable) if rehearsed else None
    around = Surroundings(AdapterStore(database), settings.port, stage)
    platforms = {name: registry.build(name, around) for name in settings.platforms}
    metrics = Metrics()
    cycle = Cycle(database, platforms, now, only_to=settings.only_to, metrics=metrics)
    health = Health(database, metrics, now)

    async def tidy() -> None:
        def forget(tx: Session) -> None:
            inbox.forget(tx, now() - EVENTS_KEPT)
            deliveries.forget(tx, now() - DELIVERIES_KEPT)

        await database.run(forget)

    def step(name: str, work: Callable[[], Awaitable[Done]], then: str = "") -> Step:
        async def timed() -> float | None:
            began, failed = time.perf_counter(), True
            try:
                done = await work()
                failed = False
            finally:
                metrics.stepped(name, time.perf_counter() - began, failed=failed)
            health.beat(name)
            if then and (done.planned or done.sent):
                clock.wake(then)
            return (done.again_at - now()).total_seconds() if done.again_at is not None else None

        return timed

    steps = {
        "plan": step("plan", lambda: cycle.plan(lambda: clock.wake("send"))),
        "send": step("send", cycle.send, then="show"),
        "show": step("show", cycle.show),
    }
    watch = Watch(database, metrics, now)
    clock = Scheduler(steps, [(tidy, HOUR), (watch.keep_up, MINUTE), (lambda: conversation.resume(), MINUTE)])
    taggers = Taggers(database, now)
    second = None
    if settings.llm_url:
        model = LanguageModel(settings.llm_url, settings.llm_model, settings.llm_key)
        second = SecondOpinion(database, model, settings.llm_calls, now)
    conversation = Conversation(
        database,
        platforms,
        taggers,
        admins=settings.admins,
        now=now,
        wake=clock.wake,
        warnings=watch.warnings,
        second=second,
        channels=cycle.channels,
    )
    application = web.Application()
    health.mount(application, steps)
    if listens:
        for platform in platforms.values():
            platform.mount(application, conversation.hear, conversation.kept.keep)
    if stage is not None:
        stage.cycle, stage.beat = cycle, clock.beat
        application.on_startup.append(lambda _: database.run(lambda tx: _somebody(tx, now(), settings)))

    application.on_startup.append(lambda _: database.run(lambda tx: _appoint(tx, settings.admins, now())))

    async def beating(_: web.Application) -> AsyncIterator[None]:
        await database.run(lambda tx: plan.keep_to_the_clocks(tx, now()))
        await conversation.resume()
        clock.start()
        taggers.start()
        if second is not None:
            second.start()
        yield
        if second is not None:
            await second.stop()
        await taggers.stop()
        await clock.stop()

    async def closing(_: web.Application) -> None:
        for platform in platforms.values():
            await platform.close()

    application.cleanup_ctx.append(beating)
    application.on_cleanup.append(closing)  # after everything that may still want to say something
    application.on_shutdown.append(lambda _: cycle.stop(IN_FLIGHT))
    return Instep(settings, database, platforms, conversation, taggers, cycle, clock, health, application, stage)


def _appoint(tx: Session, admins: frozenset[str], now: datetime) -> None:
    members.appoint(tx, admins, now)
    tx.flush()
    for company in stored_people.without_admin(tx):
        log.warning("nobody is an admin of %s yet: `instep admin grant ADDRESS` makes the first", company.name)


def _somebody(tx: Session, now: datetime, settings: Settings) -> None:
    """A playground with nobody in it gets one person to begin with: Sam, an admin, for you to be."""
    workspace = stored_people.workspace(tx, WORKSPACE)
    if workspace is not None and not stored_people.all_accounts(tx, WORKSPACE):
        members.meet(
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
