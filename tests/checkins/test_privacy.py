"""No share that is the work of three people or fewer, not even by subtraction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins import privacy


def test_shares_are_shown_from_four_people_and_half_of_those_asked() -> None:
    assert privacy.withheld(4, 8) == ""
    assert "4 people" in privacy.withheld(3, 3)
    assert "half" in privacy.withheld(4, 9)


def test_a_target_with_few_people_is_merged_with_other_small_ones() -> None:
    weeks = [{"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}, {"a": 0.5, "c": 0.5}, {"a": 0.5, "c": 0.5}]
    shares = privacy.shares(weeks)
    assert shares is not None
    assert (shares.shown, shares.merged) == ((("a", 50),), 50)


def test_one_persons_work_never_comes_out_by_subtraction() -> None:
    weeks = [{"a": 0.6, "b": 0.4}] * 5 + [{"a": 0.5, "secret": 0.5}]
    shares = privacy.shares(weeks)
    assert shares is not None
    assert dict(shares.shown).keys() == {"a"}  # b joins the secret, so that 100% less the rest is six people's work
    assert shares.merged > 0


def test_when_no_two_parts_can_be_told_apart_there_are_no_shares() -> None:
    assert privacy.shares([{"a": 1.0}, {"b": 1.0}, {"c": 1.0}, {"d": 1.0}]) is None


week = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1), min_size=1).map(
    lambda parts: {target: part / sum(parts.values()) for target, part in parts.items()}
)


@given(st.lists(week, min_size=1, max_size=12))
def test_whatever_people_did_each_figure_is_the_work_of_four_or_more(weeks: list[dict[str, float]]) -> None:
    shares = privacy.shares(weeks)
    if shares is None:
        return
    shown = dict(shares.shown)
    assert sum(shown.values()) + shares.merged == 100
    assert all(percent % 5 == 0 for percent in [*shown.values(), shares.merged])
    for target in shown:
        assert sum(1 for parts in weeks if target in parts) >= privacy.FEWEST
    left = [parts for parts in weeks if parts.keys() - shown.keys()]
    assert not left or len(left) >= privacy.FEWEST


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9).filter(lambda parts: sum(parts) > 0.01))
def test_rounded_parts_sum_to_a_hundred_and_are_near(parts: list[float]) -> None:
    exact = [part / sum(parts) for part in parts]
    rounded = privacy.round_to(exact)
    assert sum(rounded) == 100
    for part, percent in zip(exact, rounded, strict=True):
        assert percent == pytest.approx(part * 100, abs=5.001)
