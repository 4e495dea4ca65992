"""An answer taken: which check-in it belongs to, its lines, where each is filed, and what that changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins import answers, effort, people, schedule, teams
from checkins.answers import Piece
from checkins.problems import Problem
from checkins.tagging import Candidate, LineText, Suggestion, Tagger, asking
from storage import checkins, deliveries, digests, goals
from storage import people as stored
from storage.checkins import Filed, NewGuess, NewTag
from storage.database import add_all
from storage.tables import Blocker, CheckIn, Digest, Goal, Guess, Line, Person, Team

OPEN_FOR = timedelta(days=4)  # a typed answer belongs to the last question when it is not older than this
AT_FIRST = timedelta(days=14)
LATELY = timedelta(days=14)  # how old a line may be to be asked about for a new goal
LOOKED_AT, FOR_A_GOAL = 100, 6  # newest lines that are looked at then, and at most asked about
MAY_SERVE = 0.2  # how likely a line has to serve the new goal
MOST_BLOCKERS = 10
_HASHTAG = re.compile(r"(?<!\w)#([^\W\d][\w-]*)")


def meant(tx: Session, person: Person, now: datetime) -> date:
    """The day that words typed now are an answer for: that of the open question, else today."""
    today = schedule.local_day(now, person.zone)
    asked = checkins.open_checkin(tx, person.id, today - OPEN_FOR)
    return asked.day if asked is not None else today


def meant_then(tx: Session, person: Person, at: datetime, now: datetime) -> date:
    """The day that words belong to which were written at a moment elsewhere: as if they had been typed here then, unless
    that week is closed by now."""
    then = schedule.local_day(at, person.zone)
    if at > now or now >= freezes_at(tx, person, then):
        return meant(tx, person, now)
    asked = checkins.open_checkin(tx, person.id, then - OPEN_FOR)
    return asked.day if asked is not None and asked.day <= then else then


def of_day(tx: Session, person: Person, day: date, now: datetime) -> CheckIn:
    """The check-in of a day, made when it is not there yet. Raises Problem for a day that is not here yet."""
    row = checkins.checkin(tx, person.id, day)
    if row is None:
        if day > schedule.local_day(now, person.zone) + timedelta(days=1):
            raise Problem("That day is still to come.")
        row = CheckIn(
            company_id=person.company_id, person_id=person.id, day=day, zone=person.zone, state="open"
        )
        checkins.add(tx, row)
    return row


def freezes_at(tx: Session, person: Person, day: date) -> datetime:
    """Until when an answer of that day may be given or changed."""
    return _freezes_at(people.home(stored.teams_of(tx, [person.id])[person.id]), day, person.zone)


def _freezes_at(team: Team | None, day: date, zone: str) -> datetime:
    if team is None:  # in no team: nobody's digest waits for it, so the default week holds
        week = schedule.week_of(day, schedule.MONDAY_TO_FRIDAY)
        return schedule.instant(week.last + timedelta(days=1), 600, zone) + schedule.FREEZE_AFTER
    return teams.freezes_at(team, schedule.week_of(day, team.working_days))


def closed(tx: Session, rows: Sequence[CheckIn], now: datetime) -> dict[int, date]:
    """On which local day the weeks of these check-ins closed, by id, in one query; those of open weeks are left out."""
    teams_of = stored.teams_of(tx, {row.person_id for row in rows}) if rows else {}
    ends = [(row, _freezes_at(people.home(teams_of[row.person_id]), row.day, row.zone)) for row in rows]
    return {row.id: schedule.local_day(end, row.zone) for row, end in ends if now >= end}


def require_open(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Raises Problem when the week of a check-in is closed."""
    _require_open(person, stored.teams_of(tx, [person.id])[person.id], checkin, now)


def _require_open(person: Person, theirs: Sequence[Team], checkin: CheckIn, now: datetime) -> None:
    closed = _freezes_at(people.home(theirs), checkin.day, person.zone)
    if now >= closed:
        raise Problem(
            f"The week of {schedule.shown(checkin.day)} closed on "
            f"{schedule.shown(schedule.local_day(closed, person.zone))}, "
            "and its figures stand. Type what is new, and it counts for today."
        )


