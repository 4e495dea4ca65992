"""Companies, workspaces, people, their accounts, absences and the slots they are asked in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import exists, func, update
from sqlmodel import Session, col, or_, select

from storage.sql import is_among
from storage.tables import (
    Absence,
    Account,
    Company,
    Membership,
    Person,
    Slot,
    Team,
    Workspace,
)


def companies(tx: Session) -> Sequence[Company]:
    """Every company, oldest first."""
    return tx.exec(select(Company).order_by(col(Company.id))).all()


def company(tx: Session, company_id: int) -> Company:
    """One company, by id."""
    return tx.exec(select(Company).where(Company.id == company_id)).one()


def workspaces(tx: Session, company_id: int) -> Sequence[Workspace]:
    """A company's workspaces, the first one first."""
    return tx.exec(select(Workspace).where(Workspace.company_id == company_id).order_by(col(Workspace.id))).all()


def company_named(tx: Session, name: str) -> Company | None:
    """One company, by its exact name."""
    return tx.exec(select(Company).where(Company.name == name)).first()


def workspace(tx: Session, key: str) -> Workspace | None:
    """A workspace by the adapter's key of it."""
    return tx.exec(select(Workspace).where(Workspace.key == key)).first()


def person(tx: Session, person_id: int) -> Person:
    """One person, by id."""
    return tx.exec(select(Person).where(Person.id == person_id)).one()


def account(tx: Session, who: str) -> tuple[Account, Person] | None:
    """The account of a platform id, and whose it is."""
    row = tx.exec(
        select(Account, Person).join(Person, col(Person.id) == Account.person_id).where(Account.who == who)
    ).first()
    return (row[0], row[1]) if row else None


def accounts_called(tx: Session, whos: Collection[str]) -> Sequence[tuple[Account, Person]]:
    """The accounts of these ids that can be written to, and whose they are, without those of people who left."""
    rows = tx.exec(
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .where(col(Account.who).in_(whos), Account.unreachable == "", col(Person.left_at).is_(None))
    ).all()
    return [(row[0], row[1]) for row in rows]


def by_email(tx: Session, company_id: int, email: str) -> Person | None:
    """Who of this company has this e-mail address; nobody where several have it."""
    found = select(Person).where(Person.company_id == company_id, func.lower(Person.email) == email.lower())
    rows = tx.exec(found.limit(2)).all() if email else []
    return rows[0] if len(rows) == 1 else None


def everybody(tx: Session, company_id: int) -> Sequence[Person]:
    """All who have not left, by name."""
    return tx.exec(
        select(Person).where(Person.company_id == company_id, col(Person.left_at).is_(None)).order_by(Person.name)
    ).all()


