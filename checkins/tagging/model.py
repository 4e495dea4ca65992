"""The small softmax that weighs features, and its refit to one company."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from checkins.tagging.features import BY_HAND, GOAL, NONE
from checkins.tagging.vocabulary import Floats

PULL = 15.0  # precision of a goal weight around the shipped one: about as many lines outweigh it
LOOSE = 7.0  # so many times weaker for "none": companies differ most in what serves no goal
STEPS = 6  # Newton steps at most: the fit is convex and close by
_STIFF = 1e6  # a pull that no evidence moves


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature counts for: one weight for each of features.GOAL and NONE, and the features' usual size.

    `goals` and `none` multiply features divided by `goals_scale` and `none_scale`.
    """

    goals: Floats
    none: Floats
    goals_scale: Floats
    none_scale: Floats


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """A confirmed line: its features over their scale (goals, GOAL) and (NONE), and the share of each class."""

    goals: Floats
    none: Floats
    share: Floats


def parse(text: str) -> Weights:
    """Weights from the JSON that `render` writes; ValueError if they are for other features."""
    stored = json.loads(text)
    parts = []
    for block, names in (("goals", GOAL), ("none", NONE)):
        if set(stored[block]) != set(names):
            raise ValueError(f"weights for other features: {sorted(set(stored[block]) ^ set(names))}")
        parts.append(np.array([stored[block][name] for name in names], np.float64))
    return Weights(parts[0][:, 0], parts[1][:, 0], parts[0][:, 1], parts[1][:, 1])


def render(weights: Weights) -> str:
    """Weights as JSON: block, feature, [weight, scale]."""
    blocks: Mapping[str, tuple[Sequence[str], Floats, Floats]] = {
        "goals": (GOAL, weights.goals, weights.goals_scale),
        "none": (NONE, weights.none, weights.none_scale),
    }
    stored = {
        block: {
            name: [round(float(weight), 4), round(float(scale), 4)]
            for name, weight, scale in zip(names, values, scales, strict=True)
        }
        for block, (names, values, scales) in blocks.items()
    }
    return json.dumps(stored, indent=1) + "\n"


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights that come with the package, read once."""
    return parse(resources.files("checkins.tagging").joinpath("weights.json").read_text(encoding="utf8"))


def row(goals: Floats, none: Floats, share: Floats, weights: Weights) -> TrainingRow:
    """A confirmed line's features (goals, GOAL) and (NONE) as the refit takes them; `share` sums to 1 (classes)."""
    return TrainingRow((goals / weights.goals_scale).astype(np.float32), none / weights.none_scale, share)


def probabilities(goals: Floats, none: Floats, weights: Weights) -> Floats:
    """The probability of each goal and, last, of none, from a line's features (goals, GOAL) and (NONE)."""
    scores = np.append((goals / weights.goals_scale) @ weights.goals, (none / weights.none_scale) @ weights.none)
    return _softmax(scores)


def refit(rows: Sequence[TrainingRow], prior: Weights) -> Weights:
    """The weights that explain the rows best while held to the prior's: the mode of a Gaussian posterior.

    The result depends on the rows and the prior alone.
    """
    return fit([(rows, np.ones(len(rows)))], prior, PULL, STEPS) if rows else prior


def fit(groups: Sequence[tuple[Sequence[TrainingRow], Floats]], prior: Weights, pull: float, steps: int) -> Weights:
    """As `refit`, from groups of rows with a weight for each; all rows of a group have as many goals."""
    problem = LogLoss(groups, prior, pull)
    start = np.concatenate([prior.goals, prior.none])
    current, loss = start, problem.loss(start)
    for _ in range(steps):
        slope, curve = problem.slope_and_curve(current)
        step = np.linalg.solve(curve, slope)
        length = 1.0
        while (next_loss := problem.loss(current - length * step)) > loss and length > 0.01:
            length /= 2
        if next_loss > loss:
            break
        current, gained, loss = current - length * step, loss - next_loss, next_loss
        if gained < 1e-4:
            break
    return Weights(current[: len(GOAL)], current[len(GOAL) :], prior.goals_scale, prior.none_scale)


class LogLoss:
    """Penalised log loss of a softmax, its slope and its curve; goals and "none" have weights of their own."""

    def __init__(self, groups: Sequence[tuple[Sequence[TrainingRow], Floats]], prior: Weights, pull: float) -> None:
        self._groups = [
            (
                np.stack([each.goals for each in rows]).astype(np.float64),
                np.stack([each.none for each in rows]),
                np.stack([each.share for each in rows]),
                counts[:, None],
            )
            for rows, counts in groups
        ]
        self._centre = np.concatenate([prior.goals, prior.none])
        by_hand = np.array([name in BY_HAND for name in (*GOAL, *NONE)])
        is_none = np.arange(len(by_hand)) >= len(GOAL)
        self._pull = np.where(by_hand, _STIFF, np.where(is_none, pull / LOOSE, pull))

    def _log_share(self, goals: Floats, none: Floats, weights: Floats) -> Floats:
        scores = np.concatenate([goals @ weights[: len(GOAL)], none @ weights[len(GOAL) :, None]], axis=1)
        scores -= scores.max(axis=1, keepdims=True)
        result: Floats = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return result

    def loss(self, weights: Floats) -> float:
        """Log loss of the rows plus what the pull to the prior costs."""
        total = 0.5 * float(self._pull @ (weights - self._centre) ** 2)
        for goals, none, share, counts in self._groups:
            total -= float((counts * share * self._log_share(goals, none, weights)).sum())
        return total

    def slope_and_curve(self, weights: Floats) -> tuple[Floats, Floats]:
        """First (weights) and second (weights, weights) derivatives of the loss."""
        slope = self._pull * (weights - self._centre)
        curve = np.diag(self._pull)
        split = len(GOAL)
        for goals, none, share, counts in self._groups:
            chance = np.exp(self._log_share(goals, none, weights))
            error = counts * (chance - share)
            slope[:split] += np.einsum("nc,ncf->f", error[:, :-1], goals)
            slope[split:] += error[:, -1] @ none
            mean = np.concatenate([np.einsum("nc,ncf->nf", chance[:, :-1], goals), chance[:, -1:] * none], axis=1)
            rooted = (goals * np.sqrt(counts * chance[:, :-1])[:, :, None]).reshape(-1, split)
            curve[:split, :split] += rooted.T @ rooted
            curve[split:, split:] += none.T @ (counts * chance[:, -1:] * none)
            curve -= mean.T @ (counts * mean)
        return slope, curve


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    result: Floats = raised / raised.sum()
    return result
