"""How well lines are filed, where people look who do not ask: an operator's metrics and an admin's home page."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import event

from bot.chat.events import HomeOpened, Reply, Who
from bot.tagging.quality_monitor import TOGETHER
from checkins.people import members
from storage.database import Database
from tests.support.world import World, seen

KEYS = count()
FOUR = ("ana", "ben", "mara", "root")


@pytest.fixture
def team(world: World) -> World:
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben", "mara")
    world.goal("EU hosting")
    return world


def numbers(world: World) -> dict[str, float]:
    """What is exported of how lines are filed, by name and company."""
    rows = world.metrics.text(0, None, world.at).decode().splitlines()
    filing = [row.split() for row in rows if row.startswith("instep_filing")]
    return {name: float(value) for name, value in filing}


async def looks(world: World, key: str) -> Reply:
    who = world.chat.name + ":" + key
    return await world.hear(
        HomeOpened(f"look-{next(KEYS)}", Who(who, world.workspace, who, key.capitalize()), who, True)
    )


def statements(database: Database) -> list[str]:
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    return said


async def test_metrics_say_of_each_company_what_was_asked_what_was_right_and_what_was_promised(
    team: World,
) -> None:
    team.answered(FOUR, 10, agreed=6, confidence=0.75)
    await team.watch.look()
    company = f'{{company="{team.company_id}"}}'
    assert numbers(team) == {
        f"instep_filing_asked_ratio{company}": 1.0,
        f"instep_filing_right_ratio{company}": 0.6,
        f"instep_filing_overconfidence_ratio{company}": pytest.approx(0.15),
    }


async def test_metrics_say_nothing_of_fewer_than_four_people(team: World) -> None:
    team.answered(FOUR[:3], 10, agreed=6)
    await team.watch.look()
    assert numbers(team) == {}


async def test_numbers_that_are_too_old_are_taken_back(team: World) -> None:
    team.answered(FOUR, 10, agreed=6)
    await team.watch.look()
    assert numbers(team)
    team.at += timedelta(days=40)
    await team.watch.look()
    assert numbers(team) == {}


async def test_companies_are_looked_at_many_in_one_query(team: World) -> None:
    with team.database.transaction() as tx:
        for number in range(TOGETHER + 9):
            members.create_company(tx, f"C{number}", f"playground:w{number}", "C", team.at)
    said = statements(team.database)
    await team.watch.look()
    assert len([each for each in said if "line_filed" in each]) == 2


async def test_it_is_looked_at_once_an_hour_however_often_the_chore_comes(team: World) -> None:
    await team.watch.keep_up()
    said = statements(team.database)
    await team.watch.keep_up()
    assert said == []


async def test_an_admins_home_says_when_lines_are_filed_worse_and_nobody_elses_does(team: World) -> None:
    team.answered(FOUR, 15, agreed=0)
    assert "Filing" not in seen(await looks(team, "mara"))
    await team.watch.look()
    assert "worse than it was; /instep filing shows how" in seen(await looks(team, "mara"))
    assert "Filing" not in seen(await looks(team, "ana"))
    await team.cycle.tick()
    assert team.chat.to("mara") == []
