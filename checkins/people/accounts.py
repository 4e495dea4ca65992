"""Accounts: where somebody with several is written to, codes that work once, and two people who turn out to be one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from checkins.errors import UserError
from checkins.people import members
from storage import accounts as stored_accounts
from storage import database, invite_codes, merge
from storage import people as stored_people
from storage.kinds import CheckInState, CodeKind
from storage.tables import Account, Audit, CheckIn, Code, Person, Workspace

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
LETTERS = 10  # 49 bits
LIVES = {CodeKind.WORKSPACE: timedelta(hours=1), CodeKind.ACCOUNT: timedelta(minutes=10)}
TRIES_WITHIN = timedelta(hours=1)
TRIES, TRIES_OF_ALL = 5, 20  # wrong ones, by one person and in one company
RANK = (
    CheckInState.EXPIRED,
    CheckInState.OPEN,
    CheckInState.ASKED,
    CheckInState.AWAY,
    CheckInState.SKIPPED,
    CheckInState.ANSWERED,
)  # which of two check-ins says more


def platform(key: str) -> str:
    """What the platform of a workspace's key is called: Slack, Teams."""
    return key.partition(":")[0].capitalize()


# Where somebody is written to


def prefer(tx: Session, person: Person, wanted: str) -> Workspace:
    """Written to on this platform from now on ("slack", "teams"), or in the workspace of this id. Raises UserError
    where they have no account."""
    every = stored_accounts.of(tx, person.id)
    fitting = [
        (account, workspace)
        for account, workspace in every
        if wanted.lower() == platform(workspace.key).lower() or wanted == str(workspace.id)
    ]
    if not fitting:
        known = " and ".join(dict.fromkeys(platform(workspace.key) for _, workspace in every))
        raise UserError(f"I know you in {known} only. To add another account of yours, type instep link here.")
    account, workspace = fitting[0]
    for each, _ in every:
        each.chosen = each.id == account.id
    stored_accounts.prefer(tx, [person.id])
    return workspace


def gone_from(tx: Session, account: Account, person: Person, now: datetime) -> None:
    """They are not in a workspace any more, or removed the app there. Who has no other account has left."""
    others = [
        each
        for each, workspace in stored_accounts.of(tx, person.id)
        if each.id != account.id and not stored_accounts.why_not(each, workspace)
    ]
    if not others:
        members.gone(tx, person, now)
        return
    account.unreachable = "They removed the app there, or left that workspace."
    stored_accounts.prefer(tx, [person.id])


# Codes


def code_for(tx: Session, person: Person, kind: CodeKind, letters: str, now: datetime) -> tuple[str, datetime]:
    """A new code as it is typed, made of `letters`, and until when it is good."""
    expires_at = now + LIVES[kind]
    row = Code(
        company_id=person.company_id,
        person_id=person.id,
        kind=kind,
        digest=_digest(letters),
        expires_at=expires_at,
    )
    invite_codes.keep(tx, row, now)
    return f"{letters[:5]}-{letters[5:]}", expires_at


def use(tx: Session, person: Person, kind: CodeKind, typed: str, now: datetime) -> tuple[int, int] | None:
    """Uses a code up: the company and the person it is of. None for a wrong one, which is put on record.

    Raises UserError after too many wrong ones.
    """
    since = now - TRIES_WITHIN
    if (
        invite_codes.tries(tx, person.company_id, since, by=person.id) >= TRIES
        or invite_codes.tries(tx, person.company_id, since) >= TRIES_OF_ALL
    ):
        raise UserError("Too many codes were tried that are not good. Try again in an hour.")
    within = person.company_id if kind == CodeKind.ACCOUNT else None
    found = invite_codes.take(tx, kind, _digest(typed), now, company_id=within)
    if found is None:
        said = "tried a code that is not good"
        database.add(
            tx,
            Audit(company_id=person.company_id, at=now, actor_id=person.id, act=invite_codes.TRIED, said=said),
        )
    return found


def _digest(typed: str) -> str:
    plain = typed.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).hexdigest()


# Two that are one


@dataclass(frozen=True, slots=True)
class Joined:
    """A workspace that joined a company: what that is called, how many accounts came, and how many are somebody's who
    was there already."""

    company: str
    accounts: int
    known: int


