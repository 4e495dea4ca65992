"""Check-ins, their lines, where those are filed, what the tagger thought, and blockers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, func, insert, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from storage import replies
from storage.kinds import CheckInState, TagSource
from storage.sql import is_among
from storage.tables import Blocker, CheckIn, Line, Membership, Person, Prediction, Tag, Team

LATER = 4  # the rank of a guess that came with a goal added later; those below are what the tagger thought first


@dataclass(frozen=True, slots=True)
class Filed:
    """A line and its tags."""

    line: Line
    tags: tuple[Tag, ...]


def checkin(tx: Session, person_id: int, day: date) -> CheckIn | None:
    """A person's check-in of a local day."""
    return tx.exec(select(CheckIn).where(CheckIn.person_id == person_id, CheckIn.day == day)).first()


def checkins_by_id(tx: Session, ids: Collection[int]) -> dict[int, CheckIn]:
    """Check-ins by id."""
    rows = tx.exec(select(CheckIn).where(col(CheckIn.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


class OpenCheckIn(NamedTuple):
    """A check-in with what its question needs to know of the person: `question` is their team's own, or empty."""

    id: int
    person_id: int
    day: date
    zone: str
    state: str
    name: str
    has_answered: bool
    question: str


def asked(tx: Session, ids: Collection[int]) -> list[OpenCheckIn]:
    """Check-ins with their people, in one query however many they are."""
    if not ids:
        return []
    earlier = aliased(CheckIn)
    has_answered = exists().where(
        col(earlier.person_id) == CheckIn.person_id, col(earlier.state) == CheckInState.ANSWERED
    )
    question = (
        select_columns(col(Team.question))
        .join(Membership, col(Membership.team_id) == Team.id)
        .where(
            col(Membership.person_id) == CheckIn.person_id,
            col(Membership.until).is_(None),
            col(Team.on_at).is_not(None),
        )
        .order_by(col(Membership.id))
        .limit(1)
        .correlate(CheckIn)
        .scalar_subquery()
    )
    rows = tx.execute(
        select_columns(
            col(CheckIn.id),
            col(CheckIn.person_id),
            col(CheckIn.day),
            col(CheckIn.zone),
            col(CheckIn.state),
            col(Person.name),
            has_answered,
            func.coalesce(question, ""),
        )
        .join(Person, col(Person.id) == CheckIn.person_id)
        .where(is_among(tx, CheckIn.id, ids))
    )
    return [OpenCheckIn._make(row) for row in rows]


def open_checkin(tx: Session, person_id: int, since: date) -> CheckIn | None:
    """The newest check-in since a day that was asked and not answered."""
    return tx.exec(
        select(CheckIn)
        .where(CheckIn.person_id == person_id, CheckIn.day >= since, CheckIn.state == CheckInState.ASKED)
        .order_by(col(CheckIn.day).desc())
        .limit(1)
    ).first()


def unanswered(tx: Session, people: Collection[int]) -> Sequence[CheckIn]:
    """The check-ins that these people were asked and did not answer."""
    if not people:
        return []
    theirs = is_among(tx, CheckIn.person_id, people)
    return tx.exec(select(CheckIn).where(theirs, CheckIn.state == CheckInState.ASKED)).all()


def last_answered(tx: Session, person_id: int, before: date | None = None) -> CheckIn | None:
    """The newest answered check-in, or the newest before a day."""
    found = select(CheckIn).where(CheckIn.person_id == person_id, CheckIn.state == CheckInState.ANSWERED)
    if before is not None:
        found = found.where(CheckIn.day < before)
    return tx.exec(found.order_by(col(CheckIn.day).desc()).limit(1)).first()


def answered(tx: Session, person_id: int, since: date) -> Sequence[CheckIn]:
    """Answered check-ins since a day, newest first."""
    return tx.exec(
        select(CheckIn)
        .where(CheckIn.person_id == person_id, CheckIn.day >= since, CheckIn.state == CheckInState.ANSWERED)
        .order_by(col(CheckIn.day).desc())
    ).all()


def lines(tx: Session, checkin_ids: Collection[int]) -> list[Filed]:
    """Lines of check-ins with their tags, in the order they were typed."""
    if not checkin_ids:
        return []
    rows = tx.exec(
        select(Line).where(col(Line.checkin_id).in_(checkin_ids)).order_by(col(Line.checkin_id), col(Line.position))
    ).all()
    return _with_tags(tx, rows)


def checkin_of_message(tx: Session, person_id: int, message: str) -> CheckIn | None:
    """The check-in that a typed message became lines of; None when it became none."""
    found = select(Line.checkin_id).where(Line.person_id == person_id, Line.message == message).limit(1)
    checkin_id = tx.exec(found).first() if message else None
    return tx.exec(select(CheckIn).where(CheckIn.id == checkin_id)).first() if checkin_id is not None else None


def line(tx: Session, line_id: int) -> Filed | None:
    """One line with its tags."""
    row = tx.exec(select(Line).where(Line.id == line_id)).first()
    return _with_tags(tx, [row])[0] if row else None


def _with_tags(tx: Session, rows: Sequence[Line]) -> list[Filed]:
    tags: dict[int, list[Tag]] = {row.id: [] for row in rows}
    for start in range(0, len(rows), 5000):  # a statement takes a bounded number of parameters
        ids = [row.id for row in rows[start : start + 5000]]
        for tag in tx.exec(select(Tag).where(col(Tag.line_id).in_(ids)).order_by(col(Tag.id))):
            tags[tag.line_id].append(tag)
    return [Filed(row, tuple(tags[row.id])) for row in rows]


def guesses(tx: Session, line_ids: Collection[int]) -> dict[int, list[Prediction]]:
    """What the tagger thought of these lines, best first."""
    found: dict[int, list[Prediction]] = {line_id: [] for line_id in line_ids}
    if line_ids:
        for row in tx.exec(
            select(Prediction).where(col(Prediction.line_id).in_(line_ids)).order_by(col(Prediction.rank))
        ):
            found[row.line_id].append(row)
    return found


def drop_lines(tx: Session, line_ids: Collection[int]) -> None:
    """Forgets lines and all that hangs on them."""
    if line_ids:
        tx.execute(delete(Tag).where(col(Tag.line_id).in_(line_ids)))
        tx.execute(delete(Prediction).where(col(Prediction.line_id).in_(line_ids)))
        tx.execute(delete(Line).where(col(Line.id).in_(line_ids)))


def drop_tags(tx: Session, line_id: int) -> None:
    """Takes a line out of wherever it is filed."""
    tx.execute(delete(Tag).where(col(Tag.line_id) == line_id))


def taps(tx: Session, person_id: int, most: int) -> list[bool]:
    """For each line a person was asked about lately, newest first: whether they said where it belongs."""
    said = select(Tag.id).where(Tag.line_id == Line.id, Tag.source == TagSource.PERSON).exists()
    rows = tx.exec(
        select(said)
        .select_from(Line)
        .where(Line.person_id == person_id, col(Line.asked))
        .order_by(col(Line.day).desc(), col(Line.id).desc())
        .limit(most)
    )
    return [bool(row) for row in rows]


def unsaid(tx: Session, company_id: int, since: date, most: int) -> Sequence[Line]:
    """A company's newest lines whose place nobody said or was asked about, newest first."""
    said = select(Tag.id).where(Tag.line_id == Line.id, Tag.source != TagSource.TAGGER).exists()
    return tx.exec(
        select(Line)
        .where(Line.company_id == company_id, Line.day >= since, col(Line.asked).is_(False), ~said)
        .order_by(col(Line.day).desc(), col(Line.id).desc())
        .limit(most)
    ).all()


@dataclass(frozen=True, slots=True)
class Taught:
    """A confirmed tag with what its line was, as the tagger learns it."""

    tag_id: int
    line_id: int
    goal_id: int | None
    kind: str
    text: str
    person_id: int
    day: date
    checkin_id: int


def confirmed(tx: Session, company_id: int, after: int, last: int, most: int) -> list[Taught]:
    """Confirmed tags with ids above `after` and up to `last`, oldest first, at most so many."""
    rows = tx.exec(
        select(Tag.id, Tag.line_id, Tag.goal_id, Tag.kind, Line.text, Line.person_id, Line.day, Line.checkin_id)  # type: ignore[call-overload]  # eight columns are one more than its overloads know
        .join(Line, col(Line.id) == Tag.line_id)
        .where(
            Tag.company_id == company_id,
            Tag.source != TagSource.TAGGER,
            col(Tag.id) > after,
            col(Tag.id) <= last,
        )
        .order_by(col(Tag.id))
        .limit(most)
    ).all()
    return [Taught(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Extent:
    """What people confirmed, as far as one can tell that it changed: how many tags, and the newest's id and time.

    The time too, because SQLite gives the id of a newest row that was dropped to the next one.
    """

    count: int = 0
    newest: int = 0
    at: datetime | None = None


def confirmed_extent(tx: Session, company_id: int) -> Extent:
    """Equal to an earlier one as long as nobody in the company confirmed or took back anything."""
    own = (Tag.company_id == company_id, Tag.source != TagSource.TAGGER)
    newest = tx.exec(select(Tag.id, Tag.at).where(*own).order_by(col(Tag.id).desc()).limit(1)).first()
    count = tx.exec(select(func.count()).select_from(Tag).where(*own)).one()
    return Extent(count, *newest) if newest is not None else Extent()


def has_confirmed(tx: Session, company_id: int, many: int) -> bool:
    """Whether people of a company confirmed at least so many tags."""
    own = select(Tag.id).where(Tag.company_id == company_id, Tag.source != TagSource.TAGGER)
    return tx.exec(own.offset(many - 1).limit(1)).first() is not None


def confirmed_id(tx: Session, company_id: int, place: int) -> int:
    """The id of a company's confirmed tag at this place from the oldest, the first being 1."""
    return tx.exec(
        select(Tag.id)
        .where(Tag.company_id == company_id, Tag.source != TagSource.TAGGER)
        .order_by(col(Tag.id))
        .offset(place - 1)
        .limit(1)
    ).one()


def open_blockers(tx: Session, people: Collection[int]) -> Sequence[Blocker]:
    """What is in these people's way and not gone yet, oldest first."""
    if not people:
        return []
    return tx.exec(
        select(Blocker)
        .where(is_among(tx, Blocker.person_id, people), col(Blocker.closed_day).is_(None))
        .order_by(col(Blocker.day), col(Blocker.id))
    ).all()


def blockers_of(tx: Session, checkin_id: int) -> Sequence[Blocker]:
    """What was in the way at one check-in."""
    return tx.exec(select(Blocker).where(Blocker.checkin_id == checkin_id).order_by(col(Blocker.id))).all()


def blocker(tx: Session, blocker_id: int) -> Blocker | None:
    """One blocker, by id."""
    return tx.exec(select(Blocker).where(Blocker.id == blocker_id)).first()


def forget(tx: Session, person_id: int) -> int:
    """Deletes all words of a person: lines, answers, blockers, replies. How many lines there were."""
    ids = tx.exec(select(Line.id).where(Line.person_id == person_id)).all()
    for start in range(0, len(ids), 5000):
        drop_lines(tx, ids[start : start + 5000])
    tx.execute(delete(Blocker).where(col(Blocker.person_id) == person_id))
    replies.forget(tx, person_id)
    tx.execute(update(CheckIn).where(col(CheckIn.person_id) == person_id).values(words="", mix=""))
    return len(ids)


class NewGuess(NamedTuple):
    """One place the tagger thought of for a line, as a row of Prediction."""

    line_id: int
    rank: int
    goal_id: int | None
    kind: str
    confidence: float
    why: str


class NewTag(NamedTuple):
    """Where a line is filed, as a row of Tag."""

    company_id: int
    line_id: int
    goal_id: int | None
    kind: str
    source: str
    confidence: float | None
    at: datetime


def note(tx: Session, guesses: Sequence[NewGuess], tags: Sequence[NewTag]) -> None:
    """Remembers where lines are filed and what was thought of them, in a statement each: they are many, and nobody
    needs them back as objects."""
    for table, rows in ((Prediction, guesses), (Tag, tags)):
        if rows:
            plain = SQLModel.metadata.tables[str(table.__tablename__)]
            tx.connection().execute(insert(plain), [row._asdict() for row in rows])


def count_lines(tx: Session, person_id: int) -> int:
    """How many lines a person wrote."""
    return tx.exec(select(func.count()).select_from(Line).where(Line.person_id == person_id)).one()


@dataclass(frozen=True, slots=True)
class KnownLine:
    """A line as an import knows it again: whose, of which day, and when it was written in which zone."""

    person_id: int
    day: date
    text: str
    written_at: datetime
    zone: str


def written(tx: Session, company_id: int, first: date, last: date) -> list[KnownLine]:
    """All lines of a company of these days."""
    rows = tx.execute(
        select(col(Line.person_id), col(Line.day), col(Line.text), col(Line.written_at), col(CheckIn.zone))  # type: ignore[call-overload]  # five columns are one more than its overloads know
        .join(CheckIn, col(CheckIn.id) == Line.checkin_id)
        .where(Line.company_id == company_id, col(Line.day) >= first, col(Line.day) <= last)
    )
    return [KnownLine(*row) for row in rows]


def of_company(tx: Session, company_id: int, first: date, last: date) -> Sequence[CheckIn]:
    """All check-ins of a company of these days."""
    return tx.exec(
        select(CheckIn).where(CheckIn.company_id == company_id, CheckIn.day >= first, CheckIn.day <= last)
    ).all()


def lines_of(tx: Session, company_id: int) -> list[Filed]:
    """All lines of a company with their tags, oldest first."""
    rows = tx.exec(
        select(Line)
        .where(Line.company_id == company_id)
        .order_by(col(Line.day), col(Line.checkin_id), col(Line.position))
    ).all()
    return _with_tags(tx, rows)


def next_positions(tx: Session, company_id: int, first: date, last: date) -> dict[int, int]:
    """The first free position for a line in each check-in of these days that has lines, by check-in id."""
    rows = tx.exec(
        select(Line.checkin_id, func.max(Line.position))
        .where(Line.company_id == company_id, Line.day >= first, Line.day <= last)
        .group_by(col(Line.checkin_id))
    ).all()
    return {checkin_id: last_one + 1 for checkin_id, last_one in rows}
