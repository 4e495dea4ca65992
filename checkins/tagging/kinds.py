"""Which kind of other work a line is, once it serves no goal: a few cues at first, the company's answers later."""

from array import array

import numpy as np

from checkins.tagging.suggestions import KINDS, Kind
from checkins.tagging.vocabulary import Floats
from checkins.tagging.words import Words

_PRIOR: dict[Kind, float] = {"support": 0.25, "firefighting": 0.15, "overhead": 0.35, "other": 0.25}
_START = 2.0  # answers the prior is worth
_CUE = 6.0  # times more likely with a cue
_LIKE = 10.0  # answers a line exactly like this one is worth more than any other
# Beginnings of folded words in English, German, Spanish and, where a word is a pair of characters, Japanese.
_CUES: dict[Kind, tuple[str, ...]] = {
    "support": (
        *("help", "customer", "client", "question", "ticket", "support", "enquir", "inquir"),
        *(
            "kund",
            "hilf",
            "geholfen",
            "frage",
            "anfrage",
            "ayud",
            "pregunt",
            "consulta",
            "soporte",
            "問い",
            "質問",
        ),
    ),
    "firefighting": (
        *(
            "incident",
            "outage",
            "on call",
            "oncall",
            "hotfix",
            "rollback",
            "rolled back",
            "downtime",
            "postmortem",
        ),
        *("pager", "paged", "storung", "ausfall", "vorfall", "notfall", "bereitschaft"),
        *("incidente", "caida", "averia", "guardia", "emergencia", "障害", "緊急"),
    ),
    "overhead": (
        *(
            "meeting",
            "1 1",
            "1on1",
            "interview",
            "planning",
            "admin",
            "standup",
            "retro",
            "training",
            "onboarding",
        ),
        *(
            "expense",
            "timesheet",
            "vacation",
            "besprechung",
            "planung",
            "bewerb",
            "schulung",
            "verwaltung",
            "urlaub",
        ),
        *("reunion", "entrevist", "planific", "administra", "formacion", "vacacion", "会議", "面接"),
    ),
    "other": (),
}
_EMOJI: dict[Kind, str] = {"support": "🎫🙋☎📞", "firefighting": "🔥🚨🚒🧯", "overhead": "📅🗓☕", "other": ""}


class Kinds:
    """The kinds that confirmed lines were answered with, parallel to the history's entries."""

    def __init__(self) -> None:
        self._kind = array("b")

    def add(self, kind: Kind | None) -> None:
        """Note the kind of the history's next entry, None for one under a goal."""
        self._kind.append(-1 if kind is None else KINDS.index(kind))

    def split(self, text: str, words: Words, lines: Floats) -> Floats:
        """The probability of each of KINDS for a line that serves no goal; `lines` are its likenesses (entries)."""
        cued = cues(text, words)
        start = np.array([_PRIOR[kind] * (_CUE if kind in cued else 1.0) for kind in KINDS])
        kind = np.frombuffer(self._kind, np.int8) if len(self._kind) else np.zeros(0, np.int8)
        answered = kind >= 0
        votes = 0.1 + _LIKE * lines[answered] ** 2
        score = _START * start / start.sum() + np.bincount(kind[answered], votes, len(KINDS))
        result: Floats = score / score.sum()
        return result


def cues(text: str, words: Words) -> dict[Kind, str]:
    """The first word or emoji of a text that hints at each kind."""
    sentence = f" {' '.join(words.plain)} "
    found: dict[Kind, str] = {}
    for kind in KINDS:
        for cue in _CUES[kind]:
            if (before := sentence.find(f" {cue}")) >= 0:
                found[kind] = sentence[before + 1 : sentence.index(" ", before + 1 + len(cue))]
                break
        else:
            if shown := [each for each in _EMOJI[kind] if each in text]:
                found[kind] = shown[0]
    return found
