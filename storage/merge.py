"""Two that become one: a person who was taken for two, a workspace that joins another's company. Nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    FromClause,
    Integer,
    Table,
    delete,
    exists,
    func,
    update,
)
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from storage import replies
from storage.kinds import DeliveryKind, DeliveryState
from storage.outbox import keys
from storage.sql import is_among, is_now, rows_as_table
from storage.tables import (
    Account,
    Blocker,
    CheckIn,
    Company,
    Delivery,
    Goal,
    GoalOwner,
    Line,
    Membership,
    Person,
    Team,
    Workspace,
    refers_to,
)

ASKING = (DeliveryKind.PROMPT, DeliveryKind.REMINDER, DeliveryKind.SNOOZE)
UNTOLD = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Day:
    """Two check-ins of one day: the one that stays, the one that goes into it, and how many lines stand there."""

    stays: CheckIn
    goes: CheckIn
    lines: int


Pairs = Sequence[tuple[Person, Person]]
"""People who turn out to be one: who stays, and who goes into them. Nobody is in two of them."""


def is_in_flight(tx: Session, people: Collection[int]) -> bool:
    """Whether something is just being sent to one of them, or may or may not have arrived."""
    open_ones = is_now(Delivery.state, DeliveryState.CLAIMED, DeliveryState.UNCERTAIN)
    found = select(Delivery.id).where(open_ones, is_among(tx, Delivery.person_id, people)).limit(1)
    return tx.exec(found).first() is not None


def lock(tx: Session, people: Collection[int]) -> None:
    """Nobody else plans for these people, or merges them, until the transaction ends."""
    tx.exec(select(Person.id).where(is_among(tx, Person.id, people)).order_by(col(Person.id)).with_for_update()).all()


def days(tx: Session, pairs: Pairs) -> list[Day]:
    """The check-ins of days on which both of a pair have one."""
    mine, theirs = aliased(CheckIn), aliased(CheckIn)
    pair = _table(tx, pairs)
    found = tx.exec(
        select(mine, theirs)
        .select_from(pair)
        .join(mine, col(mine.person_id) == pair.c.stays)
        .join(theirs, (col(theirs.person_id) == pair.c.goes) & (col(theirs.day) == col(mine.day)))
    ).all()
    numbers = tx.execute(
        select_columns(col(Line.checkin_id), func.max(col(Line.position)) + 1)
        .where(is_among(tx, Line.checkin_id, [row.id for row, _ in found]))
        .group_by(col(Line.checkin_id))
    ).all()
    lines = {row[0]: row[1] for row in numbers}
    return [Day(stays, goes, lines.get(stays.id, 0)) for stays, goes in found]


def checkins(tx: Session, both: Sequence[Day], now: datetime) -> None:
    """What hangs on the check-ins that go is put under those that stay, and they are deleted. Where a question waits to
    be sent for each, one is enough; what stands already is shown anew."""
    if not both:
        return
    tx.flush()
    pair = rows_as_table(
        tx,
        "pair",
        [(one.stays.id, one.goes.id, one.lines) for one in both],
        stays=BigInteger(),
        goes=BigInteger(),
        lines=Integer(),
    )
    other = aliased(Delivery)
    put_already = exists().where(
        col(other.checkin_id) == pair.c.stays,
        is_now(other.state, DeliveryState.DUE, DeliveryState.SENT, DeliveryState.HELD),
    )
    tx.execute(
        update(Delivery)
        .where(
            col(Delivery.checkin_id) == pair.c.goes,
            is_now(Delivery.state, DeliveryState.DUE, DeliveryState.HELD),
            put_already,
        )
        .values(state=DeliveryState.CANCELLED, reason="They are asked once."),
        execution_options=UNTOLD,
    )
    tx.execute(
        update(Line)
        .where(col(Line.checkin_id) == pair.c.goes)
        .values(checkin_id=pair.c.stays, position=Line.position + pair.c.lines),
        execution_options=UNTOLD,
    )
    replies.move(tx, pair)
    tx.execute(
        update(Blocker).where(col(Blocker.checkin_id) == pair.c.goes).values(checkin_id=pair.c.stays),
        execution_options=UNTOLD,
    )
    tx.execute(
        update(Delivery).where(col(Delivery.checkin_id) == pair.c.goes).values(checkin_id=pair.c.stays),
        execution_options=UNTOLD,
    )
    tx.execute(
        update(Delivery)
        .where(col(Delivery.checkin_id) == pair.c.stays, is_now(Delivery.state, DeliveryState.SENT))
        .values(edit_at=now),
        execution_options=UNTOLD,
    )
    tx.execute(
        delete(CheckIn).where(is_among(tx, CheckIn.id, [one.goes.id for one in both])),
        execution_options=UNTOLD,
    )
    for one in both:
        tx.expunge(one.goes)


def unwelcome(tx: Session, people: Collection[int]) -> None:
    """Takes welcomes back that wait to be sent: they were welcomed as somebody else."""
    tx.execute(
        update(Delivery)
        .where(
            is_among(tx, Delivery.person_id, people),
            col(Delivery.kind) == DeliveryKind.WELCOME,
            is_now(Delivery.state, DeliveryState.DUE),
        )
        .values(state=DeliveryState.CANCELLED, reason="They were welcomed already."),
        execution_options=UNTOLD,
    )


def people(tx: Session, pairs: Pairs, now: datetime) -> None:
    """Everything of the second of each pair is the first's from now on, and the second is gone. Their check-ins share
    no day."""
    tx.flush()
    pair = _table(tx, pairs)
    _keys(tx, pair)
    mine, owned = aliased(Membership), aliased(GoalOwner)
    tx.execute(  # in a team that both are in, one of them is enough
        update(Membership)
        .where(
            col(Membership.person_id) == pair.c.goes,
            col(Membership.until).is_(None),
            exists().where(
                col(mine.person_id) == pair.c.stays,
                col(mine.team_id) == Membership.team_id,
                col(mine.until).is_(None),
            ),
        )
        .values(until=now),
        execution_options=UNTOLD,
    )
    twice = (
        select_columns(col(GoalOwner.id))
        .join(pair, col(GoalOwner.person_id) == pair.c.goes)
        .join(owned, (col(owned.person_id) == pair.c.stays) & (col(owned.goal_id) == GoalOwner.goal_id))
    )
    tx.execute(delete(GoalOwner).where(col(GoalOwner.id).in_(twice)), execution_options=UNTOLD)
    for table, column in _references(Person):
        tx.execute(update(table).where(column == pair.c.goes).values({column: pair.c.stays}))
    gone = [goes for _, goes in pairs]
    tx.execute(delete(Person).where(is_among(tx, Person.id, [row.id for row in gone])), execution_options=UNTOLD)
    for row in gone:
        tx.expunge(row)
    tx.expire_all()


def _keys(tx: Session, pair: FromClause) -> None:
    """What was said to them counts as said to the one who stays: a question that was put is not put again.

    Where both were told the same, the second keeps nothing of who it was said to: on SQLite the number of somebody who
    is gone is given to the next who comes, and they would count as told.
    """
    for kind in (*ASKING, DeliveryKind.WELCOME):
        renamed = keys.of_another(kind, Delivery.dedup_key, pair.c.goes, pair.c.stays)
        same = aliased(Delivery)
        theirs = (col(Delivery.person_id) == pair.c.goes, col(Delivery.kind) == kind)
        told_both = exists().where(col(same.dedup_key) == renamed)
        for which, key in ((told_both, keys.of_nobody(Delivery.id)), (~told_both, renamed)):
            tx.execute(
                update(Delivery)
                .where(*theirs, ~keys.is_of_nobody(col(Delivery.dedup_key)), which)
                .values(dedup_key=key),
                execution_options=UNTOLD,
            )


def _table(tx: Session, pairs: Pairs) -> FromClause:
    rows = [(stays.id, goes.id) for stays, goes in pairs]
    return rows_as_table(tx, "pair", rows, stays=BigInteger(), goes=BigInteger())


def same_people(tx: Session, company_id: int, joins: int) -> list[tuple[Person, Person]]:
    """People of the second company who are somebody of the first by an e-mail address that nobody else of either has;
    each pair as (known, joining)."""
    known, joining = _by_email(tx, company_id), _by_email(tx, joins)
    both = [(known[email], joining[email]) for email in sorted(known.keys() & joining.keys())]
    rows = {
        row.id: row
        for row in tx.exec(select(Person).where(is_among(tx, Person.id, [each for pair in both for each in pair])))
    }
    return [(rows[mine], rows[theirs]) for mine, theirs in both]


def _by_email(tx: Session, company_id: int) -> dict[str, int]:
    """People of a company by e-mail address, without those who share one."""
    found = tx.exec(select(Person.email, Person.id).where(Person.company_id == company_id, Person.email != "")).all()
    shared = Counter(email.casefold() for email, _ in found)
    return {email.casefold(): each for email, each in found if shared[email.casefold()] == 1}


def has_own(tx: Session, company_id: int) -> str:
    """What a company has that cannot become another's without mixing them up: "goals", "teams", "workspaces" or ""."""
    if tx.exec(select(Goal.id).where(Goal.company_id == company_id).limit(1)).first() is not None:
        return "goals"
    if tx.exec(select(Team.id).where(Team.company_id == company_id).limit(1)).first() is not None:
        return "teams"
    number = tx.exec(select(func.count()).where(col(Workspace.company_id) == company_id)).one()
    return "workspaces" if number > 1 else ""


def company(tx: Session, stays: int, goes: int) -> int:
    """Everything of one company is the other's from now on, and the first is gone. How many accounts came with it.

    Nobody of it is an admin any more: that is for the other's admins to say.
    """
    tx.flush()
    number = tx.exec(select(func.count()).where(col(Account.company_id) == goes)).one()
    tx.execute(update(Person).where(col(Person.company_id) == goes).values(admin=False), execution_options=UNTOLD)
    for table, column in _references(Company):
        tx.execute(update(table).where(column == goes).values({column: stays}))
    tx.execute(delete(Company).where(col(Company.id) == goes), execution_options=UNTOLD)
    tx.expire_all()
    return number


def _references(to: type[SQLModel]) -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that refers to a table."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if refers_to(column) == to.__tablename__:
                yield table, column
