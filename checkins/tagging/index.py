"""What a company's goals and confirmed lines say, kept so that a new line is compared with all of them at once."""

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from checkins.tagging.words import Words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

COMMON = 0.25  # a term in more than this share of lines tells nobody apart and is not looked up


class Vocabulary:
    """Numbers for terms, and in how many texts (goals and confirmed lines) each was seen."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.share = array("d")  # what a match on the term is worth besides its rarity
        self._seen = array("d")
        self.texts = 0

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, terms: Sequence[tuple[str, float]]) -> Ints:
        """The numbers of a text's distinct terms, after counting the text."""
        self.texts += 1
        numbers = np.empty(len(terms), np.int64)
        for place, (term, share) in enumerate(terms):
            number = self.ids.setdefault(term, len(self.ids))
            if number == len(self._seen):
                self._seen.append(0.0)
                self.share.append(share)
            self._seen[number] += 1
            numbers[place] = number
        return numbers

    def known(self, terms: Sequence[tuple[str, float]]) -> tuple[Ints, float]:
        """The numbers of those terms that were ever seen, and the worth of those that never were."""
        numbers, novel = [], 0.0
        for term, share in terms:
            number = self.ids.get(term)
            if number is None:
                novel += share
            else:
                numbers.append(number)
        return np.array(numbers, np.int64), novel * float(self.rarest)

    @property
    def rarest(self) -> float:
        """The weight of a term nobody has used yet."""
        return float(np.log((self.texts + 1) / 0.5))

    def weight(self, numbers: Ints) -> Floats:
        """Inverse document frequency times share: stop words are those the company itself uses everywhere."""
        seen = np.frombuffer(self._seen)[numbers] if len(self._seen) else np.zeros(0)
        share = np.frombuffer(self.share)[numbers] if len(self.share) else np.zeros(0)
        result: Floats = share * np.log((self.texts + 1) / (seen + 0.5))
        return np.maximum(result, 0.0)
