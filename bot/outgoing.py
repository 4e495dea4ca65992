"""What each delivery says: made at the moment it is sent or shown anew, so that it is never stale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from bot import present
from bot.messages import Message
from bot.views import checkins as checkin_views
from bot.views import digests as digest_views
from bot.views import people as people_views
from checkins import digest, schedule
from checkins.schedule import Week
from checkins.summary import Summary
from storage import checkins, deliveries, digests
from storage import people as stored
from storage.deliveries import Claimed
from storage.tables import CheckIn, Delivery, Digest

ASKING = {"prompt", "snooze", "reminder"}


def says(
    tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool
) -> dict[int, Message]:
    """The message of each delivery by its id; none for what has become pointless.

    `again` is for messages that stand already: they show how things turned out. Questions are read together,
    in a number of queries that does not grow with them.
    """
    found = _questions(tx, [row for row in rows if row.kind in ASKING], now, again=again)
    for row in rows:
        match row.kind:
            case "welcome":
                message = None if again else _welcome(tx, row, now)
            case "digest" | "detail":
                message = _digest(tx, row)
            case "notice":
                message = Message(row.words)
            case _:
                continue
        if message is not None:
            found[row.id] = message
    return found


def _questions(
    tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool
) -> dict[int, Message]:
    by_id = checkins.checkins_by_id(tx, {row.checkin_id for row in rows if row.checkin_id})
    pairs = [(row, by_id[row.checkin_id]) for row in rows if row.checkin_id in by_id]
    today = {row.id: schedule.local_day(now, checkin.zone) for row, checkin in pairs}
    away = _away(tx, pairs, today.values()) if pairs and not again else set()
    asking = [(row, checkin) for row, checkin in pairs if checkin.state == "asked"]
    questions = present.question(tx, [(checkin, row.kind == "reminder") for row, checkin in asking])
    saved = (
        present.saved(tx, [checkin for _, checkin in pairs if checkin.state == "answered"]) if again else {}
    )
    newest = deliveries.newest_of(tx, [checkin.id for _, checkin in pairs]) if again else {}
    found: dict[int, Message] = {}
    for row, checkin in pairs:
        if not again:
            if checkin.state == "asked" and (row.person_id, today[row.id]) not in away:
                about = questions[checkin.id]
                found[row.id] = checkin_views.question(replace(about, reminder=row.kind == "reminder"))
            continue
        if newest.get(checkin.id, row.id) != row.id:
            found[row.id] = checkin_views.asked_again(checkin.day)
            continue
        match checkin.state:
            case "answered":
                found[row.id] = checkin_views.saved(saved[checkin.id])
            case "skipped":
                found[row.id] = checkin_views.skipped(checkin.day)
            case "away":
                found[row.id] = checkin_views.away(checkin.day)
            case "asked":
                found[row.id] = checkin_views.question(questions[checkin.id])
            case _:  # expired, or opened by somebody who was not asked: nothing was said about it
                continue
    return found


def _away(
    tx: Session, pairs: Sequence[tuple[Claimed | Delivery, CheckIn]], days: Iterable[date]
) -> set[tuple[int | None, date]]:
    people = {row.person_id for row, _ in pairs if row.person_id}
    span = sorted(days)
    return {
        (absence.person_id, day)
        for absence in stored.absent(tx, people, span[0], span[-1])
        for day in set(span)
        if absence.first <= day <= absence.last
    }


def _welcome(tx: Session, row: Claimed | Delivery, now: datetime) -> Message | None:
    person = stored.by_id(tx, [row.person_id]).get(row.person_id) if row.person_id else None
    if person is None or person.stopped_at is not None or person.left_at is not None:
        return None
    return people_views.welcome(present.first_name(person), present.rhythm(tx, person, now))


def _digest(tx: Session, row: Claimed | Delivery) -> Message | None:
    about = digests.by_id(tx, [row.digest_id]).get(row.digest_id) if row.digest_id else None
    if about is None:
        return None
    summary = summary_of(tx, about)
    if row.kind == "digest":
        return digest_views.digest(summary)
    details = digest_views.details(summary)
    number = int(row.meaning.rpartition("|")[2])
    if number < len(details):
        return details[number]
    return Message("Moved up into the other replies") if row.state == "sent" else None


def summary_of(tx: Session, about: Digest) -> Summary:
    """The digest of a row, as it is now."""
    team = stored.team(tx, about.team_id)
    return digest.summarise(digest.gather(tx, team, Week(about.first, about.last)))
