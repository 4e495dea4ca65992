"""When what was planned may be said: outside quiet hours, on working days, and for as long as it is worth saying."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from checkins.people import members
from checkins.schedule import calendar
from checkins.schedule.calendar import Opening
from storage import digests
from storage import people as stored_people
from storage.kinds import DeliveryKind, DeliveryState
from storage.outbox import deliveries, plan
from storage.tables import Delivery, Digest, Team

NOT_ABOVE = "The message it belongs under was not posted."


class _Week(NamedTuple):
    digest: Digest
    team: Team


def reopen(tx: Session, rows: Sequence[Delivery], now: datetime) -> None:
    """What waits and may not be said now may go in the next working hours of whom it is for; what would be worth
    nothing any more by then is counted with its reason."""
    above = deliveries.by_id(tx, {row.under_id for row in rows if row.under_id is not None})
    weeks = _weeks(tx, rows)
    for row in rows:
        main = above.get(row.under_id or 0)
        if main is not None and main.state not in (*deliveries.OPEN, DeliveryState.SENT):
            row.state, row.reason = DeliveryState.CANCELLED, NOT_ABOVE
            continue
        week = weeks.get(row.digest_id or 0)
        opens, closes = _working_hours(tx, row, week, now)
        if week is not None:
            closes = min(closes, _over(week, main))
        if closes <= opens:
            row.state, row.reason = DeliveryState.EXPIRED, deliveries.TOO_LATE
            continue
        row.due_at, row.expires_at = opens, closes
        if row.kind == DeliveryKind.WELCOME and row.person_id is not None:
            for person in stored_people.by_id(tx, [row.person_id]).values():
                first = members.first_asked(opens, person.zone)  # the question comes on a later day than the welcome
                person.asked_from = max(first, person.asked_from or first)
    tx.flush()


def again(tx: Session, rows: Sequence[Delivery], now: datetime) -> None:
    """Somebody asked for what failed to be tried again: from now on, or from the beginning of working hours on."""
    weeks = _weeks(tx, rows)
    for row in rows:
        opens, closes = _working_hours(tx, row, weeks.get(row.digest_id or 0), now)
        if row.kind in deliveries.QUESTIONS:
            closes = min(closes, opens + calendar.PROMPT_LIVES)
        row.due_at, row.expires_at = opens, closes


def _weeks(tx: Session, rows: Sequence[Delivery]) -> dict[int, _Week]:
    """The digests these are about, by id."""
    found = digests.by_id(tx, {row.digest_id for row in rows if row.digest_id is not None})
    return {about.id: _Week(about, stored_people.team(tx, about.team_id)) for about in found.values()}


def _working_hours(tx: Session, row: Delivery, week: _Week | None, now: datetime) -> Opening:
    """Of the team whose channel it goes to, else of the person it goes to."""
    if week is not None:
        return calendar.working_hours(now, week.team.zone, week.team.working_days)
    person = stored_people.by_id(tx, [row.person_id]).get(row.person_id) if row.person_id else None
    if person is None:  # of nobody we know: the plan of everybody else must not fail over it
        return calendar.working_hours(now, "UTC", calendar.MONDAY_TO_FRIDAY)
    return calendar.working_hours(now, person.zone, plan.working_days(tx, person))


def _over(week: _Week, main: Delivery | None) -> datetime:
    """Until when a digest is worth posting; a reply under one that stands, for as long as that may change."""
    if main is not None and main.state == DeliveryState.SENT:
        return week.digest.freezes_at
    return calendar.digest_over(week.digest.due_at, week.team.working_days, week.team.zone)
