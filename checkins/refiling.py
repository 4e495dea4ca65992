"""Lines the tagger was unsure of and nobody has said anything about, and another's suggestion where they belong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from checkins import records
from checkins.tagging import asking
from storage import checkins, filing, goals
from storage import people as stored
from storage.filing import Unsaid

MOST = 60  # lines at once


def unsure(tx: Session, company_id: int, since: datetime) -> list[Unsaid]:
    """Lines written since then; none once the company has confirmed enough for its own tagger to do better."""
    if checkins.has_confirmed(tx, company_id, asking.EARLY):
        return []
    below = asking.below(stored.company(tx, company_id).asks_below, early=True)
    return filing.unsure(tx, company_id, since, below, MOST)


def refile(tx: Session, company_id: int, chosen: Mapping[int, int], now: datetime) -> None:
    """Files lines, by id, under goals of the company that are active, unless somebody has said where they belong.

    What the tagger thought stays on record, and is what it is judged by.
    """
    active = {goal.id for goal in goals.goals(tx, company_id)}
    changed = filing.refile(tx, company_id, {line: goal for line, goal in chosen.items() if goal in active})
    rows = checkins.checkins_by_id(tx, changed)
    persons = stored.by_id(tx, [row.person_id for row in rows.values()])
    for row in rows.values():
        records.touched(tx, persons[row.person_id], row, now)
