"""A company's tagger as answers meet it: made off their way, from what people said, the same in every worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from bot.tagging import tagger_pool
from bot.tagging.tagger_pool import Taggers
from checkins.goals import rules as goal_rules
from checkins.goals.rules import GoalInput
from checkins.tagging import LineText, Suggestion
from storage import checkins
from storage.database import Database, add_all
from storage.tables import CheckIn, Goal, Line, Prediction, Tag
from tests.support.world import World, local

ASKED = ("Zebra crossing repainted", "Frankfurt database moved", "price table", "nothing anybody knows")


BIRDS = ("Zebra", "Toucan", "Puffin", "Pelican", "Heron", "Ibis", "Wren", "Kiwi", "Robin", "Finch")


def rows(world: World, table: type) -> list[Any]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(table).order_by(table.id)).all())  # type: ignore[attr-defined]


@pytest.fixture
def team(world: World) -> World:
    """Ana and Ben, two goals, and taggers that learn only when a test says so."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    world.goal("Pricing page that sells", description="plans, prices, annual toggle")
    world.goal("EU hosting", description="database in Frankfurt")
    world.taught = False
    world.at = local(3, 15, 30)
    others = ("invoice", "candidate", "printer", "newsletter", "canteen", "contract", "webinar", "survey")
    confirmed(world, "root", [f"{word} {each}" for word in others for each in "abcdef"], "overhead")
    return world


def goal(world: World, title: str) -> Goal:
    found: Goal = next(row for row in rows(world, Goal) if row.title == title)
    return found


