"""What the active goals say: how well their words, titles, handles and owners fit a line."""

import re
from collections.abc import Sequence

import numpy as np

from checkins.tagging.suggestions import GoalText
from checkins.tagging.vocabulary import EncodedLine, Floats, TermIndex, Vocabulary
from checkins.tagging.words import Words, fold, join, plain, read

TITLE = 2.0  # a term of the title, the handle or a keyword counts so many times
SATURATION, LENGTH = 1.2, 0.5  # k1 and b of BM25 (Robertson and Zaragoza, 2009)
TELLING = 0.7  # rarity below which a word is too common to explain anything
NAME = 8  # a title of fewer characters is too easily part of another sentence to count as "named"
_SENTENCE = re.compile(r"[.!?;]\s+|[\n。！？।]+")


class Goals:
    """The active goals' words, goals numbered from 0 in the order given."""

    def __init__(self, goals: Sequence[GoalText], vocabulary: Vocabulary) -> None:
        self.number = {goal.id: number for number, goal in enumerate(goals)}
        self.ids = list(self.number)
        self._vocabulary = vocabulary
        self._titles = [" ".join(plain(goal.title)) for goal in goals]
        self._handles: dict[str, int] = {}
        self._owned: dict[str, list[int]] = {}
        self._parts = list(enumerate(goal.title for goal in goals))
        for number, goal in enumerate(goals):
            texts = [each for each in _SENTENCE.split(goal.description) if each.strip()]
            self._parts += [(number, text) for text in (*texts, *goal.key_results, *goal.initiatives)]
        self.bulk = np.zeros(len(goals))  # worth of each goal's terms, with repetitions
        for number, goal in enumerate(goals):
            self._name(number, goal)
        self._goals = TermIndex(held for number, goal in enumerate(goals) for held in self._count(number, goal))
        self._part_goal = np.array([goal for goal, _ in self._parts], np.int64)
        self._shelf = TermIndex(
            (vocabulary.ids[term], part, worth)
            for part, (_, text) in enumerate(self._parts)
            for term, worth in read(text).terms.items()
            if term in vocabulary.ids  # a link cut in two gives terms the whole text did not
        )
        self._whole: Floats = np.zeros(0)
        self._weighed_at = -1

    def _name(self, number: int, goal: GoalText) -> None:
        for handle in (goal.handle.lstrip("#"), goal.title.replace(" ", "-"), goal.title.replace(" ", "")):
            if handle:
                self._handles.setdefault(fold(handle), number)
        for owner in goal.owners:
            self._owned.setdefault(owner, []).append(number)

    def _count(self, number: int, goal: GoalText) -> list[tuple[int, int, float]]:
        """Each term of a goal, the goal, and how often it says it; adds to `bulk` and to the vocabulary."""
        often: dict[str, float] = {}
        parts = [(TITLE, text) for text in (goal.title, goal.handle, *goal.keywords)]
        parts += [(1.0, text) for text in (goal.description, *goal.key_results, *goal.initiatives)]
        for times, text in parts:
            for term, worth in read(text).terms.items():
                often[term] = often.get(term, 0.0) + times
                self.bulk[number] += times * worth
        terms = self._vocabulary.add(often).tolist()
        return [(term, number, times) for term, times in zip(terms, often.values(), strict=True)]

    def __len__(self) -> int:
        return len(self.ids)

    def said(self, heard: EncodedLine) -> Floats:
        """How often each goal says each of a line's known terms (terms, goals)."""
        result = np.zeros((len(heard.numbers), len(self)))
        found, places = self._goals.find(heard.numbers)
        result[places, self._goals.texts[found]] = self._goals.worth[found]
        return result

    def bm25(self, heard: EncodedLine, said: Floats) -> Floats:
        """BM25 of each goal's text for a line (goals); `said` is what `said()` returned."""
        return self._bm25(heard.weights, said)

    def telling(self, heard: EncodedLine, said: Floats) -> Floats:
        """The same with each term weighed by how few goals say it, however common it is in lines (goals)."""
        rarity = np.log((len(self) + 1) / ((said > 0).sum(axis=1) + 0.5))
        return self._bm25(heard.worth * np.maximum(rarity, 0.0), said)

    def _bm25(self, weights: Floats, said: Floats) -> Floats:
        average = max(float(self.bulk.mean()), 1e-9) if len(self) else 1.0
        norm = SATURATION * (1 - LENGTH + LENGTH * self.bulk / average)
        result: Floats = weights @ (said * (SATURATION + 1) / (said + norm))
        return result

    def nearness(self, heard: EncodedLine) -> tuple[Floats, Floats]:
        """How near a line comes to each goal (goals), both from 0 to 1.

        The share of the title's weight that it says; and, of the goal's parts, the best likeness, which is twice
        the weight shared over the weight of both.
        """
        parts = len(self._part_goal)
        if self._weighed_at != self._vocabulary.texts:  # rarities change only when a text is added
            rarity = self._vocabulary.rarity(self._vocabulary.seen(self._shelf.terms))
            self._whole = np.bincount(self._shelf.texts, self._shelf.worth * rarity, parts).astype(np.float64)
            self._weighed_at = self._vocabulary.texts
        found, places = self._shelf.find(heard.numbers)
        weights = self._shelf.worth[found] * (heard.weights / heard.worth)[places]
        shared = np.bincount(self._shelf.texts[found], weights, parts)
        nearest = np.zeros(len(self))
        np.maximum.at(nearest, self._part_goal, 2 * shared / (self._whole + heard.total + 1e-9))
        return (shared / (self._whole + 1e-9))[: len(self)], nearest

    def named(self, words: Words) -> Floats:
        """1 for each goal whose handle is hashtagged in the line or whose title is typed out in it (goals)."""
        result = np.zeros(len(self))
        for hashtag in words.hashtags:
            if (number := self._handles.get(hashtag)) is not None:
                result[number] = 1.0
        sentence = f" {' '.join(words.plain)} "
        for number, title in enumerate(self._titles):
            if len(title) >= NAME and f" {title} " in sentence:
                result[number] = 1.0
        return result

    def owned(self, person: str) -> list[int]:
        """The goals a person owns, by number."""
        return self._owned.get(person, []) if person else []

    def mentions(self, heard: EncodedLine, said: Floats) -> list[str]:
        """At most two phrases of the line, rarest first, whose words are `said` by a goal (terms)."""
        places = {number: place for place, number in enumerate(heard.numbers.tolist())}
        rarity = self._vocabulary.rarity(self._vocabulary.seen(heard.numbers))
        phrases: list[tuple[float, list[str]]] = [(0.0, [])]
        for word in heard.words.plain:
            place = places.get(self._vocabulary.ids.get(word, -1), -1)
            told, words = phrases[-1]
            if place >= 0 and said[place] and rarity[place] >= TELLING and word not in words:
                phrases[-1] = (told + float(rarity[place]), [*words, word])
            elif words:
                phrases.append((0.0, []))
        # "a" explains nothing to anybody, however rare it is here; one sign of Chinese may.
        best = sorted(
            (each for each in phrases if any(len(word) > 2 or not word.isascii() for word in each[1])),
            key=lambda each: -each[0],
        )
        return list(dict.fromkeys(join(words[:4]) for _, words in best))[:2]
