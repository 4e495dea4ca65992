"""Which goal a line serves: scores for each active goal and each kind of other work, as probabilities."""

from checkins.tagging.model import Weights
from checkins.tagging.suggestions import (
    KINDS,
    Candidate,
    Confirmed,
    GoalText,
    Kind,
    LineText,
    Suggestion,
)
from checkins.tagging.tagger import Tagger

__all__ = [
    "KINDS",
    "Candidate",
    "Confirmed",
    "GoalText",
    "Kind",
    "LineText",
    "Suggestion",
    "Tagger",
    "Weights",
]