def confirmed(world: World, key: str, texts: Sequence[str], target: Goal | str) -> None:
    """Lines somebody wrote on days gone by, three a day, and said where they belong."""
    person = world.read(key)
    goal_id, kind = (target.id, "goal") if isinstance(target, Goal) else (None, target)
    with world.database.transaction() as tx:
        days = [
            CheckIn(
                company_id=world.company_id, person_id=person.id, zone="UTC", state="answered",
                day=world.at.date() - timedelta(days=day + 1),
            )
            for day in range((len(texts) + 2) // 3)
        ]  # fmt: skip
        add_all(tx, days)
        lines = [
            Line(
                company_id=world.company_id, person_id=person.id, checkin_id=days[at // 3].id, position=at % 3,
                day=days[at // 3].day, text=text, written_at=world.at,
            )
            for at, text in enumerate(texts)
        ]  # fmt: skip
        add_all(tx, lines)
        add_all(
            tx,
            [
                Tag(
                    company_id=world.company_id, line_id=line.id, goal_id=goal_id, kind=kind, source="person",
                    at=world.at,
                )
                for line in lines
            ],
        )  # fmt: skip


def reason(world: World) -> str:
    """Why the line written last was filed where it is."""
    last = rows(world, Line)[-1].id
    return next(str(guess.why) for guess in rows(world, Prediction) if guess.line_id == last and guess.rank == 0)


def thinks(world: World, of: Taggers) -> list[Suggestion]:
    with world.database.transaction() as tx:
        tagger = of.of(tx, world.company_id)
    return [tagger.suggest(LineText(text, str(world.read("ana").id), world.at.date())) for text in ASKED]


async def taught(world: World) -> Taggers:
    """The taggers of another worker, which starts now and has caught up."""
    fresh = Taggers(world.database, lambda: world.at)
    await fresh.catch_up(world.company_id)
    return fresh


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


async def test_no_answer_reads_what_was_confirmed_not_even_the_first_after_a_start(team: World) -> None:
    confirmed(team, "ben", [f"Zebra crossing {each}" for each in range(9)], goal(team, "EU hosting"))
    with statements(team.database) as asked:
        await team.says("ana", "Zebra crossing repainted")
    assert [each for each in asked if "tag.source" in each and "line.text" in each] == []
    assert "like" not in reason(team)  # the words of the goals alone do not know zebras
    await team.taggers.catch_up(team.company_id)
    await team.says("ana", "Zebra crossing repainted again")
    assert "like 9 lines filed there" in reason(team)


async def test_what_was_filed_before_is_left_alone_when_the_tagger_learns(team: World) -> None:
    await team.says("ana", "Zebra crossing repainted")
    before = [(tag.id, tag.goal_id, tag.kind, tag.confidence) for tag in rows(team, Tag)]
    confirmed(team, "ben", [f"Zebra crossing {each}" for each in range(9)], goal(team, "EU hosting"))
    await team.taggers.catch_up(team.company_id)
    shown = [(tag.id, tag.goal_id, tag.kind, tag.confidence) for tag in rows(team, Tag)]
    assert shown[: len(before)] == before


async def test_it_keeps_up_by_itself_and_answers_go_on_meanwhile(team: World) -> None:
    confirmed(
        team,
        "ben",
        [f"{word} crossing {each}" for word in BIRDS for each in range(300)],
        goal(team, "EU hosting"),
    )
    team.taggers.start()
    try:
        await team.says("ana", "Zebra crossing repainted")
        assert "like" not in reason(team)  # it came before anything was learnt, and did not wait
        async with asyncio.timeout(30):
            while "like" not in reason(team):
                await team.says("ana", "Zebra crossing once more")
                await asyncio.to_thread(time.sleep, 0.2)
    finally:
        await team.taggers.stop()


async def test_a_tap_is_learnt_by_itself_soon_after(team: World) -> None:
    team.taggers.start()
    try:
        await team.says("ana", "Zebra crossing repainted")
        await team.presses("ana", "file", str(rows(team, Line)[-1].id), "support")
        async with asyncio.timeout(30):
            while thinks(team, team.taggers)[0].top.target != "support":
                await asyncio.to_thread(time.sleep, 0.1)
    finally:
        await team.taggers.stop()


@pytest.mark.parametrize(
    ("command", "gone", "there"),
    [
        ("/goals retire #eu-hosting", "EU hosting", ""),
        ("/goals retire #eu-hosting into #pricing-page-that", "EU hosting", "Pricing page that sells"),
        ("/goals merge #eu-hosting into #pricing-page-that", "EU hosting", "Pricing page that sells"),
        ('/goals add "Zebra crossings"', "", "Zebra crossings"),
    ],
)
async def test_changed_goals_hold_for_the_very_next_answer_and_their_lines_follow(
    team: World, command: str, gone: str, there: str
) -> None:
    confirmed(team, "ben", [f"Frankfurt database {each}" for each in range(9)], goal(team, "EU hosting"))
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers)[1].top.target == str(goal(team, "EU hosting").id)
    await team.says("mara", command)
    for _ in range(2):  # at once, from the words of the goals; and when all was learnt anew
        targets = {each.target for each in thinks(team, team.taggers)[1].ranked}
        assert not gone or str(goal(team, gone).id) not in targets
        assert not there or str(goal(team, there).id) in targets
        await team.taggers.catch_up(team.company_id)
    if gone and there:  # its lines count for the one that came after
        assert thinks(team, team.taggers)[1].top.target == str(goal(team, there).id)


async def test_a_goal_that_is_renamed_is_found_by_its_new_words_and_keeps_its_lines(team: World) -> None:
    hosting = goal(team, "EU hosting")
    confirmed(team, "ben", [f"Frankfurt database {each}" for each in range(9)], hosting)
    await team.taggers.catch_up(team.company_id)
    form: dict[str, Any] = {"title": "Zebra crossing", "handle": "zebra", "status": "on track"}
    await team.submits("mara", "goal", "eu-hosting", **form)
    assert thinks(team, team.taggers)[0].goals[0].target == str(hosting.id)
    await team.taggers.catch_up(team.company_id)
    zebra, frankfurt, *_ = thinks(team, team.taggers)
    assert zebra.top.target == str(hosting.id)
    assert frankfurt.top.target == str(hosting.id)


async def test_a_goal_split_in_two_sends_lines_where_each_was_confirmed(team: World) -> None:
    hosting = goal(team, "EU hosting")
    confirmed(team, "ben", [f"Frankfurt database {each}" for each in range(6)], hosting)
    await team.says("mara", '/goals add "Crossings"')
    confirmed(team, "mara", [f"Zebra crossing {each}" for each in range(6)], goal(team, "Crossings"))
    await team.says("mara", "/goals retire #eu-hosting into #crossings")
    await team.says("mara", '/goals add "Data in Europe"')
    confirmed(team, "ana", [f"Frankfurt database copy {each}" for each in range(9)], goal(team, "Data in Europe"))
    await team.taggers.catch_up(team.company_id)
    zebra, frankfurt, *_ = thinks(team, team.taggers)
    assert zebra.top.target == str(goal(team, "Crossings").id)
    assert frankfurt.goals[0].target == str(goal(team, "Data in Europe").id)


async def test_a_goal_that_was_never_kept_leaves_no_trace_in_the_tagger(team: World) -> None:
    admin = team.read("mara")
    with team.database.transaction() as tx:
        goal_rules.add(tx, admin, GoalInput("Phantom ship"), team.at)
        team.taggers.of(tx, team.company_id)
        tx.rollback()
    await team.says("mara", '/goals add "Zebra crossing"')  # under the very ids, where they are given again
    await team.taggers.catch_up(team.company_id)
    first = thinks(team, team.taggers)[0].goals[0]
    assert first.target == str(goal(team, "Zebra crossing").id)
    assert "names the goal" in first.why


async def test_typed_numbers_of_a_key_result_leave_the_tagger_as_it_is(team: World) -> None:
    form: dict[str, Any] = {"title": "EU hosting", "handle": "eu-hosting", "status": "on track"}
    await team.submits("mara", "goal", "eu-hosting", **form, key_results="Databases moved 0 -> 7")
    await team.taggers.catch_up(team.company_id)
    with team.database.transaction() as tx:
        before = team.taggers.of(tx, team.company_id)
    await team.says("mara", "/goals progress #eu-hosting 3")
    with team.database.transaction() as tx:
        assert team.taggers.of(tx, team.company_id) is before


async def test_workers_that_heard_different_parts_of_it_agree_to_the_last_bit(team: World) -> None:
    """One kept up with every tap, the other starts at the end: corrections, merges and what came back included."""
    pricing, hosting = goal(team, "Pricing page that sells"), goal(team, "EU hosting")
    confirmed(team, "ben", [f"Frankfurt database {each}" for each in range(20)], hosting)
    await team.taggers.catch_up(team.company_id)
    days = ("Zebra crossing repainted\nprice table", "Frankfurt again\nzebra stripes")
    for day, words in enumerate(days):
        team.at = local(3 + day, 16, 0)
        await team.says("ana", words)
        for line, target in zip(rows(team, Line)[-2:], (hosting, pricing), strict=True):
            await team.presses("ana", "file", str(line.id), f"goal:{target.id}")
            await team.taggers.catch_up(team.company_id)
    team.at += timedelta(seconds=1)
    await team.presses("ana", "file", str(rows(team, Line)[-1].id), "support")  # thought better of
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers) == thinks(team, await taught(team))
    await team.says("mara", "/goals merge #eu-hosting into #pricing-page-that")
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers) == thinks(team, await taught(team))
    await team.says("mara", "/goals restore #eu-hosting")
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers) == thinks(team, await taught(team))


