"""Check-ins, their lines and their questions, as views show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from bot.view_values.people_values import first_name
from bot.views import checkins as checkin_views
from bot.views.checkins import KIND_NAMES, FilingPlace, Saved, SavedLine
from checkins.answers import assign_goals, edit_window
from checkins.goals import tree as goal_tree
from storage import checkins, replies
from storage import goals as stored_goals
from storage.checkins import Filed, OpenCheckIn
from storage.kinds import TagSource, WorkKind
from storage.tables import Blocker, CheckIn, Goal, Prediction, Tag

KINDS = tuple(kind for kind in WorkKind if kind != WorkKind.GOAL)


def saved(tx: Session, rows: Sequence[CheckIn], now: datetime) -> dict[int, Saved]:
    """Answered check-ins as they stand, by id, in a fixed number of queries."""
    lines = checkins.lines(tx, [row.id for row in rows])
    by_checkin: dict[int, list[Filed]] = {row.id: [] for row in rows}
    for filed in lines:
        by_checkin[filed.line.checkin_id].append(filed)
    guesses = checkins.guesses(tx, [filed.line.id for filed in lines])
    wanted = {tag.goal_id for filed in lines for tag in filed.tags if tag.goal_id}
    wanted |= {guess.goal_id for found in guesses.values() for guess in found if guess.goal_id}
    goals_by_id = stored_goals.by_id(tx, [goal_id for goal_id in wanted if goal_id])
    people_of = {row.person_id for row in rows}
    blockers = checkins.open_blockers(tx, people_of)
    closed = edit_window.closed(tx, rows, now)
    said = replies.of(tx, [row.id for row in rows])
    return {
        row.id: Saved(
            day=row.day,
            at=row.edited_at or row.answered_at or datetime.combine(row.day, datetime.min.time()).astimezone(),
            zone=row.zone,
            lines=tuple(_line(filed, guesses[filed.line.id], goals_by_id) for filed in by_checkin[row.id]),
            replies=said[row.id],
            blockers=tuple(item.text for item in blockers if item.person_id == row.person_id),
            closed_on=closed.get(row.id),
        )
        for row in rows
    }


def _line(filed: Filed, guesses: Sequence[Prediction], goals_by_id: Mapping[int, Goal]) -> SavedLine:
    line = filed.line
    asking = assign_goals.open_questions([filed])
    later_first = sorted(guesses, key=lambda guess: (guess.rank < checkins.LATER, guess.rank))
    sure = next((tag for tag in filed.tags if tag.source == TagSource.TAGGER), None)
    # Where it is filed stands before what was guessed: the two differ where there was a second opinion.
    after = next((at for at, guess in enumerate(later_first) if guess.rank < checkins.LATER), len(later_first))
    likely: list[Prediction | Tag] = [
        *later_first[:after],
        *([sure] if sure is not None else []),
        *later_first[after:],
    ]
    ask = tuple(
        dict.fromkeys(
            FilingPlace(
                f"goal:{each.goal_id}" if each.goal_id else each.kind,
                _name(each.goal_id, each.kind, goals_by_id),
            )
            for each in likely
            if each.kind != WorkKind.OTHER and not _is_over(each, goals_by_id)
        )
    )[:3]
    is_first = sure is not None and bool(guesses) and _same(sure, guesses[0])
    return SavedLine(
        id=line.id,
        words=line.text,
        places=tuple(_name(tag.goal_id, tag.kind, goals_by_id) for tag in filed.tags) or (KIND_NAMES[WorkKind.OTHER],),
        effort=stated(line.hours, line.percent),
        finished=line.finished,
        late=line.late,
        ask=ask if asking else (),
        why=guesses[0].why if is_first else "",
    )


def _same(tag: Tag, guess: Prediction) -> bool:
    return (tag.goal_id, tag.kind) == (guess.goal_id, guess.kind)


def _is_over(guess: Prediction | Tag, goals_by_id: Mapping[int, Goal]) -> bool:
    return guess.goal_id is not None and goals_by_id[guess.goal_id].retired_at is not None


def _name(goal_id: int | None, kind: str, goals_by_id: Mapping[int, Goal]) -> str:
    goal = goals_by_id.get(goal_id) if goal_id else None
    return goal.title if goal else KIND_NAMES[kind]


def stated(hours: float | None, percent: float | None) -> str:
    """`3h`, `30%`, or nothing."""
    if hours is not None:
        return f"{hours:.3g}h"
    return f"{percent:.3g}%" if percent is not None else ""


def questions(
    tx: Session, rows: Sequence[OpenCheckIn], reminders: Collection[int] = ()
) -> dict[int, checkin_views.OpenQuestion]:
    """Unanswered check-ins as questions, by id; `reminders` are those that were put before."""
    in_the_way: dict[int, list[Blocker]] = {}
    for item in checkins.open_blockers(tx, [row.person_id for row in rows]):
        in_the_way.setdefault(item.person_id, []).append(item)
    return {
        row.id: checkin_views.OpenQuestion(
            day=row.day,
            first_name=first_name(row.name),
            can_repeat=row.has_answered,
            blockers=tuple(
                (item.id, item.text, (row.day - item.day).days) for item in in_the_way.get(row.person_id, ())[:3]
            ),
            reminder=row.id in reminders,
            asks=row.question,
        )
        for row in rows
    }


def places(tx: Session, company_id: int) -> list[FilingPlace]:
    """Everywhere a line may go: goals in the order of the tree, then the kinds of other work."""
    rows = goal_tree.tree(stored_goals.goals(tx, company_id))
    found = [FilingPlace(f"goal:{goal.id}", "\u2003" * depth + goal.title) for depth, goal in rows]
    return found + [FilingPlace(kind.value, KIND_NAMES[kind]) for kind in KINDS]
