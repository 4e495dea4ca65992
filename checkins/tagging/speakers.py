"""Who says what: the classes a person's lines, and those of people whose names or teams share a word, went to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checkins.tagging.suggestions import LineText
from checkins.tagging.vocabulary import Floats
from checkins.tagging.words import plain

DECAY = 0.9  # what a line's part in a person's "lately" keeps with each later line of theirs


@dataclass(slots=True)
class Habit:
    """One person's confirmed lines by class: all, lately, and the last one's class."""

    count: Floats
    recent: Floats
    last: int


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of a line's speaker, by class.

    `usual`, `lately` and `names` are log ratios of the speaker's share to the company's, 0 where nothing is
    known; `last` marks the class of their last line; `lines` is how many of theirs are confirmed.
    """

    usual: Floats
    lately: Floats
    names: Floats
    last: Floats
    lines: float


class Speakers:
    """The habits of each person, and of each word in the names of people and teams ("Field Marketing")."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._habits: dict[str, Habit] = {}
        self._words: dict[str, Floats] = {}

    def add(self, line: LineText, classes: Sequence[int]) -> None:
        """Note where a person's line went."""
        for class_ in classes:
            for word in _names(line):
                self._words.setdefault(word, np.zeros(self._classes))[class_] += 1
            if not line.person:
                continue
            habit = self._habits.setdefault(
                line.person, Habit(np.zeros(self._classes), np.zeros(self._classes), class_)
            )
            habit.count[class_] += 1
            habit.recent *= DECAY
            habit.recent[class_] += 1
            habit.last = class_

    def voice(self, line: LineText, count: Floats) -> Voice:
        """What is known of who says a line; `count` is the company's confirmed lines by class."""
        prior = (count + 0.5) / (count.sum() + 0.5 * self._classes)
        usual, lately, names, last = (np.zeros(self._classes) for _ in range(4))
        lines = 0.0
        if line.person and (habit := self._habits.get(line.person)) is not None:
            usual, lately = _ratio(habit.count, prior, 1.0), _ratio(habit.recent, prior, 0.5)
            last[habit.last] = 1.0
            lines = float(habit.count.sum())
        words = _names(line)
        for word in words:
            if (counts := self._words.get(word)) is not None:
                names += _ratio(counts, prior, 1.0) / len(words)
        return Voice(usual, lately, names, last, lines)


def _ratio(counts: Floats, prior: Floats, trust: float) -> Floats:
    """Log of the share in `counts`, as if `trust` lines had followed the prior, over the prior."""
    result: Floats = np.log((counts + trust * prior) / (counts.sum() + trust) / prior)
    return result


def _names(line: LineText) -> list[str]:
    return list(dict.fromkeys(plain(line.person) + plain(line.team)))
