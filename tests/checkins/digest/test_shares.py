"""What was said to a question, as shares of people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checkins.answers.questions import Question
from checkins.digest import shares
from storage.digest_queries import Said

CLEAR = Question("clear", "The goal was", {"yes": "Clear", "no": "Unclear"}, in_digest=True)


def said(*values: str) -> list[Said]:
    return [Said(person, "clear", value, 1) for person, value in enumerate(values)]


def counted(question: Question, rows: list[Said], asked: int) -> list[tuple[str, int]]:
    return [(share.kind, share.percent) for share in shares.of_question(question, rows, asked)]


def test_each_persons_week_weighs_the_same_however_often_they_said_it() -> None:
    rows = [*said("yes", "yes", "yes", "yes", "no", "no", "no"), Said(7, "clear", "no", 9)]
    assert sorted(counted(CLEAR, rows, 8)) == [("no", 50), ("yes", 50)]
    twice = [
        *said("yes", "yes", "yes"),
        *(Said(person, "clear", "no", 2) for person in range(4, 8)),
        Said(3, "clear", "yes", 1),
    ]
    assert sorted(counted(CLEAR, twice, 8)) == [("no", 50), ("yes", 50)]


@pytest.mark.parametrize(
    ("replies", "asked", "shown"), [(4, 4, True), (4, 8, True), (4, 9, False), (3, 3, False), (0, 4, False)]
)
def test_nothing_is_shown_of_fewer_than_four_or_of_fewer_than_half(replies: int, asked: int, shown: bool) -> None:
    assert counted(CLEAR, said(*["yes"] * replies), asked) == ([("yes", 100)] if shown else [])


def test_a_question_may_want_more_people() -> None:
    assert counted(replace(CLEAR, fewest=6), said(*["yes"] * 5), 5) == []


def test_what_few_say_is_merged_so_that_nobody_stands_out() -> None:
    assert counted(CLEAR, said("yes", "yes", "yes", "yes", "no"), 5) == []
