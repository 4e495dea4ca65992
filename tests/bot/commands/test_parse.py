"""Words to commands, and what is left an answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import parse as command_parse
from bot.commands import table as command_table
from bot.commands.parse import Misread, Understood, parse

TODAY = date(2026, 3, 2)


def understood(words: str, *, marked: bool = False) -> command_table.Command:
    found = parse(words, TODAY, marked=marked)
    assert isinstance(found, Understood), found
    return found.command


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("goals", command_table.GoalsTree()),
        ("Goals", command_table.GoalsTree()),
        (
            'goals add "Pricing page" under #growth by 30 Jun weight 40 needs Sales;Legal',
            command_table.GoalsAdd("Pricing page", "growth", "", date(2026, 6, 30), 40, ("Sales", "Legal")),
        ),
        ("goals add Pricing page owner @ana", command_table.GoalsAdd("Pricing page", owner="@ana")),
        ("goals add “Don’t stop”", command_table.GoalsAdd("Don’t stop")),
        ("goals progress #pricing 455", command_table.GoalsProgress("pricing", "455")),
        ("goals progress #pricing at risk", command_table.GoalsProgress("pricing", "at risk")),
        ("goals retire #a into #b", command_table.GoalsRetire("a", "b")),
        ("goals merge #a into #b", command_table.GoalsMerge("a", "b")),
        ("skip", command_table.Skip()),
        ("skip until friday", command_table.Skip(date(2026, 3, 6))),
        ("snooze 30m", command_table.Snooze(timedelta(minutes=30))),
        ("time 09:30 Mon-Thu", command_table.Time(570, 0b0001111)),
        ("time team", command_table.TimeOfTeam()),
        ("zone kolkata", command_table.Zone("Asia/Kolkata")),
        ("remind off", command_table.Remind(0)),
        ("remind 60m", command_table.Remind(60)),
        ("leave 1 Jul to 14 Jul", command_table.Leave((date(2026, 7, 1), date(2026, 7, 14)))),
        ("leave 2026-07-01..2026-07-14", command_table.Leave((date(2026, 7, 1), date(2026, 7, 14)))),
        ("mine 4", command_table.Mine(4)),
        ("team add @ana @ben for Data", command_table.TeamAdd(("@ana", "@ben"), "Data")),
        ("team digest #platform Mon 10:00", command_table.TeamDigest("#platform", 0, 600)),
        ("team rhythm Tue,Fri 15:30", command_table.TeamRhythm(0b0010010, 930)),
        ("team band 60/25/15", command_table.TeamBand((60, 25, 15))),
        ("digest week 2026-W10", command_table.DigestWeek("2026-W10")),
        ("instep filing", command_table.ShowFiling()),
        ("instep ask 75%", command_table.AskBelow(75)),
        ("help", command_table.Help()),
        ("/instep", command_table.Help()),
        ("instep goals show #x", command_table.GoalsShow("x")),
    ],
)
def test_the_same_words_are_the_same_command_with_and_without_the_slash(
    words: str, command: command_table.Command
) -> None:
    assert understood(words) == command
    assert understood("/" + words.removeprefix("/")) == command
    assert understood(words.removeprefix("/"), marked=True) == command


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
    assert parse(words, TODAY, marked=False) is None


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
    found = parse(words, TODAY, marked=True)
    assert isinstance(found, Misread)
    assert sentence in found.sentence


def test_unmarked_words_close_to_a_command_are_asked_about_and_may_still_be_an_answer() -> None:
    found = parse("skip until 2026-02-30", TODAY, marked=False)
    assert isinstance(found, Misread)
    assert not found.marked


def test_help_is_made_from_the_same_table_and_shows_what_one_may() -> None:
    mine = dict(command_parse.helped([""]))
    admins = dict(command_parse.helped(["", "manager", "admin"]))
    assert "/goals" in mine
    assert not any(usage.startswith("/goals add") for usage in mine)
    assert any(usage.startswith("/goals add") for usage in admins)
    assert len(admins) == len([spec for spec in command_parse.GRAMMAR if spec.words != "instep"])


@given(st.text(max_size=120), st.booleans())
def test_any_words_are_a_command_an_answer_or_told(words: str, marked: bool) -> None:
    found = parse(words, TODAY, marked=marked)
    if isinstance(found, Misread):
        assert found.sentence
    elif found is None:
        assert not marked


@given(st.sampled_from(command_parse.GRAMMAR), st.text(max_size=60))
def test_any_arguments_of_any_command_are_read_or_told(spec: command_parse.Spec, rest: str) -> None:
    found = parse(f"/{spec.words} {rest}", TODAY, marked=True)
    assert isinstance(found, Understood | Misread)
