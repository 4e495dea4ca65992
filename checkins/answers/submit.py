"""An answer taken: which check-in it belongs to, its lines, where each is filed, and what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins import text
from checkins.answers import assign_goals, edit_window, effort
from checkins.answers import blockers as blocker_rules
from checkins.answers import parse as answer_parse
from checkins.answers.parse import Piece
from checkins.errors import UserError
from checkins.schedule import calendar
from checkins.tagging import Tagger
from storage import checkins, database, digests, goals, people, replies
from storage.checkins import Filed
from storage.database import add_all
from storage.kinds import CheckInState, TagSource, WorkKind
from storage.outbox import deliveries, edits
from storage.tables import CheckIn, Digest, Goal, Line, Person

OPEN_FOR = timedelta(days=4)  # a typed answer belongs to the last question when it is not older than this


def meant(tx: Session, person: Person, now: datetime) -> date:
    """The day that words typed now are an answer for: that of the open question, else today."""
    today = calendar.local_day(now, person.zone)
    asked = checkins.open_checkin(tx, person.id, today - OPEN_FOR)
    return asked.day if asked is not None else today


def meant_then(tx: Session, person: Person, at: datetime, now: datetime) -> date:
    """The day that words belong to which were written at a moment elsewhere: as if they had been typed here then,
    unless that week is closed by now."""
    then = calendar.local_day(at, person.zone)
    if at > now or now >= edit_window.freezes_at(tx, person, then):
        return meant(tx, person, now)
    asked = checkins.open_checkin(tx, person.id, then - OPEN_FOR)
    return asked.day if asked is not None and asked.day <= then else then


def of_day(tx: Session, person: Person, day: date, now: datetime) -> CheckIn:
    """The check-in of a day, made when it is not there yet. Raises UserError for a day that is not here yet."""
    row = checkins.checkin(tx, person.id, day)
    if row is None:
        if day > calendar.local_day(now, person.zone) + timedelta(days=1):
            raise UserError("That day is still to come.")
        row = CheckIn(
            company_id=person.company_id,
            person_id=person.id,
            day=day,
            zone=person.zone,
            state=CheckInState.OPEN,
        )
        database.add(tx, row)
    return row


def answer(
    tx: Session,
    person: Person,
    checkin: CheckIn,
    words: str,
    tagger: Tagger,
    now: datetime,
    *,
    blockers: str | None = None,
    said: Mapping[str, str] | None = None,
    more: bool = False,
    message: str = "",
    shown: int | None = None,
) -> CheckIn:
    """Takes the words as the answer of a check-in; with `more` as further lines of it, and in place of its first
    `shown` lines where only those were seen by whoever changed them.

    Lines that stay as they were keep where they are filed. None for blockers and for what was `said` to questions, by
    their names, leaves them alone; `message` is the platform's id of what was typed, so that editing it there edits
    these lines. Raises UserError, with nothing changed, for words that cannot be taken.
    """
    theirs = people.teams_of(tx, [person.id])[person.id]
    edit_window.require_open_for(person, theirs, checkin, now)
    clean = text.clean(words)
    if more and checkin.state == CheckInState.ANSWERED and checkin.words:
        clean = f"{checkin.words}\n{clean}"
        answer_parse.pieces(words)  # the new part alone has to be an answer too
    if shown is not None and checkin.state == CheckInState.ANSWERED:
        answer_parse.pieces(words)
        have = answer_parse.rows(clean)
        unseen = [row for row in answer_parse.rows(checkin.words)[shown:] if row not in have]
        clean = "\n".join([*have, *unseen])
    pieces = answer_parse.pieces(clean)
    in_the_way = blocker_rules.read(blockers) if blockers is not None else []
    first_time = checkin.state != CheckInState.ANSWERED
    checkin.state, checkin.words = CheckInState.ANSWERED, clean
    if first_time:
        checkin.answered_at = now
    else:
        checkin.edited_at = now
    if said is not None:
        replies.keep_all(tx, checkin, said)
    posted = digests.of_day(tx, [team.id for team in theirs], checkin.day)
    _write_lines(tx, person, checkin, pieces, tagger, now, late=bool(posted), message=message)
    if blockers is not None:
        blocker_rules.write(tx, person, checkin, in_the_way)
    deliveries.cancel(tx, "They answered.", checkin_id=checkin.id)
    _show_anew(tx, checkin, posted, now)
    return checkin


def retyped(tx: Session, person: Person, message: str, words: str, tagger: Tagger, now: datetime) -> CheckIn | None:
    """A typed message that its writer changed on the platform: its lines change, the others of the day stay.

    None when the message became no lines: it was a command, or is long gone.
    """
    checkin = checkins.checkin_of_message(tx, person.id, message)
    if checkin is None:
        return None
    lines = checkins.lines(tx, [checkin.id])
    typed = answer_parse.rows(checkin.words)
    if len(typed) != len(lines):
        raise UserError("I cannot tell which lines that changes. Edit on the check-in itself does it.")
    found: list[str] = []
    for filed, row in zip(lines, typed, strict=True):
        if filed.line.message != message:
            found.append(row)
        elif words not in found:
            found.append(words)
    answer_parse.pieces(words)
    return answer(tx, person, checkin, "\n".join(found), tagger, now, message=message)


def touched(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Whatever shows this check-in is shown anew: its own message, and a digest that is posted already."""
    theirs = people.teams_of(tx, [person.id])[person.id]
    _show_anew(tx, checkin, digests.of_day(tx, [team.id for team in theirs], checkin.day), now)


