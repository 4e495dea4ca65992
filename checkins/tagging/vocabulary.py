"""A company's terms by number, how common each is, and where each was said."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from checkins.tagging.words import Words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Meetings: TypeAlias = tuple[npt.NDArray[np.intc], Ints]  # texts, and the place among a line's terms they share


# Looking up the terms of every fifth text is most of the time a line takes, and tells nobody apart.
MANY, COMMON = 1_000, 0.2


@dataclass(frozen=True, slots=True)
class EncodedLine:
    """A line in the terms of a vocabulary.

    `numbers`, `worth` and `weights` (worth times rarity) have one entry for each known term that weighs anything;
    `bulk` is the worth and `total` the weight of all of them and of terms nobody used before.
    """

    words: Words
    numbers: Ints
    worth: Floats
    weights: Floats
    bulk: float
    total: float


class Vocabulary:
    """Numbers for terms, and in how many texts (goals and confirmed lines) each was seen."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self._seen = array("d")
        self.texts = 0

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, terms: Iterable[str]) -> Ints:
        """The numbers of a text's distinct terms, after counting the text."""
        self.texts += 1
        numbers = []
        for term in terms:
            number = self.ids.setdefault(term, len(self.ids))
            if number == len(self._seen):
                self._seen.append(0.0)
            self._seen[number] += 1
            numbers.append(number)
        return np.array(numbers, np.int64)

    def hear(self, words: Words) -> EncodedLine:
        """A text in this vocabulary. Stop words weigh little because the company uses them everywhere."""
        known = [(self.ids[term], worth) for term, worth in words.terms.items() if term in self.ids]
        numbers = np.array([number for number, _ in known], np.int64)
        worth = np.array([each for _, each in known], np.float64)
        unknown = max(sum(words.terms.values()) - float(worth.sum()), 0.0)
        rarity = self.rarity(self.seen(numbers))
        numbers, worth, rarity = numbers[rarity > 0], worth[rarity > 0], rarity[rarity > 0]
        weights = worth * rarity
        total = float(weights.sum()) + unknown * float(self.rarity(np.zeros(1))[0])
        return EncodedLine(words, numbers, worth, weights, float(worth.sum()) + unknown, total)

    def seen(self, numbers: Ints) -> Floats:
        """In how many texts each of these terms was seen."""
        return np.frombuffer(self._seen)[numbers] if len(numbers) else np.zeros(0)

    def rarity(self, seen: Floats) -> Floats:
        """Inverse document frequency of terms seen in so many texts, at least 0; 0 for the commonest of many."""
        result: Floats = np.maximum(np.log((self.texts + 1) / (seen + 0.5)), 0.0)
        if self.texts >= MANY:
            result[seen > COMMON * self.texts] = 0.0
        return result


class Postings:
    """For each term the texts it stands in, in order of arrival; more may come."""

    def __init__(self) -> None:
        self._texts: dict[int, array[int]] = {}

    def add(self, numbers: Ints, text: int) -> None:
        """Note that a text holds these terms."""
        for number in numbers.tolist():
            self._texts.setdefault(number, array("i")).append(text)

    def find(self, numbers: Ints) -> Meetings:
        """Every meeting of a text with a place in `numbers`, as two arrays: the texts and the places."""
        places = [place for place, number in enumerate(numbers.tolist()) if number in self._texts]
        if not places:
            return np.zeros(0, np.intc), np.zeros(0, np.int64)
        texts = [np.frombuffer(self._texts[number], np.intc) for number in numbers[places].tolist()]
        sizes = [len(each) for each in texts]
        return np.concatenate(texts), np.repeat(np.array(places, np.int64), sizes)


class TermIndex:
    """Texts that stay as they are: which holds which terms, and what each is worth there."""

    def __init__(self, held: Iterable[tuple[int, int, float]]) -> None:
        """`held` has a term's number, a text's number and the worth for each term of each text."""
        ordered = sorted(held, key=lambda each: each[0])
        self.terms = np.array([term for term, _, _ in ordered], np.int64)
        self.texts = np.array([text for _, text, _ in ordered], np.int64)
        self.worth = np.array([worth for _, _, worth in ordered], np.float64)

    def find(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Where `terms` are among `numbers`, as two arrays: those places here, and the places in `numbers`."""
        start = np.searchsorted(self.terms, numbers)
        many = np.searchsorted(self.terms, numbers, "right") - start
        places = np.repeat(np.arange(len(numbers)), many)
        return np.arange(len(places)) + np.repeat(start - np.cumsum(many) + many, many), places
