"""Questions about lines, as people meet them; a new goal's questions; and how well lines are filed, for admins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select

from bot.chat.events import Reply
from bot.chat.messages import Message, Pick
from checkins.tagging import quality
from storage.tables import Audit, Goal, Line, Prediction, Tag
from storage.tags import FilingStats
from tests.support.world import World, local, seen

UNKNOWN = ("Xylophone repaired", "Fence painted", "Yurt aired", "Quilt mended", "Kite flown")


def rows(world: World, table: type) -> list[Any]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(table).order_by(table.id)).all())  # type: ignore[attr-defined]


@pytest.fixture
def team(world: World) -> World:
    """Ana and Ben, who are here for long, an admin, and two goals."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben", "mara")
    world.goal("Pricing page that sells", description="plans, prices, annual toggle")
    world.goal("EU hosting", description="database in Frankfurt")
    world.at = local(3, 16, 0)
    return world


def asked(world: World) -> list[str]:
    return [line.text for line in rows(world, Line) if line.asked]


def picks(reply: Reply) -> list[Pick]:
    assert isinstance(reply, Message)
    return [block for block in reply.blocks if isinstance(block, Pick) and block.press == "file"]


# Which lines, how many


async def test_two_lines_of_a_check_in_are_asked_about_and_no_more_when_lines_are_added(team: World) -> None:
    await team.says("ana", "\n".join(UNKNOWN))
    assert len(asked(team)) == 2
    await team.says("ana", "Anchor weighed")
    assert len(asked(team)) == 2


async def test_somebody_new_is_asked_about_three(team: World) -> None:
    team.person("new")
    await team.says("new", "\n".join(UNKNOWN))
    assert len(asked(team)) == 3


async def test_those_who_leave_six_questions_alone_are_asked_about_one_line_until_they_tap(
    team: World,
) -> None:
    await team.says("mara", "/instep ask 95")
    for day in (3, 4, 5):
        team.at = local(day, 16, 0)
        await team.says("ana", "\n".join(f"{words} {day}" for words in UNKNOWN))
    assert len(asked(team)) == 6
    team.at = local(6, 16, 0)
    await team.says("ana", "\n".join(f"{words} again" for words in UNKNOWN))
    assert len(asked(team)) == 7
    await team.presses("ana", "file", str(next(x.id for x in rows(team, Line)[::-1] if x.asked)), "support")
    team.at = local(7, 16, 0)
    await team.says("ana", "Lighthouse climbed\nPottery class\nGlacier measured")
    assert len(asked(team)) == 9


async def test_the_first_fifty_words_of_a_company_are_asked_for_more_readily(team: World) -> None:
    await team.says("ana", "Kite flown #eu-hosting")
    await team.says("ben", "plans")
    tag = rows(team, Tag)[-1]
    assert 0.75 < tag.confidence < 0.9
    assert asked(team) == ["plans"]
    team.taught = False  # as sure as before, in a company that said more
    with team.database.transaction() as tx:
        line = rows(team, Line)[0]
        for _ in range(49):
            tx.add(Tag(company_id=team.company_id, line_id=line.id, kind="other", source="import", at=team.at))
    team.person("cleo")
    await team.says("cleo", "plans")
    assert rows(team, Tag)[-1].confidence == pytest.approx(tag.confidence, abs=0.02)
    assert asked(team) == ["plans"]


