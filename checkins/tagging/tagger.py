"""The tagger of one company: suggests targets for a line, and learns from confirmed ones."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from checkins.tagging import model, reasons
from checkins.tagging.features import Features, describe
from checkins.tagging.goals import Goals
from checkins.tagging.history import History
from checkins.tagging.kinds import Kinds, cues
from checkins.tagging.model import TrainingRow, Weights
from checkins.tagging.speakers import Speakers
from checkins.tagging.suggestions import (
    KINDS,
    Candidate,
    Confirmed,
    GoalText,
    Kind,
    LineText,
    Suggestion,
    by_checkin,
)
from checkins.tagging.vocabulary import EncodedLine, Vocabulary
from checkins.tagging.words import read

REFIT = 20  # confirmed lines between two refits, fewer at first: see `refits_at`
REMEMBERED = 600  # confirmed lines a refit looks at
EXPLAINED = 5  # candidates that get reasons of their own
_UNLIKELY = "nothing in the line points here"
_NOBODY: Mapping[str, str] = MappingProxyType({})


def refits_at(confirmed: int) -> int:
    """The last number of confirmed lines, at most this many, at which the weights are refitted.

    Every line at first, every tenth part more later, every 20 lines in the end: a new company changes fast.
    """
    at = 0
    while (following := at + max(1, min(REFIT, at // 10))) <= confirmed:
        at = following
        if at >= REFIT * 10:
            return at + (confirmed - at) // REFIT * REFIT
    return at


class Tagger:
    """Scores lines against a company's active goals and the kinds of non-goal work.

    All it knows is its goals and what was confirmed, in order: two taggers told the same agree. When goals change
    or somebody is forgotten, a new one is told what is left.
    """

    def __init__(
        self,
        goals: Sequence[GoalText],
        weights: Weights | None = None,
        watch: Callable[[TrainingRow], None] | None = None,
        successors: Mapping[str, str] = _NOBODY,
    ) -> None:
        """`successors` says which goal the lines of a closed one count for; without one they say nothing.

        `watch` is called with each line that is learnt, as it was described before; training listens.
        """
        self._watch = watch
        self._shipped = weights if weights is not None else model.shipped()
        self._successors = successors
        self._vocabulary = Vocabulary()
        self._goals = Goals(_distinct(goals), self._vocabulary)
        self._history = History(len(self._goals) + 1, self._vocabulary)
        self._speakers = Speakers(len(self._goals) + 1)
        self._kinds = Kinds()
        self._rows: deque[TrainingRow] = deque(maxlen=REMEMBERED + REFIT)
        self._learnt = 0  # confirmed lines that had a target
        self._fitted_at = 0
        self._weights = self._shipped

    def suggest(self, line: LineText) -> Suggestion:
        """Every active goal and every kind, best first."""
        heard = self._vocabulary.hear(read(line.text))
        features = self._describe(line, heard)
        chances = model.probabilities(features.goals, features.none, self._weights)
        kinds = chances[-1] * self._kinds.split(line.text, heard.words, features.likeness.lines)
        confidence = np.append(kinds, chances[:-1])
        cued = cues(line.text, heard.words)
        ranked = []
        for place, which in enumerate(np.argsort(-confidence, kind="stable").tolist()):
            number = which - len(KINDS)
            target = KINDS[which] if number < 0 else self._goals.ids[number]
            if place >= EXPLAINED:
                why = _UNLIKELY
            elif number < 0:
                why = reasons.for_kind(KINDS[which], cued, features)
            else:
                why = reasons.for_goal(number, heard, self._goals, features)
            ranked.append(Candidate(target, float(confidence[which]), why))
        return Suggestion(tuple(ranked), float(features.likeness.best.max()))

    def learn(self, confirmed: Sequence[Confirmed]) -> None:
        """Learn from the confirmed lines of one or more whole check-ins, in order.

        Each line is described as it was before anything of its own check-in was known.
        """
        ahead = len(confirmed)
        for together in by_checkin(confirmed):
            ahead -= len(together)
            lines = [(each, classes) for each in together if (classes := self._classes(each.targets))]
            read_lines = [read(each.line.text) for each, _ in lines]
            if ahead < REMEMBERED + REFIT:  # older rows would be dropped again before anything is fitted
                for (each, classes), words in zip(lines, read_lines, strict=True):
                    features = self._describe(each.line, self._vocabulary.hear(words))
                    share = np.zeros(len(self._goals) + 1)
                    share[list(classes)] = 1 / len(classes)
                    row = model.row(features.goals, features.none, share, self._shipped)
                    self._rows.append(row)
                    if self._watch is not None:
                        self._watch(row)
            self._learnt += len(lines)
            for (each, classes), words in zip(lines, read_lines, strict=True):
                numbers = self._vocabulary.add(words.terms)
                for class_, kind in classes.items():
                    self._history.add(words, numbers, each.line.person, class_)
                    self._kinds.add(kind)
                self._speakers.add(each.line, list(classes))
        self._fit()

    def _fit(self) -> None:
        if (at := refits_at(self._learnt)) == self._fitted_at:
            return
        rows = list(self._rows)
        rows = rows[: len(rows) - (self._learnt - at)][-REMEMBERED:]
        self._weights = model.refit(rows, self._shipped)
        self._fitted_at = at

    def _describe(self, line: LineText, heard: EncodedLine) -> Features:
        return describe(line, heard, self._goals, self._history, self._speakers)

    def _classes(self, targets: frozenset[str]) -> dict[int, Kind | None]:
        """Where a line with these targets goes: goals by number, "none" last and with its kind."""
        classes: dict[int, Kind | None] = {}
        for target in sorted(targets):
            if (goal := self._active(target)) is not None:
                classes[self._goals.number[goal]] = None
        for kind in KINDS:
            if kind in targets:
                classes.setdefault(len(self._goals), kind)
        return classes

    def _active(self, target: str) -> str | None:
        """The active goal that a target is, or that came after it."""
        seen: set[str] = set()
        while target not in self._goals.number:
            if target in seen or target not in self._successors:
                return None
            seen.add(target)
            target = self._successors[target]
        return target


def _distinct(goals: Sequence[GoalText]) -> tuple[GoalText, ...]:
    """Goals by id, the last text of each; ValueError if one is called like a kind."""
    found = {goal.id: goal for goal in goals}
    if mistaken := found.keys() & set(KINDS):
        raise ValueError(f"a goal cannot have the id of a kind: {', '.join(sorted(mistaken))}")
    return tuple(found.values())
