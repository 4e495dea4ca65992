"""Days, times, zones, dates and lengths as people write them, and what is said to what is none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins.errors import UserError
from checkins.schedule import calendar
from checkins.schedule import parse as schedule_parse

TODAY = date(2026, 3, 2)  # a Monday


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("2026-06-30", date(2026, 6, 30)),
        ("30 Jun", date(2026, 6, 30)),
        ("30. Juni 2027".replace("Juni", "June"), date(2027, 6, 30)),
        ("June 30", date(2026, 6, 30)),
        ("30.6.", date(2026, 6, 30)),
        ("1 Feb", date(2027, 2, 1)),
        ("friday", date(2026, 3, 6)),
        ("Monday", date(2026, 3, 9)),
        ("next tue", date(2026, 3, 3)),
        ("tomorrow", date(2026, 3, 3)),
        ("in 2 weeks", date(2026, 3, 16)),
    ],
)
def test_a_date_is_read_the_way_people_write_it(words: str, day: date) -> None:
    assert schedule_parse.day(words, TODAY) == day


@pytest.mark.parametrize("words", ["2026-02-30", "31 Jun", "99.99."])
def test_a_date_that_is_not_in_the_calendar_is_told(words: str) -> None:
    with pytest.raises(UserError, match="calendar"):
        schedule_parse.day(words, TODAY)


@given(st.text(max_size=40))
def test_any_other_words_are_told_to_be_no_date(words: str) -> None:
    try:
        found = schedule_parse.day(words, TODAY)
    except UserError as problem:
        assert len(problem.sentence) > 20
    else:
        assert isinstance(found, date)


@pytest.mark.parametrize(
    ("words", "minute"),
    [("9:30", 570), ("09.30", 570), ("0930", 570), ("3pm", 900), ("12am", 0), ("12:05 pm", 725)],
)
def test_a_time_is_read_the_way_people_write_it(words: str, minute: int) -> None:
    assert schedule_parse.time(words) == minute


@pytest.mark.parametrize("words", ["25:00", "9:75", "9", "13pm", "soon", ""])
def test_what_is_no_time_is_told(words: str) -> None:
    with pytest.raises(UserError, match="not a time"):
        schedule_parse.time(words)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("Mon-Thu", "Mon-Thu"),
        ("tue,fri", "Tue and Fri"),
        ("Fri-Mon", "Fri-Mon"),
        ("daily", "Mon-Fri"),
        ("every day", "every day"),
    ],
)
def test_days_are_read_and_said(words: str, days: str) -> None:
    assert calendar.in_words(schedule_parse.days(words)) == days


@given(st.integers(1, 127))
def test_days_said_are_days_read(mask: int) -> None:
    assert schedule_parse.days(calendar.in_words(mask)) == mask


def test_a_city_is_enough_for_a_zone_and_a_near_miss_is_named() -> None:
    assert schedule_parse.zone("berlin") == "Europe/Berlin"
    assert schedule_parse.zone("Sao Paulo") == "America/Sao_Paulo"
    with pytest.raises(UserError, match="Europe/Berlin"):
        schedule_parse.zone("Europe/Berln")


@pytest.mark.parametrize(("words", "length"), [("1h", 60), ("90m", 90), ("1h30", 90), ("2 days", 2880), ("45 min", 45)])
def test_a_length_is_read(words: str, length: int) -> None:
    assert schedule_parse.duration(words) == timedelta(minutes=length)


@pytest.mark.parametrize("words", ["soon", "90", "0m", "h"])
def test_what_is_no_length_is_told(words: str) -> None:
    with pytest.raises(UserError, match="length of time"):
        schedule_parse.duration(words)


def test_an_iso_week_is_the_teams_week_that_holds_its_thursday() -> None:
    assert schedule_parse.week("2026-W10", 0b0011111).first == date(2026, 3, 2)
    assert schedule_parse.week("2026W10", 0b1001111).first == date(2026, 3, 1)
    with pytest.raises(UserError, match="2026-W10"):
        schedule_parse.week("2026-W60", 31)


def test_a_month_is_its_first_and_last_day() -> None:
    month = schedule_parse.month("2026-02")
    assert (month.first, month.last) == (date(2026, 2, 1), date(2026, 2, 28))
