"""Where lines are filed: what they name themselves, what the tagger thinks, and which of them their writer is asked
about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from checkins.answers import edit_window
from checkins.tagging import Candidate, LineText, Suggestion, Tagger, asking
from storage import checkins, database, goals, people
from storage.checkins import Filed, NewGuess, NewTag
from storage.kinds import TagSource, WorkKind
from storage.outbox import edits
from storage.tables import Goal, Line, Person, Prediction

AT_FIRST = timedelta(days=14)
LATELY = timedelta(days=14)  # how old a line may be to be asked about for a new goal
LOOKED_AT, FOR_A_GOAL = 100, 6  # newest lines that are looked at then, and at most asked about
MAY_SERVE = 0.2  # how likely a line has to serve the new goal
_HASHTAG = re.compile(r"(?<!\w)#([^\W\d][\w-]*)")


def file(tx: Session, person: Person, lines: Sequence[Line], tagger: Tagger, now: datetime, *, asked: int) -> None:
    """Files new lines of a check-in: where they name a goal themselves, else where the tagger thinks they belong. About
    some it is asked, `asked` in that check-in having been asked before."""
    named = _named(tx, person.company_id, lines)
    suggested: list[tuple[Line, Suggestion]] = []
    for line in lines:
        for goal_id in named.get(line.id, ()):
            tag(tx, line, goal_id, WorkKind.GOAL, TagSource.PERSON, 1.0, now)
        if line.id not in named:
            text = LineText(line.text, str(person.id), line.day, str(line.checkin_id))
            suggested.append((line, tagger.suggest(text)))
    remember(tx, suggested, now)
    if suggested:
        early = not checkins.has_confirmed(tx, person.company_id, asking.EARLY)
        below = asking.below(people.company(tx, person.company_id).asks_below, early=early)
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
            NewGuess(line.id, rank, *place(each.target), each.confidence, each.why) for rank, each in enumerate(kept)
        ]
        decided = kept[0]
        tags.append(NewTag(line.company_id, line.id, *place(decided.target), TagSource.TAGGER, decided.confidence, now))
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
    persons = people.by_id(tx, {line.person_id for _, line in likely})
    left = {person.id: asks(tx, person, now) for person in persons.values()}
    asked: list[Line] = []
    for found, line in likely:
        person = persons[line.person_id]
        is_over = person.left_at is not None or person.stopped_at is not None
        if is_over or not left[person.id] or now >= edit_window.freezes_at(tx, person, line.day):
            continue
        left[person.id] -= 1
        line.asked = True
        guess = Prediction(
            line_id=line.id, rank=checkins.LATER, goal_id=goal.id, confidence=found.confidence, why=found.why
        )
        database.add(tx, guess)
        edits.refresh(tx, now, checkin_id=line.checkin_id)
        asked.append(line)
        if len(asked) == FOR_A_GOAL:
            break
    return asked


def place(target: str) -> tuple[int | None, str]:
    """What the tagger calls a target, as a goal's id and a kind."""
    return (int(target), WorkKind.GOAL) if target.isdigit() else (None, target)


def tag(
    tx: Session,
    line: Line,
    goal_id: int | None,
    kind: str,
    source: str,
    confidence: float | None,
    now: datetime,
) -> None:
    """Files a line in one more place."""
    checkins.note(tx, (), [NewTag(line.company_id, line.id, goal_id, kind, source, confidence, now)])


def asks(tx: Session, person: Person, now: datetime) -> int:
    """How many lines one check-in of a person may be asked about."""
    since = person.introduced_at or person.created_at
    return asking.most(checkins.taps(tx, person.id, asking.UNHEARD), new=now - since < AT_FIRST)


def open_questions(lines: Sequence[Filed]) -> list[Line]:
    """Lines whose place was asked about and not said yet."""
    return [
        filed.line for filed in lines if filed.line.asked and all(tag.source == TagSource.TAGGER for tag in filed.tags)
    ]
