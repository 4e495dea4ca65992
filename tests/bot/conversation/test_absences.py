"""A vacation status is a hint: no ping, not missed, out of the denominator; over when it goes, or when they write."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlmodel import select

from bot.chat.events import Away, HomeOpened, Statuses
from storage.tables import Absence, CheckIn
from tests.support.world import World, local, seen

KEYS = ("ana", "ben", "cem", "dora", "emil")


@pytest.fixture
def team(world: World) -> World:
    """Five people who are asked on Tuesdays and Fridays at 15:30."""
    world.team("Platform", KEYS, manager="ana")
    world.introduced(*KEYS)
    return world


async def says(world: World, key: str, away: Away | None) -> None:
    """The chat tells of somebody's status."""
    await world.hear(Statuses("s", world.workspace, {f"playground:{key}": away}))


def asked(world: World, key: str) -> list[str]:
    return [entry.key for entry in world.chat.to(key)]


def states(world: World, key: str) -> dict[int, str]:
    """The states of somebody's check-ins by day of March."""
    person_id = world.read(key).id
    with world.database.transaction() as tx:
        return {row.day.day: row.state for row in tx.exec(select(CheckIn)) if row.person_id == person_id}


async def test_who_is_away_is_not_pinged_not_missed_and_not_counted(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await team.lives_until(local(6, 18))
    assert asked(team, "emil") == []
    assert states(team, "emil") == {3: "away", 6: "away"}
    for key in KEYS[:4]:
        await team.says(key, "Pricing page copy")
    await team.lives_until(local(9, 10, 1))
    digest = seen(team.chat.to("#platform")[0].message)
    assert digest.startswith("Platform · week of 2 Mar · 4 of 4, 1 away")


@pytest.mark.parametrize(
    ("ends", "days"),
    [
        (local(5, 23, 59), [6]),  # the whole of Thursday
        (local(6, 0), [6]),
        (local(6, 14), [6]),  # back before the question of that day
        (local(6, 15, 31), []),
        (local(6, 23, 59), []),
        (local(3, 15), [3, 6]),  # over before anything is asked
        (local(1, 12), [3, 6]),  # over already
    ],
)
async def test_a_status_with_an_end_ends_by_itself(team: World, ends: datetime, days: list[int]) -> None:
    await says(team, "emil", Away("m1", ends))
    await team.lives_until(local(6, 18))
    assert [day for day, state in states(team, "emil").items() if state == "asked"] == days


async def test_when_the_status_goes_everything_goes_on(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await team.lives_until(local(4, 12))
    await says(team, "emil", None)
    await team.lives_until(local(6, 16))
    assert asked(team, "emil") == [f"prompt|{team.read('emil').id}|2026-03-06"]


@pytest.mark.parametrize("words", ["Answered the partner", "/mine", "/instep privacy"])
async def test_an_answer_or_a_command_says_that_they_are_here(team: World, words: str) -> None:
    away = Away("m1")
    await says(team, "emil", away)
    await team.goes_to(local(4, 12))
    await team.says("emil", words)
    await says(team, "emil", away)  # told again, as at every start
    await team.lives_until(local(6, 16))
    assert len(asked(team, "emil")) == 1


async def test_a_look_or_a_tap_on_something_else_does_not(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await team.presses("emil", "privacy")
    await team.opens("emil", "checkin")
    await team.lives_until(local(3, 16))
    assert asked(team, "emil") == []


async def test_leave_over_says_welcome_back(team: World) -> None:
    await says(team, "emil", Away("m1"))
    assert seen(await team.says("emil", "leave over")).startswith("Welcome back.")


async def test_a_status_set_again_later_counts_again_although_it_says_the_same(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await team.says("emil", "Here after all")
    await says(team, "emil", None)
    team.at = local(5, 9)
    await says(team, "emil", Away("m1"))
    await team.lives_until(local(6, 18))
    assert states(team, "emil")[6] == "away"


async def test_another_status_in_its_place_takes_its_place(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await says(team, "emil", Away("m2", local(4, 23)))
    await team.lives_until(local(6, 18))
    assert states(team, "emil") == {3: "away", 6: "asked"}


async def test_a_question_that_stands_already_is_set_aside_and_put_back(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await says(team, "emil", Away("m1"))
    await team.cycle.tick()
    (entry,) = team.chat.to("emil")
    assert seen(entry.message).startswith("You are away on Tuesday 3 March")
    await says(team, "emil", None)
    await team.cycle.tick()
    assert seen(entry.message).startswith("What did you work on, Emil?")
    assert entry.posts == 1
    assert states(team, "emil") == {3: "asked"}


async def test_leave_that_they_asked_for_is_not_ended_by_a_status_that_goes(team: World) -> None:
    await team.says("emil", "leave today to friday")
    await says(team, "emil", Away("m1"))
    await says(team, "emil", None)
    await team.lives_until(local(6, 18))
    assert asked(team, "emil") == []


async def test_a_question_set_aside_for_leave_stays_so_when_a_status_goes(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await team.says("emil", "leave today to friday")
    await says(team, "emil", Away("m1"))
    await says(team, "emil", None)
    assert states(team, "emil") == {3: "away"}


async def test_leave_that_they_asked_for_is_not_ended_by_an_answer(team: World) -> None:
    await team.says("emil", "leave today to friday")
    await team.says("emil", "Answered the partner from the beach")
    await team.lives_until(local(6, 18))
    assert asked(team, "emil") == []


async def test_a_status_that_is_left_standing_is_believed_for_four_weeks(team: World) -> None:
    await says(team, "emil", Away("m1"))
    await team.lives_until(local(2, 12, month=4))
    assert asked(team, "emil")[0].endswith("|2026-03-31")


async def test_it_is_said_on_their_own_page_and_nothing_of_the_status_is_kept(team: World) -> None:
    await says(team, "emil", Away("m1"))
    event = HomeOpened(**team._heard("emil"))
    assert "Away: your status says so" in seen(await team.hear(event))
    with team.database.transaction() as tx:
        (row,) = tx.exec(select(Absence)).all()
    assert (row.kind, row.source) == ("status", "playground:emil|m1")


async def test_people_nobody_knows_or_who_left_are_passed_over(team: World) -> None:
    await team.hear(Statuses("s", team.workspace, {"playground:nobody": Away("m1"), "playground:ana": None}))
    with team.database.transaction() as tx:
        assert tx.exec(select(Absence)).all() == []


async def test_many_are_told_at_once(team: World) -> None:
    of = {f"playground:{key}": Away("m1") if key != "ana" else None for key in KEYS}
    await team.hear(Statuses("s", team.workspace, of))
    await team.lives_until(local(3, 16))
    assert [key for key in KEYS if asked(team, key)] == ["ana"]
