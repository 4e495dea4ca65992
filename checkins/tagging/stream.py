"""Walks files of goals and statements as `instep tag` does: each line is filed before it is learnt from.

A command line needs only this, with its own reading, writing, progress and stopwatch around it:

    summary = stream.Summary()
    for prediction in stream.run(goals, statements, "ask:0.75", weights, summary):
        print(json.dumps(prediction, ensure_ascii=False))

`goals` and `statements` are iterables of the JSON objects of the two files; `weights` is None for those that are
shipped or `model.parse(text)`; `summary` counts lines and questions as the walk goes on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

from checkins.tagging import asking
from checkins.tagging.model import TrainingRow, Weights
from checkins.tagging.suggestions import KINDS, Confirmed, GoalText, LineText, Suggestion, checkin_of
from checkins.tagging.tagger import Tagger


class Ranked(TypedDict):
    """A goal and the probability that the statement serves it."""

    goal_id: str
    score: float


class StreamPrediction(TypedDict):
    """What is written for one statement: goals best first, and the probability that it serves none."""

    id: str
    ranked: list[Ranked]
    p_none: float


@dataclass(slots=True)
class StreamSummary:
    """How many lines were filed, and of how many the answer was asked."""

    lines: int = 0
    asked: int = 0

    @property
    def asked_share(self) -> float:
        """Share of lines asked about, 0 to 1."""
        return self.asked / self.lines if self.lines else 0.0


class InvalidLearnOption(ValueError):
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
        raise InvalidLearnOption(f"not a way to learn: {learn!r}")
    return below


def run(
    goals: Iterable[Mapping[str, Any]],
    statements: Iterable[Mapping[str, Any]],
    learn: str = "none",
    weights: Weights | None = None,
    summary: StreamSummary | None = None,
    watch: Callable[[TrainingRow], None] | None = None,
    most: int = asking.AT_FIRST,
) -> Iterator[StreamPrediction]:
    """A prediction for each statement, in order, from its text, person, date, order and set alone.

    Each set is a company of its own. The truth of a check-in's lines, as far as it is asked, is learnt once the
    stream has moved past it: a person's lines of one day when that company's next day begins, any other line at
    once; then `watch` is called with what was learnt. As in chat, at most so many lines of a check-in are asked
    about, which does not limit `all`. Raises `InvalidLearnOption` when `learn` cannot be read.
    """
    below = asks_below(learn)
    texts: dict[str, list[GoalText]] = {}
    for goal in goals:
        texts.setdefault(goal["set"], []).append(goal_text(goal))
    companies: dict[str, _Company] = {}
    summary = summary if summary is not None else StreamSummary()
    for statement in statements:
        name = statement["set"]
        if name not in companies:
            tagger = Tagger(texts.get(name, []), weights, watch)
            companies[name] = _Company(tagger, below, most, summary)
        suggestion = companies[name].file(statement)
        summary.lines += 1
        yield StreamPrediction(
            id=statement["id"],
            ranked=[Ranked(goal_id=each.target, score=each.confidence) for each in suggestion.goals],
            p_none=suggestion.none,
        )
    for company in companies.values():
        company.close()


class _Company:
    """One set's tagger, and the check-ins of the day that is not over."""

    def __init__(self, tagger: Tagger, below: float, most: int, summary: StreamSummary) -> None:
        self._tagger = tagger
        self._below = below
        self._most = most
        self._summary = summary
        self._learnt = 0
        self._day: date | None = None
        self._waiting: list[tuple[Confirmed, Suggestion]] = []

    def file(self, statement: Mapping[str, Any]) -> Suggestion:
        """The suggestion for a statement; learns of check-ins gone by."""
        line = line_text(statement)
        if line.day != self._day:
            self.close()
            self._day = line.day
        suggestion = self._tagger.suggest(line)
        if not self._below:
            return suggestion
        truth = Confirmed(line, frozenset(statement["goal_ids"]) or frozenset({KINDS[-1]}))
        if line.person and line.day is not None:
            self._waiting.append((truth, suggestion))
        else:
            self._learn([(truth, suggestion)])
        return suggestion

    def close(self) -> None:
        """Learn the truth of the day that is over, as far as it is asked."""
        self._learn(self._waiting)
        self._waiting = []

    def _learn(self, filed: Sequence[tuple[Confirmed, Suggestion]]) -> None:
        """Asks about each check-in of these lines, and learns the answers."""
        checkins: dict[tuple[str, ...], list[int]] = {}
        for at, (truth, _) in enumerate(filed):
            checkins.setdefault(checkin_of(truth.line, at), []).append(at)
        asked: list[int] = []
        for places in checkins.values():
            if self._below > 1:
                asked += places
                continue
            suggestions = [filed[at][1] for at in places]
            chosen = asking.which(suggestions, self._below, self._most, early=self._learnt < asking.EARLY)
            asked += [places[at] for at in chosen]
        self._summary.asked += len(asked)
        self._learnt += len(asked)
        if asked:
            self._tagger.learn([filed[at][0] for at in sorted(asked)])


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
