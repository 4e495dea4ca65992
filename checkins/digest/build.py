"""A team's week as a picture: what got done, how it contributes, whether quickly enough, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins import privacy
from checkins.answers import effort, questions
from checkins.digest import recommendation
from checkins.digest import shares as digest_shares
from checkins.digest.summary import DigestSummary, Item, KeyResultOutcome, Share, Work
from checkins.goals import key_results as key_result_rules
from checkins.goals import progress
from checkins.goals import tree as goal_tree
from checkins.schedule import calendar
from checkins.schedule.calendar import Week
from storage import digest_queries, digests
from storage import goals as stored_goals
from storage import people as stored_people
from storage.digest_queries import Attendance, GoalTotals, LineTotals, Quoted, TeamPopulation
from storage.kinds import ShareKind, WorkKind
from storage.tables import Blocker, DigestShare, Goal, KeyResult, Team

SHOWN = 1_000  # lines in a thread or on a page; of a bigger week as many of each goal as there is room for
QUOTES = 3
QUOTE_LENGTH = (25, 140)
TREND_WEEKS = 4


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """Everything a digest is made of, read in one pass."""

    team: Team
    week: Week
    members: int
    attendance: tuple[Attendance, ...]
    written: LineTotals
    goal_totals: tuple[GoalTotals, ...]
    quoted: tuple[Quoted, ...]  # all lines, or as many of each pile as there is room for
    goals: tuple[Goal, ...]  # open ones, and those that lines are filed under
    expected: frozenset[int]  # goals this team is meant to work on
    key_results: dict[int, list[KeyResult]]
    blockers: tuple[Blocker, ...]
    counted: tuple[DigestShare, ...] | None = None  # shares as last counted; None before the digest is posted
    before: tuple[DigestShare, ...] = ()  # those of the week before
    trend: tuple[tuple[date, tuple[DigestShare, ...]], ...] = ()


def gather(tx: Session, team: Team, week: Week, *, shown: int | None = SHOWN, count_now: bool = False) -> DigestFacts:
    """The facts of a team's days, in a fixed number of queries.

    `shown` is how many lines there is room for, None for all. `count_now` counts shares of days that had no digest;
    only for days that nobody can answer for any more.
    """
    population = population_of(tx, team, week)
    end = _end(team, week)
    goal_totals = digest_queries.goal_totals(tx, population)
    worked_on = {totals.goal_id for totals in goal_totals}
    every = [
        row
        for row in stored_goals.goals(tx, team.company_id, retired=True)
        if row.id in worked_on or (row.retired_at is None and row.created_at < end)
    ]
    ids = [row.id for row in every]
    posted = digests.digest(tx, team.id, week.first)
    before = digests.digest(tx, team.id, week.first - timedelta(days=7))
    facts = DigestFacts(
        team=team,
        week=week,
        members=len(population.people),
        attendance=tuple(digest_queries.attendance(tx, population)),
        written=digest_queries.written(tx, population),
        goal_totals=tuple(goal_totals),
        quoted=tuple(digest_queries.quoted(tx, population, _most([totals.lines for totals in goal_totals], shown))),
        goals=tuple(every),
        expected=frozenset(_expected(tx, team, every, population.people)),
        key_results=key_result_rules.as_of(tx, ids, posted.due_at) if posted else stored_goals.key_results(tx, ids),
        blockers=tuple(digest_queries.blockers(tx, population)),
        counted=tuple(digests.shares(tx, posted.id)) if posted else None,
        before=tuple(digests.shares(tx, before.id)) if before else (),
        trend=tuple(digests.trend(tx, team.id, week.first, TREND_WEEKS)),
    )
    return replace(facts, counted=digest_shares.of(tx, population)) if count_now and facts.counted is None else facts


def population_of(tx: Session, team: Team, week: Week) -> TeamPopulation:
    """Whose days a team's week is made of: those who were in the team at any moment of it."""
    start = calendar.instant(week.first, 0, team.zone)
    members = frozenset(stored_people.members_between(tx, team.id, start, _end(team, week)))
    are_most = 2 * len(members) > stored_people.number(tx, team.company_id)
    others = frozenset(stored_people.others(tx, team.company_id, members)) if are_most else None
    return TeamPopulation(members, team.company_id, others, week.first, week.last)


