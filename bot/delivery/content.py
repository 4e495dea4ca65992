"""What each delivery says: made at the moment it is sent or shown anew, so that it is never stale."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from bot.chat import safe_traceback
from bot.chat.messages import Message
from bot.view_values import checkin_values, people_values
from bot.views import checkins as checkin_views
from bot.views import digests as digest_views
from bot.views import notes, welcome
from checkins.digest import build as digest_build
from checkins.schedule import calendar
from checkins.schedule.calendar import Opening, Week
from storage import checkins, digests, people, uninstalls
from storage.checkins import OpenCheckIn
from storage.database import Interrupted
from storage.kinds import CheckInState, DeliveryKind, DeliveryState
from storage.outbox import deliveries, keys
from storage.outbox.deliveries import Claimed
from storage.tables import Absence, Delivery

log = logging.getLogger(__name__)

Row = TypeVar("Row", Claimed, Delivery)

ASKING = {DeliveryKind.PROMPT, DeliveryKind.SNOOZE, DeliveryKind.REMINDER}
DIGEST = {DeliveryKind.DIGEST, DeliveryKind.DETAIL}

NOTICES: dict[str, Callable[[Session, str], Message | None]] = {}
"""What a notice says, by the first word of its subject: given the rest of it, as a rule an id. It is in words at the
moment it is sent, like everything else, so that it is never stale; None is cancelled as not needed any more."""


def portions(rows: Iterable[Row]) -> list[list[Row]]:
    """What is put into words in a transaction each, so that nobody who answers meanwhile waits long: all of one digest,
    and everything else together, as that is read together."""
    found: dict[int | None, list[Row]] = {}
    for row in rows:
        found.setdefault(row.digest_id, []).append(row)
    return list(found.values())


def says(tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool) -> dict[int, Message]:
    """The message of each delivery by its id; none for what has become pointless.

    `again` is for messages that stand already: they show how things turned out. Questions are read together,
    in a number of queries that does not grow with them.
    """
    found = _questions(tx, [row for row in rows if row.kind in ASKING], now, again=again)
    found |= _digests(tx, [row for row in rows if row.kind in DIGEST], now)
    for row in rows:
        match row.kind:
            case DeliveryKind.WELCOME:
                message = None if again else _welcome(tx, row, now)
            case DeliveryKind.NOTICE:
                message = _notice(tx, row)
            case DeliveryKind.REMOVED:
                message = _removed(tx, row)
            case _:
                continue
        if message is not None:
            found[row.id] = message
    return found


def worded(
    tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool
) -> tuple[dict[int, Message], set[int]]:
    """The same, and which could not be made: one that breaks must not stop all the others."""
    try:
        return says(tx, rows, now, again=again), set()
    except Interrupted:  # the database's trouble, and no message's
        raise
    except Exception as error:  # noqa: BLE001  whose message it was is found out one by one
        log.error("a message could not be made: %s", safe_traceback.of(error))
    messages: dict[int, Message] = {}
    broken: set[int] = set()
    for row in rows:
        try:
            with tx.begin_nested():
                messages |= says(tx, [row], now, again=again)
        except Exception:  # noqa: BLE001  it is in the log already
            broken.add(row.id)
    return messages, broken


def _questions(tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool) -> dict[int, Message]:
    by_id = {row.id: row for row in checkins.asked(tx, [row.checkin_id for row in rows if row.checkin_id])}
    pairs = [(row, by_id[row.checkin_id]) for row in rows if row.checkin_id in by_id]
    open_ones = [asked for _, asked in pairs if asked.state == CheckInState.ASKED]
    if again:
        return _turned_out(tx, pairs, open_ones, now)
    away = _away(tx, open_ones, now)
    reminders = {asked.id for row, asked in pairs if row.kind == DeliveryKind.REMINDER}
    questions = checkin_values.questions(tx, [asked for asked in open_ones if asked.id not in away], reminders)
    return {row.id: checkin_views.question(questions[asked.id]) for row, asked in pairs if asked.id in questions}


def _turned_out(
    tx: Session,
    pairs: Sequence[tuple[Claimed | Delivery, OpenCheckIn]],
    open_ones: Sequence[OpenCheckIn],
    now: datetime,
) -> dict[int, Message]:
    """What messages show that stand already."""
    questions = checkin_values.questions(tx, open_ones)
    answered = {asked.id for _, asked in pairs if asked.state == CheckInState.ANSWERED}
    saved = checkin_values.saved(tx, list(checkins.checkins_by_id(tx, answered).values()), now)
    newest = deliveries.newest_of(tx, [asked.id for _, asked in pairs])
    found: dict[int, Message] = {}
    for row, asked in pairs:
        if newest.get(asked.id, row.id) != row.id:
            found[row.id] = checkin_views.asked_again(asked.day)
            continue
        match asked.state:
            case CheckInState.ANSWERED:
                found[row.id] = checkin_views.saved(saved[asked.id])
            case CheckInState.SKIPPED:
                found[row.id] = checkin_views.skipped(asked.day)
            case CheckInState.AWAY:
                found[row.id] = checkin_views.away(asked.day)
            case CheckInState.ASKED:
                found[row.id] = checkin_views.question(questions[asked.id])
            case _:  # expired, or opened by somebody who was not asked: nothing was said about it
                continue
    return found


def _away(tx: Session, rows: Sequence[OpenCheckIn], now: datetime) -> set[int]:
    """The check-ins of people who are away today, on their own calendar."""
    if not rows:
        return set()
    today = {zone: calendar.local_day(now, zone) for zone in {row.zone for row in rows}}
    leaves: dict[int, list[Absence]] = {}
    for leave in people.absent(tx, {row.person_id for row in rows}, min(today.values()), max(today.values())):
        leaves.setdefault(leave.person_id, []).append(leave)
    return {
        row.id
        for row in rows
        if any(leave.first <= today[row.zone] <= leave.last for leave in leaves.get(row.person_id, ()))
    }


def _welcome(tx: Session, row: Claimed | Delivery, now: datetime) -> Message | None:
    person = people.by_id(tx, [row.person_id]).get(row.person_id) if row.person_id else None
    if person is None or person.stopped_at is not None or person.left_at is not None:
        return None
    return welcome.welcome(people_values.first_name(person.name), people_values.rhythm(tx, person, now))


def _digests(tx: Session, rows: Sequence[Claimed | Delivery], now: datetime) -> dict[int, Message]:
    """Digests and the replies in their threads; each digest is read once, however many of its messages there are. How
    many replies a digest needs is known when it is in words, so they are queued here: those that are there stay."""
    found: dict[int, Message] = {}
    about = digests.by_id(tx, {row.digest_id for row in rows if row.digest_id is not None})
    of_each: dict[int, list[Claimed | Delivery]] = {}
    for row in rows:
        if row.digest_id in about:
            of_each.setdefault(row.digest_id, []).append(row)
    for digest_id, of_it in of_each.items():
        team = people.team(tx, about[digest_id].team_id)
        summary = digest_build.summarise(
            digest_build.gather(tx, team, Week(about[digest_id].first, about[digest_id].last))
        )
        details = digest_views.details(summary)
        for row in of_it:
            if row.kind == DeliveryKind.DIGEST:
                opening = calendar.working_hours(now, team.zone, team.working_days)
                if row.state != DeliveryState.SENT:
                    opening = Opening(now, row.expires_at or opening.closes)
                deliveries.queue_under(tx, row.id, len(details), opening.opens, opening.closes, now)
                found[row.id] = digest_views.posted(summary, digests.readers(tx, digest_id))
                continue
            number = keys.place_of_detail(row.dedup_key)
            if number < len(details):
                found[row.id] = details[number]
            elif row.state == DeliveryState.SENT:
                found[row.id] = Message("Moved up into the other replies")
    return found


def _notice(tx: Session, row: Claimed | Delivery) -> Message | None:
    """What there is to say of its subject by now; None where nothing is."""
    about, _, which = row.subject.partition(":")
    says_of = NOTICES.get(about)
    return says_of(tx, which) if says_of is not None else None


def _removed(tx: Session, row: Claimed | Delivery) -> Message | None:
    """None when we are back there already."""
    found = uninstalls.by_id(tx, keys.workspace_of_removed(row.dedup_key))
    return notes.removed(found.name) if found is not None else None
