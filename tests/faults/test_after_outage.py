"""Back after an outage: what is over is not said, nobody is written to at night, and one message a day is enough."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from sqlmodel import col, select

from bot import app
from bot.chat.events import Address
from bot.chat.messages import Message
from bot.chat.platform import Sent
from bot.settings import Settings
from storage.database import Database
from storage.outbox import edits
from storage.tables import CheckIn, Delivery
from tests.support.world import FakeChat, World, local

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("ana", "ben", "cem", "dora", "emil")


@dataclass
class Watched(FakeChat):
    """A chat that notes when what was said, by the clock of those who read it."""

    now: Callable[[], datetime] = field(default=lambda: local(2, 8))
    said: list[tuple[datetime, str, str]] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)

    async def send(self, to: Address, message: Message, *, key: str, under: str | None = None) -> Sent:
        self.said.append((self.now().astimezone(BERLIN), to, key))
        return await super().send(to, message, key=key, under=under)

    async def edit(self, sent: Sent, message: Message) -> None:
        await super().edit(sent, message)
        self.edited += [entry.key for entry in self.entries if entry.id == sent.id]


# A process dies at each of these moments, after it planned what was due and before it sent any of it.
DIES = {
    "question": local(3, 15, 30),
    "reminder": local(4, 9, 30),
    "digest": local(9, 10),
    "welcome": local(4, 10),
    "edit": local(3, 16),
}
BACK: dict[str, Callable[[datetime], datetime]] = {
    "an hour": lambda died: died + timedelta(hours=1),
    "a night": lambda died: datetime.combine((died + timedelta(days=1)).astimezone(BERLIN), time(2, 0), BERLIN),
    "a weekend": lambda died: datetime.combine(  # until Sunday afternoon
        died.astimezone(BERLIN) + timedelta(days=6 - died.astimezone(BERLIN).weekday()), time(14, 0), BERLIN
    ),
    "three days": lambda died: died + timedelta(days=3, minutes=2),
    "eight months": lambda died: datetime(2026, 11, 10, 15, 40, tzinfo=BERLIN),  # a Tuesday, at the usual time
}
# What becomes of it, worked out by hand: "at once", "in the morning" (the next working day at eight), or "left out".
BECOMES = {
    "question": ("at once", "left out", "left out", "left out", "left out"),
    "reminder": ("at once", "left out", "left out", "left out", "left out"),
    "digest": ("at once", "in the morning", "left out", "left out", "left out"),
    "welcome": ("at once", "in the morning", "in the morning", "in the morning", "at once"),
    "edit": ("at once", "at once", "at once", "at once", "left out"),
}
ABOUT = {
    "question": re.compile(r"prompt\|\d+\|2026-03-03"),
    "reminder": re.compile(r"reminder\|3\|2026-03-03"),
    "digest": re.compile(r"digest\|1\|2026-03-02"),
    "welcome": re.compile(r"welcome\|\d+"),
}
HOW, DATABASES = ("serve", "worker", "tick"), ("sqlite", "postgresql")
EVERY = list(product(DIES, BACK, HOW, DATABASES))
# Each kind after each length, in turn by each way and on each database; all of them in `make faults`.
SOME = [
    (kind, length, HOW[(number + number // 5) % 3], DATABASES[number % 2])
    for number, (kind, length) in enumerate(product(DIES, BACK))
]
CASES = EVERY if int(os.environ.get("INSTEP_FAULT_ROUNDS", "0")) >= 30 else SOME


async def until_death(world: World, kind: str) -> None:
    """A team that is asked on Tuesdays and Fridays and lives until the moment; then only plans are made."""
    world.goal("Pricing page that sells")
    world.team("Platform", PEOPLE, manager="ana")
    world.introduced(*PEOPLE)
    died = DIES[kind]
    if kind == "question":
        await world.lives_until(died - timedelta(minutes=1))
    else:
        await world.lives_until(local(3, 15, 40))
        for key in PEOPLE:
            if not (kind == "reminder" and key == "ben"):
                await world.says(key, "Pricing page copy 2h\nPricing page toggle, done")
        if kind != "edit":
            await world.lives_until(died - timedelta(minutes=1))
    world.at = died
    if kind == "welcome":
        world.person("nora")
        with world.database.transaction() as tx:
            from checkins.people import members
            from storage import people as stored_people

            team = stored_people.teams(tx, world.company_id)[0]
            members.join(tx, team, world._known(tx, "nora"), world.at)
    await world.cycle.plan()


async def lives_on(world: World, chat: Watched, back: datetime, how: str, until: datetime) -> None:
    """The real process comes back, its clock at that moment, and lives until another one."""
    settings = Settings(
        database_url="sqlite://", platforms=("playground",), admins=frozenset(), host="127.0.0.1", port=1
    )
    instep = app.build(settings, world.database, starts_at=back, listens=how == "serve")
    assert instep.stage is not None
    clock = instep.stage.clock
    chat.now = clock.now
    instep.platforms["playground"] = chat
    beat: Callable[[], Awaitable[object]]
    if how == "tick":
        await instep.cycle.tick()
        beat = instep.cycle.tick
        runner = None
    else:
        runner = web.AppRunner(instep.web)
        await runner.setup()
        beat = instep.clock.beat
        await beat()
    step = back
    while step < until:
        due = await instep.cycle.next_at()
        step = min(until, step + timedelta(hours=4), *((due,) if due is not None else ()))
        clock.move_to(step)
        await beat()
    if runner is not None:
        await runner.cleanup()


@pytest.mark.parametrize(("kind", "length", "how", "database"), CASES, indirect=["database"])
async def test_what_is_over_is_not_said_and_the_rest_in_working_hours(
    kind: str, length: str, how: str, database: Database
) -> None:
    chat = Watched()
    world = World(database, chat=chat)
    chat.now = lambda: world.at
    await until_death(world, kind)
    chat.edited.clear()
    before = len(chat.said)
    back = BACK[length](DIES[kind]).astimezone(BERLIN)
    await lives_on(world, chat, back, how, back + timedelta(days=2))

    said = chat.said[before:]
    became = BECOMES[kind][list(BACK).index(length)]
    with database.transaction() as tx:
        rows = tx.exec(select(Delivery)).all()
        asked_at = {row.id: row.asked_at for row in tx.exec(select(CheckIn)).all()}
    if kind == "edit":
        shown = [key for key in chat.edited if ABOUT["question"].fullmatch(key)]
        assert len(shown) == (len(PEOPLE) if became == "at once" else 0)
        left_out = [row for row in rows if row.reason == edits.LEFT_OUT]
        assert len(left_out) == (len(PEOPLE) if became == "left out" else 0)
    else:
        about = [row for row in rows if ABOUT[kind].fullmatch(row.dedup_key)]
        assert about
        moments = [at for at, _, key in said if ABOUT[kind].fullmatch(key)]
        if became == "left out":
            assert moments == []
            assert {row.state for row in about} == {"expired"}
        else:
            assert {row.state for row in about} == {"sent"}
            morning = back.replace(hour=8, minute=0)
            while morning < back or morning.weekday() > 4:
                morning += timedelta(days=1)
            expected = back if became == "at once" else morning
            assert all(expected <= at < expected + timedelta(minutes=1) for at in moments), moments

    for at, _, key in said:
        assert 8 <= at.hour < 18, (at, key)
        assert at.weekday() < 5, (at, key)
        row = next(row for row in rows if row.dedup_key == key)
        if row.kind == "prompt":
            asked = asked_at[row.checkin_id or 0]
            assert asked is not None
            assert at < asked + timedelta(hours=2), key
    # One unprompted message a person a day, whatever kinds they are.
    people = Counter((to, at.date()) for at, to, _ in chat.said if "#" not in to)
    assert max(people.values(), default=0) <= 1, people
    assert all(entry.posts == 1 for entry in chat.entries)
    assert all(row.reason for row in rows if row.state in ("expired", "cancelled")), "counted without a reason"
    assert not [row for row in rows if row.state in ("due", "claimed") and row.due_at < back]


async def test_after_two_weeks_the_newest_digest_is_posted_and_the_older_one_is_counted(world: World) -> None:
    """The older week is not posted in its place, nor beside it."""
    world.team("Platform", PEOPLE, manager="ana")
    world.introduced(*PEOPLE)
    for day in (3, 10):
        world.at = local(day, 15, 40)
        await world.cycle.plan()
        for key in PEOPLE:
            await world.says(key, f"Pricing page copy of the {day}th")
    await world.goes_to(local(16, 11))
    with world.database.transaction() as tx:
        rows = tx.exec(select(Delivery).where(Delivery.kind == "digest").order_by(col(Delivery.id))).all()
    assert [(row.dedup_key[-10:], row.state) for row in rows] == [
        ("2026-03-02", "expired"),
        ("2026-03-09", "sent"),
    ]
    posted = [entry for entry in world.chat.to("#platform") if entry.under is None]
    assert [entry.key[-10:] for entry in posted] == ["2026-03-09"]
