"""People: how they come, when they are asked, when they are away, and how they stop."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from checkins import text
from checkins.errors import UserError
from checkins.schedule import calendar
from checkins.schedule.calendar import Rhythm
from storage import accounts, checkins, database, people
from storage.kinds import AbsenceKind, CheckInState
from storage.outbox import deliveries, edits
from storage.tables import Absence, Account, Audit, Company, Membership, Person, Slot, Team, Workspace

LONGEST_NAME = 100  # characters
NAMELESS = "Somebody"  # of whom no platform and no file tells a name


def create_company(tx: Session, name: str, workspace_key: str, workspace_name: str, now: datetime) -> Company:
    """A new company with its first workspace."""
    company = Company(name=text.on_one_line(name), created_at=now)
    database.add(tx, company)
    database.add(tx, Workspace(company_id=company.id, key=workspace_key, name=text.on_one_line(workspace_name)))
    return company


def person_name(words: str) -> str:
    """A person's name on one line. Raises UserError for none and for one too long."""
    name = text.on_one_line(words)
    if not 1 <= len(name) <= LONGEST_NAME:
        raise UserError(f"A person's name has 1 to {LONGEST_NAME} characters.")
    return name


def company_called(tx: Session, name: str | None) -> Company:
    """A company by its name; without one the only company there is. Raises UserError, naming what there is."""
    every = people.companies(tx)
    fitting = [row for row in every if name is None or row.name == name]
    if len(fitting) == 1:
        return fitting[0]
    if not every:
        raise UserError("There is no company in the database yet.")
    names = ", ".join(row.name for row in every)
    raise UserError(
        f"There is no company “{name}”. There are: {names}."
        if name
        else f"Which company? Say --company with one of: {names}."
    )


def meet(
    tx: Session,
    workspace: Workspace,
    *,
    who: str,
    address: str,
    name: str,
    email: str,
    zone: str,
    admin: bool,
    now: datetime,
) -> Person:
    """Somebody seen for the first time on a platform: a new person, or a new account of one known by e-mail."""
    name, email = text.on_one_line(name) or NAMELESS, text.on_one_line(email)
    person = people.by_email(tx, workspace.company_id, email)
    known = person is not None
    if person is None:
        person = Person(company_id=workspace.company_id, name=name, email=email, zone=known_zone(zone), created_at=now)
        database.add(tx, person)
    person.admin = person.admin or admin
    database.add(
        tx,
        Account(
            company_id=workspace.company_id,
            workspace_id=workspace.id,
            person_id=person.id,
            who=who,
            address=address,
            name=name,
            preferred=not known,
            looked_up_at=now,
        ),
    )
    if known:
        accounts.prefer(tx, [person.id])
    return person


def refresh(tx: Session, account: Account, person: Person, address: str, zone: str, now: datetime) -> None:
    """What an event says anew about somebody known: where to write to, and a zone they did not set themselves."""
    if address and account.address != address:
        account.address = address
    if account.unreachable:
        account.unreachable = ""
        accounts.prefer(tx, [person.id])
    if zone and not person.own_zone and known_zone(zone) != person.zone and known_zone(zone) != "UTC":
        person.zone = known_zone(zone)
        reschedule(tx, [person.id], now)


def rhythm(person: Person, teams: Sequence[Team]) -> Rhythm | None:
    """When somebody is asked: their own days and time, else those of their first team that is on.

    None when nobody may ask them: stopped, left, or in no team that is switched on.
    """
    team = home(teams)
    if team is None or person.stopped_at is not None or person.left_at is not None:
        return None
    days = team.days if person.own_days is None else person.own_days
    minute = team.minute if person.own_minute is None else person.own_minute
    return Rhythm(days, minute, person.zone)


def home(teams: Sequence[Team]) -> Team | None:
    """The team whose rhythm and freeze hold for somebody in several: the first one joined that is on."""
    return next((team for team in teams if team.on_at is not None), None)


def reschedule(tx: Session, ids: Collection[int], now: datetime) -> None:
    """Puts people into the slots that fit them now. To be called after anything that `rhythm` looks at changed."""
    tx.flush()
    teams = people.teams_of(tx, ids)
    groups: dict[tuple[Rhythm, int] | None, list[int]] = {}
    for person in people.by_id(tx, ids).values():
        wanted = rhythm(person, teams[person.id])
        team = home(teams[person.id])
        key = (wanted, team.working_days) if wanted is not None and team is not None else None
        groups.setdefault(key, []).append(person.id)
    for key, members in groups.items():
        people.set_slots(tx, members, _slot(tx, *key, now).id if key is not None else None)


def _slot(tx: Session, rhythm: Rhythm, working: int, now: datetime) -> Slot:
    known = people.slot(tx, rhythm.zone, rhythm.days, rhythm.minute, working)
    if known is not None:
        return known
    day, due = calendar.upcoming(rhythm, now)
    made = Slot(zone=rhythm.zone, days=rhythm.days, minute=rhythm.minute, working=working, next_day=day, next_due=due)
    database.add(tx, made)
    return made


