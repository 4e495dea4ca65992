"""What an operator asks: does it live, is it ready, and what are its numbers."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot import app
from bot.chat.platform import OutcomeUnknown, RateLimited
from bot.delivery.cycle import Cycle
from bot.ops.health import Health
from bot.ops.metrics import Metrics
from bot.settings import Settings
from storage.database import Database
from tests.support.world import World, local


async def test_it_is_ready_once_every_step_was_done(database: Database) -> None:
    instep = app.build(Settings(), database)
    async with TestClient(TestServer(instep.web)) as client:
        assert (await client.get("/healthz")).status == 200
        await instep.clock.beat()
        ready = await client.get("/readyz")
        assert (ready.status, await ready.text()) == (200, "ready\n")


async def test_a_process_that_only_works_hears_nobody(database: Database) -> None:
    instep = app.build(Settings(), database, listens=False)
    async with TestClient(TestServer(instep.web)) as client:
        assert (await client.get("/")).status == 404
        await instep.clock.beat()
        assert (await client.get("/readyz")).status == 200


async def test_a_step_that_is_not_done_makes_it_not_ready_and_says_which(database: Database) -> None:
    health = Health(database, Metrics(), database.now)
    application = web.Application()
    health.mount(application, ("plan", "send"))
    async with TestClient(TestServer(application)) as client:
        health.beat("plan")
        late = await client.get("/readyz")
        assert (late.status, await late.text()) == (503, "Not done for a minute: send.\n")
        health.beat("send")
        assert (await client.get("/readyz")).status == 200


async def test_the_numbers_say_what_was_sent_and_what_waits(world: World, database: Database) -> None:
    world.team("Platform", ["ana", "ben", "cem"])
    world.introduced("ana", "ben", "cem")
    world.chat.fail = [("after", OutcomeUnknown()), ("before", RateLimited(60))]
    metrics = Metrics()
    rounds = Cycle(database, {"playground": world.chat}, lambda: world.at, metrics=metrics)
    application = web.Application()
    Health(database, metrics, lambda: world.at).mount(application, ())
    async with TestClient(TestServer(application)) as client:
        world.at = local(3, 15, 30)
        await rounds.tick()
        said = await (await client.get("/metrics")).text()
        for outcome in ("uncertain", "due"):
            assert f'instep_send_seconds_count{{outcome="{outcome}",platform="playground"}} 1.0' in said
        assert "instep_due 2.0" in said
        world.at += timedelta(seconds=150)
        assert "instep_oldest_due_seconds 150.0" in await (await client.get("/metrics")).text()
        await rounds.tick()
        said = await (await client.get("/metrics")).text()
    assert 'instep_send_seconds_count{outcome="sent",platform="playground"} 2.0' in said
    assert 'instep_uncertain_resolved_total{outcome="sent",platform="playground"} 1.0' in said
    assert "instep_due 0.0" in said
