"""Where lines are filed that the tagger was unsure of and nobody has said anything about, when more is known later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from checkins.answers import assign_goals, submit
from checkins.tagging import LineText, Tagger, asking
from storage import checkins, goals, people, tags
from storage.tags import Unsaid

MOST = 60  # lines at once
LATELY = timedelta(minutes=15)  # how long ago a line was placed for those beside it to be looked at again
SURER = 0.5  # how sure the tagger has to be by then


def unsure(tx: Session, company_id: int, since: datetime) -> list[Unsaid]:
    """Lines written since then; none once the company has confirmed enough for its own tagger to do better."""
    if checkins.has_confirmed(tx, company_id, asking.EARLY):
        return []
    below = asking.below(people.company(tx, company_id).asks_below, early=True)
    return tags.unsure(tx, company_id, since, below, MOST)


def beside(tx: Session, company_id: int, now: datetime) -> list[Unsaid]:
    """Lines beside those that were placed lately, in the same check-ins: what was said of one often tells of others."""
    early = not checkins.has_confirmed(tx, company_id, asking.EARLY)
    below = asking.below(people.company(tx, company_id).asks_below, early=early)
    return tags.beside(tx, company_id, now - LATELY, below, MOST)


def elsewhere(tagger: Tagger, lines: Sequence[Unsaid]) -> dict[int, tuple[int | None, str]]:
    """The lines, by id, that the tagger would file elsewhere now, and where: a goal, or a kind of other work."""
    found = {}
    for line in lines:
        text = LineText(line.text, str(line.person_id), line.day, str(line.checkin_id))
        suggestion = tagger.suggest(text)
        place = assign_goals.place(suggestion.top.target)
        if suggestion.confidence >= SURER and place != (line.goal_id, line.kind):
            found[line.id] = place
    return found


def refile(tx: Session, company_id: int, chosen: Mapping[int, tuple[int | None, str]], now: datetime) -> None:
    """Files lines, by id, where the company's active goals or kinds of other work say, unless somebody has said where
    they belong. What the tagger thought at first stays on record, and is what it is judged by.
    """
    active = {goal.id for goal in goals.goals(tx, company_id)} | {None}
    changed = tags.refile(tx, company_id, {line: place for line, place in chosen.items() if place[0] in active})
    rows = checkins.checkins_by_id(tx, changed)
    persons = people.by_id(tx, [row.person_id for row in rows.values()])
    for row in rows.values():
        submit.touched(tx, persons[row.person_id], row, now)
