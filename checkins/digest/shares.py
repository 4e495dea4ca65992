"""Shares of a team's week, of effort and of what was said to questions: counted, merged for small groups, rounded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from checkins import privacy
from checkins.answers import effort, questions
from checkins.answers.effort import EffortTarget, Worked
from checkins.answers.questions import Question
from storage import digest_queries
from storage.digest_queries import Effort, Said, TeamPopulation, UnevenCheckIn
from storage.kinds import CheckInState, ShareKind, WorkKind
from storage.tables import DigestShare


def of(tx: Session, population: TeamPopulation) -> tuple[DigestShare, ...]:
    """The shares of a crowd's days as they are now: of effort, then of what was said to each question of the digest."""
    efforts, apart = digest_queries.efforts(tx, population), digest_queries.apart(tx, population)
    found = [*count(efforts, apart)]
    was_asked = {CheckInState.ANSWERED, CheckInState.ASKED, CheckInState.SKIPPED}
    people = {row.person_id for row in efforts} | {row.person_id for row in apart if row.state in was_asked}
    asked = [question for question in questions.QUESTIONS if question.in_digest]
    said = digest_queries.said(tx, population, [question.name for question in asked])
    for question in asked:
        found += of_question(question, [row for row in said if row.question == question.name], len(people))
    for position, share in enumerate(found):
        share.position = position
    return tuple(found)


def of_question(question: Question, said: Sequence[Said], asked: int) -> list[DigestShare]:
    """What people said to a question, as shares of them: each person's week weighs 1, however often they said it.
    Rounded, and merged for small groups; nothing when too few of those who were `asked` said something."""
    weeks: dict[int, dict[str, float]] = {}
    for row in said:
        weeks.setdefault(row.person_id, {})[row.value] = row.checkins
    if len(weeks) < question.fewest or privacy.withheld(len(weeks), asked):
        return []
    people = [{value: part / sum(week.values()) for value, part in week.items()} for week in weeks.values()]
    shares = privacy.shares(people)
    if shares is None:
        return []
    parts = [*shares.shown, *([(ShareKind.MERGED.value, shares.merged)] if shares.merged else [])]
    return [
        DigestShare(digest_id=0, position=0, question=question.name, kind=value, percent=percent)
        for value, percent in parts
    ]


def count(efforts: Sequence[Effort], apart: Sequence[UnevenCheckIn]) -> tuple[DigestShare, ...]:
    """The shares of these days, rounded and merged for small groups; nothing when they may not be shown. `apart` are
    the check-ins that were not answered or say more than their lines.

    Two pictures of the same effort: by kind of work, and goal work by goal. Each keeps the rule on its own,
    and what the goals leave of all goal work has four contributors or is nothing.
    """
    checkins: dict[tuple[int, int], dict[int, list[Effort]]] = {}
    for row in efforts:
        checkins.setdefault((row.person_id, row.checkin_id), {}).setdefault(row.line_id, []).append(row)
    unlike = {row.id: row for row in apart}
    days: dict[int, list[dict[EffortTarget, float]]] = {}
    for (person_id, checkin_id), lines in checkins.items():
        said = unlike.get(checkin_id)
        if said is not None and said.state != CheckInState.ANSWERED:
            continue
        worked = [Worked(_targets(places), places[0].hours, places[0].percent) for places in lines.values()]
        days.setdefault(person_id, []).append(effort.of_day(worked, said.mix if said is not None else ""))
    asked = days.keys() | {row.person_id for row in apart if row.state in {CheckInState.ASKED, CheckInState.SKIPPED}}
    if privacy.withheld(len(days), len(asked)):
        return ()
    people = [effort.of_week(parts) for parts in days.values()]
    kinds = privacy.shares([_by_kind(week) for week in people])
    if kinds is None:
        return ()
    found = [DigestShare(digest_id=0, position=0, kind=kind, percent=percent) for kind, percent in kinds.shown]
    if kinds.merged:
        found.append(DigestShare(digest_id=0, position=0, kind=ShareKind.MERGED, percent=kinds.merged))
    goal_percent = dict(kinds.shown).get(ShareKind.GOAL)
    if goal_percent:
        found += _goal_shares(people, goal_percent)
    return tuple(found)


def _targets(places: Sequence[Effort]) -> tuple[EffortTarget, ...]:
    """Where a line is filed; one that nobody filed is other work."""
    return tuple(EffortTarget(effort.kind_named(place.kind or ""), place.goal_id) for place in places)


def _goal_shares(people: Sequence[dict[EffortTarget, float]], goal_percent: int) -> list[DigestShare]:
    """Goal work by goal, as parts of all work. Small goals are merged with each other, never with a kind."""
    only = [{target.goal_id: part for target, part in week.items() if target.kind == WorkKind.GOAL} for week in people]
    shares = privacy.shares(only)
    if shares is None:
        return []
    found = []
    for goal_id, percent in shares.shown:
        rounded = round(percent * goal_percent / 100 / privacy.ROUNDED_TO) * privacy.ROUNDED_TO
        found.append(DigestShare(digest_id=0, position=0, goal_id=goal_id, kind=ShareKind.GOAL, percent=rounded))
    if shares.merged:
        rounded = round(shares.merged * goal_percent / 100 / privacy.ROUNDED_TO) * privacy.ROUNDED_TO
        found.append(DigestShare(digest_id=0, position=0, kind=ShareKind.OTHER_GOALS, percent=rounded))
    return found


def _by_kind(week: dict[EffortTarget, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for target, part in week.items():
        found[target.kind] = found.get(target.kind, 0.0) + part
    return found