def answer(
    tx: Session,
    person: Person,
    checkin: CheckIn,
    words: str,
    tagger: Tagger,
    now: datetime,
    *,
    blockers: str | None = None,
    mix: str | None = None,
    more: bool = False,
    message: str = "",
    shown: int | None = None,
) -> CheckIn:
    """Takes the words as the answer of a check-in; with `more` as further lines of it, and in place of its first `shown`
    lines where only those were seen by whoever changed them.

    Lines that stay as they were keep where they are filed. None for blockers and mix leaves them alone;
    `message` is the platform's id of what was typed, so that editing it there edits these lines.
    Raises Problem, with nothing changed, for words that cannot be taken.
    """
    theirs = stored.teams_of(tx, [person.id])[person.id]
    _require_open(person, theirs, checkin, now)
    clean = answers.tidy(words)
    if more and checkin.state == "answered" and checkin.words:
        clean = f"{checkin.words}\n{clean}"
        answers.pieces(words)  # the new part alone has to be an answer too
    if shown is not None and checkin.state == "answered":
        answers.pieces(words)
        have = answers.rows(clean)
        unseen = [row for row in answers.rows(checkin.words)[shown:] if row not in have]
        clean = "\n".join([*have, *unseen])
    pieces = answers.pieces(clean)
    in_the_way = read_blockers(blockers) if blockers is not None else []
    first_time = checkin.state != "answered"
    checkin.state, checkin.words = "answered", clean
    if first_time:
        checkin.answered_at = now
    else:
        checkin.edited_at = now
    if mix is not None:
        checkin.mix = mix if mix in effort.MIXES else ""
    posted = digests.of_day(tx, [team.id for team in theirs], checkin.day)
    _write_lines(tx, person, checkin, pieces, tagger, now, late=bool(posted), message=message)
    if blockers is not None:
        _write_blockers(tx, person, checkin, in_the_way)
    deliveries.cancel(tx, "They answered.", checkin_id=checkin.id)
    _show_anew(tx, checkin, posted, now)
    return checkin


def retyped(
    tx: Session, person: Person, message: str, words: str, tagger: Tagger, now: datetime
) -> CheckIn | None:
    """A typed message that its writer changed on the platform: its lines change, the others of the day stay.

    None when the message became no lines: it was a command, or is long gone.
    """
    checkin = checkins.checkin_of_message(tx, person.id, message)
    if checkin is None:
        return None
    lines = checkins.lines(tx, [checkin.id])
    typed = answers.rows(checkin.words)
    if len(typed) != len(lines):
        raise Problem("I cannot tell which lines that changes. Edit on the check-in itself does it.")
    found: list[str] = []
    for filed, row in zip(lines, typed, strict=True):
        if filed.line.message != message:
            found.append(row)
        elif words not in found:
            found.append(words)
    answers.pieces(words)
    return answer(tx, person, checkin, "\n".join(found), tagger, now, message=message)


