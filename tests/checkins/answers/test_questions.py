"""The table of questions that ride on a check-in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.conversation import router
from checkins import privacy
from checkins.answers import questions
from checkins.answers.questions import MIX, QUESTIONS, Question
from storage.kinds import Mix


def test_what_can_be_said_of_the_day_is_what_is_counted() -> None:
    assert list(MIX.options) == list(Mix)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_fits_a_button_a_form_and_the_rule_for_small_groups(question: Question) -> None:
    assert re.fullmatch(r"[a-z_]{1,40}", question.name)
    assert question.name not in {"words", "blockers"}  # the other fields of the form
    assert 2 <= len(question.options) <= 6
    assert all(value and label for value, label in question.options.items())
    assert question.fewest >= privacy.FEWEST


def test_no_question_has_the_name_of_another_or_of_a_button() -> None:
    names = [question.name for question in QUESTIONS]
    assert len(set(names)) == len(names)
    buttons = set(re.findall(r'case "([^"]+)"', Path(router.__file__).read_text(encoding="utf-8")))
    assert not buttons & set(names)


def test_what_a_form_says_is_taken_where_it_is_an_option() -> None:
    assert questions.said({"mix": "support"})["mix"] == "support"
    assert questions.said({"mix": ("support",)})["mix"] == "support"
    assert questions.said({"mix": "<script>"})["mix"] == ""
    assert questions.said({"mix": ()})["mix"] == ""
    assert questions.said({"words": "Work"}) == {question.name: "" for question in QUESTIONS}
