"""The values of a digest: what a team's week comes to, before any platform shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from checkins.goals.progress import GoalProgress
from checkins.schedule.calendar import Week
from storage.kinds import WorkKind
from storage.tables import Goal, KeyResult


@dataclass(frozen=True, slots=True)
class Item:
    """One line as a digest shows it: the words, never whose they are."""

    line_id: int
    text: str
    finished: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for one goal, or of one kind when `goal` is None."""

    goal: Goal | None
    kind: WorkKind
    lines: int
    finished: int
    items: tuple[Item, ...]  # all of the lines, or those of them that there is room for
    people: int = 0  # how many wrote these lines; who, a digest does not know


@dataclass(frozen=True, slots=True)
class Share:
    """A rounded percentage. `goal` for one goal, `kind` "merged" for small ones taken together."""

    kind: str
    percent: int
    goal: Goal | None = None
    intended: int | None = None
    change: int | None = None


@dataclass(frozen=True, slots=True)
class KeyResultOutcome:
    """A key result as it was last typed."""

    goal: Goal
    result: KeyResult


@dataclass(frozen=True, slots=True)
class Decision:
    """The one thing to decide, and what could be done."""

    about: str
    step: str


@dataclass(frozen=True, slots=True)
class DigestSummary:
    """A digest, before any platform shows it."""

    team: str
    week: Week
    members: int
    asked: int  # 0 when nobody was: what is known was written unasked, or imported
    answered: int
    away: int
    lines: int
    finished: int
    late: int
    work: tuple[Work, ...]
    other: tuple[Work, ...]
    kinds: tuple[Share, ...]
    shares: tuple[Share, ...]
    withheld: str
    no_work: tuple[Goal, ...]
    no_goal: int
    pace: tuple[tuple[Goal, GoalProgress], ...]
    outcomes: tuple[KeyResultOutcome, ...]
    blockers: tuple[tuple[str, int], ...]  # words and age in days, oldest first
    quotes: tuple[str, ...]
    trend: tuple[tuple[date, int | None, int | None], ...]  # week, goal work, firefighting; None: not shown
    decision: Decision | None
    replies: Mapping[str, tuple[Share, ...]] = field(default_factory=dict)  # by question; `kind` is an option
