"""Words to commands, and what is left an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import parse as command_parse
from bot.commands.parse import Misread, Understood
from bot.commands.table import Action
from bot.conversation.actions import ACTIONS

TODAY = date(2026, 3, 2)


def parse(words: str, *, marked: bool) -> Understood | Misread | None:
    return command_parse.parse(words, TODAY, ACTIONS, marked=marked)


def understood(words: str, *, marked: bool = False) -> tuple[str, Mapping[str, object]]:
    """The action's own words, and its arguments."""
    found = parse(words, marked=marked)
    assert isinstance(found, Understood), found
    return found.action.words, found.values


@pytest.mark.parametrize(
    ("words", "action", "values"),
    [
        ("goals", "goals", {}),
        ("Goals", "goals", {}),
        (
            'goals add "Pricing page" under #growth by 30 Jun weight 40 needs Sales;Legal',
            "goals add",
            {
                "title": "Pricing page",
                "under": "growth",
                "by": date(2026, 6, 30),
                "weight": 40,
                "needs": ("Sales", "Legal"),
            },
        ),
        ("goals add Pricing page owner @ana", "goals add", {"title": "Pricing page", "owner": "@ana"}),
        ("goals add “Don’t stop”", "goals add", {"title": "Don’t stop"}),
        ("goals progress #pricing 455", "goals progress", {"handle": "pricing", "value": "455"}),
        ("goals progress #pricing at risk", "goals progress", {"handle": "pricing", "value": "at risk"}),
        ("goals retire #a into #b", "goals retire", {"handle": "a", "into": "b"}),
        ("goals merge #a into #b", "goals merge", {"handle": "a", "into": "b"}),
        ("skip", "skip", {}),
        ("skip until friday", "skip", {"until": date(2026, 3, 6)}),
        ("snooze 30m", "snooze", {"length": timedelta(minutes=30)}),
        ("time 09:30 Mon-Thu", "time", {"minute": 570, "days": 0b0001111}),
        ("time team", "time team", {}),
        ("zone kolkata", "zone", {"zone": "Asia/Kolkata"}),
        ("remind off", "remind", {"minutes": 0}),
        ("remind 60m", "remind", {"minutes": 60}),
        ("leave 1 Jul to 14 Jul", "leave", {"dates": (date(2026, 7, 1), date(2026, 7, 14))}),
        ("leave 2026-07-01..2026-07-14", "leave", {"dates": (date(2026, 7, 1), date(2026, 7, 14))}),
        ("mine 4", "mine", {"weeks": 4}),
        ("team add @ana @ben for Data", "team add", {"people": ("@ana", "@ben"), "team_name": "Data"}),
        (
            "team digest #platform Mon 10:00",
            "team digest",
            {"channel": "#platform", "day": 0, "minute": 600},
        ),
        ("team rhythm Tue,Fri 15:30", "team rhythm", {"days": 0b0010010, "minute": 930}),
        ("team band 60/25/15", "team band", {"band": (60, 25, 15)}),
        ("digest week 2026-W10", "digest week", {"week": "2026-W10"}),
        ("instep filing", "instep filing", {}),
        ("instep ask 75%", "instep ask", {"percent": 75}),
        ("help", "instep help", {}),
        ("/instep", "instep help", {}),
        ("instep goals show #x", "goals show", {"handle": "x"}),
    ],
)
def test_the_same_words_are_the_same_command_with_and_without_the_slash(
    words: str, action: str, values: Mapping[str, object]
) -> None:
    assert understood(words) == (action, values)
    assert understood("/" + words.removeprefix("/")) == (action, values)
    assert understood(words.removeprefix("/"), marked=True) == (action, values)


@pytest.mark.parametrize(
    "words",
    [
        "digest page shipped 2h",
        "time tracking fixed",
        "goals fix typo",
        "same as yesterday, more bugs",
        "start of the project",
        "zone of death fixed",
        "team meeting",
        "mine the data",
        "leave policy page updated",
        "- goals add something",
        "goals\nteam",
        "x" * 300,
    ],
)
def test_an_answer_that_begins_with_a_command_word_stays_an_answer(words: str) -> None:
    assert parse(words, marked=False) is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("gols", "Did you mean `/goals`"),
        ("goals ad X", "Did you mean `/goals add`"),
        ("xyzzy", "I do not know “xyzzy”"),
        ("skip until 2026-02-30", "no 2026-02-30 in the calendar"),
        ("zone Europe/Berln", "Europe/Berlin"),
        ("time 25:99", "not a time"),
        ("goals show pricing", "handles like #pricing"),
        ("goals retire", "Something is missing"),
        ("goals add X under", "Something is missing after “under”"),
        ("goals add X by 2026-02-30", "no 2026-02-30 in the calendar"),
        ("goals add X weight heavy", "not a weight"),
        ("team band 60/60/60", "sum to 100"),
        ("remind 1m", "between 10 minutes and 24 hours"),
        ("leave 2026-07-14..2026-07-01", "ends before it begins"),
        ("time 9:30 Mon Tue Wed nonsense", "nonsense"),
    ],
)
def test_a_marked_command_that_is_none_is_told_what_would_do(words: str, sentence: str) -> None:
    found = parse(words, marked=True)
    assert isinstance(found, Misread)
    assert sentence in found.sentence


def test_unmarked_words_close_to_a_command_are_asked_about_and_may_still_be_an_answer() -> None:
    found = parse("skip until 2026-02-30", marked=False)
    assert isinstance(found, Misread)
    assert not found.marked


def test_help_is_made_from_the_same_table_and_shows_what_one_may() -> None:
    mine = dict(ACTIONS.helped([""]))
    admins = dict(ACTIONS.helped(["", "manager", "admin"]))
    assert "/goals" in mine
    assert not any(usage.startswith("/goals add") for usage in mine)
    assert any(usage.startswith("/goals add") for usage in admins)
    assert len(admins) == len(ACTIONS.rows)


@given(st.text(max_size=120), st.booleans())
def test_any_words_are_a_command_an_answer_or_told(words: str, marked: bool) -> None:
    found = parse(words, marked=marked)
    if isinstance(found, Misread):
        assert found.sentence
    elif found is None:
        assert not marked


@given(st.sampled_from(ACTIONS.rows), st.text(max_size=60))
def test_any_arguments_of_any_command_are_read_or_told(action: Action, rest: str) -> None:
    found = parse(f"/{action.words} {rest}", marked=True)
    assert isinstance(found, Understood | Misread)
