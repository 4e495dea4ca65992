"""A digest over very many lines."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from datetime import UTC, datetime, timedelta

from bot.cli.serve import settle
from bot.delivery.cycle import Cycle
from checkins.digest import build as digest_build
from checkins.schedule import calendar
from scripts.bench.planning import bystander
from scripts.bench.stage import NOW, TUESDAY, Databases, Figure, analyse, people, run
from scripts.bench.throughput import Nobody
from storage import digest_queries
from storage.database import Database
from storage.tables import Team

TEAMS = 250
MONDAY = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)


def digests(databases: Databases) -> list[Figure]:
    lines = int(os.environ.get("LINES", "10000000"))
    figures = []
    for kind, url in databases():
        database = Database(url)
        answered(database, lines)
        settle()
        for name, members in (("a team of 500", 1), ("a company of 10,000 as one team", 2)):
            took, once, number = weekly(database, members)
            figures.append(
                Figure(
                    f"all queries of a weekly digest, {name}, {lines:,} lines in the table, {kind}",
                    f"{number / took / 1000:,.0f} lines of the week a millisecond",
                    f"{took * 1000:.0f} ms for {number:,} lines of the week, {once * 1000:.0f} of them to count shares, once",
                    "< 100 ms" if members == 1 else "< 300 ms",
                )
            )
        database.close()
    return figures


def rounds_of_digests(databases: Databases) -> list[Figure]:
    """Everybody's Monday at ten: the digests of 250 teams of 40, and what goes into their threads."""
    figures = []
    for kind, url in databases():
        database = Database(url)
        answered(database, 200_000)
        teams(database)
        settle()
        took, portions, waits, sent = asyncio.run(_posted(database))
        database.close()
        figures.append(
            Figure(
                f"digests of {TEAMS} teams of 40 due at once, {kind}",
                f"{TEAMS / took[0]:,.0f} planned a second, {sent / took[1]:,.0f} messages a second sent to nobody",
                f"{took[0]:.2f} s in {len(portions)} transactions, longest {max(portions) * 1000:.0f} ms; a bystander's "
                f"longest wait {max(waits, default=0) * 1000:.0f} ms; {sent:,} messages put into words and settled in "
                f"{took[1]:.2f} s",
                "",
            )
        )
    return figures


def teams(database: Database) -> None:
    """10,000 people in teams of 40, whose digests of the week are due on Monday."""
    with database.transaction() as tx:
        tx.add_all(
            Team(
                company_id=1, name=f"Team {number}", zone="UTC", on_at=NOW, created_at=NOW, digest_to=f"wire:w1:C{number}",
                digest_workspace_id=1, digest_week=TUESDAY - timedelta(days=1), digest_due=MONDAY,
            )
            for number in range(TEAMS)
        )  # fmt: skip
    moment = "'2026-01-01 00:00:00.000000'" if database.is_sqlite else "'2026-01-01T00:00:00Z'::timestamptz"
    with database.transaction() as tx:
        run(
            tx,
            f"INSERT INTO membership (team_id, person_id, since) SELECT 3 + (id - 1) / 40, id, {moment} FROM person",
        )
    analyse(database)


async def _posted(
    database: Database,
) -> tuple[tuple[float, float], list[float], list[float], int]:
    """Seconds of planning and of sending, each transaction's of planning, a bystander's waits, and messages sent."""
    waits: list[float] = []
    portions: list[float] = []
    answering = asyncio.create_task(bystander(database, waits))
    rounds = Cycle(database, {"wire": Nobody()}, lambda: MONDAY)
    began = since = time.perf_counter()

    def portion_done() -> None:
        nonlocal since
        portions.append(time.perf_counter() - since)
        since = time.perf_counter()

    await rounds.plan(portion_done)
    planned = time.perf_counter()
    done = await rounds.send()
    answering.cancel()
    return (planned - began, time.perf_counter() - planned), portions, waits, done.sent


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


def weekly(database: Database, team_id: int) -> tuple[float, float, int]:
    """Seconds of all its queries, those among them that only the one who counts its shares asks, and lines of the
    week."""
    week = calendar.week_of(TUESDAY, 31)
    shown, counted = [], []
    number = 0
    for _ in range(7):
        with database.transaction() as tx:
            team = tx.get(Team, team_id)
            assert team is not None
            began = time.perf_counter()
            facts = digest_build.gather(tx, team, week)
            shown.append(time.perf_counter() - began)
            number = facts.written.lines
            began = time.perf_counter()
            population = digest_build.population_of(tx, team, week)
            assert digest_queries.has_checkins(tx, population)
            digest_queries.efforts(tx, population)
            digest_queries.apart(tx, population)
            counted.append(time.perf_counter() - began)
    only_once = statistics.median(counted)
    return statistics.median(shown) + only_once, only_once, number
