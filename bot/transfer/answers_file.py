"""answers.csv: what people wrote and when; the rows of one person and moment are one answer, kept as first imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.tagging import tagger_pool
from bot.transfer import cells, filing
from bot.transfer.files import FileRow, Table
from bot.transfer.filing import FilingTarget, ImportedAnswer
from bot.transfer.reports import ProgressReporter, Tally
from checkins import text
from checkins.answers import parse as answer_parse
from checkins.answers.effort import KINDS
from checkins.errors import UserError
from checkins.goals.rules import read_handle
from storage import checkins, goals, people
from storage.kinds import WorkKind
from storage.tables import Person

# In `goals`: a kind of work that serves none, and the mark of a goal that the tagger chose and nobody confirmed.
OTHER_WORK: Mapping[str, str] = {f"({kind})": kind for kind in KINDS if kind != WorkKind.GOAL}
UNSURE = "?"
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Read:
    """A row, with the moment as the clocks of its person showed it when the file gives no offset."""

    line: int
    answer: ImportedAnswer
    wall: datetime | None


def take(tx: Session, table: Table, company_id: int, now: datetime, tally: Tally, progress: ProgressReporter) -> None:
    """Adds the answers that are not there yet; bad rows, and what belongs to the same answer, go to the tally."""
    known_people = {account.who: person for account, person in people.accounts(tx, company_id)}
    handles = {goal.handle: goal.id for goal in goals.goals(tx, company_id, retired=True)}
    groups: dict[tuple[int, datetime], list[_Read]] = {}
    broken: dict[tuple[int, datetime], int] = {}
    for row in table.rows:
        progress.step()
        key: tuple[int, datetime] | None = None
        try:
            person, at, wall = _who_and_when(row, known_people, now)
            key = person.id, at
            read = _read(row, person, at, wall, handles)
        except UserError as problem:
            tally.reject(row.line, problem.sentence)
            if key is not None:
                broken.setdefault(key, row.line)
        else:
            groups.setdefault(key, []).append(read)
    _write(tx, company_id, groups, broken, now, tally, progress)


def _who_and_when(row: FileRow, known: Mapping[str, Person], now: datetime) -> tuple[Person, datetime, datetime | None]:
    """Whose row it is, its moment in UTC, and the same on their clock when it has no offset."""
    who = row.get("person")
    if not who:
        raise UserError("This row says no person.")
    if who not in known:
        raise UserError(f"{who} is nobody here. Import people.csv with them first.")
    person, words = known[who], row.get("at")
    if not words:
        raise UserError("This row does not say when: “at” is empty.")
    wall = None
    try:
        at = datetime.fromisoformat(words)
        if at.tzinfo is None:
            wall, at = at, at.replace(tzinfo=ZoneInfo(person.zone))
        at = at.astimezone(UTC)
        at.astimezone(ZoneInfo(person.zone))  # the first and last days there are do not fit every zone
    except (ValueError, OverflowError):
        raise UserError(f"“{words}” is not a moment. Write it like 2026-03-02T16:30.") from None
    if at > now + timedelta(days=1):
        raise UserError(f"{words} is still to come.")
    if at < EARLIEST:
        raise UserError(f"{words} is before anybody used this.")
    return person, at, wall


def _read(row: FileRow, person: Person, at: datetime, wall: datetime | None, handles: Mapping[str, int]) -> _Read:
    targets = tuple(dict.fromkeys(_target(name, handles) for name in cells.parts(row.get("goals"))))
    day = at.astimezone(ZoneInfo(person.zone)).date()
    words = text.clean(row.cells["text"])
    answer = ImportedAnswer(person.id, person.zone, day, at, words, tuple(answer_parse.pieces(words)), targets)
    return _Read(row.line, answer, wall)


def _target(name: str, handles: Mapping[str, int]) -> FilingTarget:
    sure, name = not name.endswith(UNSURE), name.removesuffix(UNSURE)
    if name.lower() in OTHER_WORK:
        return FilingTarget(None, OTHER_WORK[name.lower()], sure)
    handle = read_handle(name)
    if handle not in handles:
        raise UserError(f"There is no goal #{handle}.")
    return FilingTarget(handles[handle], sure=sure)


def _write(
    tx: Session,
    company_id: int,
    groups: Mapping[tuple[int, datetime], list[_Read]],
    broken: Mapping[tuple[int, datetime], int],
    now: datetime,
    tally: Tally,
    progress: ProgressReporter,
) -> None:
    known = _known(tx, company_id, groups)
    new: list[ImportedAnswer] = []
    for key, rows in groups.items():
        if key in broken:
            for row in rows:
                tally.reject(row.line, f"Line {broken[key]}, which is of the same answer, is bad.")
            continue
        person_id, _ = key
        seen: set[tuple[str, tuple[FilingTarget, ...]]] = set()
        for row in rows:
            repeated = (row.answer.words, row.answer.targets)
            if key in known or (person_id, row.wall) in known or repeated in seen:
                tally.unchanged += 1
                continue
            seen.add(repeated)
            tally.added += 1
            new.append(row.answer)
    if tally.is_lost:
        return
    progress.total += sum(len(answer.pieces) for answer in new if not answer.targets)
    filing.write(tx, company_id, new, lambda: tagger_pool.read(tx, company_id), now, progress)


def _known(
    tx: Session, company_id: int, groups: Mapping[tuple[int, datetime], list[_Read]]
) -> set[tuple[int, datetime | None]]:
    """The answers that are there: person with moment, and with what their clock showed.

    By both, because people move: a file without offsets is the same file when its people are in other zones.
    """
    if not groups:
        return set()
    days = [row.answer.day for rows in groups.values() for row in rows]
    zones = {row.answer.person_id: row.answer.zone for rows in groups.values() for row in rows}
    known: set[tuple[int, datetime | None]] = set()
    around = timedelta(days=2)
    for line in checkins.written(tx, company_id, min(days) - around, max(days) + around):
        if line.person_id not in zones:
            continue
        then = filing.moment(line.day, line.written_at, line.zone)
        wall = then.astimezone(ZoneInfo(line.zone)).replace(tzinfo=None)
        as_exported = filing.moment(line.day, line.written_at, zones[line.person_id])
        known |= {(line.person_id, found) for found in (line.written_at, as_exported, wall)}
    return known