async def test_what_a_person_taught_is_gone_once_they_are_forgotten(team: World) -> None:
    confirmed(team, "ben", [f"price table {each}" for each in range(6)], goal(team, "Pricing page that sells"))
    without = thinks(team, await taught(team))
    confirmed(team, "ana", [f"Zebra crossing {each}" for each in range(6)], goal(team, "EU hosting"))
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers) != without
    await team.presses("ana", "forget")
    await team.taggers.catch_up(team.company_id)
    assert thinks(team, team.taggers) == without


async def test_a_line_under_two_goals_teaches_both(team: World) -> None:
    both = (goal(team, "Pricing page that sells"), goal(team, "EU hosting"))
    third = team.goal("Hire five engineers")
    handles = " ".join(f"#{each.handle}" for each in both)
    await team.says("ana", f"Zebra crossing repainted {handles}")
    chances = {each.target: each.confidence for each in thinks(team, await taught(team))[0].ranked}
    assert all(chances[str(each.id)] > 10 * chances[str(third.id)] for each in both)


async def test_the_oldest_are_left_out_in_steps_so_that_workers_agree_on_what_is_left(team: World) -> None:
    confirmed(team, "ben", ["a line"] * 2_000, "other")
    with team.database.transaction() as tx:
        ids = [tag.id for tag in tx.exec(select(Tag).order_by(Tag.id)).all()]  # type: ignore[arg-type]
        assert tagger_pool.oldest(tx, team.company_id, 10_999) == 0
        assert tagger_pool.oldest(tx, team.company_id, 11_000) == ids[999]
        assert tagger_pool.oldest(tx, team.company_id, 12_100) == ids[1_999]
        last = checkins.confirmed_extent(tx, team.company_id).newest
        assert last == ids[-1]


