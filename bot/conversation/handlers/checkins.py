"""Answering: the form, typed lines, same again, skip, snooze, moving a line, and one's own weeks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from bot.chat.events import Choices, QuotedMessage, Replace, Reply
from bot.chat.messages import Form, Message, Option
from bot.conversation.context import Turn
from bot.view_values import checkin_values
from bot.views import checkins as checkin_views
from checkins.answers import blockers as blocker_rules
from checkins.answers import edit_window, questions, submit
from checkins.answers import parse as answer_parse
from checkins.answers.questions import Question
from checkins.errors import Gathered, UserError
from checkins.people import members
from checkins.schedule import calendar
from storage import checkins as stored_checkins
from storage import people as stored_people
from storage import replies
from storage.kinds import AbsenceKind, CheckInState, DeliveryKind, DeliveryState
from storage.outbox import deliveries, keys
from storage.tables import CheckIn, Delivery


def form(turn: Turn, subject: str = "") -> Form:
    """The form of a day: the one in `subject`, else of the open question, else of today."""
    day = _day(subject) or submit.meant(turn.tx, turn.person, turn.now)
    checkin = stored_checkins.checkin(turn.tx, turn.person.id, day)
    if checkin is None or checkin.state != CheckInState.ANSWERED:
        open_ones = stored_checkins.open_blockers(turn.tx, [turn.person.id])
        return checkin_views.form(day, blockers="\n".join(row.text for row in open_ones))
    edit_window.require_open(turn.tx, turn.person, checkin, turn.now)
    blockers = stored_checkins.open_blockers(turn.tx, [turn.person.id])
    return checkin_views.form(day, checkin.words, "\n".join(row.text for row in blockers), _said(turn, checkin))


def keep_form(turn: Turn, given: QuotedMessage) -> Form:
    """A message that stands somewhere, to be looked at before it is filed: in the form of the day it was written on,
    below what is filed there already."""
    if not any(character.isalnum() for character in given.words):
        raise UserError("There are no words in that message that I could save.")
    day = submit.meant_then(turn.tx, turn.person, given.at, turn.now)
    checkin = stored_checkins.checkin(turn.tx, turn.person.id, day)
    before = checkin.words if checkin is not None and checkin.state == CheckInState.ANSWERED else ""
    rows = answer_parse.rows(before)
    words = "\n".join([*rows, *(row for row in answer_parse.rows(given.words) if row not in rows)])
    blockers = stored_checkins.open_blockers(turn.tx, [turn.person.id])
    return checkin_views.keep(
        day,
        words,
        "\n".join(row.text for row in blockers),
        _said(turn, checkin) if checkin is not None else {},
        by=given.by,
        filed=len(rows),
    )


def submitted(turn: Turn, subject: str, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form of a day, sent."""
    day = _day(subject) or turn.today
    checkin = submit.of_day(turn.tx, turn.person, day, turn.now)
    words, blockers = str(values.get("words", "")), str(values.get("blockers", ""))
    edit_window.require_open(turn.tx, turn.person, checkin, turn.now)
    gathered = Gathered()
    with gathered.at("words"):
        answer_parse.pieces(words)
    with gathered.at("blockers"):
        blocker_rules.read(blockers)
    gathered.tell()
    submit.answer(
        turn.tx,
        turn.person,
        checkin,
        words,
        turn.tagger,
        turn.now,
        blockers=blockers,
        said=questions.said(values),
        shown=_shown(subject),
    )
    return shown(turn, checkin)


def typed(turn: Turn, words: str) -> Reply:
    """Words that are no command: an answer, or more lines of it.

    The first answer shows in the question itself; what comes later gets a word, since that may be far above.
    """
    day = submit.meant(turn.tx, turn.person, turn.now)
    checkin = submit.of_day(turn.tx, turn.person, day, turn.now)
    again = checkin.state == CheckInState.ANSWERED
    message = turn.event.message
    submit.answer(turn.tx, turn.person, checkin, words, turn.tagger, turn.now, more=True, message=message)
    if not _has_message(turn, checkin):
        return shown(turn, checkin)
    return checkin_views.added(day, len(stored_checkins.lines(turn.tx, [checkin.id]))) if again else None


def edited(turn: Turn, words: str) -> Reply:
    """A typed answer that its writer changed on the platform."""
    submit.retyped(turn.tx, turn.person, turn.event.message, words, turn.tagger, turn.now)
    return None


