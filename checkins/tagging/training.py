"""How the weights that are shipped come from the histories of several companies."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from checkins.tagging import model, stream
from checkins.tagging.features import BY_HAND, GOAL, NONE
from checkins.tagging.model import TrainingRow, Weights
from checkins.tagging.vocabulary import Floats

PULL = 15.0  # how hard the shipped weights are held to 0, in lines
COMPANY = 100.0  # lines each company's history counts as, however long it is
EARLY = 30.0  # lines after which one counts half: the later ones are the refit's affair


def blank() -> Weights:
    """Weights that know nothing, and leave features as they are."""
    return Weights(np.zeros(len(GOAL)), np.zeros(len(NONE)), np.ones(len(GOAL)), np.ones(len(NONE)))


def history(
    goals: Iterable[Mapping[str, Any]], statements: Iterable[Mapping[str, Any]], speakers: bool = True
) -> list[TrainingRow]:
    """The rows of one company's statements, each as it was before it was confirmed; nobody speaks if not `speakers`."""
    rows: list[TrainingRow] = []
    if not speakers:
        statements = [{**statement, "person": None} for statement in statements]
    for _ in stream.run(goals, statements, "all", blank(), watch=rows.append):
        pass
    return rows


def train(companies: Sequence[Sequence[Sequence[TrainingRow]]]) -> Weights:
    """The weights for a company nobody knows yet, from the rows of others: for each, with and without speakers."""
    histories = [rows for company in companies for rows in company]
    goals = np.concatenate([row.goals.reshape(-1, len(GOAL)) for rows in histories for row in rows])
    none = np.stack([row.none for rows in histories for row in rows])
    goals_scale, none_scale = _size(goals, GOAL), _size(none, NONE)
    start = Weights(np.zeros(len(GOAL)), np.zeros(len(NONE)), goals_scale, none_scale)
    groups = []
    for company in companies:
        for rows in company:
            counts = 1 / (1 + np.arange(len(rows)) / EARLY)
            counts *= COMPANY * 2 / len(company) / counts.sum()
            scaled = [TrainingRow(row.goals / goals_scale, row.none / none_scale, row.share) for row in rows]
            groups.append((scaled, counts))
    fitted = model.fit(groups, start, PULL, 20)
    # Added afterwards: fitted beside them, the other weights would make up for them.
    return Weights(fitted.goals + _by_hand(GOAL), fitted.none + _by_hand(NONE), goals_scale, none_scale)


def _size(values: Floats, names: Sequence[str]) -> Floats:
    size: Floats = np.sqrt((values.astype(np.float64) ** 2).mean(axis=0))
    size[(size < 1e-6) | np.isin(names, list(BY_HAND))] = 1.0
    return size


def _by_hand(names: Sequence[str]) -> Floats:
    return np.array([BY_HAND.get(name, 0.0) for name in names])
