"""One tagger a company, kept in memory and brought up to date from what people confirmed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import groupby

from sqlmodel import Session

from checkins import key_results
from checkins.tagging import Confirmed, GoalText, LineText, Tagger
from storage import checkins, goals
from storage.checkins import Taught

MOST_LEARNT = 10_000  # confirmed tags a tagger starts from: the newest


@dataclass(slots=True)
class _Kept:
    tagger: Tagger
    goals_version: int
    last_tag: int
    learnt: int


@dataclass(slots=True)
class Taggers:
    """Hands out a company's tagger inside a transaction. Nothing in it that the database does not say."""

    _kept: dict[int, _Kept] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, tx: Session, company_id: int) -> Tagger:
        """The tagger as of this transaction. Built anew when a confirmation was taken back."""
        with self._lock:
            version, count = goals.newest_act(tx, company_id), checkins.confirmed_count(tx, company_id)
            kept = self._kept.get(company_id)
            taught = checkins.confirmed(tx, company_id, kept.last_tag if kept else 0, MOST_LEARNT)
            if kept is None or kept.learnt + len(taught) != count:
                taught = checkins.confirmed(tx, company_id, 0, MOST_LEARNT)
                kept = _Kept(Tagger(_texts(tx, company_id)), version, 0, max(0, count - len(taught)))
                self._kept[company_id] = kept
            elif kept.goals_version != version:
                kept.tagger.replan(_texts(tx, company_id), _successors(tx, company_id))
                kept.goals_version = version
            if taught:
                kept.tagger.learn(confirmed(taught))
                kept.last_tag, kept.learnt = taught[-1].tag_id, kept.learnt + len(taught)
            return kept.tagger


def confirmed(rows: list[Taught]) -> list[Confirmed]:
    """Confirmed tags as the tagger learns them: one item a line, all its targets together."""
    found = []
    for _, tags in groupby(rows, key=lambda row: row.line_id):
        every = list(tags)
        first = every[0]
        found.append(
            Confirmed(
                LineText(first.text, str(first.person_id), first.day, str(first.checkin_id)),
                frozenset(str(row.goal_id) if row.goal_id else row.kind for row in every),
            )
        )
    return found


def _texts(tx: Session, company_id: int) -> list[GoalText]:
    rows = goals.goals(tx, company_id)
    ids = [row.id for row in rows]
    results, tried, owners = goals.key_results(tx, ids), goals.initiatives(tx, ids), goals.owners(tx, rows)
    return [
        GoalText(
            id=str(row.id),
            title=row.title,
            description=row.description,
            handle=row.handle,
            keywords=tuple(word.strip() for word in row.keywords.split(",") if word.strip()),
            key_results=tuple(key_results.write(result) for result in results.get(row.id, [])),
            initiatives=tuple(item.title for item in tried.get(row.id, [])),
            owners=frozenset(str(person_id) for person_id in owners[row.id]),
        )
        for row in rows
    ]


def _successors(tx: Session, company_id: int) -> dict[str, str]:
    every = goals.goals(tx, company_id, retired=True)
    return {str(row.id): str(row.successor_id) for row in every if row.retired_at and row.successor_id}