def _end(team: Team, week: Week) -> datetime:
    return calendar.instant(week.last + timedelta(days=1), 0, team.zone)


def _most(sizes: Iterable[int], shown: int | None) -> int | None:
    """How many lines of each pile there is room for; None when there is room for all."""
    if shown is None:
        return None
    goal_totals, room = sorted(sizes), shown
    for at, size in enumerate(goal_totals):
        each = room // (len(goal_totals) - at)
        if size > each:
            return max(1, each)
        room -= size
    return None


def _expected(tx: Session, team: Team, rows: Sequence[Goal], members: frozenset[int]) -> set[int]:
    """Open goals without goals below them that need this team, are owned in it, or are everybody's."""
    open_goals = [row for row in rows if row.retired_at is None]
    needs = stored_goals.needs(tx, [row.id for row in rows])
    owners = stored_goals.owners(tx, rows)
    found = set()
    for row in goal_tree.leaves(open_goals):
        needed = needs.get(row.id, set())
        everybodys = not needed and not owners[row.id]
        if team.id in needed or owners[row.id] & members or everybodys:
            found.add(row.id)
    return found


def summarise(facts: DigestFacts) -> DigestSummary:
    """The digest that these facts make. Pure: the same facts, the same digest."""
    by_id = {row.id: row for row in facts.goals}
    items: dict[int | str, list[Item]] = {}
    for line in facts.quoted:
        items.setdefault(line.goal_id or line.kind, []).append(Item(line.id, line.text, line.finished, line.late))

    def work(totals: GoalTotals) -> Work:
        goal = by_id[totals.goal_id] if totals.goal_id is not None else None
        shown = tuple(items.get(totals.goal_id or totals.kind, ()))
        return Work(goal, effort.kind_named(totals.kind), totals.lines, totals.finished, shown, totals.people)

    on_goals = sorted(
        (totals for totals in facts.goal_totals if totals.goal_id is not None),
        key=lambda totals: (-totals.lines, totals.goal_id),
    )
    others = {totals.kind: totals for totals in facts.goal_totals if totals.goal_id is None}
    worked_on = {totals.goal_id for totals in on_goals}
    away = sum(each.people for each in facts.attendance if each.was_away and not each.was_here)
    answered = sum(each.people for each in facts.attendance if each.answered)
    asked = _asked(facts.attendance)
    kinds, by_goal, withheld = _shares(facts, answered, asked, by_id)
    open_goals = [row for row in facts.goals if row.retired_at is None]
    ours = [row for row in open_goals if row.id in facts.expected]
    leaves = {row.id for row in goal_tree.leaves(open_goals)}
    paces = tuple(
        (row, progress.of(row, facts.key_results.get(row.id, []), facts.week.last)) for row in ours if row.id in leaves
    )
    summary = DigestSummary(
        team=facts.team.name,
        week=facts.week,
        members=facts.members,
        asked=asked,
        answered=answered,
        away=away,
        lines=facts.written.lines,
        finished=facts.written.finished,
        late=facts.written.late,
        work=tuple(work(totals) for totals in on_goals),
        other=tuple(work(others[kind]) for kind in effort.KINDS if kind in others),
        kinds=kinds,
        shares=by_goal,
        withheld=withheld,
        no_work=tuple(row for row in open_goals if row.id in facts.expected and row.id not in worked_on),
        no_goal=others[WorkKind.OTHER].lines if WorkKind.OTHER in others else 0,
        pace=paces,
        outcomes=tuple(
            KeyResultOutcome(row, result)
            for row in ours
            for result in facts.key_results.get(row.id, [])
            if result.now is not None and result.typed_at is not None
        ),
        blockers=tuple((row.text, (facts.week.last - row.day).days) for row in facts.blockers),
        quotes=_quotes(facts.quoted),
        trend=tuple(
            (first, _percent(rows, ShareKind.GOAL), _percent(rows, ShareKind.FIREFIGHTING))
            for first, counted in facts.trend
            if (rows := _of_effort(counted) or ())
        ),
        decision=None,
        replies=_replies(facts),
    )
    return replace(summary, decision=recommendation.needed(summary, facts.team.band_firefighting))


