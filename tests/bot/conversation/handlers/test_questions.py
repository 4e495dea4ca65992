"""A question is a row of a table: one more is in the form, on the card, in merging, forgetting, exports and the
digest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from bot.chat.events import Replace
from bot.chat.messages import Form, Pick
from bot.transfer import exporting
from bot.views import checkins as checkin_views
from checkins.answers import questions
from checkins.answers.questions import MIX, Question
from checkins.people import accounts
from storage import replies
from storage.tables import CheckIn, Reply
from tests.support.world import World, local, seen

FIVE = ("ana", "ben", "cem", "dora", "emil")
CLEAR = Question("clear", "The goal was", {"yes": "Clear", "no": "Unclear", "unsure": "In between"}, in_digest=True)


@pytest.fixture
def team(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Five people who are asked two questions beside the usual ones."""
    monkeypatch.setattr(questions, "QUESTIONS", (MIX, CLEAR))
    checkin_views._ways_to_answer.cache_clear()
    world.team("Platform", FIVE)
    world.introduced(*FIVE)
    yield world
    checkin_views._ways_to_answer.cache_clear()


def said(team: World) -> dict[tuple[int, str], str]:
    with team.database.transaction() as tx:
        rows = tx.exec(select(CheckIn.person_id, Reply.question, Reply.value).where(Reply.checkin_id == CheckIn.id))
        return {(person, question): value for person, question, value in rows}


async def answer(team: World, *keys: str, **values: str) -> None:
    for key in keys:
        await team.submits(key, "checkin", "2026-03-03", words=f"Work of {key}", blockers="", **values)


async def test_it_is_in_the_form_and_on_the_card_and_stays_as_it_was_said(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    form = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(form, Form)
    assert [field.name for field in form.fields] == ["words", "blockers", "mix", "clear"]
    await answer(team, "ana", mix="goal", clear="yes")
    ana = team.read("ana").id
    assert said(team) == {(ana, "mix"): "goal", (ana, "clear"): "yes"}
    card = await team.presses("ana", "clear", "2026-03-03", "no")
    assert isinstance(card, Replace)
    picks = [block for block in card.message.blocks if isinstance(block, Pick)]
    assert [(pick.press, pick.chosen) for pick in picks[-2:]] == [("mix", "goal"), ("clear", "no")]
    form = await team.opens("ana", "checkin", "2026-03-03")
    assert isinstance(form, Form)
    assert [getattr(field, "chosen", ()) for field in form.fields[2:]] == [("goal",), ("no",)]
    await team.says("ana", "One more line")  # typed words leave what was said alone
    assert said(team) == {(ana, "mix"): "goal", (ana, "clear"): "no"}
    await answer(team, "ana", mix="", clear="")
    assert said(team) == {}


async def test_what_is_no_option_is_not_taken(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    assert "not answered yet" in seen(await team.presses("ana", "clear", "2026-03-03", "yes"))
    await answer(team, "ana", clear="<script>")
    assert "not one of" in seen(await team.presses("ana", "clear", "2026-03-03", "<script>"))
    assert "another time" in seen(await team.presses("ana", "unclear", "2026-03-03", "yes"))
    assert said(team) == {}


@pytest.mark.parametrize(
    ("keys", "shown"),
    [(FIVE, "The goal was: Clear 100%"), (FIVE[:4], "The goal was: Clear 100%"), (FIVE[:3], "")],
)
async def test_a_digest_shows_it_from_four_people_on(team: World, keys: tuple[str, ...], shown: str) -> None:
    await team.goes_to(local(3, 15, 30))
    await answer(team, *FIVE)
    for key in keys:
        await team.presses(key, "clear", "2026-03-03", "yes")
    await team.lives_until(local(9, 12))
    digest = seen(team.chat.to("#platform")[0].message)
    assert ("The goal was" in digest) is bool(shown)
    assert shown in digest


async def test_what_few_say_is_merged_and_does_not_move_with_one_late_answer(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await answer(team, *FIVE[:4], clear="yes")
    await team.lives_until(local(9, 12))
    before = seen(team.chat.to("#platform")[0].message)
    assert "The goal was: Clear 100%" in before
    await answer(team, "emil", clear="no")
    await team.lives_until(local(10, 12))
    assert "The goal was: Clear 100%" in seen(team.chat.to("#platform")[0].message)
    await team.lives_until(local(17, 12))  # the week is closed, and counted once more
    assert "Unclear" not in seen(team.chat.to("#platform")[0].message)


async def test_two_who_are_one_keep_what_either_said_and_the_first_word_counts(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await answer(team, "ana", mix="goal")
    await answer(team, "ben", mix="support", clear="no")
    with team.database.transaction() as tx:
        accounts.link(tx, team._known(tx, "ana"), team._known(tx, "ben"), team.at)
    ana = team.read("ana").id
    assert said(team) == {(ana, "mix"): "goal", (ana, "clear"): "no"}
    with team.database.transaction() as tx:
        (checkin,) = tx.exec(select(CheckIn).where(CheckIn.person_id == ana)).all()
        assert checkin.mix == "goal"
        assert replies.of(tx, [checkin.id])[checkin.id] == {"mix": "goal", "clear": "no"}


async def test_it_is_forgotten_and_exported_like_everything_else(team: World, tmp_path: Path) -> None:
    await team.goes_to(local(3, 15, 30))
    await answer(team, "ana", "ben", mix="goal", clear="no")
    exporting.run(team.database, tmp_path, company=None, report=lambda _done, _of: None)
    everything = json.loads((tmp_path / exporting.EVERYTHING).read_text(encoding="utf-8"))
    assert sorted(row["question"] for row in everything["reply"]) == ["clear", "clear", "mix", "mix"]
    await team.presses("ana", "forget")
    ben = team.read("ben").id
    assert said(team) == {(ben, "mix"): "goal", (ben, "clear"): "no"}
