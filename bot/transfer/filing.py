"""Answers written as check-ins, lines and tags, thousands at a time: one check-in for a person and local day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.transfer.reports import ProgressReporter
from checkins.answers import assign_goals
from checkins.answers.parse import Piece
from checkins.tagging import LineText, Tagger
from storage import checkins, goals, people
from storage.database import add_all
from storage.kinds import CheckInState, TagSource, WorkKind
from storage.outbox import deliveries
from storage.tables import CheckIn, Line, Tag


@dataclass(frozen=True, slots=True)
class FilingTarget:
    """Where a line is filed. `sure` when somebody said so, not the tagger."""

    goal_id: int | None
    kind: str = WorkKind.GOAL
    sure: bool = True


@dataclass(frozen=True, slots=True)
class ImportedAnswer:
    """Lines that a person wrote at one moment, all filed the same way; no targets leave it to the tagger."""

    person_id: int
    zone: str
    day: date
    at: datetime
    words: str
    pieces: tuple[Piece, ...]
    targets: tuple[FilingTarget, ...]


def moment(day: date, at: datetime, zone: str) -> datetime:
    """When an answer of a day was written, so that the day can be read from it.

    One that came on another day than it is for becomes the last second of its day.
    """
    if at.astimezone(ZoneInfo(zone)).date() == day:
        return at
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


def write(
    tx: Session,
    company_id: int,
    answers: Sequence[ImportedAnswer],
    tagger: Callable[[], Tagger],
    now: datetime,
    progress: ProgressReporter,
) -> None:
    """Adds answers to the check-ins of their days, oldest first. The tagger is asked for when a line needs it,
    after everything that is sure was written.
    """
    if not answers:
        return
    ordered = sorted(answers, key=lambda answer: answer.at)
    days = _checkins(tx, company_id, ordered, now)
    free = checkins.next_positions(
        tx, company_id, min(answer.day for answer in ordered), max(answer.day for answer in ordered)
    )
    filed: list[tuple[Line, ImportedAnswer]] = []
    for answer in ordered:
        checkin = days[answer.person_id, answer.day]
        for piece in answer.pieces:
            position = free.get(checkin.id, 0)
            free[checkin.id] = position + 1
            line = Line(
                company_id=company_id,
                person_id=answer.person_id,
                checkin_id=checkin.id,
                position=position,
                day=answer.day,
                text=piece.text,
                finished=piece.finished,
                hours=piece.hours,
                percent=piece.percent,
                written_at=answer.at,
            )
            filed.append((line, answer))
    add_all(tx, [line for line, _ in filed])
    add_all(
        tx,
        [
            Tag(
                company_id=company_id,
                line_id=line.id,
                goal_id=target.goal_id,
                kind=target.kind,
                source=TagSource.IMPORT if target.sure else TagSource.TAGGER,
                confidence=1.0 if target.sure else None,
                at=now,
            )
            for line, answer in filed
            for target in answer.targets
        ],
    )
    _suggest(tx, [line for line, answer in filed if not answer.targets], tagger, now, progress)
    _begin(tx, company_id, ordered)


def _checkins(
    tx: Session, company_id: int, ordered: Sequence[ImportedAnswer], now: datetime
) -> dict[tuple[int, date], CheckIn]:
    """The check-in of each person and day, answered; made where there was none."""
    first, last = min(answer.day for answer in ordered), max(answer.day for answer in ordered)
    days = {(row.person_id, row.day): row for row in checkins.of_company(tx, company_id, first, last)}
    known = set(days)
    for answer in ordered:
        key = answer.person_id, answer.day
        row = days.get(key)
        if row is None:
            days[key] = CheckIn(
                company_id=company_id,
                person_id=answer.person_id,
                day=answer.day,
                zone=answer.zone,
                state=CheckInState.ANSWERED,
                answered_at=answer.at,
                words=answer.words,
            )
            continue
        row.words = f"{row.words}\n{answer.words}" if row.words else answer.words
        if row.state != CheckInState.ANSWERED:
            deliveries.cancel(tx, "They answered.", checkin_id=row.id)
            row.state, row.answered_at = CheckInState.ANSWERED, answer.at
        elif key in known:
            row.edited_at = now
    add_all(tx, [row for key, row in days.items() if key not in known])
    return days


def _suggest(
    tx: Session,
    lines: Sequence[Line],
    tagger: Callable[[], Tagger],
    now: datetime,
    progress: ProgressReporter,
) -> None:
    """Files lines where the tagger thinks they belong, and remembers what it thought."""
    if not lines:
        return
    asked = tagger()
    suggested = []
    for line in lines:
        text = LineText(line.text, str(line.person_id), line.day, str(line.checkin_id))
        suggested.append((line, asked.suggest(text)))
        progress.step()
    assign_goals.remember(tx, suggested, now)


def _begin(tx: Session, company_id: int, ordered: Sequence[ImportedAnswer]) -> None:
    """Digests of those days count people who were in the team then, and goals that were there: whoever wrote
    and what they wrote for were there.
    """
    joined: dict[int, datetime] = {}
    began: dict[int, datetime] = {}
    for answer in ordered:
        start = datetime.combine(answer.day, time(), ZoneInfo(answer.zone)).astimezone(UTC)
        joined.setdefault(answer.person_id, start)
        for target in answer.targets:
            if target.goal_id is not None:
                began.setdefault(target.goal_id, start - timedelta(seconds=1))
    people.join_earlier(tx, company_id, joined)
    goals.begin_earlier(tx, company_id, began)