def _show_anew(tx: Session, checkin: CheckIn, posted: Sequence[Digest], now: datetime) -> None:
    edits.refresh(tx, now, checkin_id=checkin.id)
    digests.touch(tx, [digest.id for digest in posted], now)
    for digest in posted:
        edits.refresh(tx, now, digest_id=digest.id)


def same(tx: Session, person: Person, checkin: CheckIn, tagger: Tagger, now: datetime) -> CheckIn:
    """The lines of last time that were not finished (all, when all were), filed where they were."""
    last = checkins.last_answered(tx, person.id, before=checkin.day)
    if last is None:
        raise UserError("There is no last time yet. Type what you worked on, one line each.")
    before = checkins.lines(tx, [last.id])
    kept = [filed for filed in before if not filed.line.finished] or before
    if not kept:
        raise UserError("Your last check-in has no lines any more. Type what you worked on, one line each.")
    answer(tx, person, checkin, "\n".join(filed.line.text for filed in kept), tagger, now)
    by_text = {text.clean(filed.line.text): filed for filed in kept}
    for filed in checkins.lines(tx, [checkin.id]):
        old = by_text[filed.line.text]
        filed.line.finished, filed.line.asked = False, False
        checkins.drop_tags(tx, filed.line.id)
        for tag in old.tags:
            source = TagSource.TAGGER if tag.source == TagSource.TAGGER else TagSource.PERSON
            assign_goals.tag(tx, filed.line, tag.goal_id, tag.kind, source, tag.confidence, now)
    return checkin


def skip(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Not today: no reminder, and not counted as missed."""
    edit_window.require_open(tx, person, checkin, now)
    if checkin.state == CheckInState.ANSWERED:
        raise UserError("You answered that one already. `mine` shows it, with a button to edit.")
    checkin.state = CheckInState.SKIPPED
    deliveries.cancel(tx, "They skipped it.", checkin_id=checkin.id)
    touched(tx, person, checkin, now)


def file_under(tx: Session, person: Person, line_id: int, target: str, now: datetime) -> tuple[CheckIn, Filed]:
    """A person's word on where a line belongs: `goal:12` or a kind. What the tagger thought stays on record."""
    found = checkins.line(tx, line_id)
    if found is None or found.line.person_id != person.id:
        raise UserError("That line is not there any more. `mine` shows your lines.")
    checkin = of_day(tx, person, found.line.day, now)
    edit_window.require_open(tx, person, checkin, now)
    kind, _, number = target.partition(":")
    goal: Goal | None = None
    if kind == WorkKind.GOAL:
        goal = goals.goal_by_id(tx, person.company_id, int(number)) if number.isdigit() else None
        if goal is None:
            raise UserError("That goal is not there any more. `goals` shows the present ones.")
    elif kind not in effort.KINDS:
        raise UserError("That is not a place a line can go.")
    checkins.drop_tags(tx, line_id)
    assign_goals.tag(tx, found.line, goal.id if goal else None, kind, TagSource.PERSON, 1.0, now)
    checkin.edited_at = now
    touched(tx, person, checkin, now)
    again = checkins.line(tx, line_id)
    assert again is not None
    return checkin, again


def _write_lines(
    tx: Session,
    person: Person,
    checkin: CheckIn,
    pieces: Sequence[Piece],
    tagger: Tagger,
    now: datetime,
    *,
    late: bool,
    message: str,
) -> None:
    have = checkins.lines(tx, [checkin.id])
    unused = {filed.line.id: filed for filed in have}
    new: list[Line] = []
    for position, piece in enumerate(pieces):
        # What was kept before words were composed (NFC) is still the same line.
        same_words = next((filed for filed in unused.values() if text.clean(filed.line.text) == piece.text), None)
        if same_words is not None:
            del unused[same_words.line.id]
            row = same_words.line
            row.position, row.finished, row.hours, row.percent = (
                position,
                piece.finished,
                piece.hours,
                piece.percent,
            )
            continue
        new.append(
            Line(
                company_id=person.company_id,
                person_id=person.id,
                checkin_id=checkin.id,
                position=position,
                day=checkin.day,
                text=piece.text,
                finished=piece.finished,
                hours=piece.hours,
                percent=piece.percent,
                late=late,
                message=message,
                written_at=now,
            )
        )
    checkins.drop_lines(tx, list(unused))
    add_all(tx, new)
    asked = sum(1 for each in have if each.line.asked and each.line.id not in unused)
    assign_goals.file(tx, person, new, tagger, now, asked=asked)
