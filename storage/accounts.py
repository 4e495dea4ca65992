"""Accounts of people who have several: the one to write to, and what was addressed to another of theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, literal, update
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, or_, select

from storage.kinds import DeliveryState
from storage.sql import is_among, is_now
from storage.tables import Account, Delivery, Person, Workspace

REMOVED = "Instep was removed from that workspace."
OUTSIDER = "They are a guest there, or of another organisation."


def of(tx: Session, person_id: int) -> Sequence[tuple[Account, Workspace]]:
    """Every account of a person with its workspace, in the order they were met."""
    rows = tx.exec(
        select(Account, Workspace)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .where(Account.person_id == person_id)
        .order_by(col(Account.id))
    ).all()
    return [(row[0], row[1]) for row in rows]


def called(tx: Session, whos: Collection[str]) -> Sequence[Account]:
    """The accounts of these ids on a platform, as far as they are known."""
    return tx.exec(select(Account).where(col(Account.who).in_(whos))).all()


def members(tx: Session, whos: Collection[str]) -> frozenset[str]:
    """Which of these ids on a platform are known as a member's."""
    found = select(Account.who).where(col(Account.who).in_(whos), col(Account.outsider).is_(False))
    return frozenset(tx.exec(found))


def outsiders(tx: Session, people: Collection[int]) -> frozenset[str]:
    """The addresses at which these people are outsiders: nothing is sent there."""
    if not people:
        return frozenset()
    theirs = is_among(tx, Account.person_id, people)
    return frozenset(tx.exec(select(Account.address).where(theirs, col(Account.outsider).is_(True))))


def only_outsiders(tx: Session, people: Collection[int]) -> set[int]:
    """Which of these people are outsiders at every account of theirs."""
    if not people:
        return set()
    is_member = func.max(case((col(Account.outsider).is_(False), 1), else_=0))
    theirs = select(Account.person_id).where(is_among(tx, Account.person_id, people))
    return set(tx.exec(theirs.group_by(col(Account.person_id)).having(is_member == 0)))


def why_not(account: Account, workspace: Workspace) -> str:
    """Why nobody can be written to at an account; empty: they can."""
    if account.outsider:
        return OUTSIDER
    return account.unreachable or (REMOVED if workspace.removed_at is not None else "")


def prefer(tx: Session, people: Collection[int]) -> None:
    """Decides anew where these people are written to, and readdresses what waits for them.

    To be called after anything that it depends on has changed: whether an account can be reached, which one they asked
    for, which there are.
    """
    if people:
        _prefer(tx, is_among(tx, Account.person_id, people))
        readdress(tx, is_among(tx, Delivery.person_id, people), is_now(Delivery.state, DeliveryState.DUE))


def prefer_in(tx: Session, workspace_id: int) -> None:
    """The same for everybody with an account in a workspace, which was removed or is back."""
    there = select_columns(col(Account.person_id)).where(col(Account.workspace_id) == workspace_id)
    _prefer(tx, col(Account.person_id).in_(there))
    readdress(tx, col(Delivery.person_id).in_(there), is_now(Delivery.state, DeliveryState.DUE))


def _prefer(tx: Session, which: ColumnElement[bool]) -> None:
    """Of those that can be reached the chosen one, else the first. An outsider's is never better than a member's."""
    tx.flush()
    each = aliased(Account)
    best = (
        select_columns(col(each.id))
        .join(Workspace, col(Workspace.id) == each.workspace_id)
        .where(col(each.person_id) == Account.person_id)
        .order_by(
            case((col(each.outsider).is_(False), 0), else_=1),
            case((and_(col(each.unreachable) == "", col(Workspace.removed_at).is_(None)), 0), else_=1),
            case((col(each.chosen).is_(True), 0), else_=1),
            col(each.id),
        )
        .limit(1)
        .correlate(Account)
    )
    is_best = col(Account.id) == best.scalar_subquery()
    tx.execute(
        update(Account).where(which, col(Account.preferred) != is_best).values(preferred=is_best),
        execution_options={"synchronize_session": "fetch"},
    )


def readdress(tx: Session, *which: ColumnElement[bool]) -> list[int]:
    """Sends deliveries to where their people are written to now, as due; those that are addressed so already, and those
    of people who can be reached nowhere, stay as they are. Which were sent elsewhere."""
    moved = tx.execute(
        update(Delivery)
        .where(
            *which,
            col(Delivery.person_id) == Account.person_id,
            col(Account.preferred).is_(True),
            col(Account.unreachable) == "",
            col(Delivery.to) != Account.address,
            col(Account.workspace_id) == Workspace.id,
            col(Workspace.removed_at).is_(None),
        )
        .values(
            state=DeliveryState.DUE,
            workspace_id=Account.workspace_id,
            to=Account.address,
            owner="",
            reason="",
            check_at=None,
        )
        .returning(col(Delivery.id)),
        execution_options={"synchronize_session": False},
    )
    return [row.id for row in moved]


def refused(tx: Session, deliveries: Collection[int]) -> list[int]:
    """What was refused because nobody can be reached there goes to another account of theirs. Which of it there is
    no other for."""
    people = set(
        tx.exec(
            select(Delivery.person_id)
            .where(is_among(tx, Delivery.id, deliveries), col(Delivery.person_id).is_not(None))
            .distinct()
        )
    )
    if not people:
        return list(deliveries)
    _prefer(tx, is_among(tx, Account.person_id, [person for person in people if person is not None]))
    moved = readdress(tx, is_among(tx, Delivery.id, deliveries))
    return sorted(set(deliveries) - set(moved))


class RedirectedPerson(NamedTuple):
    """Somebody who is written to in another place than they want, and why."""

    name: str
    wanted: str  # the workspace's key
    why: str
    used: str


def elsewhere(tx: Session, company_id: int, most: int) -> list[RedirectedPerson]:
    """Whom another account is used for, because theirs cannot be reached."""
    wanted, used = aliased(Account), aliased(Account)
    there, here = aliased(Workspace), aliased(Workspace)
    rows = tx.execute(
        select_columns(Person.name, there.key, _why(wanted), here.key)  # type: ignore[call-overload]
        .join(wanted, col(wanted.person_id) == Person.id)
        .join(there, col(there.id) == wanted.workspace_id)
        .join(used, col(used.person_id) == Person.id)
        .join(here, col(here.id) == used.workspace_id)
        .where(
            Person.company_id == company_id,
            col(Person.left_at).is_(None),
            col(used.preferred).is_(True),
            col(wanted.preferred).is_(False),
            or_(
                and_(col(wanted.chosen).is_(True), col(used.chosen).is_(False)),
                and_(col(wanted.chosen) == col(used.chosen), col(wanted.id) < col(used.id)),
            ),
        )
        .order_by(Person.name, col(wanted.id))
        .limit(most)
    ).all()
    return [RedirectedPerson(name, key, why or REMOVED, other) for name, key, why, other in rows]


def _why(account: type[Account]) -> ColumnElement[str]:
    return case((col(account.outsider).is_(True), literal(OUTSIDER)), else_=col(account.unreachable))
