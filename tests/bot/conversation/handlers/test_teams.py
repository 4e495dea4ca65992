"""Teams by words: made, filled, run and switched on and off, and who may."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import pytest
from sqlmodel import select

from bot.chat.platform import Profile
from storage.tables import Audit, CheckIn, Membership, Person, Team
from tests.support.world import World, local, seen

Row = TypeVar("Row")


def rows(world: World, table: type[Row]) -> list[Row]:
    with world.database.transaction() as tx:
        return list(tx.exec(select(table).order_by(table.id)).all())  # type: ignore[attr-defined]


def team(world: World, name: str) -> Team:
    return next(row for row in rows(world, Team) if row.name == name)


def inside(world: World, name: str) -> set[str]:
    """Who is in a team now."""
    names = {person.id: person.name for person in rows(world, Person)}
    own = team(world, name).id
    return {names[row.person_id] for row in rows(world, Membership) if row.team_id == own and row.until is None}


@pytest.fixture
def company(world: World) -> World:
    """Mara the admin, Platform with Ana, Ben (who manages it) and Cem, and Zoe, who is in no team."""
    world.person("mara", admin=True)
    world.person("zoe")
    world.team("Platform", ["ana", "ben", "cem"], manager="ben")
    world.introduced("ana", "ben", "cem", "zoe")
    return world


async def test_a_team_is_made_filled_and_switched_on_by_words(company: World) -> None:
    reply = seen(await company.says("mara", "/team create Growth"))
    assert "team add @a @b" in reply
    assert "Switched on: no" in reply
    assert "Ana and Zoe are in Growth now" in seen(await company.says("mara", "/team add @ana @zoe for Growth"))
    assert "Zoe manages Growth now" in seen(await company.says("mara", "/team manager @zoe for Growth"))
    company.chat.channels["playground:#growth"] = []
    assert "goes to #growth, Tue at 09:00" in seen(
        await company.says("mara", "/team digest #growth Tue 09:00 for Growth")
    )
    assert "Growth is asked Mon and Wed at 14:00" in seen(
        await company.says("zoe", "/team rhythm Mon,Wed 14:00 for Growth")
    )
    assert "60% goal work" in seen(await company.says("zoe", "/team band 60/25/15 for Growth"))
    assert "Growth is on" in seen(await company.says("zoe", "/team on"))
    page = seen(await company.says("mara", "/team for Growth"))
    for words in ("Ana, Zoe", "Manager: Zoe", "Mon and Wed at 14:00", "#growth", "firefighting 25%", "Switched on: yes"):  # fmt: skip
        assert words in page
    assert [row.act for row in rows(company, Audit)] == [
        "team create", "team add", "team manager", "team digest", "team rhythm", "team band", "team on",
    ]  # fmt: skip


async def test_a_team_is_asked_in_its_rhythm_once_it_is_on_and_not_before(company: World) -> None:
    await company.says("mara", "/team create Growth")
    await company.says("mara", "/team add @zoe for Growth")
    await company.says("mara", "/team rhythm daily 14:00 for Growth")
    await company.lives_until(local(2, 15))
    assert company.chat.to("zoe") == []
    await company.says("mara", "/team on for Growth")
    await company.lives_until(local(4, 15))
    assert [entry.key.rpartition("|")[2] for entry in company.chat.to("zoe")] == ["2026-03-03", "2026-03-04"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("create platform", "There is a team called platform already"),
        (f"create {'x' * 61}", "1 to 60 characters"),
        ("add @ana for Sales", "Teams: Platform"),
        ("add ana for Platform", "“ana” is not a person"),
        ("add @anna for Platform", "I do not know “@anna”"),
        ("add @a for Platform", "Did you mean @Ana, @Mara?"),
        ("remove @zoe for Platform", "Nobody of them is in Platform"),
        ("add @ana for Platform", "They are all in Platform already"),
        ("rhythm Noday 10:00 for Platform", "could not read “Noday” as days"),
        ("rhythm Mon 25:00 for Platform", "“25:00” is not a time"),
        ("band 60/25/25 for Platform", "three shares that sum to 100"),
        ("digest platform for Platform", "“platform” is not a channel"),
        ("digest #nowhere for Platform", "There is no channel #nowhere here"),
        ("digest here for Platform", "Say that in the channel"),
    ],
)
async def test_what_cannot_be_done_to_a_team_is_told_and_changes_nothing(
    company: World, words: str, sentence: str
) -> None:
    before = rows(company, Team), rows(company, Membership), rows(company, Audit)
    assert sentence in seen(await company.says("mara", f"/team {words}"))
    assert (rows(company, Team), rows(company, Membership), rows(company, Audit)) == before


async def test_two_people_of_one_name_are_asked_apart(company: World) -> None:
    company.person("ana2", name="Ana Moss")
    reply = seen(await company.says("mara", "/team add @ana2 for Platform"))
    assert "Ana Moss is in Platform now" in reply
    company.person("kim1", name="Kim Holt")
    company.person("kim2", name="Kim Bell")
    reply = seen(await company.says("mara", "/team add @kim for Platform"))
    assert "Which kim?" in reply
    assert "@Kim Holt" in reply
    assert "@Kim Bell" in reply


async def test_everybody_in_a_channel_is_added_and_outsiders_are_not(company: World) -> None:
    company.person("dora")
    new = Profile("playground:emil", "playground:emil", "Emil", zone="Asia/Kolkata")
    guest = Profile("playground:guest", "playground:guest", "Guest", outsider=True)
    company.chat.profiles |= {new.id: new, guest.id: guest}
    company.chat.channels["playground:#platform"] = [f"playground:{key}" for key in ("ana", "dora", "emil", "guest")]
    reply = seen(await company.says("ben", "/team add here", where="#platform"))
    assert "Dora and Emil are in Platform now" in reply
    assert inside(company, "Platform") == {"Ana", "Ben", "Cem", "Dora", "Emil"}
    assert company.read("emil").zone == "Asia/Kolkata"


async def test_a_channel_we_are_not_in_is_told(company: World) -> None:
    reply = seen(await company.says("mara", "/team add here for Platform", where="#elsewhere"))
    assert "I am not in that channel" in reply
    reply = seen(await company.says("mara", "/team digest here for Platform", where="#elsewhere"))
    assert "There is no channel #elsewhere here" in reply


async def test_two_teams_do_not_share_a_channel(company: World) -> None:
    await company.says("mara", "/team create Growth")
    reply = seen(await company.says("mara", "/team digest #platform for Growth"))
    assert "The digest of Platform goes to #platform already" in reply
    assert team(company, "Growth").digest_to == ""


async def test_a_manager_runs_their_own_team_and_no_other(company: World) -> None:
    company.team("Care", ["dora"], manager="dora")
    for words in ("add @zoe", "remove @zoe", "rhythm daily 10:00", "band 60/25/15", "off", "on"):
        reply = seen(await company.says("ben", f"/team {words}"))
        assert "Only " not in reply, words
        assert "Only the manager of Care and admins can do that" in seen(
            await company.says("ben", f"/team {words} for Care")
        )
    assert "Only admins can make teams" in seen(await company.says("ben", "/team create Mine"))
    assert "Only admins can say who manages" in seen(await company.says("ben", "/team manager @ana"))


async def test_somebody_in_two_teams_is_asked_which_one_is_meant(company: World) -> None:
    await company.says("mara", "/team create Growth")
    await company.says("mara", "/team add @ana for Growth")
    assert "Which team? Add “for NAME”" in seen(await company.says("ana", "/team"))
    assert "Growth" in seen(await company.says("ana", "/team for growth"))


async def test_somebody_in_no_team_sees_what_teams_there_are(company: World) -> None:
    company.team("Care", [], on=False)
    reply = seen(await company.says("zoe", "/team"))
    assert "Platform: 3 people, on" in reply
    assert "Care: 0 people, off" in reply


async def test_switching_off_stops_questions_reminders_and_the_digest(company: World) -> None:
    await company.goes_to(local(3, 15, 30))
    assert len(company.chat.to("ana")) == 1
    await company.says("ana", "Pricing page copy")
    await company.says("ben", "/team off")
    await company.lives_until(local(10, 16))
    assert len(company.chat.to("ana")) == 1
    assert company.chat.to("#platform") == []
    assert "not switched on" in seen(await company.says("ana", "time team"))
    await company.says("ben", "/team on")
    await company.lives_until(local(13, 16))
    assert len(company.chat.to("ana")) == 2


async def test_an_empty_team_is_not_switched_on(company: World) -> None:
    await company.says("mara", "/team create Growth")
    assert "Growth has nobody in it yet" in seen(await company.says("mara", "/team on for Growth"))
    assert team(company, "Growth").on_at is None


async def test_who_joins_or_leaves_in_the_middle_of_a_week_counts_in_its_digest(company: World) -> None:
    await company.goes_to(local(3, 15, 30))
    await company.says("cem", "Backups tested, done")
    company.at = local(4, 9)
    await company.says("mara", "/team remove @cem for Platform")
    await company.says("mara", "/team add @zoe for Platform")
    await company.goes_to(local(6, 15, 30))
    assert {row.day for row in rows(company, CheckIn) if row.person_id == company.read("zoe").id} == {date(2026, 3, 6)}
    assert {row.day for row in rows(company, CheckIn) if row.person_id == company.read("cem").id} == {date(2026, 3, 3)}
    await company.says("zoe", "Wrote the runbook")
    await company.lives_until(local(9, 10, 5))
    shown = seen(company.chat.to("#platform")[0].message)
    assert "Platform · week of 2 Mar · 2 of 4" in shown
    assert "2 lines" in shown