def by_id(tx: Session, ids: Collection[int]) -> dict[int, Person]:
    """People by their ids."""
    rows = tx.exec(select(Person).where(col(Person.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


def admins(tx: Session, company_id: int) -> Sequence[Person]:
    """Who may change goals and teams."""
    return tx.exec(
        select(Person).where(
            Person.company_id == company_id, col(Person.admin).is_(True), col(Person.left_at).is_(None)
        )
    ).all()


def without_admin(tx: Session) -> Sequence[Company]:
    """Companies in which nobody is one."""
    somebody = exists().where(
        col(Person.company_id) == Company.id, col(Person.admin).is_(True), col(Person.left_at).is_(None)
    )
    return tx.exec(select(Company).where(~somebody).order_by(col(Company.id))).all()


def all_accounts(tx: Session, workspace_key: str) -> Sequence[tuple[Account, Person]]:
    """Every account of a workspace with its person, by name."""
    rows = tx.exec(
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .join(Workspace, col(Workspace.id) == Account.workspace_id)
        .where(Workspace.key == workspace_key, col(Person.left_at).is_(None))
        .order_by(Person.name)
    ).all()
    return [(row[0], row[1]) for row in rows]


def slot(tx: Session, zone: str, days: int, minute: int, working: int) -> Slot | None:
    """The slot of one zone, days, local time and working days."""
    return tx.exec(
        select(Slot).where(Slot.zone == zone, Slot.days == days, Slot.minute == minute, Slot.working == working)
    ).first()


def next_due(tx: Session, after: datetime) -> datetime | None:
    """The next moment after this one at which somebody is asked."""
    used = exists().where(col(Person.slot_id) == Slot.id)
    return tx.exec(select(func.min(Slot.next_due)).where(used, Slot.next_due > after)).one()


def absent(tx: Session, people: Collection[int], first: date, last: date) -> Sequence[Absence]:
    """Absences of these people that touch these days."""
    if not people:
        return []
    return tx.exec(
        select(Absence).where(is_among(tx, Absence.person_id, people), Absence.first <= last, Absence.last >= first)
    ).all()


def hinted(tx: Session, people: Collection[int]) -> Sequence[Absence]:
    """Absences of these people that a status on a platform hinted at and that is still the same there; those that
    ended too."""
    if not people:
        return []
    return tx.exec(select(Absence).where(is_among(tx, Absence.person_id, people), Absence.source != "")).all()


def by_account(tx: Session, whos: Collection[str]) -> dict[str, Person]:
    """People who have not left, by their ids on a platform."""
    rows = tx.exec(
        select(Account.who, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .where(col(Account.who).in_(whos), col(Person.left_at).is_(None))
    ).all()
    return dict(row for row in rows)


def drop_absences(tx: Session, person_id: int, since: date) -> int:
    """Ends what is still ahead of a person's leave; how many were ended."""
    rows = tx.exec(select(Absence).where(Absence.person_id == person_id, Absence.last >= since)).all()
    for row in rows:
        if row.first >= since:
            tx.delete(row)
        else:
            row.last = date.fromordinal(since.toordinal() - 1)
    return len(rows)


def set_slots(tx: Session, people: Iterable[int], slot_id: int | None) -> None:
    """Moves people into a slot, or out of any."""
    tx.execute(update(Person).where(col(Person.id).in_(list(people))).values(slot_id=slot_id))


def teams(tx: Session, company_id: int) -> Sequence[Team]:
    """A company's teams by name."""
    return tx.exec(select(Team).where(Team.company_id == company_id).order_by(Team.name)).all()


def team(tx: Session, team_id: int) -> Team:
    """One team, by id."""
    return tx.exec(select(Team).where(Team.id == team_id)).one()


def team_named(tx: Session, company_id: int, name: str) -> Team | None:
    """A team by its name, whatever the case."""
    return tx.exec(select(Team).where(Team.company_id == company_id, func.lower(Team.name) == name.lower())).first()


def team_in(tx: Session, company_id: int, channel: str) -> Team | None:
    """The team whose digest goes to this channel."""
    return tx.exec(select(Team).where(Team.company_id == company_id, Team.digest_to == channel)).first()


def teams_of(tx: Session, people: Collection[int]) -> dict[int, list[Team]]:
    """The present teams of each person, the one joined first before the others."""
    rows = tx.exec(
        select(Membership.person_id, Team)
        .join(Team, col(Team.id) == Membership.team_id)
        .where(col(Membership.person_id).in_(people), col(Membership.until).is_(None))
        .order_by(col(Membership.id))
    ).all()
    found: dict[int, list[Team]] = {person_id: [] for person_id in people}
    for person_id, row in rows:
        found[person_id].append(row)
    return found


def managed(tx: Session, person_id: int) -> Sequence[Team]:
    """Teams this person is the manager of."""
    return tx.exec(select(Team).where(Team.manager_id == person_id).order_by(Team.name)).all()


def members(tx: Session, team_id: int) -> Sequence[Person]:
    """Who is in a team now, by name."""
    return tx.exec(
        select(Person)
        .join(Membership, col(Membership.person_id) == Person.id)
        .where(Membership.team_id == team_id, col(Membership.until).is_(None), col(Person.left_at).is_(None))
        .order_by(Person.name)
    ).all()


def number(tx: Session, company_id: int) -> int:
    """How many people a company has, those who left among them."""
    return tx.exec(select(func.count()).where(col(Person.company_id) == company_id)).one()


def others(tx: Session, company_id: int, besides: Collection[int]) -> Sequence[int]:
    """The ids of a company's people besides these, those who left among them."""
    return tx.exec(select(Person.id).where(Person.company_id == company_id, ~is_among(tx, Person.id, besides))).all()


def members_between(tx: Session, team_id: int, start: datetime, end: datetime) -> Sequence[int]:
    """The ids of those who were in a team at any moment from `start` until `end`."""
    return tx.exec(
        select(Membership.person_id)
        .where(
            Membership.team_id == team_id,
            Membership.since < end,
            or_(col(Membership.until).is_(None), col(Membership.until) > start),
        )
        .distinct()
        .order_by(col(Membership.person_id))
    ).all()


def membership(tx: Session, team_id: int, person_id: int) -> Membership | None:
    """The present membership of a person in a team."""
    return tx.exec(
        select(Membership).where(
            Membership.team_id == team_id, Membership.person_id == person_id, col(Membership.until).is_(None)
        )
    ).first()


def due_digest(tx: Session, now: datetime) -> Team | None:
    """The team whose digest has been due longest. It is ours until the transaction ends."""
    found = (
        select(Team)
        .join(Company, col(Company.id) == Team.company_id)
        .join(Workspace, col(Workspace.id) == Team.digest_workspace_id)
        .where(
            col(Workspace.removed_at).is_(None),
            col(Team.digest_due) <= now,
            col(Team.on_at).is_not(None),
            Team.digest_to != "",
            col(Company.paused_at).is_(None),
        )
        .order_by(col(Team.digest_due), col(Team.id))
        .limit(1)
    )
    if tx.get_bind().dialect.name == "postgresql":
        found = found.with_for_update(of=Team, skip_locked=True, key_share=True)
    return tx.exec(found).first()


def whos(tx: Session, people: Collection[int]) -> dict[int, list[str]]:
    """All platform ids of these people, by person."""
    found: dict[int, list[str]] = {}
    for row in tx.exec(select(Account).where(col(Account.person_id).in_(people))):
        found.setdefault(row.person_id, []).append(row.who)
    return found


def digests_to_come(tx: Session, now: datetime) -> Sequence[Team]:
    """Teams whose next digest is not due yet."""
    return tx.exec(select(Team).where(col(Team.digest_due) > now)).all()


def next_digest(tx: Session, after: datetime) -> datetime | None:
    """When the next digest is due, after a moment."""
    return tx.exec(
        select(func.min(Team.digest_due)).where(
            col(Team.on_at).is_not(None), Team.digest_to != "", col(Team.digest_due) > after
        )
    ).one()


def accounts(tx: Session, company_id: int) -> Sequence[tuple[Account, Person]]:
    """Every account of a company with its person, also of those who left, in the order they were met."""
    rows = tx.exec(
        select(Account, Person)
        .join(Person, col(Person.id) == Account.person_id)
        .where(Account.company_id == company_id)
        .order_by(col(Account.id))
    ).all()
    return [(row[0], row[1]) for row in rows]


def memberships(tx: Session, company_id: int) -> Sequence[Membership]:
    """Who is in which team of a company now."""
    return tx.exec(
        select(Membership)
        .join(Team, col(Team.id) == Membership.team_id)
        .where(Team.company_id == company_id, col(Membership.until).is_(None))
        .order_by(col(Membership.id))
    ).all()


def join_earlier(tx: Session, company_id: int, since: Mapping[int, datetime]) -> None:
    """Moves the first memberships of people back to a moment, by person id, when they begin after it."""
    first: dict[int, list[Membership]] = {}
    for row in tx.exec(
        select(Membership)
        .join(Team, col(Team.id) == Membership.team_id)
        .where(Team.company_id == company_id)
        .order_by(col(Membership.since))
    ):
        together = first.setdefault(row.person_id, [row])
        if row is not together[0] and row.since == together[0].since:
            together.append(row)
    for person_id, moment in since.items():
        for row in first.get(person_id, []):
            row.since = min(row.since, moment)
    tx.flush()
