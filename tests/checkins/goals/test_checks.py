"""What a goal may say, and how goals may stand beside and under each other."""

from __future__ import annotations

from datetime import date

import pytest

from checkins.errors import UserError
from checkins.goals import checks


def test_a_title_is_clean_and_on_one_line() -> None:
    assert checks.title(" Pricing\n pa\x00ge ") == "Pricing page"
    assert checks.description("a\x00\n\n b") == "a\n\n b"


@pytest.mark.parametrize(("typed", "weight"), [("40", 40), ("40 %", 40), ("0", 0), ("100", 100)])
def test_a_weight_is_read(typed: str, weight: int) -> None:
    assert checks.weight(typed) == weight


@pytest.mark.parametrize("typed", ["101", "-1", "forty", "4.5", "²", "9" * 30, ""])
def test_what_is_no_weight_is_told(typed: str) -> None:
    with pytest.raises(UserError, match="whole number from 0 to 100"):
        checks.weight(typed)


def test_a_date_may_be_today_and_not_before() -> None:
    checks.still_to_come(date(2026, 3, 3), date(2026, 3, 3))
    checks.still_to_come(None, date(2026, 3, 3))
    with pytest.raises(UserError, match="2026-03-02 is over already"):
        checks.still_to_come(date(2026, 3, 2), date(2026, 3, 3))


def test_weights_beside_each_other_share_100() -> None:
    checks.shares_100(40, [("one", 60)])
    with pytest.raises(UserError, match=r"With 41 .* sum to 101, and they share 100: #one 60\."):
        checks.shares_100(41, [("one", 60)])
    with pytest.raises(UserError, match="#g5 20, …"):
        checks.shares_100(1, [(f"g{number}", 20) for number in range(9)])


def test_circles_are_found_wherever_they_begin_and_those_below_them_are_not_in_them() -> None:
    parents = {
        "a": "b",
        "b": "c",
        "c": "a",
        "below": "a",
        "own": "own",
        "top": "",
        "under": "top",
        "far": "gone",
    }
    found = checks.circles(parents)
    assert found["a"] == "That would be a circle: #a > #b > #c > #a."
    assert found["b"] == "That would be a circle: #b > #c > #a > #b."
    assert found["own"] == "A goal cannot be under itself."
    assert set(found) == {"a", "b", "c", "own"}


def test_a_chain_of_thousands_is_looked_through_once() -> None:
    chain = {str(number): str(number + 1) for number in range(20_000)}
    assert checks.circles(chain) == {}
    assert len(checks.circles(chain | {"20000": "0"})) == 20_001
