"""What is due becomes deliveries: questions, reminders, welcomes, digests. Running it again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.delivery import openings
from checkins.digest import build as digest_build
from checkins.digest import publish
from checkins.people import members, teams
from checkins.schedule import calendar
from checkins.schedule.calendar import Rhythm
from storage import digest_queries, digests
from storage import people as stored_people
from storage.kinds import DeliveryKind
from storage.outbox import deliveries, edits, keys, rate_limits
from storage.outbox import plan as stored_plan
from storage.outbox.rate_limits import Rate
from storage.tables import Delivery, Digest, Slot, Team

DIGESTS = 200  # of what is no question, looked at in one transaction
PORTION = 4_000  # people planned in one transaction: no other one should wait for it longer than a blink
MISSED_DAYS = 7  # days of an outage that are counted one by one


def questions(tx: Session, now: datetime) -> tuple[int, bool]:
    """A portion of the questions whose moment has come; how many, and whether there may be more."""
    planned, looked_at = 0, 0
    while looked_at < PORTION:
        slot = stored_plan.due_slot(tx, now)
        if slot is None:
            return planned, False
        upto, number = stored_plan.portion(tx, slot, PORTION)
        planned += _plan_slot(tx, slot, upto, now, nobody=number == 0)
        looked_at += max(number, PORTION // 50)  # a slot with few people has its price too
        tx.flush()
    return planned, True


def _plan_slot(tx: Session, slot: Slot, upto: int | None, now: datetime, *, nobody: bool) -> int:
    rhythm = Rhythm(slot.days, slot.minute, slot.zone)
    day, due = slot.next_day, slot.next_due
    oldest = calendar.local_day(now, slot.zone) - timedelta(days=MISSED_DAYS)
    if day < oldest:  # a long outage: the days before are not worth a row each
        day, due = calendar.following(rhythm, oldest - timedelta(days=1))
    planned = 0
    chosen = [] if nobody else stored_plan.reminders_chosen(tx, slot, upto)
    while due <= now:
        if not nobody:
            again = {each: _reminder_at(rhythm, slot.working, day, due, each) for each in chosen}
            expires = calendar.expiry(due, slot.zone)
            planned += stored_plan.plan_prompts(tx, slot, upto, day, due, expires, again, now)
        day, due = calendar.following(rhythm, day)
    if upto is None:
        slot.next_day, slot.next_due, slot.planned_to = day, due, 0
    else:
        slot.planned_to = upto
    return planned


def keep_to_the_clocks(tx: Session, now: datetime) -> int:
    """Works out anew when what has not come yet is due: a government may have changed a zone's rules since, and this
    process may be the first that knows. How many moments moved."""
    moved = 0
    for slot in stored_plan.slots_to_come(tx, now):
        due = calendar.instant(slot.next_day, slot.minute, slot.zone)
        moved += due != slot.next_due
        slot.next_due = due
    for team in stored_people.digests_to_come(tx, now):
        assert team.digest_week is not None
        week = calendar.week_of(team.digest_week, team.working_days)
        due = teams.digest_at(team, week)
        moved += due != team.digest_due
        team.digest_due = due
    return moved


def reminders(tx: Session, now: datetime) -> tuple[int, bool]:
    """A portion of the reminders that are due; how many, and whether there may be more.

    A day that brings a question of its own brings no reminder: one unprompted message a day is enough.
    """
    due = stored_plan.unanswered(tx, now, PORTION)
    days = {zone: calendar.local_day(now, zone) for zone in {row.zone for row in due}}
    asked = stored_plan.asked_on(tx, {row.person_id for row in due}, set(days.values())) if due else set()
    at: dict[tuple[datetime, datetime], list[int]] = {}
    for row in due:
        today = days[row.zone]
        if row.day != today and (row.person_id, today) in asked:
            continue
        at.setdefault((row.remind_at, _reminder_expires(row)), []).append(row.checkin_id)
    planned = stored_plan.plan_reminders(tx, at, [row.checkin_id for row in due], now) if due else 0
    return planned, len(due) == PORTION


def _reminder_expires(row: stored_plan.Unanswered) -> datetime:
    """Two hours, and not into quiet hours where they are now: there it is over before it begins. Who is asked in their
    quiet hours may be reminded in them."""
    if calendar.is_quiet(row.remind_at, row.zone):
        asked_at = row.asked_at
        if asked_at is None or not calendar.is_quiet(asked_at, row.zone):
            return row.remind_at
    return calendar.expiry(row.remind_at, row.zone)


def _reminder_at(rhythm: Rhythm, working: int, day: date, due: datetime, reminder: int | None) -> datetime | None:
    """When to remind: never, so many minutes later, or the next working morning, also when so many minutes later would
    be in quiet hours. A morning on which the next question comes anyway needs no reminder."""
    if reminder == 0:
        return None
    if reminder is not None:
        later = due + timedelta(minutes=reminder)
        if calendar.is_quiet(due, rhythm.zone) or not calendar.is_quiet(later, rhythm.zone):
            return later
    morning = calendar.next_working_day(day, working)
    if rhythm.days >> morning.weekday() & 1:
        return None
    return calendar.instant(morning, calendar.REMINDER_AT, rhythm.zone)


def welcomes(tx: Session, now: datetime) -> tuple[int, bool]:
    """A portion of those of teams that are on who were never written to, welcomed in their working hours; how many, and
    whether there may be more."""
    planned = 0
    for zone, working in stored_plan.to_welcome(tx):
        hours = calendar.working_hours(now, zone, working)
        if hours.opens <= now:
            first = members.first_asked(now, zone)
            planned += stored_plan.plan_welcomes(tx, zone, working, first, now, hours.closes, PORTION - planned)
            if planned >= PORTION:
                return planned, True
    return planned, False


def over(tx: Session, now: datetime) -> tuple[int, bool]:
    """A portion of what may not be said now: questions are counted as too late; what is no question is set to go in the
    next working hours, while it is worth saying. None is planned by that; and whether there may be more."""
    expired = deliveries.expire(tx, now, PORTION)
    rows = deliveries.over(tx, now, DIGESTS)
    openings.reopen(tx, rows, now)
    return 0, expired == PORTION or len(rows) == DIGESTS


def digest_due(tx: Session, now: datetime) -> tuple[int, bool]:
    """One digest that is due: the week becomes a row with its shares, and its message is queued; the replies in its
    thread are, once it is put into words (bot/delivery/content.py). How many, and whether there may be more.

    After a long outage week follows week: those that are too old to be posted are counted so, and the newest may still
    go.
    """
    team = stored_people.due_digest(tx, now)
    if team is None:
        return 0, False
    planned = 0
    while not planned and team.digest_week is not None and team.digest_due and team.digest_due <= now:
        week = calendar.week_of(team.digest_week, team.working_days)
        # A week in which nobody was asked, and nobody wrote, has nothing to say.
        is_new = digests.digest(tx, team.id, week.first) is None
        if is_new and digest_queries.has_checkins(tx, digest_build.population_of(tx, team, week)):
            row = publish.publish(tx, team, week, now, teams.freezes_at(team, week))
            planned = _queue_digest(tx, team, row, now)
        after = calendar.week_of(week.last + timedelta(days=1), team.working_days)
        team.digest_week = after.first
        team.digest_due = teams.digest_at(team, after)
    tx.flush()
    return planned, True


def _queue_digest(tx: Session, team: Team, row: Digest, now: datetime) -> int:
    assert team.digest_workspace_id is not None
    main = Delivery(
        company_id=team.company_id,
        workspace_id=team.digest_workspace_id,
        dedup_key=keys.digest(team.id, row.first),
        kind=DeliveryKind.DIGEST,
        to=team.digest_to,
        digest_id=row.id,
        due_at=row.due_at,
        expires_at=calendar.opening(row.due_at, team.zone).closes,
        created_at=now,
    )
    return 0 if deliveries.queue(tx, main) is None else 1


def recount(tx: Session, now: datetime) -> tuple[int, bool]:
    """One digest whose window is over, or that somebody answered late for: shares move at the freeze or after four late
    answers, then it is shown anew. Whether there may be more."""
    row = digests.to_recount(tx, now)
    if row is None:
        return 0, False
    if publish.recount(tx, row, stored_people.team(tx, row.team_id), now):
        edits.refresh(tx, now, digest_id=row.id)
    tx.flush()
    return 0, True


def next_at(tx: Session, now: datetime, rates: Mapping[str, Rate]) -> datetime | None:
    """When something falls due, or may go at last, later than now."""
    moments = [
        deliveries.next_due(tx, now),
        stored_people.next_due(tx, now),
        stored_plan.next_reminder(tx, now),
        stored_people.next_digest(tx, now),
        rate_limits.next_free(tx, now, rates),
    ]
    return min((moment for moment in moments if moment is not None), default=None)