async def test_a_line_that_is_moved_unasked_does_not_count_as_asked(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("ana", "Fence painted")
    await team.presses("ana", "file", str(rows(team, Line)[0].id), "support")
    assert asked(team) == []


async def test_the_company_says_how_sure_is_sure_and_it_is_on_record(team: World) -> None:
    reply = await team.says("mara", "/instep ask 0%")
    assert "without asking" in seen(reply)
    await team.says("ana", "\n".join(UNKNOWN))
    assert asked(team) == []
    assert "less than 95% sure" in seen(await team.says("mara", "/instep ask 95"))
    await team.says("ben", "\n".join(UNKNOWN))
    assert len(asked(team)) == 2
    assert [row.said for row in rows(team, Audit)][-1] == "asks about lines below 95%"


@pytest.mark.parametrize("words", ["/instep ask 96", "/instep ask often", "/instep ask -1", "/instep ask"])
async def test_a_threshold_that_is_none_is_told_how_it_goes(team: World, words: str) -> None:
    assert "/instep ask 75%" in seen(await team.says("mara", words))


# A new goal


async def test_a_new_goal_asks_whoever_wrote_about_it_in_their_own_check_in(team: World) -> None:
    await team.says("mara", "/instep ask 0")  # nothing is asked about when it is written
    await team.goes_to(local(3, 15, 30))
    await team.says("ana", "Robots weld the chassis now\nPricing page: annual toggle")
    await team.cycle.tick()
    before = [(tag.line_id, tag.goal_id, tag.kind) for tag in rows(team, Tag)]
    reply = await team.says("mara", '/goals add "Robots weld the chassis"')
    assert "chassis now" not in seen(reply)  # nobody else is shown her line
    assert asked(team) == ["Robots weld the chassis now"]
    assert [(tag.line_id, tag.goal_id, tag.kind) for tag in rows(team, Tag)] == before  # filed as it was
    await team.cycle.tick()
    message = team.chat.to("ana")[-1].message
    assert picks(message)[0].options[0].label == "Robots weld the chassis"
    robots = next(goal for goal in rows(team, Goal) if goal.title.startswith("Robots"))
    line = next(line for line in rows(team, Line) if line.asked)
    await team.presses("ana", "file", str(line.id), f"goal:{robots.id}")
    assert [tag.goal_id for tag in rows(team, Tag) if tag.line_id == line.id] == [robots.id]


async def test_an_admin_who_adds_a_goal_confirms_their_own_lines_at_once(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("mara", "Robots weld the chassis now")
    reply = await team.says("mara", '/goals add "Robots weld the chassis"')
    (pick,) = picks(reply)
    assert "Robots weld the chassis now" in pick.prompt.plain
    await team.presses("mara", "file", pick.subject, pick.options[0].value)
    (tag,) = rows(team, Tag)
    assert (tag.source, tag.goal_id) == ("person", rows(team, Goal)[-1].id)


ROBOTS = '/goals add "Robots weld the chassis"'


async def test_a_new_goal_asks_about_no_line_whose_writer_said_where_it_belongs(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("ana", "Robots weld the chassis #eu-hosting")
    await team.says("mara", ROBOTS)
    assert asked(team) == []


async def test_a_new_goal_asks_nobody_who_stopped(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("ben", "Robots weld the chassis")
    await team.says("ben", "stop")
    await team.says("mara", ROBOTS)
    assert asked(team) == []


async def test_a_new_goal_asks_about_nothing_of_a_week_that_is_closed(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("ana", "Robots weld the chassis")
    team.at = local(16, 16, 0)
    await team.says("mara", ROBOTS)
    assert asked(team) == []


async def test_a_new_goal_asks_about_two_lines_of_one_person_and_six_in_all(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    for key in ("ana", "ben", "cleo", "dan"):
        if key in ("cleo", "dan"):
            team.person(key)
        await team.says(key, "\n".join(f"Robots weld the chassis {each}" for each in range(4)))
    team.introduced("cleo", "dan")
    await team.says("mara", ROBOTS)
    of = [line.person_id for line in rows(team, Line) if line.asked]
    assert len(of) == 6
    assert max(of.count(person) for person in of) == 2


async def test_lines_that_a_new_goal_asked_about_do_not_count_as_wrongly_filed(team: World) -> None:
    await team.says("mara", "/instep ask 0")
    await team.says("ana", "Robots weld the chassis")
    await team.says("mara", ROBOTS)
    line, goal = rows(team, Line)[0], rows(team, Goal)[-1]
    await team.presses("ana", "file", str(line.id), f"goal:{goal.id}")
    with team.database.transaction() as tx:
        now, _ = quality.lately(tx, [team.company_id], team.at.date())[team.company_id]
    assert (now.lines, now.asked, now.answered) == (0, 0, 0)


async def test_a_goal_that_was_retired_meanwhile_is_not_offered_any_more(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await team.says("ana", "Fence painted")
    await team.cycle.tick()
    labels = [option.label for option in picks(team.chat.to("ana")[-1].message)[0].options]
    assert "EU hosting" in labels
    await team.says("mara", "/goals retire #eu-hosting")
    await team.says("ana", "Another line")
    await team.cycle.tick()
    shown = [option.label for pick in picks(team.chat.to("ana")[-1].message) for option in pick.options]
    assert "EU hosting" not in shown


# How well lines are filed


async def test_filing_is_counted_from_what_was_asked_and_what_was_said(team: World) -> None:
    team.goal("Xylophones")
    for key in ("ana", "ben", "cleo", "dan"):
        if key in ("cleo", "dan"):
            team.person(key)
        await team.says(key, "Xylophone of somebody\nQuilt mended")
    lines = {(line.person_id, line.text): line for line in rows(team, Line)}
    thought = {guess.line_id: guess for guess in rows(team, Prediction) if guess.rank == 0}
    agreed = 0
    for key in ("ana", "ben", "cleo", "dan"):
        line = lines[team.read(key).id, "Quilt mended"]
        guess = thought[line.id]
        target = f"goal:{guess.goal_id}" if guess.goal_id else guess.kind
        said = "support" if key == "dan" else target
        agreed += (guess.goal_id is None) if key == "dan" else 1
        await team.presses(key, "file", str(line.id), said)
    with team.database.transaction() as tx:
        now, before = quality.lately(tx, [team.company_id], team.at.date())[team.company_id]
    answered = [line for line in rows(team, Line) if line.text == "Quilt mended" and line.asked]
    assert (now.lines, now.writers) == (8, 4)
    assert now.asked == len(asked(team))
    assert (now.answered, now.tappers) == (len(answered), len(answered))
    assert now.agreed == agreed
    assert now.expected == pytest.approx(sum(thought[line.id].confidence for line in answered))
    assert before.lines == 0


async def test_admins_see_it_by_week_and_nothing_of_fewer_than_four(team: World) -> None:
    await team.says("ana", "Quilt mended")
    shown = seen(await team.says("mara", "/instep filing"))
    assert "week of 2 Mar: fewer than 4 people wrote" in shown
    for key in ("ben", "mara", "root"):
        await team.says(key, "Quilt mended")
    shown = seen(await team.says("mara", "/instep filing"))
    assert "week of 2 Mar: 4 lines, asked about 100%" in shown
    assert "right" not in shown.partition("“Right”")[0].partition("week")[2]  # nobody has answered


async def test_admins_are_told_when_lines_are_filed_worse(team: World) -> None:
    """Sixty answers lately that were never what was thought, of four people."""
    team.answered(("ana", "ben", "mara", "root"), 15, agreed=0)
    assert "right about 0%, with 60% expected" in seen(await team.says("mara", "/instep filing"))


def filed(agreed: int, expected: float, answered: int = 100, tappers: int = 9) -> FilingStats:
    return FilingStats(400, 120, answered, agreed, expected, 9, tappers)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (filed(45, 50.0), filed(66, 60.0), "about 45%, with 66% in the eight weeks before"),
        (filed(45, 62.0), filed(50, 50.0), "about 45%, with 62% expected"),
        (filed(55, 60.0), filed(66, 60.0), ""),  # within what chance does
        (filed(10, 50.0, 49), filed(66, 60.0), ""),  # too few answers
        (filed(10, 50.0, tappers=3), filed(66, 60.0), ""),  # of too few people
        (filed(45, 50.0), filed(30, 40.0, 40), ""),  # nothing to compare with
    ],
)
def test_an_admin_is_warned_when_it_gets_worse_and_only_then(now: FilingStats, before: FilingStats, words: str) -> None:
    found = quality.warning(now, before)
    assert words in found
    assert bool(found) == bool(words)


def test_weeks_are_counted_from_monday_this_one_first(team: World) -> None:
    with team.database.transaction() as tx:
        found = quality.weeks(tx, team.company_id, date(2026, 3, 4))
    assert found[0][0].first == date(2026, 3, 2)
    assert found[1][0].last + timedelta(days=1) == found[0][0].first
    assert len(found) == 12
