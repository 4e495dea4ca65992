"""A message that stands elsewhere becomes an answer: looked at first, of its own day, and never somebody else's
unsaid."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from bot.chat.events import Opened, QuotedMessage, Reply
from bot.chat.messages import Form, TextField
from storage.tables import CheckIn, Line
from tests.support.world import World, local, seen


@pytest.fixture
def team(world: World) -> World:
    world.team("Platform", ("ana", "ben"))
    world.introduced("ana", "ben")
    return world


async def keeps(world: World, key: str, words: str, at: datetime, by: str = "") -> Reply:
    """The shortcut on a message."""
    return await world.hear(Opened(**world._heard(key), name="checkin", given=QuotedMessage(words, at, by)))


def field(form: Reply, name: str) -> str:
    assert isinstance(form, Form)
    (found,) = [field for field in form.fields if field.name == name]
    assert isinstance(found, TextField)
    return found.value


def lines(world: World) -> list[tuple[int, str]]:
    with world.database.transaction() as tx:
        return [(row.day.day, row.text) for row in tx.exec(select(Line).order_by(Line.id))]  # type: ignore[arg-type]


async def test_it_is_looked_at_before_it_is_filed_as_an_answer_of_its_day(team: World) -> None:
    team.at = local(5, 17)
    form = await keeps(team, "ana", "Fixed the export\nand the import 2h", local(4, 11))
    assert isinstance(form, Form)
    assert form.title == "Save as check-in"
    assert form.intro is not None
    assert form.intro.plain == "Nothing is filed before you save. It counts for Wednesday 4 March."
    assert lines(team) == []
    await team.submits("ana", form.name, form.subject, words=field(form, "words"), blockers="", mix="")
    assert lines(team) == [(4, "Fixed the export"), (4, "and the import 2h")]


async def test_what_is_filed_there_already_stays_above_it_and_comes_once(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    await team.says("ana", "Pricing page copy 2h")
    team.at = local(3, 17)
    form = await keeps(team, "ana", "Fixed the export\nPricing page copy 2h", local(3, 11))
    assert isinstance(form, Form)
    assert form.intro is not None
    assert form.intro.plain.endswith("for Tuesday 3 March, below what you wrote.")
    await team.submits("ana", form.name, form.subject, words=field(form, "words"), blockers="", mix="")
    assert lines(team) == [(3, "Pricing page copy 2h"), (3, "Fixed the export")]


async def test_it_answers_the_question_that_was_open_then(team: World) -> None:
    await team.goes_to(local(3, 15, 30))
    form = await keeps(team, "ana", "Fixed the export", local(4, 11))  # a clock ahead of ours: as if typed now
    assert isinstance(form, Form)
    assert form.subject == "2026-03-03+0"
    team.at = local(5, 9)
    form = await keeps(team, "ana", "Fixed the export", local(4, 11))
    assert isinstance(form, Form)
    assert form.subject == "2026-03-03+0"
    before = await keeps(team, "ana", "Older", local(2, 11))
    assert isinstance(before, Form)
    assert before.subject == "2026-03-02+0"


async def test_of_a_week_that_is_closed_it_counts_for_today(team: World) -> None:
    team.at = local(26, 12)
    form = await keeps(team, "ana", "Fixed the export", local(4, 11))
    assert isinstance(form, Form)
    assert form.subject == "2026-03-26+0"
    await team.submits("ana", form.name, form.subject, words=field(form, "words"), blockers="", mix="")
    assert lines(team) == [(26, "Fixed the export")]


async def test_of_somebody_else_it_says_so_first(team: World) -> None:
    team.at = local(5, 17)
    form = await keeps(team, "ana", "Fixed the export", local(5, 11), by="Ben *Okafor* <!channel>")
    assert isinstance(form, Form)
    assert form.intro is not None
    assert form.intro.plain.startswith("Ben *Okafor* <!channel> wrote this, not you. Save only what is your own work")
    assert {span.words for span in form.intro.spans if span.style == "plain"} & {"Ben *Okafor* <!channel>"} == set()


@pytest.mark.parametrize("words", ["", "   \n\t", "- \n* "])
async def test_a_message_without_words_is_told_so(team: World, words: str) -> None:
    said = seen(await keeps(team, "ana", words, datetime(2026, 3, 2, 8, tzinfo=UTC)))
    assert said == "There are no words in that message that I could save."
    with team.database.transaction() as tx:
        assert tx.exec(select(CheckIn)).all() == []