def next_question(
    person: Person, teams: Sequence[Team], now: datetime, away: Sequence[Absence] = ()
) -> datetime | None:
    """When they are asked next, not before the day they may first be asked on and not while they are away."""
    wanted = rhythm(person, teams)
    if wanted is None:
        return None
    day, due = calendar.upcoming(wanted, now)
    while (person.asked_from is not None and day < person.asked_from) or any(
        leave.first <= day <= leave.last for leave in away
    ):
        day, due = calendar.following(wanted, day)
    return due


def choose_time(tx: Session, person: Person, minute: int | None, days: int | None, now: datetime) -> None:
    """An own time and days; None for both goes back to the team's."""
    if days == 0:
        raise UserError("Choose at least one day. To be asked on none, use `stop`.")
    person.own_minute, person.own_days = minute, days
    reschedule(tx, [person.id], now)


def choose_zone(tx: Session, person: Person, zone: str, now: datetime) -> None:
    """An own zone, which no platform overwrites."""
    person.zone, person.own_zone = zone, True
    reschedule(tx, [person.id], now)


def leave(
    tx: Session,
    person: Person,
    first: date,
    last: date,
    today: date,
    now: datetime,
    kind: str = AbsenceKind.LEAVE,
) -> None:
    """Days on which they are neither asked nor missed; what waits to be asked on them is taken back."""
    if last < today:
        raise UserError(f"That is over already: {calendar.shown(last)} {last.year}. Leave is for days to come.")
    be_away(tx, Absence(person_id=person.id, first=first, last=last, kind=kind), today, now)


def be_away(tx: Session, absence: Absence, today: date, now: datetime) -> None:
    """An absence, and what it means for a question that was put for one of its days already."""
    database.add(tx, absence)
    open_one = checkins.open_checkin(tx, absence.person_id, max(absence.first, today))
    if open_one is not None and absence.first <= open_one.day <= absence.last:
        open_one.state = CheckInState.SKIPPED if absence.kind == AbsenceKind.SKIP else CheckInState.AWAY
        deliveries.cancel(tx, "They are away.", checkin_id=open_one.id)
        edits.refresh(tx, now, checkin_id=open_one.id)


def stop(tx: Session, person: Person, now: datetime) -> None:
    """No more messages, for good or until `start`."""
    person.stopped_at = now
    deliveries.cancel(tx, "They asked to stop.", person_id=person.id)
    reschedule(tx, [person.id], now)


def start(tx: Session, person: Person, now: datetime) -> None:
    """Asked again from the next moment of their rhythm on."""
    person.stopped_at = None
    if person.asked_from is None:
        introduce(person, now)
        person.asked_from = calendar.local_day(now, person.zone)
    reschedule(tx, [person.id], now)


def introduce(person: Person, now: datetime) -> None:
    """They were told who we are. Asked from tomorrow on: one unprompted message a day is enough."""
    person.introduced_at = person.introduced_at or now
    if person.asked_from is None:
        person.asked_from = first_asked(now, person.zone)


def first_asked(now: datetime, zone: str) -> date:
    """The first local day on which somebody may be asked who is welcomed now."""
    return calendar.local_day(now, zone) + timedelta(days=1)


def gone(tx: Session, person: Person, now: datetime) -> None:
    """They left: nothing is asked or sent any more; their lines stay in the digests of their weeks."""
    person.left_at = now
    deliveries.cancel(tx, "They left.", person_id=person.id)
    reschedule(tx, [person.id], now)


def join(tx: Session, team: Team, person: Person, now: datetime) -> bool:
    """Into a team; False when they are in it already."""
    if people.membership(tx, team.id, person.id) is not None:
        return False
    database.add(tx, Membership(team_id=team.id, person_id=person.id, since=now))
    reschedule(tx, [person.id], now)
    return True


def part(tx: Session, team: Team, person: Person, now: datetime) -> bool:
    """Out of a team; False when they were not in it."""
    row = people.membership(tx, team.id, person.id)
    if row is None:
        return False
    row.until = now
    reschedule(tx, [person.id], now)
    return True


def known_zone(name: str) -> str:
    """A zone this machine knows; UTC for anything else, until they say."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return "UTC"
    return name or "UTC"


def local(now: datetime, zone: str) -> datetime:
    """The wall clock of a zone."""
    return now.astimezone(ZoneInfo(zone) if zone else UTC)


def appoint(tx: Session, addresses: Collection[str], now: datetime) -> None:
    """The first admins, as the settings name them; those who have not been seen yet become admins when they are."""
    for who in addresses:
        known = people.account(tx, who)
        if known is not None and not known[1].admin:
            set_admin(tx, who, now, admin=True)


def set_admin(tx: Session, who: str, now: datetime, *, admin: bool) -> Person:
    """Rights given or taken from outside the chat; audited like any other act."""
    known = people.account(tx, who)
    if known is None:
        raise UserError(f"There is nobody with the address {who}. They have to be imported, or have written once.")
    person = known[1]
    person.admin = admin
    said = f"made {person.name} an admin" if admin else f"took the admin rights of {person.name}"
    database.add(tx, Audit(company_id=person.company_id, at=now, actor_id=None, act="admin", said=said))
    return person
