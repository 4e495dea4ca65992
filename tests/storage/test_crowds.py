"""The days of many people, read in two ways that must come to the same."""

from __future__ import annotations

from datetime import timedelta

from storage import checkins
from storage.checkins import Crowd
from storage.database import Database
from tests.world import FakeChat, World, local


async def test_most_of_a_company_is_read_by_its_days_and_comes_to_what_looking_up_each_comes_to(
    database: Database,
) -> None:
    world = World(database)
    other = World(database, name="Other", chat=FakeChat("second"))
    world.goal("Pricing page")
    keys = ["ana", "ben", "cem", "dora"]
    world.team("Platform", keys)
    world.introduced(*keys)
    other.team("Sales", ["zoe"])
    other.introduced("zoe")
    await world.goes_to(local(3, 15, 30))
    await other.goes_to(local(3, 15, 30))
    for at, key in enumerate(keys):
        await world.says(key, f"Pricing page, part {at}\nMail queue stuck 2h #support\nLunch")
    await other.says("zoe", "Sold a thing")
    members = frozenset(world.read(key).id for key in keys[:3])
    first, last = local(2, 12).date(), local(2, 12).date() + timedelta(days=6)
    with database.transaction() as tx:
        looked_up, by_days = Crowd(members), Crowd(members, world.company_id)
        days = [sorted(checkins.between(tx, crowd, first, last)) for crowd in (looked_up, by_days)]
        lines = [checkins.lines_between(tx, crowd, first, last) for crowd in (looked_up, by_days)]
        nobody = checkins.lines_between(tx, Crowd(frozenset()), first, last)
    assert days[0] == days[1]
    assert lines[0] == lines[1]
    assert {line.person_id for line in lines[0]} == members
    assert len(lines[0]) == 9
    assert nobody == []