def _asked(attendance: Sequence[Attendance]) -> int:
    """How many people were asked. A check-in whose question never arrived was not; an answer typed unasked was, where
    anybody was asked at all."""
    if not any(each.was_asked for each in attendance):
        return 0
    return sum(
        each.people for each in attendance if each.answered or (each.was_asked and (each.was_here or not each.was_away))
    )


def _shares(
    facts: DigestFacts, answered: int, asked: int, by_id: dict[int, Goal]
) -> tuple[tuple[Share, ...], tuple[Share, ...], str]:
    """Shares by kind and by goal, as they were counted for the digest.

    Before that there are none: somebody who looks twice would see what one answer moved.
    """
    rows = _of_effort(facts.counted)
    if rows is None:
        return (), (), "Shares are counted when the digest is posted."
    if not rows:
        reason = privacy.withheld(answered, asked) or "Too few people worked on the same things to show shares."
        return (), (), reason
    change = {row.kind: row.percent for row in _of_effort(facts.before) or () if row.goal_id is None}
    intended = _intended(facts)
    weighted = any(row.weight is not None for row in facts.goals)
    kinds = tuple(
        Share(row.kind, row.percent, change=_change(row, change))
        for row in rows
        if row.goal_id is None and row.kind != ShareKind.OTHER_GOALS
    )
    by_goal = tuple(
        Share(
            ShareKind.GOAL if row.goal_id else ShareKind.MERGED,
            row.percent,
            goal=by_id.get(row.goal_id) if row.goal_id else None,
            intended=round(intended[row.goal_id] * 100) if weighted and row.goal_id in intended else None,
        )
        for row in rows
        if row.goal_id is not None or row.kind == ShareKind.OTHER_GOALS
    )
    return kinds, by_goal, ""


def _of_effort(rows: Sequence[DigestShare] | None) -> Sequence[DigestShare] | None:
    """Those that are of no question."""
    return None if rows is None else [row for row in rows if not row.question]


def _replies(facts: DigestFacts) -> dict[str, tuple[Share, ...]]:
    """What was said to each question of the digest, as it was counted for it; those left out of which nothing may be
    shown."""
    found: dict[str, tuple[Share, ...]] = {}
    for question in questions.QUESTIONS:
        of_it = [row for row in facts.counted or () if row.question == question.name]
        if question.in_digest and of_it:
            found[question.name] = tuple(Share(row.kind, row.percent) for row in of_it)
    return found


def _intended(facts: DigestFacts) -> dict[int, float]:
    """Intended shares of the goals this team is meant to work on, summing to 1 among them."""
    everywhere = goal_tree.intended([row for row in facts.goals if row.retired_at is None])
    ours = {goal_id: part for goal_id, part in everywhere.items() if goal_id in facts.expected}
    total = sum(ours.values())
    return {goal_id: part / total for goal_id, part in ours.items()} if total else {}


def _change(row: DigestShare, before: dict[str, int]) -> int | None:
    """Points since the week before; what was merged is made of other kinds each week and has none."""
    return row.percent - before[row.kind] if row.kind in before and row.kind != ShareKind.MERGED else None


def _percent(rows: Sequence[DigestShare], kind: str) -> int | None:
    """A kind's share; 0 only when all kinds are told apart, None when it may be among those merged."""
    shares = {row.kind: row.percent for row in rows if row.goal_id is None}
    return shares.get(kind, None if ShareKind.MERGED in shares else 0)


def _quotes(lines: Sequence[Quoted]) -> tuple[str, ...]:
    """Up to three finished lines worth reading, from different people and different goals where it can be."""
    shortest, longest = QUOTE_LENGTH
    fitting = [line for line in lines if shortest <= len(line.text) <= longest]
    fitting.sort(key=lambda line: (not line.finished, line.goal_id is None, line.id))
    chosen: list[Quoted] = []
    people: set[int] = set()
    goals: set[int | None] = set()
    for line in fitting:
        if line.person_id not in people and line.goal_id not in goals:
            chosen.append(line)
            people.add(line.person_id)
            goals.add(line.goal_id)
        if len(chosen) == QUOTES:
            break
    return tuple(line.text for line in chosen)
