"""The softmax: its fit is the one a textbook would give, held to what is shipped."""

import numpy as np
import pytest

from checkins.tagging import model, training
from checkins.tagging.features import BY_HAND, GOAL, NONE
from checkins.tagging.model import TrainingRow
from checkins.tagging.tagger import REFIT, refits_at


def rows(count: int, seed: int = 3) -> list[TrainingRow]:
    """Lines of three goals whose first feature tells the right one most of the time."""
    chances = np.random.default_rng(seed)
    result = []
    for _ in range(count):
        goals = chances.normal(size=(3, len(GOAL)))
        right = int(np.argmax(np.append(2 * goals[:, 0] + chances.gumbel(size=3), chances.gumbel())))
        share = np.zeros(4)
        share[right] = 1
        result.append(TrainingRow(goals, chances.normal(size=len(NONE)), share))
    return result


def test_a_refit_finds_the_feature_that_tells_and_leaves_those_weighed_by_hand() -> None:
    fitted = model.refit(rows(400), training.blank())
    assert np.argmax(fitted.goals) == 0
    assert 1 < fitted.goals[0] < 3
    for name in BY_HAND:
        names, weights = (GOAL, fitted.goals) if name in GOAL else (NONE, fitted.none)
        assert weights[names.index(name)] == pytest.approx(0, abs=1e-3)


def test_a_refit_to_few_lines_stays_closer_to_what_is_shipped_than_one_to_many() -> None:
    shipped = training.blank()
    few, many = model.refit(rows(5), shipped), model.refit(rows(400), shipped)
    assert abs(few.goals[0]) < abs(many.goals[0])
    assert model.refit([], shipped) is shipped


def test_a_refit_gains_nothing_from_a_step_in_any_direction() -> None:
    told = rows(60)
    fitted = model.refit(told, training.blank())
    again = model.refit(told, training.blank())
    assert np.array_equal(fitted.goals, again.goals)
    problem = model.LogLoss([(told, np.ones(60))], training.blank(), model.PULL)
    best = np.concatenate([fitted.goals, fitted.none])
    slope, _ = problem.slope_and_curve(best)
    for place in range(len(best)):
        step = np.zeros(len(best))
        step[place] = 1e-4
        sides = problem.loss(best + step), problem.loss(best - step)
        assert min(sides) >= problem.loss(best) - 1e-6
        assert (sides[0] - sides[1]) / 2e-4 == pytest.approx(slope[place], abs=1e-2)


def test_weights_survive_being_written_and_read() -> None:
    shipped = model.shipped()
    again = model.parse(model.render(shipped))
    assert np.array_equal(again.goals, shipped.goals)
    assert np.array_equal(again.none_scale, shipped.none_scale)


def test_weights_for_other_features_are_refused() -> None:
    with pytest.raises(ValueError, match="other features"):
        model.parse('{"goals": {}, "none": {}}')


def test_a_new_company_is_refitted_at_every_line_and_an_old_one_every_twenty() -> None:
    assert [refits_at(each) for each in range(12)] == list(range(12))
    gaps = np.diff(sorted({refits_at(each) for each in range(2_000)}))
    assert gaps.min() == 1
    assert gaps.max() == REFIT
    assert list(gaps) == sorted(gaps)
