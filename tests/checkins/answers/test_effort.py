"""How effort is spread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkins.answers import effort
from checkins.answers.effort import EffortTarget, Worked
from storage.kinds import Mix, WorkKind

A, B = EffortTarget(WorkKind.GOAL, 1), EffortTarget(WorkKind.GOAL, 2)
FIRE, SUPPORT = EffortTarget(WorkKind.FIREFIGHTING), EffortTarget(WorkKind.SUPPORT)


def shares(*lines: Worked, mix: str = "") -> dict[EffortTarget, float]:
    return {target: round(part, 3) for target, part in effort.of_day(lines, mix).items()}


def test_lines_that_say_nothing_share_the_day() -> None:
    assert shares(Worked((A,)), Worked((B,))) == {A: 0.5, B: 0.5}


def test_what_is_stated_counts_first_and_the_rest_is_shared() -> None:
    assert shares(Worked((A,), hours=2), Worked((B,)), Worked((FIRE,))) == {A: 0.25, B: 0.375, FIRE: 0.375}
    assert shares(Worked((A,), percent=50), Worked((B,))) == {A: 0.5, B: 0.5}


def test_more_than_a_day_is_scaled_to_one() -> None:
    assert shares(Worked((A,), hours=12), Worked((B,), hours=4)) == {A: 0.75, B: 0.25}


def test_a_day_of_which_only_a_part_is_stated_still_weighs_one() -> None:
    assert shares(Worked((A,), hours=2)) == {A: 1.0}


def test_a_line_for_several_goals_is_shared_between_them() -> None:
    assert shares(Worked((A, B))) == {A: 0.5, B: 0.5}


def test_the_one_tap_mix_weighs_lines_that_say_nothing() -> None:
    assert shares(Worked((A,)), Worked((FIRE,)), mix="firefighting") == {FIRE: 0.75, A: 0.25}


def test_a_mix_without_a_line_of_its_kind_counts_all_the_same() -> None:
    assert shares(Worked((A,)), mix="support") == {SUPPORT: 0.75, A: 0.25}


def test_an_incident_all_day_takes_what_no_line_states() -> None:
    assert shares(Worked((A,)), mix="incident") == {FIRE: 1.0}
    assert shares(Worked((A,), hours=2), mix="incident") == {A: 0.25, FIRE: 0.75}


def test_what_is_stated_beats_the_mix() -> None:
    assert shares(Worked((A,), hours=8), mix="firefighting") == {A: 1.0}


def test_each_day_of_a_week_weighs_the_same() -> None:
    week = effort.of_week([{A: 1.0}, {A: 0.5, B: 0.5}])
    assert week == {A: 0.75, B: 0.25}


targets = st.sampled_from([(A,), (B,), (FIRE,), (SUPPORT,), (A, B)])
lines = st.builds(
    Worked,
    targets,
    hours=st.none() | st.floats(0.1, 24),
    percent=st.none() | st.floats(1, 100),
)


@given(st.lists(lines, min_size=1, max_size=12), st.sampled_from(["", *Mix]))
def test_a_day_always_sums_to_one(day: list[Worked], mix: str) -> None:
    found = effort.of_day(day, mix)
    assert sum(found.values()) == pytest.approx(1.0)
    assert all(part >= 0 for part in found.values())