def filed(world: World) -> dict[str, tuple[str, str]]:
    """Where each line of today is filed, and by whom."""
    titles = {row.id: row.title for row in rows(world, Goal)}
    tags = {tag.line_id: tag for tag in rows(world, Tag)}
    return {
        line.text: (titles.get(tags[line.id].goal_id, tags[line.id].kind), tags[line.id].source)
        for line in rows(world, Line)
        if line.day == world.at.date()
    }


@pytest.fixture
def young(world: World) -> World:
    """The same where nothing is confirmed yet."""
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    world.goal("Pricing page that sells", description="plans, prices, annual toggle")
    world.goal("EU hosting", description="database in Frankfurt")
    world.taught = False
    world.at = local(3, 15, 30)
    return world


def elsewhere(world: World) -> Goal:
    """A goal that none of today's lines is filed under."""
    taken = {place for place, _ in filed(world).values()}
    found: Goal = next(row for row in rows(world, Goal) if row.title not in taken)
    return found


async def test_what_a_writer_says_of_some_lines_files_those_beside_them_and_nobody_elses(
    young: World,
) -> None:
    await young.taggers.catch_up(young.company_id)
    await young.says("ana", "\n".join(f"Zebra crossing {word}" for word in ("lit", "fenced", "painted", "swept")))
    await young.says("ben", "Zebra crossing moved")
    before, thought = filed(young), [(row.line_id, row.rank, row.goal_id) for row in rows(young, Prediction)]
    place = elsewhere(young)
    hers = young.read("ana").id
    asked = [line for line in rows(young, Line) if line.asked and line.person_id == hers]
    assert len(asked) == 2
    for line in asked:
        await young.presses("ana", "file", str(line.id), f"goal:{place.id}")
    await young.taggers.catch_up(young.company_id)
    await young.taggers.look_again(young.company_id)
    after = filed(young)
    said = {line.text for line in asked}
    others = {text for text in before if text not in said and text != "Zebra crossing moved"}
    assert {after[text] for text in said} == {(place.title, "person")}
    assert {after[text] for text in others} == {(place.title, "tagger")}
    assert after["Zebra crossing moved"] == before["Zebra crossing moved"]
    assert [(row.line_id, row.rank, row.goal_id) for row in rows(young, Prediction)] == thought
    await young.cycle.tick()


async def test_lines_beside_are_filed_anew_by_itself_soon_after_the_taps(young: World) -> None:
    young.taggers.start()
    try:
        await young.says("ana", "\n".join(f"Zebra crossing {word}" for word in ("lit", "fenced", "painted")))
        place = elsewhere(young)
        for line in rows(young, Line):
            if line.asked:
                await young.presses("ana", "file", str(line.id), f"goal:{place.id}")
        (other,) = (line.text for line in rows(young, Line) if not line.asked)
        async with asyncio.timeout(30):
            while filed(young)[other] != (place.title, "tagger"):
                await asyncio.to_thread(time.sleep, 0.1)
    finally:
        await young.taggers.stop()


async def test_lines_that_are_asked_about_are_left_where_they_are_while_somebody_taps(young: World) -> None:
    await young.taggers.catch_up(young.company_id)
    await young.says("ana", "Zebra crossing lit\nZebra crossing fenced")
    first, second = (line for line in rows(young, Line) if line.asked)
    before, place = filed(young)[second.text], elsewhere(young)
    await young.presses("ana", "file", str(first.id), f"goal:{place.id}")
    await young.taggers.catch_up(young.company_id)
    await young.taggers.look_again(young.company_id)
    assert filed(young)[second.text] == before


async def test_lines_beside_one_that_was_placed_long_ago_stay_where_they_are(young: World) -> None:
    await young.taggers.catch_up(young.company_id)
    await young.says("ana", "\n".join(f"Zebra crossing {word}" for word in ("lit", "fenced", "painted")))
    line, place = next(line for line in rows(young, Line) if line.asked), elsewhere(young)
    await young.presses("ana", "file", str(line.id), f"goal:{place.id}")
    before = filed(young)
    young.at += timedelta(minutes=16)
    await young.taggers.catch_up(young.company_id)
    await young.taggers.look_again(young.company_id)
    assert filed(young) == before
