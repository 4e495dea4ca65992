"""Walks files of goals and statements as `instep tag` does: each line is filed before it is learnt from.

A command line needs only this, with its own reading, writing, progress and stopwatch around it:

    summary = stream.Summary()
    for prediction in stream.run(goals, statements, "ask:0.75", weights, summary):
        print(json.dumps(prediction, ensure_ascii=False))

`goals` and `statements` are iterables of the JSON objects of the two files; `weights` is None for those that are
shipped or `model.parse(text)`; `summary` counts lines and questions as the walk goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from checkins.tagging.model import Row, Weights
from checkins.tagging.suggestions import KINDS, Confirmed, GoalText, LineText, Suggestion
from checkins.tagging.tagger import Tagger


class Ranked(TypedDict):
    """A goal and the probability that the statement serves it."""

    goal_id: str
    score: float


class Prediction(TypedDict):
    """What is written for one statement: goals best first, and the probability that it serves none."""

    id: str
    ranked: list[Ranked]
    p_none: float


@dataclass(slots=True)
class Summary:
    """How many lines were filed, and of how many the answer was asked."""

    lines: int = 0
    asked: int = 0

    @property
    def asked_share(self) -> float:
        """Share of lines asked about, 0 to 1."""
        return self.asked / self.lines if self.lines else 0.0


class Misread(ValueError):
    """What to learn from must be `none`, `all` or `ask:` and a probability, such as `ask:0.75`."""


def asks_below(learn: str) -> float:
    """The confidence below which a line's truth is asked and learnt: 0 for `none`, above 1 for `all`."""
    if learn in ("none", "all"):
        return 0.0 if learn == "none" else 2.0
    word, _, number = learn.partition(":")
    try:
        below = float(number)
    except ValueError:
        below = -1.0
    if word != "ask" or not 0 <= below <= 1:
        raise Misread(f"not a way to learn: {learn!r}")
    return below


def run(
    goals: Iterable[Mapping[str, Any]],
    statements: Iterable[Mapping[str, Any]],
    learn: str = "none",
    weights: Weights | None = None,
    summary: Summary | None = None,
    watch: Callable[[Row], None] | None = None,
) -> Iterator[Prediction]:
    """A prediction for each statement, in order, from its text, person, date, order and set alone.

    Each set is a company of its own. The truth of a check-in's lines, as far as it is asked, is learnt once the
    stream has moved past it: a person's lines of one day when that company's next day begins, any other line at
    once; then `watch` is called with what was learnt. Raises `Misread` when `learn` cannot be read.
    """
    below = asks_below(learn)
    texts: dict[str, list[GoalText]] = {}
    for goal in goals:
        texts.setdefault(goal["set"], []).append(goal_text(goal))
    companies: dict[str, _Company] = {}
    summary = summary if summary is not None else Summary()
    for statement in statements:
        name = statement["set"]
        if name not in companies:
            companies[name] = _Company(Tagger(texts.get(name, []), weights, watch))
        suggestion, asked = companies[name].file(statement, below)
        summary.lines += 1
        summary.asked += asked
        yield Prediction(
            id=statement["id"],
            ranked=[Ranked(goal_id=each.target, score=each.confidence) for each in suggestion.goals],
            p_none=suggestion.none,
        )
    for company in companies.values():
        company.close()


class _Company:
    """One set's tagger, and the truth of the day that is not over."""

    def __init__(self, tagger: Tagger) -> None:
        self._tagger = tagger
        self._day: date | None = None
        self._waiting: list[Confirmed] = []

    def file(self, statement: Mapping[str, Any], below: float) -> tuple[Suggestion, bool]:
        """The suggestion for a statement, and whether its truth was asked; learns of check-ins gone by."""
        line = line_text(statement)
        if line.day != self._day:
            self.close()
            self._day = line.day
        suggestion = self._tagger.suggest(line)
        asked = suggestion.confidence < below
        if asked:
            truth = Confirmed(line, frozenset(statement["goal_ids"]) or frozenset({KINDS[-1]}))
            if line.person and line.day is not None:
                self._waiting.append(truth)
            else:
                self._tagger.learn([truth])
        return suggestion, asked

    def close(self) -> None:
        """Learn the truth of the day that is over."""
        if self._waiting:
            self._tagger.learn(self._waiting)
            self._waiting = []


def goal_text(record: Mapping[str, Any]) -> GoalText:
    """A goal from a line of the goals file."""
    return GoalText(
        id=record["goal_id"],
        title=record["title"],
        description=record.get("description") or "",
        initiatives=tuple(record.get("initiatives") or ()),
        owners=frozenset(record.get("owner") or ()),
    )


def line_text(record: Mapping[str, Any]) -> LineText:
    """A line from a line of the statements file."""
    day = record.get("date")
    return LineText(
        text=record["text"],
        person=record.get("person") or "",
        day=date.fromisoformat(day) if day else None,
    )
