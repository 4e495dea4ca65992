"""people.csv: who there is, where they are written to, and in which teams; nobody is messaged for being in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.transfer import addresses, cells
from bot.transfer.files import FileRow, Table
from bot.transfer.reports import ProgressReporter, Tally
from checkins import text
from checkins.errors import UserError
from checkins.people import members
from checkins.people import teams as team_rules
from checkins.schedule import parse as schedule_parse
from storage import people as stored_people
from storage.database import add, add_all
from storage.tables import Account, Membership, Person, Team, Workspace


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row as it was read. What a file does not say is empty, and stays as it is for people known already."""

    line: int
    who: str
    workspace: str
    name: str
    email: str
    zone: str
    teams: tuple[str, ...]
    manager: str


def take(tx: Session, table: Table, company_id: int, now: datetime, tally: Tally, progress: ProgressReporter) -> None:
    """Brings people and their teams to what the file says; bad rows go to the tally and change nothing."""
    wanted: dict[str, _Wanted] = {}
    foreign: dict[str, str] = {}
    for row in table.rows:
        progress.step()
        try:
            read = _read(row)
            if read.who in wanted:
                raise UserError(f"{read.who} is on line {wanted[read.who].line} already.")
            if read.workspace not in foreign:
                foreign[read.workspace] = _other_owner(tx, read.workspace, company_id)
            if foreign[read.workspace]:
                raise UserError(f"{read.workspace} belongs to another company, {foreign[read.workspace]}.")
        except UserError as problem:
            tally.reject(row.line, problem.sentence)
        else:
            wanted[read.who] = read
    known = {account.who: (account, person) for account, person in stored_people.accounts(tx, company_id)}
    for who, (account, _) in known.items():
        if account.outsider and who in wanted:
            del wanted[who]
            tally.skipped["of guests and people of other organisations"] += 1
    _check_managers(wanted, known.keys(), tally)
    if not tally.is_lost:
        _keep(tx, company_id, list(wanted.values()), known, now, tally)


def _read(row: FileRow) -> _Wanted:
    who = row.get("person")
    if not who:
        raise UserError("This row says no person.")
    name = members.person_name(row.get("name"))
    email = row.get("email")
    if email and ("@" not in email.strip("@") or any(mark.isspace() for mark in email)):
        raise UserError(f"“{email}” is not an e-mail address.")
    in_teams = tuple(team_rules.team_name(part) for part in cells.parts(row.get("team")))
    manager = row.get("manager")
    if manager:
        addresses.workspace_of(manager)
        if not in_teams:
            raise UserError(f"{manager} is the manager of the row's teams, and this row names no team.")
    return _Wanted(
        line=row.line,
        who=who,
        workspace=addresses.workspace_of(who),
        name=name,
        email=email,
        zone=schedule_parse.zone(row.get("timezone")) if row.get("timezone") else "",
        teams=in_teams,
        manager=manager,
    )


def _other_owner(tx: Session, key: str, company_id: int) -> str:
    """The name of the company that a workspace belongs to when it is not this one."""
    workspace = stored_people.workspace(tx, key)
    if workspace is None or workspace.company_id == company_id:
        return ""
    return stored_people.company(tx, workspace.company_id).name


def _check_managers(wanted: dict[str, _Wanted], known: Iterable[str], tally: Tally) -> None:
    """Takes out rows whose manager is nobody, or another one than an earlier row gave the same team."""
    before = set(known)
    while True:
        bad: dict[str, str] = {}
        manager_of: dict[str, _Wanted] = {}
        for row in wanted.values():
            if not row.manager:
                continue
            if row.manager not in before and row.manager not in wanted:
                bad[row.who] = f"The manager {row.manager} is neither in this file nor known already."
                continue
            for team in row.teams:
                first = manager_of.setdefault(text.folded(team), row)
                if first.manager != row.manager:
                    bad[row.who] = (
                        f"{team} has the manager {first.manager} on line {first.line} and {row.manager} here. "
                        "Leave it empty for somebody in several teams."
                    )
        if not bad:
            return
        for who, reason in bad.items():  # and once more: these may have been somebody's manager
            tally.reject(wanted.pop(who).line, reason)


def _keep(
    tx: Session,
    company_id: int,
    wanted: list[_Wanted],
    known: Mapping[str, tuple[Account, Person]],
    now: datetime,
    tally: Tally,
) -> None:
    by_name = {text.folded(team.name): team for team in stored_people.teams(tx, company_id)}
    zone_of = {who: person.zone for who, (_, person) in known.items()} | {
        row.who: row.zone for row in wanted if row.zone
    }
    new_teams: dict[str, list[_Wanted]] = {}
    for row in wanted:
        for name in row.teams:
            if text.folded(name) not in by_name:
                new_teams.setdefault(text.folded(name), []).append(row)
    for key, inside in new_teams.items():
        name = next(name for name in inside[0].teams if text.folded(name) == key)
        by_name[key] = team_rules.create(tx, company_id, name, _zone(inside, zone_of), now)
    changed: set[str] = set()
    everyone, mains = _keep_people(tx, company_id, wanted, known, by_name, now, changed)
    moved = _keep_teams(tx, company_id, wanted, everyone, mains, by_name, now, changed)
    for row in wanted:
        if row.who not in known:
            tally.added += 1
        elif row.who in changed:
            tally.updated += 1
        else:
            tally.unchanged += 1
    members.reschedule(tx, moved, now)


