"""What is wrong with a form is told at once, sentences read well where nothing can be set as code, and old cards."""

from __future__ import annotations

import pytest
from sqlmodel import select

from bot.chat.events import Invalid, Replace
from bot.chat.messages import Pick, Text
from bot.views.notes import problem
from checkins.people import teams
from storage.tables import CheckIn, Line
from tests.support.world import World, local, seen


@pytest.fixture
def team(world: World) -> World:
    """Ana and Ben in a team that is on, and Mara, the admin."""
    world.person("mara", admin=True)
    world.team("Platform", ["ana", "ben"])
    world.introduced("ana", "ben")
    return world


async def ask(team: World) -> None:
    await team.goes_to(local(3, 15, 30))


async def test_everything_that_is_wrong_with_a_form_is_told_at_once_each_at_its_field(team: World) -> None:
    found = await team.submits("ana", "settings", zone="Berln", time="25:99", days=(), rhythm="own", reminder="off")
    assert isinstance(found, Invalid)
    assert set(found.errors) == {"zone", "time", "days"}
    assert team.read("ana").reminder is None
    found = await team.submits("ana", "checkin", "2026-03-03", words="👍", blockers="x\n" * 11, mix="")
    assert isinstance(found, Invalid)
    assert set(found.errors) == {"words", "blockers"}
    found = await team.submits("ana", "move", "2026-03-03", line="", target="")
    assert isinstance(found, Invalid)
    assert set(found.errors) == {"line", "target"}
    found = await team.submits(
        "mara", "goal", title="", owner="999", by="someday", weight="much", under="nowhere", needs=("Nobody",),
        description="x" * 3_001, status="lost", key_results="Sign-ups",
    )  # fmt: skip
    assert isinstance(found, Invalid)
    wrong = {"title", "owner", "by", "weight", "under", "needs", "description", "status", "key_results"}
    assert set(found.errors) == wrong
    assert all(found.errors.values())


async def test_a_missing_right_is_told_alone(team: World) -> None:
    found = await team.submits("ana", "goal", title="", by="someday")
    assert isinstance(found, Invalid)
    assert list(found.errors) == [""]


async def test_no_sentence_shows_raw_backticks(team: World) -> None:
    with team.database.transaction() as tx:
        teams.create(tx, team.company_id, "Empty", "Europe/Berlin", team.at)
    for said in (
        await team.says("mara", "/team on for Empty"),
        await team.says("ana", "/goals show #nowhere"),
        await team.says("ana", "same"),
        await team.presses("ana", "no such button"),
    ):
        assert "`" not in seen(said), seen(said)
    found = await team.submits("mara", "goal", title="New", under="nowhere")
    assert isinstance(found, Invalid)
    assert found.errors == {"under": "There is no goal #nowhere. /goals shows them all."}
    assert any(
        span.style == "code" and span.words == "/goals"
        for block in problem("There is no goal #nowhere. `/goals` shows them all.").blocks
        if isinstance(block, Text)
        for span in block.spans
    )


async def test_a_card_of_a_closed_week_has_nothing_left_to_tap_and_a_tap_on_an_old_one_shows_that(
    team: World,
) -> None:
    await ask(team)
    await team.says("ana", "Xylophone repaired")
    await team.cycle.tick()
    with team.database.transaction() as tx:
        line = tx.exec(select(Line)).one()
    standing = team.chat.to("ana")[-1].message
    assert any(isinstance(block, Pick) for block in standing.blocks)
    team.at = local(16, 11)
    for press, subject, value in (
        ("mix", "2026-03-03", "goal"),
        ("file", str(line.id), "support"),
        ("file", str(line.id), "more"),
    ):
        reply = await team.presses("ana", press, subject, value)
        assert isinstance(reply, Replace)
        assert reply.message.buttons == ()
        assert not any(isinstance(block, Pick) for block in reply.message.blocks)
        assert "That week closed on 16 March, and its figures stand." in seen(reply)
        assert "> Xylophone repaired [→ " in seen(reply)
    with team.database.transaction() as tx:
        assert [row.mix for row in tx.exec(select(CheckIn)) if row.state == "answered"] == [""]