def same(turn: Turn, subject: str = "") -> Reply:
    """The same lines as last time."""
    day = _day(subject) or submit.meant(turn.tx, turn.person, turn.now)
    checkin = submit.of_day(turn.tx, turn.person, day, turn.now)
    if checkin.state == CheckInState.ANSWERED:
        raise UserError("You answered that one already. `mine` shows it, with a button to edit.")
    edit_window.require_open(turn.tx, turn.person, checkin, turn.now)
    submit.same(turn.tx, turn.person, checkin, turn.tagger, turn.now)
    return shown(turn, checkin)


def skip(turn: Turn, subject: str = "", *, until: date | None = None) -> Reply:
    """Not today, or not before a day that is named."""
    if until is not None:
        return _skip_until(turn, until)
    day = _day(subject) or submit.meant(turn.tx, turn.person, turn.now)
    checkin = submit.of_day(turn.tx, turn.person, day, turn.now)
    submit.skip(turn.tx, turn.person, checkin, turn.now)
    return checkin_views.skipped(checkin.day)


def _skip_until(turn: Turn, until: date) -> Reply:
    """Asked again on that day."""
    if until <= turn.today:
        raise UserError("That day is here already. Name one to come, like skip until Friday.")
    members.leave(
        turn.tx,
        turn.person,
        turn.today,
        until - timedelta(days=1),
        turn.today,
        turn.now,
        kind=AbsenceKind.SKIP,
    )
    return checkin_views.skipped_until(until)


def snooze(turn: Turn, subject: str = "", *, length: timedelta = timedelta(hours=1)) -> Reply:
    """The same question again, later the same day."""
    day = _day(subject) or submit.meant(turn.tx, turn.person, turn.now)
    if not timedelta(minutes=5) <= length <= timedelta(hours=20):
        raise UserError("I can ask again in 5 minutes to 20 hours. For longer, use skip until Friday.")
    checkin = submit.of_day(turn.tx, turn.person, day, turn.now)
    edit_window.require_open(turn.tx, turn.person, checkin, turn.now)
    if checkin.state == CheckInState.ANSWERED:
        raise UserError("You answered that one already. `mine` shows it, with a button to edit.")
    checkin.state, checkin.remind_at = CheckInState.ASKED, None
    until = turn.now + length
    deliveries.cancel(turn.tx, "They asked for later.", checkin_id=checkin.id)
    deliveries.queue(
        turn.tx,
        Delivery(
            company_id=turn.person.company_id,
            workspace_id=turn.workspace.id,
            dedup_key=keys.snooze(turn.person.id, day, until),
            kind=DeliveryKind.SNOOZE,
            to=turn.account.address,
            person_id=turn.person.id,
            checkin_id=checkin.id,
            due_at=until,
            expires_at=until + calendar.PROMPT_LIVES,
            created_at=turn.now,
        ),
    )
    return checkin_views.snoozed(checkin.day, until, turn.person.zone)


def file(turn: Turn, line_id: str, target: str) -> Reply:
    """One tap on where a line belongs; `more` opens the whole list."""
    if not line_id.isdigit():
        raise UserError("That line is not there any more. `mine` shows your lines.")
    found = stored_checkins.line(turn.tx, int(line_id))
    if found is None or found.line.person_id != turn.person.id:
        raise UserError("That line is not there any more. `mine` shows your lines.")
    checkin = submit.of_day(turn.tx, turn.person, found.line.day, turn.now)
    if edit_window.closed(turn.tx, [checkin], turn.now):
        return Replace(shown(turn, checkin))
    if target == "more":
        places = checkin_values.places(turn.tx, turn.person.company_id)
        return checkin_views.move(found.line.day, [(found.line.id, found.line.text)], places, found.line.id)
    checkin, _ = submit.file_under(turn.tx, turn.person, int(line_id), target, turn.now)
    return Replace(shown(turn, checkin))


def move_form(turn: Turn, subject: str) -> Reply:
    """Any line of a day, to any place."""
    checkin = stored_checkins.checkin(turn.tx, turn.person.id, _day(subject) or turn.today)
    lines = stored_checkins.lines(turn.tx, [checkin.id]) if checkin else []
    if checkin is None or not lines:
        raise UserError("That check-in has no lines to move.")
    edit_window.require_open(turn.tx, turn.person, checkin, turn.now)
    rows = [(filed.line.id, filed.line.text) for filed in lines]
    return checkin_views.move(checkin.day, rows, checkin_values.places(turn.tx, turn.person.company_id))


