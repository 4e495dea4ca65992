"""How fast Slack's clicks are acknowledged under load: signed HTTP against the real application with a filled database.

    .venv/bin/python -m scripts.bench_slack [--rate 200] [--seconds 30]

The application runs in a process of its own, this one is Slack: it sends submitted check-ins at a steady rate, whatever
comes back, and counts in the end what the database holds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from sqlalchemy import func
from sqlmodel import Session, select

from adapters.slack import render
from bot import app, settings
from bot.cli.serve import settle
from bot.views import checkins
from checkins.goals import rules as goal_rules
from checkins.people import members, teams
from storage import people as stored_people
from storage.database import Database
from storage.tables import CheckIn, Line, Person
from tests.support.fake_slack import FakeSlack, Json, SlackUser
from tests.support.fake_slack.slack_actions import signed
from tests.support.fake_slack.slack_world import Post, View

WEEKS, GOALS, TEAM = 8, 300, 12
PEOPLE = 1_500  # each of them sends as many check-ins as it takes, of as many days
PATIENCE = 1_200  # seconds for all of it to be done
LINES = (
    "Pricing page: annual toggle works on phones 3h",
    "Helped ACME with their import",
    "Incident: mail queue stuck 1h",
)
BEST, WORST = 0.5, 3.0  # seconds: what is aimed for at p99, and Slack's own deadline


def fill(database: Database, number: int, now: datetime) -> None:
    """A company of so many people in teams, with goals and weeks of answers behind it."""
    with database.transaction() as tx:
        company = members.create_company(tx, "Acme", "slack:T1", "Acme", now)
        ours = stored_people.workspace(tx, "slack:T1")
        assert ours is not None
        everybody = [
            members.meet(
                tx, ours, who=f"slack:T1:U{n:05d}", address=f"slack:T1:U{n:05d}", name=f"Person {n}", email="",
                zone="Europe/Berlin", admin=n == 0, now=now,
            )
            for n in range(number)
        ]  # fmt: skip
        for first in range(0, number, TEAM):
            team = teams.create(tx, company.id, f"Team {first // TEAM}", "Europe/Berlin", now)
            for person in everybody[first : first + TEAM]:
                members.join(tx, team, person, now)
        for n in range(GOALS):
            goal_rules.add(tx, everybody[0], goal_rules.GoalInput(f"Goal {n} about subject {n * 7919 % 1000}"), now)
        goal_rules.add(tx, everybody[0], goal_rules.GoalInput("Pricing page"), now)
    for week in range(WEEKS):
        with database.transaction() as tx:
            _a_week(tx, now - timedelta(weeks=week + 1))


def _a_week(tx: Session, at: datetime) -> None:
    for person in tx.exec(select(Person)).all():
        checkin = CheckIn(
            company_id=person.company_id, person_id=person.id, day=at.date(), zone=person.zone, state="answered",
            answered_at=at, words=LINES[0],
        )  # fmt: skip
        tx.add(checkin)
        tx.flush()
        for position, words in enumerate(LINES):
            line = Line(
                company_id=person.company_id, person_id=person.id, checkin_id=checkin.id, position=position,
                day=at.date(), text=words, written_at=at,
            )  # fmt: skip
            tx.add(line)


def serve(url: str, environment: Mapping[str, str], ready: multiprocessing.Queue[int]) -> None:
    """The application, in a process of its own."""
    os.environ.update(environment)

    async def run() -> None:
        database = Database(url)
        instep = app.build(settings.load(), database)
        settle()
        runner = web.AppRunner(instep.web, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


def submission(user: str, number: int, message: str, day: str) -> Json:
    """A check-in, sent."""
    view = render.modal(checkins.form(datetime.fromisoformat(day).date()), private_metadata="")
    metadata = {"name": "checkin", "subject": day, "channel": f"D{user}", "message": message}
    values = {"words/": {"text": {"type": "plain_text_input", "value": "\n".join(LINES)}}}
    return {
        "type": "view_submission", "team": {"id": "T1"}, "trigger_id": f"t{number}",
        "user": {"id": user, "name": user.lower(), "team_id": "T1"},
        "view": {
            **view, "id": f"V{number}", "team_id": "T1", "hash": "1", "state": {"values": values},
            "private_metadata": json.dumps(metadata),
        },
    }  # fmt: skip


async def load(fake: FakeSlack, url: str, rate: int, seconds: int, now: datetime) -> tuple[list[float], Counter[str]]:
    """Acknowledgement times in seconds from the moment each was due, and how each ended."""
    times: list[float] = []
    ends: Counter[str] = Counter()
    requests = []
    for n in range(rate * seconds):
        user = f"U{n % PEOPLE:05d}"
        post = Post(fake.team.dm(user), fake.team.ts(), fake.team.bot_user, "What did you work on?")
        fake.team.put(post)
        fake.team.modals.setdefault(user, []).append(View(f"V{n}", "T1", user, {}, "1"))
        day = (now.date() - timedelta(days=n // PEOPLE)).isoformat()
        body = urlencode({"payload": json.dumps(submission(user, n, f"{post.channel}/{post.ts}", day))}).encode()
        requests.append(body)

    async def one(session: ClientSession, due: float, body: bytes) -> None:
        headers = signed(fake.signing_secret, body, "application/x-www-form-urlencoded")
        try:
            async with session.post(url, data=body, headers=headers) as answer:
                said = await answer.text()
                ends[f"{answer.status} {'errors' if 'errors' in said else 'ok'}"] += 1
        except (OSError, TimeoutError) as error:
            ends[type(error).__name__] += 1
        times.append(time.monotonic() - due)

    async with ClientSession(timeout=ClientTimeout(total=30), connector=TCPConnector(limit=0)) as session:
        began = time.monotonic() + 0.5
        running = []
        for n, body in enumerate(requests):
            due = began + n / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            running.append(asyncio.create_task(one(session, due, body)))
        await asyncio.gather(*running)
    return times, ends


def table(times: list[float], ends: Counter[str], rate: int, seconds: int) -> dict[str, float]:
    """Prints how long acknowledgements took, and returns it: seconds by share."""
    late = [(n, round(t, 2)) for n, t in enumerate(times) if t > BEST]
    sys.stdout.write(f"over {BEST:g} s: {len(late)}, the first and last of them {late[:1]} {late[-1:]}\n")
    times.sort()
    at = {
        name: times[min(len(times) - 1, int(len(times) * share))]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    sys.stdout.write(f"sent {len(times)} at {rate}/s for {seconds} s; answered {dict(ends)}\n")
    sys.stdout.write("  ".join(f"{name} {value * 1000:.0f} ms" for name, value in at.items()))
    sys.stdout.write(f"  max {times[-1] * 1000:.0f} ms\n")
    return at | {"max": times[-1]}


@dataclass(frozen=True)
class Measured:
    """What came of it: seconds of acknowledgements by share, and how many answers were sent and are kept."""

    at: dict[str, float]
    sent: int
    kept: int

    @property
    def holds(self) -> bool:
        return self.at["p99"] < BEST and self.at["max"] < WORST and self.kept == self.sent


async def measure(rate: int, seconds: int) -> Measured:
    """Fills, serves, loads, counts, and prints the table."""
    number, now = rate * seconds, datetime.now(UTC)
    fake = FakeSlack()
    everybody = min(number, PEOPLE)
    fake.team.add(*(SlackUser(f"U{n:05d}", f"Person {n}") for n in range(everybody)))
    await fake.start()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        database = Database(url)
        database.upgrade()
        began = time.monotonic()
        fill(database, everybody, now)
        database.close()
        sys.stdout.write(f"filled with {everybody} people in {time.monotonic() - began:.0f} s\n")
        environment = {
            "INSTEP_PLATFORMS": "slack", "SLACK_BOT_TOKEN": fake.team.token, "SLACK_SIGNING_SECRET": fake.signing_secret,
            "SLACK_API_URL": fake.url, "INSTEP_DATABASE_URL": url,
        }  # fmt: skip
        context = multiprocessing.get_context("spawn")
        ready: multiprocessing.Queue[int] = context.Queue()
        server = context.Process(target=serve, args=(url, environment, ready), daemon=True)
        server.start()
        try:
            port = await asyncio.to_thread(ready.get, True, 60)
            times, ends = await load(fake, f"http://127.0.0.1:{port}/slack/events", rate, seconds, now)
            at = table(times, ends, rate, seconds)
            shown = await _all_shown(fake, number)
        finally:
            server.terminate()
            server.join()
        database = Database(url, read_only=True)
        with database.transaction() as tx:
            kept = tx.exec(select(func.count()).select_from(CheckIn).where(CheckIn.words == "\n".join(LINES))).one()
        database.close()
    await fake.stop()
    sys.stdout.write(f"answers kept {kept} of {number}; messages changed {shown}\n")
    return Measured(at, number, kept)


async def _all_shown(fake: FakeSlack, number: int) -> int:
    """How many questions have become what was saved, once no more follow."""
    shown, began = 0, time.monotonic()
    while shown < number and time.monotonic() - began < PATIENCE:
        await asyncio.sleep(5)
        shown = sum(post.text.startswith("Saved") for post in fake.team.posts)
    sys.stdout.write(f"all of it was done {time.monotonic() - began:.0f} s after the last click\n")
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    sys.exit(0 if asyncio.run(measure(given.rate, given.seconds)).holds else 1)