def _zone(inside: Sequence[_Wanted], zone_of: Mapping[str, str]) -> str:
    """The zone of a new team: its manager's, or that of the first of its people who has one."""
    candidates = [row.manager for row in inside if row.manager] + [row.who for row in inside]
    return next((zone_of[who] for who in candidates if who in zone_of), "UTC")


def _keep_people(
    tx: Session,
    company_id: int,
    wanted: Iterable[_Wanted],
    known: Mapping[str, tuple[Account, Person]],
    by_name: Mapping[str, Team],
    now: datetime,
    changed: set[str],
) -> tuple[dict[str, Person], set[str]]:
    """Every person of the company by address, and the addresses that speak for their person.

    Somebody whose e-mail is known gets a further account, as in chat; what is said of it renames nobody.
    """
    mains = {who for who, (account, _) in known.items() if account.preferred}
    by_email = {person.email.casefold(): person for _, person in known.values() if person.email}
    everyone = {who: person for who, (_, person) in known.items()}
    new: list[tuple[_Wanted, bool]] = []
    fresh: list[Person] = []
    for row in wanted:
        if row.who in known:
            account, person = known[row.who]
            values: dict[str, object] = {"name": row.name}
            if row.email:
                values["email"] = row.email
            if row.zone and not person.own_zone:
                values["zone"] = row.zone
            if _set(account, {"name": row.name}) | (account.preferred and _set(person, values)):
                changed.add(row.who)
            continue
        first_team = by_name[text.folded(row.teams[0])].zone if row.teams else "UTC"
        met = by_email.get(row.email.casefold()) if row.email else None
        if met is None:
            met = Person(
                company_id=company_id,
                name=row.name,
                email=row.email,
                zone=row.zone or first_team,
                created_at=now,
            )
            fresh.append(met)
            new.append((row, True))
            mains.add(row.who)
            if row.email:
                by_email[row.email.casefold()] = met
        else:
            new.append((row, False))
        everyone[row.who] = met
    add_all(tx, fresh)
    places = {key: _workspace(tx, key, company_id) for key in {row.workspace for row, _ in new}}
    add_all(
        tx,
        [
            Account(
                company_id=company_id,
                workspace_id=places[row.workspace].id,
                person_id=everyone[row.who].id,
                who=row.who,
                address=row.who,
                name=row.name,
                preferred=preferred,
            )
            for row, preferred in new
        ],
    )
    return everyone, mains


def _keep_teams(
    tx: Session,
    company_id: int,
    wanted: Iterable[_Wanted],
    everyone: Mapping[str, Person],
    mains: Collection[str],
    by_name: Mapping[str, Team],
    now: datetime,
    changed: set[str],
) -> set[int]:
    """Who is in which team, and who manages it. The ids of those who may have to be asked at another time now."""
    inside: dict[int, dict[int, Membership]] = {}
    for membership in stored_people.memberships(tx, company_id):
        inside.setdefault(membership.person_id, {})[membership.team_id] = membership
    joined: list[Membership] = []
    for row in wanted:
        person = everyone[row.who]
        present = inside.setdefault(person.id, {})
        ids = {by_name[text.folded(name)].id: by_name[text.folded(name)] for name in row.teams}
        for team_id, team in ids.items():
            if row.manager and team.manager_id != everyone[row.manager].id:
                team.manager_id = everyone[row.manager].id
                changed.add(row.who)
            if team_id not in present:
                present[team_id] = Membership(team_id=team_id, person_id=person.id, since=now)
                joined.append(present[team_id])
                changed.add(row.who)
        if ids and row.who in mains:  # a further account adds teams and takes none away
            for team_id in present.keys() - ids.keys():
                present[team_id].until = now
                changed.add(row.who)
    add_all(tx, joined)
    return {everyone[row.who].id for row in wanted if row.who in changed}


def _workspace(tx: Session, key: str, company_id: int) -> Workspace:
    found = stored_people.workspace(tx, key)
    if found is None:
        found = Workspace(company_id=company_id, key=key, name=key)
        add(tx, found)
    return found


def _set(row: Person | Account, values: Mapping[str, object]) -> bool:
    """Whether anything was not so before."""
    different = {field: value for field, value in values.items() if getattr(row, field) != value}
    for field, value in different.items():
        setattr(row, field, value)
    return bool(different)