def moved(turn: Turn, values: Mapping[str, str | tuple[str, ...]]) -> Message:
    """The form above, sent."""
    line, target = _one(values, "line"), _one(values, "target")
    gathered = Gathered()
    with gathered.at("line"):
        if not line.isdigit():
            raise UserError("Choose a line.")
    with gathered.at("target"):
        if not target:
            raise UserError("Choose where it belongs.")
    gathered.tell()
    checkin, _ = submit.file_under(turn.tx, turn.person, int(line), target, turn.now)
    return shown(turn, checkin)


def tap(turn: Turn, question: Question, subject: str, value: str) -> Reply:
    """One tap on a question that rides on a check-in."""
    checkin = stored_checkins.checkin(turn.tx, turn.person.id, _day(subject) or turn.today)
    if checkin is None or checkin.state != CheckInState.ANSWERED:
        raise UserError("That check-in is not answered yet.")
    if edit_window.closed(turn.tx, [checkin], turn.now):
        return Replace(shown(turn, checkin))
    questions.tap(turn.tx, checkin, question, value)
    submit.touched(turn.tx, turn.person, checkin, turn.now)
    return Replace(shown(turn, checkin))


def blocker(turn: Turn, subject: str, value: str) -> Reply:
    """One tap on whether something is still in the way; the question stays as it was."""
    if value == "gone" and subject.isdigit():
        row = blocker_rules.close(turn.tx, turn.person, int(subject), turn.now)
        open_one = stored_checkins.open_checkin(turn.tx, turn.person.id, turn.today - submit.OPEN_FOR)
        if open_one is not None:
            asked = stored_checkins.asked(turn.tx, [open_one.id])
            return Replace(checkin_views.question(checkin_values.questions(turn.tx, asked)[open_one.id]))
        return Message(f"Good: “{checkin_views.clip(row.text, 80)}” is out of the way.")
    return None


def mine(turn: Turn, *, weeks: int = 2) -> Message:
    """One's own last weeks."""
    team = members.home(stored_people.teams_of(turn.tx, [turn.person.id])[turn.person.id])
    working = team.working_days if team else calendar.MONDAY_TO_FRIDAY
    this = calendar.week_of(turn.today, working)
    first = this.first - timedelta(days=7 * (weeks - 1))
    rows = stored_checkins.answered(turn.tx, turn.person.id, first)
    saved = checkin_values.saved(turn.tx, rows, turn.now)
    found = []
    for number in range(weeks):
        week = calendar.week_of(this.first - timedelta(days=7 * number), working)
        found.append((week.label, [saved[row.id] for row in rows if row.day in week]))
    return checkin_views.mine(found)


def suggest(turn: Turn, typed_words: str) -> Choices:
    """Places whose name holds what is typed."""
    places = checkin_values.places(turn.tx, turn.person.company_id)
    told = typed_words.casefold()
    fitting = [place for place in places if told in place.name.casefold()]
    return Choices(tuple(Option(place.target, checkin_views.clip(place.name.strip(), 70)) for place in fitting[:100]))


def shown(turn: Turn, checkin: CheckIn) -> Message:
    """An answered check-in as it stands."""
    turn.tx.flush()
    return checkin_views.saved(checkin_values.saved(turn.tx, [checkin], turn.now)[checkin.id])


def _said(turn: Turn, checkin: CheckIn) -> dict[str, str]:
    return replies.of(turn.tx, [checkin.id])[checkin.id]


def _has_message(turn: Turn, checkin: CheckIn) -> bool:
    """Whether its own message stands here already, and is edited in place by the next tick. One that stands in another
    account of theirs is edited too, and is not seen here."""
    rows = deliveries.of_checkin(turn.tx, checkin.id)
    return any(row.state == DeliveryState.SENT and row.workspace_id == turn.workspace.id for row in rows)


def _shown(subject: str) -> int | None:
    """How many lines the form showed; None for one of an older version, which does not say."""
    _, _, number = subject.partition("+")
    return int(number) if number.isdecimal() else None


def _day(subject: str) -> date | None:
    """The day of a button or a form."""
    try:
        return date.fromisoformat(subject.partition("+")[0]) if subject else None
    except ValueError:
        raise UserError("That button is from another time. `checkin` opens your check-in.") from None


def _one(values: Mapping[str, str | tuple[str, ...]], name: str) -> str:
    value = values.get(name, "")
    return (value[0] if value else "") if isinstance(value, tuple) else value
