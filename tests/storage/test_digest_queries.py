"""A week as a digest reads it: in two ways that must come to the same, and counted as one would by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from storage import digest_queries, people
from storage.database import Database
from storage.digest_queries import Quoted, TeamPopulation
from storage.tables import Line, Tag
from tests.support.world import FakeChat, World, local

KEYS = ("ana", "ben", "cem", "dora")
MONDAY = local(2, 12).date()


@pytest.fixture
async def population(database: Database) -> TeamPopulation:
    """Three of a company's four, who wrote three lines each; the fourth's are not theirs, nor is another company's."""
    world = World(database)
    other = World(database, name="Other", chat=FakeChat("second"))
    world.goal("Pricing page")
    world.goal("EU hosting")
    world.team("Platform", [*KEYS, "eli"])
    world.introduced(*KEYS, "eli")
    other.team("Sales", ["zoe"])
    other.introduced("zoe")
    await world.goes_to(local(3, 15, 30))
    await other.goes_to(local(3, 15, 30))
    for at, key in enumerate(KEYS):
        await world.says(
            key,
            f"Price table, part {at}, done #pricing-page\nReplica 2h #eu-hosting\nTalks #eu-hosting #pricing-page",
        )
    await other.says("zoe", "Sold a thing")
    three = frozenset(world.read(key).id for key in (*KEYS[:3], "eli"))
    with database.transaction() as tx:  # two lines of Ben's served no goal
        tx.execute(
            update(Tag)
            .where(
                col(Tag.line_id).in_(select(Line.id).where(Line.person_id == world.read("ben").id, Line.position > 0))
            )
            .values(goal_id=None, kind="support")
        )
    return TeamPopulation(three, world.company_id, None, MONDAY, MONDAY + timedelta(days=6))


async def test_most_of_a_company_is_read_by_its_days_and_comes_to_what_looking_up_each_comes_to(
    database: Database, population: TeamPopulation
) -> None:
    nobody = replace(population, people=frozenset())
    with database.transaction() as tx:
        for one in (population, nobody):
            others = frozenset(people.others(tx, population.company_id, one.people))
            at_once = replace(one, others=others)
            assert sorted(digest_queries.attendance(tx, one)) == sorted(digest_queries.attendance(tx, at_once))
            assert digest_queries.written(tx, one) == digest_queries.written(tx, at_once)
            assert _sorted(digest_queries.goal_totals(tx, one)) == _sorted(digest_queries.goal_totals(tx, at_once))
            assert digest_queries.quoted(tx, one, None) == digest_queries.quoted(tx, at_once, None)
            assert digest_queries.quoted(tx, one, 1) == digest_queries.quoted(tx, at_once, 1)
            assert _sorted(digest_queries.efforts(tx, one)) == _sorted(digest_queries.efforts(tx, at_once))
            assert _sorted(digest_queries.apart(tx, one)) == _sorted(digest_queries.apart(tx, at_once))
            assert digest_queries.has_checkins(tx, one) == digest_queries.has_checkins(tx, at_once) == bool(one.people)
        assert {line.person_id for line in digest_queries.efforts(tx, population)} < population.people
        assert digest_queries.written(tx, population).lines == 9
        assert digest_queries.written(tx, nobody).lines == 0


async def test_what_is_counted_where_it_lies_is_what_one_counts_by_hand(
    database: Database, population: TeamPopulation
) -> None:
    with database.transaction() as tx:
        goal_totals, every = (
            digest_queries.goal_totals(tx, population),
            digest_queries.quoted(tx, population, None),
        )
        written = digest_queries.written(tx, population)
        attendance = digest_queries.attendance(tx, population)
    by_place: dict[tuple[int | None, str], list[Quoted]] = {}
    for line in every:
        by_place.setdefault((line.goal_id, line.kind), []).append(line)
    assert {(totals.goal_id, totals.kind): totals[2:] for totals in goal_totals} == {
        place: (len(lines), sum(line.finished for line in lines), len({line.person_id for line in lines}))
        for place, lines in by_place.items()
    }
    assert len(by_place) == 3
    assert written == (len({line.id for line in every}), 3, 0)
    assert (
        sum(totals.lines for totals in goal_totals) > written.lines
    )  # a line in two places is in two piles, and one line
    assert sum(each.people for each in attendance if each.answered) == 3
    assert [each[:4] for each in attendance if not each.answered] == [(False, True, True, False)]  # Eli


async def test_where_there_is_no_room_for_all_the_finished_ones_and_then_the_newest_are_quoted(
    database: Database, population: TeamPopulation
) -> None:
    with database.transaction() as tx:
        every, few = digest_queries.quoted(tx, population, None), digest_queries.quoted(tx, population, 2)
    wanted = []
    for place in {(line.goal_id, line.kind) for line in every}:
        totals = [line for line in every if (line.goal_id, line.kind) == place]
        wanted += sorted(totals, key=lambda line: (not line.finished, -line.id))[:2]
    assert _sorted(few) == _sorted(wanted)
    assert [line.id for line in few] == sorted(line.id for line in few)


def _sorted(rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted(rows, key=repr)
