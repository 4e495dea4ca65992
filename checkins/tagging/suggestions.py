"""What the tagger is given and what it answers: goals, lines, confirmed lines and ranked suggestions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

Kind = Literal["support", "firefighting", "overhead", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class GoalText:
    """An active goal as words: what its owners wrote, and the keywords an admin added."""

    id: str
    title: str
    description: str = ""
    handle: str = ""
    keywords: tuple[str, ...] = ()
    key_results: tuple[str, ...] = ()
    initiatives: tuple[str, ...] = ()
    owners: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LineText:
    """One line of a check-in; person, check-in and team are opaque and may be empty."""

    text: str
    person: str = ""
    day: date | None = None
    checkin: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A goal id or a kind, the probability that the line belongs there, and why in one line."""

    target: str
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Every active goal and every kind, best first; confidences sum to 1.

    `nearest` is how like the line is to the nearest that is confirmed, from 0 to 1.
    """

    ranked: tuple[Candidate, ...]
    nearest: float = 0.0

    @property
    def none(self) -> float:
        """Probability that the line serves no active goal: the kinds together."""
        return sum(each.confidence for each in self.ranked if each.target in KINDS)

    @property
    def goals(self) -> tuple[Candidate, ...]:
        """The goals alone, best first."""
        return tuple(each for each in self.ranked if each.target not in KINDS)

    @property
    def kinds(self) -> tuple[Candidate, ...]:
        """The kinds of non-goal work alone, best first."""
        return tuple(each for each in self.ranked if each.target in KINDS)

    @property
    def top(self) -> Candidate:
        """What to file the line under: the best goal, or the best kind when no goal is as likely as "none"."""
        goals, kinds = self.goals, self.kinds
        return goals[0] if goals and goals[0].confidence > self.none else kinds[0]

    @property
    def confidence(self) -> float:
        """Probability that the decision is right: the top goal's, or that of serving no goal."""
        return self.none if self.top.target in KINDS else self.top.confidence

    def kept(self, most: int) -> tuple[Candidate, ...]:
        """What is worth remembering: the decision and how sure it was, then the best others, so many in all."""
        top = self.top
        others = [each for each in self.ranked if each.target != top.target]
        return (replace(top, confidence=self.confidence), *others[: most - 1])


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A line whose targets (goal ids, kinds, or several of them) a person has confirmed."""

    line: LineText
    targets: frozenset[str]


def checkin_of(line: LineText, fallback: int) -> tuple[str, ...]:
    """The check-in a line belongs to; a line with no check-in, and no person or day, is one of its own.

    `fallback` is a number no other line has.
    """
    if line.checkin:
        return ("checkin", line.checkin)
    if line.person and line.day is not None:
        return ("day", line.person, line.day.isoformat())
    return ("line", str(fallback))


def by_checkin(confirmed: Sequence[Confirmed]) -> list[list[Confirmed]]:
    """Confirmed lines grouped by check-in, check-ins in the order of their first line."""
    groups: dict[tuple[str, ...], list[Confirmed]] = {}
    for number, each in enumerate(confirmed):
        groups.setdefault(checkin_of(each.line, number), []).append(each)
    return list(groups.values())
