"""What confirmed lines say: which were like this one, how much went where, and lately."""

from array import array
from dataclasses import dataclass

import numpy as np

from checkins.tagging.vocabulary import EncodedLine, Floats, Ints, Meetings, Postings, Vocabulary
from checkins.tagging.words import Words

NEAREST = 300  # lines looked at for "the three most alike": a class beyond them is out of the question
FADES, FRESH = (
    60.0,
    600,
)  # lines after which a similar one counts e times less as a recent one, and not at all
DECAY = 0.97  # what a confirmed line's part in "lately" keeps with each later one
TEXT, COMPANY = 30.0, 200.0  # worth of terms a goal's own text, and the whole company's, count as in Bayes
ALIKE = 0.15  # similarity from which a person would call two lines alike


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a line and the confirmed ones of each class are, from 0 to 1.

    `lines` has one similarity for each confirmed entry; the rest are one for each class: the `best`, the mean of
    the `three` best, the best `lately`, the best of the same speaker's (`own`), and how many are `alike`.
    """

    lines: Floats
    best: Floats
    three: Floats
    lately: Floats
    own: Floats
    alike: Ints


class History:
    """Confirmed lines by class: the goals by number, and last "none". A line with two goals is two entries."""

    def __init__(self, classes: int, vocabulary: Vocabulary) -> None:
        self.classes = classes
        self._vocabulary = vocabulary
        self._postings = Postings()
        self._class, self._person = array("i"), array("i")
        self._weight = array("d")
        self._people: dict[str, int] = {"": 0}
        self._marks: dict[str, Floats] = {}
        self.count, self.recent = np.zeros(classes), np.zeros(classes)
        self._bulk = np.zeros(classes)
        self.last: int | None = None

    def __len__(self) -> int:
        return len(self._class)

    def add(self, words: Words, numbers: Ints, person: str, class_: int) -> None:
        """Keep a line, whose terms the vocabulary has numbered, under a class."""
        self._postings.add(numbers, len(self))
        self._class.append(class_)
        self._person.append(self._people.setdefault(person, len(self._people)))
        seen = self._vocabulary.seen(numbers)
        worth = np.array(list(words.terms.values()), np.float64)
        self._weight.append(float(self._vocabulary.rarity(seen) @ worth))
        for mark in words.marks:
            self._marks.setdefault(mark, np.zeros(self.classes))[class_] += 1
        self.count[class_] += 1
        self._bulk[class_] += worth.sum()
        self.recent *= DECAY
        self.recent[class_] += 1
        self.last = class_

    def meetings(self, heard: EncodedLine) -> Meetings:
        """Entries and the places of a line's terms in them; see `Postings.find`."""
        return self._postings.find(heard.numbers)

    def likeness(self, heard: EncodedLine, meetings: Meetings, person: str) -> Likeness:
        """How alike the line and those confirmed are: twice the weight they share over the weight of both."""
        best, three, lately, own = (np.zeros(self.classes) for _ in range(4))
        alike = np.zeros(self.classes, np.int64)
        if not len(self):
            return Likeness(np.zeros(0), best, three, lately, own, alike)
        entries, places = meetings
        shared = np.bincount(entries, heard.weights[places], len(self))
        lines = 2 * shared / (heard.total + np.frombuffer(self._weight) + 1e-9)
        class_ = np.frombuffer(self._class, np.intc)
        fresh = np.arange(max(0, len(self) - FRESH), len(self))
        np.maximum.at(lately, class_[fresh], lines[fresh] * np.exp((fresh - len(self) + 1) / FADES))
        if (number := self._people.get(person, 0)) > 0:
            mine = np.flatnonzero(np.frombuffer(self._person, np.intc) == number)
            np.maximum.at(own, class_[mine], lines[mine])
        near = np.arange(len(self))
        if len(self) > NEAREST:
            near = np.argpartition(-lines, NEAREST)[:NEAREST]
        np.maximum.at(best, class_[near], lines[near])
        near = near[np.lexsort((near, -lines[near], class_[near]))]
        start = np.searchsorted(class_[near], np.arange(self.classes))
        first = near[np.arange(len(near)) - start[class_[near]] < 3]
        np.add.at(three, class_[first], lines[first] / 3)
        np.add.at(alike, class_[near], lines[near] >= ALIKE)
        return Likeness(lines, best, three, lately, own, alike)

    def bayes(self, heard: EncodedLine, meetings: Meetings, said: Floats, goal_bulk: Floats) -> Floats:
        """Log-likelihood of the line's words in each class against the whole company's, per root of its length.

        `said` (terms, goals) and `goal_bulk` (goals) are the goals' own texts, which count as a few confirmed
        words: enough for a start, little against history.
        """
        entries, places = meetings
        cells = len(heard.numbers) * self.classes
        meets = np.bincount(places * self.classes + np.frombuffer(self._class, np.intc)[entries], minlength=cells)
        counted = meets.reshape(len(heard.numbers), self.classes).astype(np.float64)
        text = np.zeros(self.classes)
        text[:-1] = np.where(goal_bulk > 0, TEXT, 0.0)
        counted[:, :-1] += said * (text[:-1] / np.maximum(goal_bulk, 1.0))
        size = self._bulk + text + COMPANY
        company = (self._vocabulary.seen(heard.numbers) + 0.5) / (self._bulk.sum() + goal_bulk.sum() + 100.0)
        # log((n / company + COMPANY) / size) of every term, written so that unsaid ones cost nothing.
        likelihood = heard.worth @ np.log1p(counted / (company[:, None] * COMPANY))
        result: Floats = (likelihood + heard.bulk * np.log(COMPANY / size)) / (heard.bulk + 1.0) ** 0.5
        return result

    def marked(self, heard: EncodedLine) -> Floats:
        """How much the links and tracker ids in a line point to each class, from 0 to 1 (classes)."""
        result = np.zeros(self.classes)
        for mark in heard.words.marks:
            if (counts := self._marks.get(mark)) is not None:
                np.maximum(result, counts / (counts.sum() + 0.5), out=result)
        return result
