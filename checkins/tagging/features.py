"""What the softmax weighs: a few numbers for each goal, and a few for serving none of them."""

from dataclasses import dataclass

import numpy as np

from checkins.tagging.goals import Goals
from checkins.tagging.history import History, Likeness
from checkins.tagging.speakers import Speakers, Voice
from checkins.tagging.suggestions import LineText
from checkins.tagging.vocabulary import EncodedLine, Floats

GOAL = (
    "coverage",  # BM25 of the goal's text, by the line's weight
    "gap",  # BM25 over the best other goal's
    "telling",  # BM25 with words weighed by how few goals say them
    "title",  # how much of the title the line says
    "part",  # likeness to the nearest sentence, key result or initiative
    "named",  # its handle hashtagged, or its title typed out
    "marked",  # links and tracker ids seen there
    "three",  # likeness to the three nearest lines
    "best",  # to the nearest
    "lately",  # to the nearest, older ones counting less
    "own",  # to the nearest of the same speaker
    "bayes",  # words said there more than elsewhere
    "recent",  # lines filed there lately
    "previous",  # the company's last line went there
    "owner",  # the speaker owns it
    "usual",  # the speaker's share
    "habit",  # the speaker's share lately
    "last",  # the speaker's last line went there
    "names",  # share of people whose names or teams share a word
)
NONE = (
    "bias",
    "goals",  # log of how many there are
    "history",  # log of how many lines are confirmed
    "known",  # log of how many of the speaker's are
    "length",  # log of the line's
    "best",
    "marked",
    "bayes",
    "recent",
    "unheard",  # nobody here has said yet that a line served no goal
    "odds",  # log odds of the confirmed lines that served no goal
    "best part",
    "best coverage",  # of any goal, as below: what speaks for a goal speaks against "none"
    "best best",
    "best bayes",
    "best usual",
    "best names",
)
# Weighed by hand, in logits. Real check-ins name goals and repeat links; the public updates there are to learn from do
# not. And some companies file everything under a goal: nobody is told otherwise before somebody there has said so.
BY_HAND = {"named": 6.0, "marked": 3.0, "unheard": -1.0}


@dataclass(frozen=True, slots=True)
class Features:
    """A line's numbers (goals, GOAL) and (NONE), and what they were made of, which explains a suggestion."""

    goals: Floats
    none: Floats
    said: Floats
    likeness: Likeness
    voice: Voice
    named: Floats
    marked: Floats
    owned: list[int]


def describe(line: LineText, heard: EncodedLine, goals: Goals, history: History, speakers: Speakers) -> Features:
    """The features of a line, from what was confirmed so far."""
    count = len(goals)
    said = goals.said(heard)
    meetings = history.meetings(heard)
    likeness = history.likeness(heard, meetings, line.person)
    bayes = history.bayes(heard, meetings, said, goals.bulk)
    voice = speakers.voice(line, history.count)
    marked = history.marked(heard)
    named = goals.named(heard.words)
    owned = goals.owned(line.person)
    bm25 = goals.bm25(heard, said)
    recent = np.log(0.3 + history.recent)
    columns = np.zeros((len(GOAL), count))
    columns[GOAL.index("coverage")] = coverage = bm25 / (heard.total + 1e-9)
    columns[GOAL.index("gap")] = _gap(bm25)
    title, part = goals.nearness(heard)
    columns[GOAL.index("title")] = title
    columns[GOAL.index("part")] = part
    columns[GOAL.index("telling")] = goals.telling(heard, said)
    columns[GOAL.index("named")] = named
    columns[GOAL.index("marked")] = marked[:-1]
    columns[GOAL.index("three")] = likeness.three[:-1]
    columns[GOAL.index("best")] = likeness.best[:-1]
    columns[GOAL.index("lately")] = likeness.lately[:-1]
    columns[GOAL.index("own")] = likeness.own[:-1]
    columns[GOAL.index("bayes")] = bayes[:-1]
    columns[GOAL.index("recent")] = recent[:-1]
    columns[GOAL.index("owner"), owned] = 1.0
    columns[GOAL.index("usual")] = voice.usual[:-1]
    columns[GOAL.index("habit")] = voice.lately[:-1]
    columns[GOAL.index("last")] = voice.last[:-1]
    columns[GOAL.index("names")] = voice.names[:-1]
    if history.last is not None and history.last < count:
        columns[GOAL.index("previous"), history.last] = 1.0
    none = {
        "bias": 1.0,
        "goals": np.log1p(count),
        "history": np.log1p(history.count.sum()),
        "known": np.log1p(voice.lines),
        "length": np.log1p(heard.bulk),
        "best": likeness.best[-1],
        "marked": marked[-1],
        "bayes": bayes[-1],
        "recent": recent[-1],
        "unheard": float(history.count[-1] == 0),
        "odds": np.log((history.count[-1] + 1) / (history.count[:-1].sum() + 5)),
        "best part": _best(part),
        "best coverage": _best(coverage),
        "best best": _best(likeness.best[:-1]),
        "best bayes": _best(bayes[:-1]),
        "best usual": _best(voice.usual[:-1]),
        "best names": _best(voice.names[:-1]),
    }
    values = np.array([none[name] for name in NONE])
    return Features(columns.T, values, said, likeness, voice, named, marked, owned)


def _gap(scores: Floats) -> Floats:
    """Each score minus the best of the others."""
    if len(scores) < 2:
        return scores
    second, best = np.sort(scores)[-2:]
    result: Floats = scores - np.where(scores == best, second, best)
    return result


def _best(scores: Floats) -> float:
    return float(scores.max()) if len(scores) else 0.0
