"""Quickly enough, and never a guess."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from checkins.goals import progress
from storage.tables import Goal, KeyResult

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def goal(**fields: Any) -> Goal:
    return Goal(id=1, company_id=1, handle="x", title="X", created_at=BEGAN, **fields)


def number(start: float | None, now: float | None, target: float) -> KeyResult:
    return KeyResult(goal_id=1, title="N", start=start, now=now, target=target)


@pytest.mark.parametrize(("now", "verdict"), [(50, "on pace"), (41, "on pace"), (39, "behind"), (100, "on pace")])
def test_pace_is_what_is_done_against_the_time_that_is_gone(now: float, verdict: str) -> None:
    half = date(2026, 4, 11)  # 100 of 200 days
    found = progress.of(goal(by=date(2026, 7, 20)), [number(0, now, 100)], half)
    assert (found.verdict, found.elapsed) == (verdict, 0.5)


def test_a_number_that_should_fall_counts_downwards() -> None:
    assert progress.progress(number(38, 31, 24)) == 0.5


@pytest.mark.parametrize(
    ("fields", "results"),
    [
        ({}, [number(0, 5, 10)]),
        ({"by": date(2026, 7, 20)}, []),
        ({"by": date(2026, 7, 20)}, [number(None, 5, 10)]),
    ],
)
def test_without_a_date_or_a_number_there_is_no_plan_to_compare_with(
    fields: dict[str, Any], results: list[KeyResult]
) -> None:
    assert progress.of(goal(**fields), results, date(2026, 3, 1)).verdict == "no plan"


def test_a_date_that_is_over_is_said_and_a_done_goal_is_done() -> None:
    assert progress.of(goal(by=date(2026, 2, 1)), [], date(2026, 3, 1)).verdict == "past its date"
    assert progress.of(goal(by=date(2026, 2, 1), status="done"), [], date(2026, 3, 1)).verdict == "done"