def touched(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Whatever shows this check-in is shown anew: its own message, and a digest that is posted already."""
    theirs = stored.teams_of(tx, [person.id])[person.id]
    _show_anew(tx, checkin, digests.of_day(tx, [team.id for team in theirs], checkin.day), now)


def _show_anew(tx: Session, checkin: CheckIn, posted: Sequence[Digest], now: datetime) -> None:
    deliveries.refresh(tx, now, checkin_id=checkin.id)
    for digest in posted:
        deliveries.refresh(tx, now, digest_id=digest.id)


def same(tx: Session, person: Person, checkin: CheckIn, tagger: Tagger, now: datetime) -> CheckIn:
    """The lines of last time that were not finished (all, when all were), filed where they were."""
    last = checkins.last_answered(tx, person.id, before=checkin.day)
    if last is None:
        raise Problem("There is no last time yet. Type what you worked on, one line each.")
    before = checkins.lines(tx, [last.id])
    kept = [filed for filed in before if not filed.line.finished] or before
    if not kept:
        raise Problem("Your last check-in has no lines any more. Type what you worked on, one line each.")
    answer(tx, person, checkin, "\n".join(filed.line.text for filed in kept), tagger, now)
    by_text = {filed.line.text: filed for filed in kept}
    for filed in checkins.lines(tx, [checkin.id]):
        old = by_text[filed.line.text]
        filed.line.finished, filed.line.asked = False, False
        checkins.drop_tags(tx, filed.line.id)
        for tag in old.tags:
            source = "tagger" if tag.source == "tagger" else "person"
            _tag(tx, filed.line, tag.goal_id, tag.kind, source, tag.confidence, now)
    return checkin


def skip(tx: Session, person: Person, checkin: CheckIn, now: datetime) -> None:
    """Not today: no reminder, and not counted as missed."""
    require_open(tx, person, checkin, now)
    if checkin.state == "answered":
        raise Problem("You answered that one already. `mine` shows it, with a button to edit.")
    checkin.state = "skipped"
    deliveries.cancel(tx, "They skipped it.", checkin_id=checkin.id)
    touched(tx, person, checkin, now)


def file_under(
    tx: Session, person: Person, line_id: int, target: str, now: datetime
) -> tuple[CheckIn, Filed]:
    """A person's word on where a line belongs: `goal:12` or a kind. What the tagger thought stays on record."""
    found = checkins.line(tx, line_id)
    if found is None or found.line.person_id != person.id:
        raise Problem("That line is not there any more. `mine` shows your lines.")
    checkin = of_day(tx, person, found.line.day, now)
    require_open(tx, person, checkin, now)
    kind, _, number = target.partition(":")
    goal: Goal | None = None
    if kind == "goal":
        goal = goals.goal_by_id(tx, person.company_id, int(number)) if number.isdigit() else None
        if goal is None:
            raise Problem("That goal is not there any more. `goals` shows the present ones.")
    elif kind not in effort.KINDS:
        raise Problem("That is not a place a line can go.")
    checkins.drop_tags(tx, line_id)
    _tag(tx, found.line, goal.id if goal else None, kind, "person", 1.0, now)
    checkin.edited_at = now
    touched(tx, person, checkin, now)
    again = checkins.line(tx, line_id)
    assert again is not None
    return checkin, again


def close_blocker(tx: Session, person: Person, blocker_id: int, now: datetime) -> Blocker:
    """It is out of the way."""
    row = checkins.blocker(tx, blocker_id)
    if row is None or row.person_id != person.id:
        raise Problem("That is not on your list any more.")
    row.closed_day = row.closed_day or schedule.local_day(now, person.zone)
    return row


def open_questions(lines: Sequence[Filed]) -> list[Line]:
    """Lines whose place was asked about and not said yet."""
    return [
        filed.line
        for filed in lines
        if filed.line.asked and all(tag.source == "tagger" for tag in filed.tags)
    ]


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
        same_words = next((filed for filed in unused.values() if filed.line.text == piece.text), None)
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
    _file(tx, person, new, tagger, now, asked=asked)


def _file(
    tx: Session, person: Person, lines: Sequence[Line], tagger: Tagger, now: datetime, *, asked: int
) -> None:
    """Files new lines of a check-in: where they name a goal themselves, else where the tagger thinks they belong. About
    some it is asked, `asked` in that check-in having been asked before."""
    named = _named(tx, person.company_id, lines)
    suggested: list[tuple[Line, Suggestion]] = []
    for line in lines:
        for goal_id in named.get(line.id, ()):
            _tag(tx, line, goal_id, "goal", "person", 1.0, now)
        if line.id not in named:
            text = LineText(line.text, str(person.id), line.day, str(line.checkin_id))
            suggested.append((line, tagger.suggest(text)))
    remember(tx, suggested, now)
    if suggested:
        early = not checkins.has_confirmed(tx, person.company_id, asking.EARLY)
        below = asking.below(stored.company(tx, person.company_id).asks_below, early=early)
        most = asks(tx, person, now) - asked
        for at in asking.which([suggestion for _, suggestion in suggested], below, most, early=early):
            suggested[at][0].asked = True


def _named(tx: Session, company_id: int, lines: Sequence[Line]) -> dict[int, list[int]]:
    """The goals that lines name by `#handle`, by line; only lines that name one."""
    words = {line.id: [tag.lower() for tag in _HASHTAG.findall(line.text)] for line in lines}
    every = {word for named in words.values() for word in named}
    handles = {row.handle: row.id for row in goals.called(tx, company_id, every)}
    found = {
        line_id: list(dict.fromkeys(handles[word] for word in named if word in handles))
        for line_id, named in words.items()
    }
    return {line_id: ids for line_id, ids in found.items() if ids}


def remember(tx: Session, suggested: Sequence[tuple[Line, Suggestion]], now: datetime) -> None:
    """Files lines where the tagger thinks they belong, and keeps what it thought."""
    guesses: list[NewGuess] = []
    tags: list[NewTag] = []
    for line, suggestion in suggested:
        kept = suggestion.kept(checkins.LATER)
        guesses += [
            NewGuess(line.id, rank, *place(each.target), each.confidence, each.why)
            for rank, each in enumerate(kept)
        ]
        decided = kept[0]
        tags.append(
            NewTag(line.company_id, line.id, *place(decided.target), "tagger", decided.confidence, now)
        )
    checkins.note(tx, guesses, tags)


def ask_about(tx: Session, goal: Goal, tagger: Tagger, now: datetime) -> list[Line]:
    """Asks about recent lines that may serve a new goal: whoever wrote them, in their own check-in.

    Nothing is filed elsewhere by it. The lines, likeliest first.
    """
    likely: list[tuple[Candidate, Line]] = []
    for line in checkins.unsaid(tx, goal.company_id, now.date() - LATELY, LOOKED_AT):
        text = LineText(line.text, str(line.person_id), line.day, str(line.checkin_id))
        chances = [each for each in tagger.suggest(text).goals if each.target == str(goal.id)]
        likely += [(each, line) for each in chances if each.confidence >= MAY_SERVE]
    likely.sort(key=lambda pair: -pair[0].confidence)
    persons = stored.by_id(tx, {line.person_id for _, line in likely})
    left = {person.id: asks(tx, person, now) for person in persons.values()}
    asked: list[Line] = []
    for found, line in likely:
        person = persons[line.person_id]
        is_over = person.left_at is not None or person.stopped_at is not None
        if is_over or not left[person.id] or now >= freezes_at(tx, person, line.day):
            continue
        left[person.id] -= 1
        line.asked = True
        guess = Guess(
            line_id=line.id, rank=checkins.LATER, goal_id=goal.id, confidence=found.confidence, why=found.why
        )
        checkins.add(tx, guess)
        deliveries.refresh(tx, now, checkin_id=line.checkin_id)
        asked.append(line)
        if len(asked) == FOR_A_GOAL:
            break
    return asked


def place(target: str) -> tuple[int | None, str]:
    """What the tagger calls a target, as a goal's id and a kind."""
    return (int(target), "goal") if target.isdigit() else (None, target)


def _tag(
    tx: Session,
    line: Line,
    goal_id: int | None,
    kind: str,
    source: str,
    confidence: float | None,
    now: datetime,
) -> None:
    checkins.note(tx, (), [NewTag(line.company_id, line.id, goal_id, kind, source, confidence, now)])


def asks(tx: Session, person: Person, now: datetime) -> int:
    """How many lines one check-in of a person may be asked about."""
    since = person.introduced_at or person.created_at
    return asking.most(checkins.taps(tx, person.id, asking.UNHEARD), new=now - since < AT_FIRST)


def read_blockers(words: str) -> list[str]:
    """What is in the way, one line each. Raises Problem for too much of it."""
    texts = [line.strip(" -*•\t") for line in answers.tidy(words).split("\n") if line.strip(" -*•\t")]
    if len(texts) > MOST_BLOCKERS:
        raise Problem(
            f"That is {len(texts)} things in your way; name the {MOST_BLOCKERS} that matter most.",
            field="blockers",
        )
    return texts


def _write_blockers(tx: Session, person: Person, checkin: CheckIn, texts: Sequence[str]) -> None:
    """A line typed again while it is still open is the same blocker."""
    known = {row.text: row for row in checkins.open_blockers(tx, [person.id])}
    for text in texts:
        if text not in known:
            checkins.add(
                tx,
                Blocker(
                    company_id=person.company_id,
                    person_id=person.id,
                    checkin_id=checkin.id,
                    text=text,
                    day=checkin.day,
                ),
            )
    for row in checkins.blockers_of(tx, checkin.id):
        if row.closed_day is None and row.text not in texts:
            row.closed_day = checkin.day
