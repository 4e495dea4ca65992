"""When somebody is asked, in every zone and on every kind of day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins.schedule import calendar
from checkins.schedule.calendar import Rhythm

ZONES = sorted(available_timezones())
DAYS = st.dates(date(2005, 1, 1), date(2035, 12, 31))


def test_a_time_that_the_clocks_skip_becomes_the_first_instant_after_the_gap() -> None:
    asked = calendar.instant(date(2026, 3, 29), 2 * 60 + 30, "Europe/Berlin")
    assert asked == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    asked = calendar.instant(date(2026, 10, 25), 2 * 60 + 30, "Europe/Berlin")
    assert asked == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_a_zone_leaves_out_is_skipped() -> None:
    day, _ = calendar.following(Rhythm(calendar.EVERY_DAY, 600, "Pacific/Apia"), date(2011, 12, 29))
    assert day == date(2011, 12, 31)


@given(st.sampled_from(ZONES), DAYS, st.integers(0, 1439))
def test_the_instant_shows_the_wanted_clock_or_is_the_end_of_a_gap(zone: str, day: date, minute: int) -> None:
    moment = calendar.instant(day, minute, zone)
    local = moment.astimezone(ZoneInfo(zone))
    wanted = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    if local.replace(tzinfo=None) != wanted:
        # In a gap: one second earlier the clock still showed less than what was wanted.
        before = (moment - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert before < wanted < local.replace(tzinfo=None)
    else:
        assert local.fold == 0


@given(st.sampled_from(ZONES), DAYS, st.integers(1, 127), st.integers(0, 1439))
def test_each_local_day_comes_once_and_in_order(zone: str, day: date, days: int, minute: int) -> None:
    rhythm = Rhythm(days, minute, zone)
    seen: list[tuple[date, datetime]] = []
    at = day
    for _ in range(10):
        at, moment = calendar.following(rhythm, at)
        seen.append((at, moment))
    dates = [found for found, _ in seen]
    assert dates == sorted(set(dates))
    assert all(days >> found.weekday() & 1 for found in dates)
    assert [moment for _, moment in seen] == sorted({moment for _, moment in seen})
    assert all(calendar.local_day(moment, zone) == found for found, moment in seen)


@given(st.integers(1, 127), DAYS)
def test_a_week_has_seven_days_and_begins_on_a_working_day(working: int, day: date) -> None:
    week = calendar.week_of(day, working)
    assert day in week
    assert (week.last - week.first).days == 6
    assert working >> week.first.weekday() & 1
    assert calendar.week_of(week.first, working) == calendar.week_of(week.last, working) == week


@pytest.mark.parametrize(
    ("working", "start", "usual"),
    [
        (0b0011111, 0, "Tue and Fri"),
        (0b1001111, 6, "Mon and Thu"),
        (0b0111111, 0, "Tue and Sat"),
        (0b0000001, 0, "Mon"),
    ],
)
def test_the_week_and_the_usual_days_follow_the_working_days(working: int, start: int, usual: str) -> None:
    assert calendar.week_start(working) == start
    assert calendar.in_words(calendar.default_days(working)) == usual


def test_a_question_expires_after_two_hours_or_when_quiet_hours_begin() -> None:
    rhythm = Rhythm(31, 15 * 60 + 30, "Europe/Berlin")
    due = calendar.instant(date(2026, 3, 3), rhythm.minute, rhythm.zone)
    assert calendar.expiry(due, rhythm.zone) == due + timedelta(hours=2)
    late = Rhythm(31, 17 * 60, "Europe/Berlin")
    due = calendar.instant(date(2026, 3, 3), late.minute, late.zone)
    assert calendar.expiry(due, late.zone) == due + timedelta(hours=1)
    chosen = Rhythm(31, 20 * 60, "Europe/Berlin")  # inside the quiet hours: they meant it
    due = calendar.instant(date(2026, 3, 3), chosen.minute, chosen.zone)
    assert calendar.expiry(due, chosen.zone) == due + timedelta(hours=2)


@pytest.mark.parametrize(("hour", "quiet"), [(7, True), (8, False), (17, False), (18, True), (23, True)])
def test_quiet_hours_cross_midnight(hour: int, quiet: bool) -> None:
    moment = datetime(2026, 3, 3, hour, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert calendar.is_quiet(moment, "Asia/Kolkata", 18 * 60, 8 * 60) is quiet


def test_a_digest_is_posted_on_the_first_working_day_after_its_week() -> None:
    week = calendar.week_of(date(2026, 3, 4), 0b0011111)
    due = calendar.digest_due(week, 0b0011111, None, 600, "Europe/Berlin")
    assert due == datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert calendar.digest_due(week, 0b0011111, 2, 600, "Europe/Berlin").date() == date(2026, 3, 11)
