"""A person's own settings: time, zone, reminder, leave, stop, start, forget, and their home page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from bot.chat.events import Replace, Reply
from bot.chat.messages import Message
from bot.conversation.context import Turn
from bot.view_values import checkin_values, people_values
from bot.views import people as people_views
from bot.views import welcome
from checkins.errors import Gathered, UserError
from checkins.people import accounts, members
from checkins.schedule import calendar
from checkins.schedule import parse as schedule_parse
from storage import checkins, database
from storage import people as stored_people
from storage.outbox import edits
from storage.tables import Audit

HOME_ANSWERS = 2
HOME_SINCE = timedelta(days=14)


def home(turn: Turn) -> Message:
    """The settings page."""
    rows = checkins.answered(turn.tx, turn.person.id, turn.today - HOME_SINCE)[:HOME_ANSWERS]
    saved = checkin_values.saved(turn.tx, rows, turn.now)
    running = None
    if turn.person.admin:
        is_worse = bool(turn.warnings.get(turn.person.company_id))
        running = people_values.running(turn.tx, turn.person, turn.now, is_worse=is_worse)
    rhythm = people_values.rhythm(turn.tx, turn.person, turn.now)
    places = people_values.places_of(turn.tx, turn.person)
    return people_views.home(rhythm, [saved[row.id] for row in rows], running, places)


def fine(turn: Turn) -> Reply:
    """The welcome, accepted."""
    return Replace(welcome.fine(people_values.rhythm(turn.tx, turn.person, turn.now)))


def zone_of_welcome(turn: Turn, chosen: str) -> Reply:
    """The zone tapped in the welcome, which says then when the first question comes."""
    members.choose_zone(turn.tx, turn.person, schedule_parse.zone(chosen), turn.now)
    turn.tx.flush()
    rhythm = people_values.rhythm(turn.tx, turn.person, turn.now)
    return Replace(welcome.welcome(people_values.first_name(turn.person.name), rhythm))


def time(turn: Turn, *, minute: int, days: int | None = None) -> Message:
    """An own time, and own days where they were named."""
    keep = turn.person.own_days if days is None else days
    members.choose_time(turn.tx, turn.person, minute, keep, turn.now)
    often = f" {calendar.in_words(keep)}" if keep is not None else ""
    return _changed(turn, f"You are asked{often} at {calendar.clock(minute)} from now on.")


def time_of_team(turn: Turn) -> Message:
    """Back to the team's rhythm."""
    members.choose_time(turn.tx, turn.person, None, None, turn.now)
    return _changed(turn, "You are asked in your team’s rhythm again.")


def zone(turn: Turn, *, zone: str) -> Message:
    """An own zone."""
    members.choose_zone(turn.tx, turn.person, zone, turn.now)
    return _changed(turn, f"Your time zone is {zone}; it is {members.local(turn.now, zone):%H:%M} there.")


def remind(turn: Turn, *, minutes: int | None) -> Message:
    """The one reminder, so many minutes after the question; 0 is off, None the next working morning."""
    turn.person.reminder = minutes
    words = "No reminders any more." if minutes == 0 else "One reminder, when I hear nothing:"
    when = "" if minutes == 0 else " next working day at 09:30." if minutes is None else f" after {minutes} minutes."
    return _changed(turn, words + when)


def leave(turn: Turn, *, dates: tuple[date, date]) -> Message:
    """Days off: the first and the last."""
    first, last = dates
    members.leave(turn.tx, turn.person, first, last, turn.today, turn.now)
    span = calendar.shown(first) if first == last else f"{calendar.shown(first)} to {calendar.shown(last)}"
    return _changed(turn, f"Away on {span}." if first == last else f"Away from {span}.")


def leave_over(turn: Turn) -> Message:
    """Back already."""
    ended = stored_people.drop_absences(turn.tx, turn.person.id, turn.today)
    return _changed(turn, "Welcome back." if ended or turn.was_away else "You had no leave planned.")


def stop(turn: Turn) -> Message:
    """No more questions."""
    members.stop(turn.tx, turn.person, turn.now)
    return people_views.stopped()


def start(turn: Turn) -> Message:
    """Questions again."""
    members.start(turn.tx, turn.person, turn.now)
    return _changed(turn, "Good to have you back.")


def forget_first(turn: Turn) -> Message:
    """Asks before anything is deleted."""
    return people_views.forget_first(checkins.count_lines(turn.tx, turn.person.id))


def forget(turn: Turn) -> Reply:
    """Deletes every word of theirs; the fact is audited, the words are not."""
    lines = checkins.forget(turn.tx, turn.person.id)
    database.add(
        turn.tx,
        Audit(
            company_id=turn.person.company_id,
            at=turn.now,
            actor_id=turn.person.id,
            act="forget",
            said="deleted their own words",
        ),
    )
    edits.refresh_person(turn.tx, turn.person.id, turn.now)
    return Replace(people_views.forgotten(lines))


def settings_form(turn: Turn) -> Reply:
    """Everything in one form."""
    places = people_values.places_of(turn.tx, turn.person)
    return people_views.settings(people_values.rhythm(turn.tx, turn.person, turn.now), places)


def settings(turn: Turn, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form, sent."""
    person, gathered = turn.person, Gathered()
    with gathered.at("zone"):
        chosen_zone = schedule_parse.zone(_word(values, "zone"))
        if chosen_zone != person.zone:
            members.choose_zone(turn.tx, person, chosen_zone, turn.now)
    minute = 0
    with gathered.at("time"):
        minute = schedule_parse.time(_word(values, "time"))
    days = values.get("days", ())
    before = people_values.rhythm(turn.tx, person, turn.now)
    mask = sum(
        1 << int(day) for day in (days if isinstance(days, tuple) else (days,)) if day.isdigit() and int(day) < 7
    )
    own = _word(values, "rhythm") == "own"
    if own and not mask:
        with gathered.at("days"):
            raise UserError("Choose at least one day.")
    gathered.tell()
    if own:
        members.choose_time(turn.tx, person, minute, mask, turn.now)
    elif before.own:
        members.choose_time(turn.tx, person, None, None, turn.now)
    elif before.minute is not None and (minute, mask) != (before.minute, before.days):
        raise UserError("You changed the days or the time: choose “My own” to keep that.", field="rhythm")
    reminder = _word(values, "reminder")
    if reminder != "minutes":
        person.reminder = {"morning": None, "off": 0}.get(reminder, 60 if reminder == "60" else None)
    if place := _word(values, "place"):
        accounts.prefer(turn.tx, person, place)
    return _changed(turn, "Saved.")


def _word(values: Mapping[str, str | tuple[str, ...]], name: str) -> str:
    value = values.get(name, "")
    return (value[0] if value else "") if isinstance(value, tuple) else value.strip()


def _changed(turn: Turn, sentence: str) -> Message:
    turn.tx.flush()
    return people_views.changed(sentence, people_values.rhythm(turn.tx, turn.person, turn.now))