def join(tx: Session, workspace: Workspace, into: int, now: datetime) -> Joined:
    """A workspace becomes one of another company, with everybody in it. Raises UserError where that would mix things
    up."""
    goes = workspace.company_id
    company = stored_people.company(tx, into)
    if goes == into:
        raise UserError(f"This workspace belongs to {company.name} already.")
    own = merge.has_own(tx, goes)
    if own == "workspaces":
        raise UserError(
            f"{stored_people.company(tx, goes).name} has several workspaces already. Only a company of one can join another."
        )
    if own:
        raise UserError(
            f"There are {own} in this workspace already, and they would get mixed up with those of {company.name}. "
            "A workspace can join as long as it has none of its own."
        )
    same = merge.same_people(tx, into, goes)
    if merge.is_in_flight(tx, [each.id for pair in same for each in pair]):
        raise UserError("I am writing to some of you just now. Please try again in a minute.")
    number = merge.company(tx, into, goes)
    _become_one(tx, same, now)
    return Joined(company.name, number, len(same))


def link(tx: Session, stays: Person, goes: Person, now: datetime) -> None:
    """Two people of one company are one: everything of the second is the first's. Raises UserError while something is
    being sent to either."""
    if merge.is_in_flight(tx, [stays.id, goes.id]):
        raise UserError("I am writing to you just now. Please try again in a minute.")
    _become_one(tx, [(stays, goes)], now)


def recognise(tx: Session, person: Person, email: str, now: datetime) -> Person:
    """Somebody whose e-mail address was not known before; who they are then, which may be somebody known."""
    known = stored_people.by_email(tx, person.company_id, email)
    if known is None or known.id == person.id:
        person.email = email
        return person
    if merge.is_in_flight(tx, [known.id, person.id]):
        return person  # when they are heard the next time
    _become_one(tx, [(known, person)], now)
    return known


def _become_one(tx: Session, pairs: merge.Pairs, now: datetime) -> None:
    if not pairs:
        return
    merge.lock(tx, [each.id for pair in pairs for each in pair])
    both = merge.days(tx, pairs)
    for day in both:
        _one_day(day.stays, day.goes)
    merge.unwelcome(tx, [goes.id for stays, goes in pairs if stays.introduced_at is not None])
    for stays, goes in pairs:
        _one_person(stays, goes)
    ids = [stays.id for stays, _ in pairs]
    merge.checkins(tx, both, now)
    merge.people(tx, pairs, now)
    stored_accounts.prefer(tx, ids)
    members.reschedule(tx, ids, now)


def _one_day(stays: CheckIn, goes: CheckIn) -> None:
    """Two answers of one day are one answer, the first one first."""
    if stays.state == goes.state == CheckInState.ANSWERED:
        stays.words = f"{stays.words}\n{goes.words}"
        stays.edited_at = max(filter(None, (stays.edited_at, goes.edited_at, goes.answered_at)), default=None)
    elif RANK.index(goes.state) > RANK.index(stays.state):
        stays.state, stays.words, stays.answered_at = goes.state, goes.words, goes.answered_at
        stays.edited_at = goes.edited_at
    stays.mix = stays.mix or goes.mix  # for processes of the release before; replies move by themselves
    stays.asked_at = min(filter(None, (stays.asked_at, goes.asked_at)), default=None)
    if stays.state != CheckInState.ASKED:
        stays.remind_at = None


def _one_person(stays: Person, goes: Person) -> None:
    """What the one who stays never said holds as the other said it."""
    stays.email = stays.email or goes.email
    if not stays.own_zone and (goes.own_zone or stays.zone == "UTC"):
        stays.zone, stays.own_zone = goes.zone, goes.own_zone
    if stays.own_minute is None:
        stays.own_minute, stays.own_days = goes.own_minute, goes.own_days
    stays.reminder = goes.reminder if stays.reminder is None else stays.reminder
    stays.admin = stays.admin or goes.admin
    stays.introduced_at = min(filter(None, (stays.introduced_at, goes.introduced_at)), default=None)
    stays.asked_from = min(filter(None, (stays.asked_from, goes.asked_from)), default=None)
    if goes.left_at is None:
        stays.left_at = None
