"""Commands that run the bot: serve, worker, demo, tick."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot import settings as bot_settings
from bot.chat import registry
from bot.cli.console import FORBIDDEN, bar, opened, stop
from bot.settings import Settings
from checkins.errors import UserError
from storage.database import DatabaseUnavailable

if TYPE_CHECKING:
    from bot import app
    from bot.delivery.timing import Done

GRACE = 2.0  # seconds for open connections to end when we stop


def serve() -> None:
    """Serve: listen to the platforms and do what is due, until stopped."""
    from bot import app

    settings = bot_settings.load()
    _log()
    with opened(settings) as database:
        instep = app.build(settings, database)
        asyncio.run(_serve(instep, [f"Instep listens at {_address(settings)}"]))


def worker() -> None:
    """Only do what is due, beside a `serve` that listens: as many as you like, on PostgreSQL."""
    from bot import app

    settings = bot_settings.load()
    _log()
    with opened(settings) as database:
        instep = app.build(settings, database, listens=False)
        asyncio.run(_serve(instep, [f"Instep works; ask {_address(settings)}/readyz how it is"]))


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _address(settings: Settings) -> str:
    return f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"


def demo(
    port: Annotated[int | None, typer.Option(help="Where the page is served; INSTEP_PORT when left out.")] = None,
) -> None:
    """The playground with a made-up company that has three weeks behind it. Nothing leaves this machine."""
    from bot import app
    from bot.demo import story

    with TemporaryDirectory(prefix="instep-demo-") as folder:
        settings = bot_settings.load(
            database_url=f"sqlite:///{Path(folder) / 'demo.db'}",
            platforms="playground",
            host="127.0.0.1",
            admins="",
            only_to="",
            **({} if port is None else {"port": port}),
        )
        _require_port(settings)
        with opened(settings) as database:
            instep = app.build(settings, database, starts_at=story.starts_at(datetime.now(UTC).date()))

            async def play_and_serve() -> None:  # in one loop: what sends waits for things of the loop it began in
                assert instep.stage is not None
                with bar("Playing three weeks of a made-up company") as advance:
                    instep.stage.cast = await story.play(
                        instep.stage, instep.conversation, instep.taggers, database, advance
                    )
                told = [f"Open http://127.0.0.1:{settings.port}", "Ctrl+C ends it; nothing is kept."]
                await _serve(instep, told)

            asyncio.run(play_and_serve())


def tick(
    at: Annotated[str | None, typer.Option(help="The instant, ISO 8601 with its offset.")] = None,
    yes_i_mean_it: Annotated[bool, typer.Option(help="Another instant than now, on a real database.")] = False,
) -> None:
    """Do what is due, once, through the configured platforms, and exit."""
    from bot import app

    settings = bot_settings.load()
    moment = _instant(at) if at else None
    if (
        moment is not None
        and not yes_i_mean_it
        and not all(registry.adapter(name).rehearsed for name in settings.platforms)
    ):
        stop(
            "Another instant than now sends real messages. Add --yes-i-mean-it if that is what you want.",
            FORBIDDEN,
        )
    with opened(settings) as database:
        instep = app.build(settings, database, starts_at=moment)
        done = asyncio.run(_tick(instep))
        typer.echo(f"{done.planned} planned, {done.sent} sent, {done.edited} edited, {done.failed} failed")


def _instant(words: str) -> datetime:
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise UserError(f"“{words}” is not an instant. Write it like 2026-03-02T10:00+01:00.") from None
    if moment.tzinfo is None:
        raise UserError(f"“{words}” has no offset. Write it like 2026-03-02T10:00+01:00.")
    return moment


def _require_port(settings: Settings) -> None:
    """Says so before anything is set up when somebody else is on the port."""
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            stop(_taken(settings), FORBIDDEN)


async def _tick(instep: app.Instep) -> Done:
    try:
        return await instep.cycle.tick()
    finally:
        for platform in instep.platforms.values():
            await platform.close()


def _taken(settings: Settings) -> str:
    return (
        f"Port {settings.port} of {settings.host} is taken or not ours to use. "
        "Stop what is there, or choose another port with INSTEP_PORT."
    )


def settle() -> None:
    """What a process that stays needs: what is here by now is not looked through for garbage again and again, which
    took a quarter of a round; and whoever waits for an acknowledgement waits for the database's thread ten times
    less."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)


async def _serve(instep: app.Instep, words: list[str]) -> None:
    """Until a signal ends it; what is in the air is finished first."""
    from aiohttp import web

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl+C interrupts the loop instead
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    settle()
    runner = web.AppRunner(instep.web, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, instep.settings.host, instep.settings.port)
        try:
            await site.start()
        except OSError:
            raise DatabaseUnavailable(_taken(instep.settings)) from None
        for line in words:
            typer.echo(line)
        await stopped.wait()
    finally:
        await runner.cleanup()
