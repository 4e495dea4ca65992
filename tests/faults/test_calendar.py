"""Two years of questions in every zone, at each half hour of the day; and a zone whose rules change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo, reset_tzpath

import pytest
from sqlmodel import select

from bot.delivery import plan
from checkins.schedule import calendar
from checkins.schedule.calendar import MONDAY_TO_FRIDAY, Rhythm
from storage.database import Database
from storage.tables import Slot
from tests.faults.conftest import LONG
from tests.support.world import World, local

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
HALF_HOURS = range(0, 24 * 60, 30)


def written(name: str) -> bytes:
    """The rules of a zone as they are published."""
    return files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def different_zones() -> list[str]:
    """One name of each: many are other names of the same rules."""
    names = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return sorted({written(name): name for name in sorted(names)}.values())


def test_each_working_day_is_asked_for_once_at_its_time_wherever_somebody_lives(rounds: int) -> None:
    zones = different_zones()
    few = rounds < LONG
    working = [FIRST + timedelta(days=at) for at in range((LAST - FIRST).days + 1)]
    working = [day for day in working if day.weekday() < 5]
    for zone in zones[:: len(zones) // 20 if few else 1]:
        clock = ZoneInfo(zone)
        for minute in HALF_HOURS[:: 7 if few else 1]:
            rhythm = Rhythm(MONDAY_TO_FRIDAY, minute, zone)
            day, asked = FIRST - timedelta(days=1), []
            while True:
                day, moment = calendar.following(rhythm, day)
                if day > LAST:
                    break
                asked.append(day)
                wanted = datetime.combine(day, time(minute // 60, minute % 60))
                shown = moment.astimezone(clock)
                assert shown.fold == 0, (zone, wanted)  # the first of the two, where it comes twice
                if shown.replace(tzinfo=None) != wanted:  # the first instant after a gap
                    just_before = (moment - timedelta(seconds=1)).astimezone(clock).replace(tzinfo=None)
                    assert just_before < wanted < shown.replace(tzinfo=None), (zone, wanted)
            assert asked == working, (zone, minute)


@pytest.fixture
def rules(tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """From now on one zone has the rules of another, as if a government had decided so and the machine were up to
    date."""

    def change(zone: str, like: str) -> None:
        target = tmp_path.joinpath(*zone.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written(like))
        reset_tzpath([tmp_path])
        ZoneInfo.clear_cache()

    yield change
    reset_tzpath()
    ZoneInfo.clear_cache()


async def test_a_zone_whose_rules_change_has_its_questions_and_digests_by_the_new_ones(
    database: Database, rules: Callable[[str, str], None]
) -> None:
    world = World(database)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    await world.goes_to(local(3, 15, 30))  # Tuesday: the next question is on Friday
    rules("Europe/Berlin", "Asia/Kolkata")
    with database.transaction() as tx:
        assert plan.keep_to_the_clocks(tx, world.at) > 0
        assert plan.keep_to_the_clocks(tx, world.at) == 0
        due = {row.next_due for row in tx.exec(select(Slot)).all() if row.next_due > world.at}
    assert due == {datetime(2026, 3, 6, 10, 0, tzinfo=UTC)}  # 15:30 there
    await world.lives_until(datetime(2026, 3, 6, 11, 0, tzinfo=UTC))
    assert [entry.key.rpartition("|")[2] for entry in world.chat.to("ana") if "prompt" in entry.key] == [
        "2026-03-03",
        "2026-03-06",
    ]
