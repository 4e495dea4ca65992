"""More than one account: where one is asked, linking one's own, and a workspace that joins the company."""

from __future__ import annotations

import secrets

from bot.chat.messages import Message
from bot.conversation.context import Turn
from bot.conversation.handlers import admin
from bot.views import accounts as account_views
from bot.views import notes
from checkins.errors import UserError
from checkins.people import accounts, members
from storage import accounts as stored_accounts
from storage import database
from storage import people as stored_people
from storage.kinds import CodeKind
from storage.tables import Audit

NOT_GOOD = (
    "That code is not good, or not any more: each works once, and not for long. Ask for a new one where it came from."
)


def prefer(turn: Turn, *, place: str) -> Message:
    """Asked there from now on."""
    wanted = str(turn.workspace.id) if place == "here" else place
    workspace = accounts.prefer(turn.tx, turn.person, wanted)
    turn.tx.flush()
    out_of_reach = [
        why
        for account, there in stored_accounts.of(turn.tx, turn.person.id)
        if account.workspace_id == workspace.id and (why := stored_accounts.why_not(account, there))
    ]
    return account_views.preferred(accounts.platform(workspace.key), out_of_reach[0] if out_of_reach else "")


def link(turn: Turn, *, code: str = "") -> Message:
    """A code to type in the other account; with one, both are the same person from now on."""
    if not code:
        made, until = accounts.code_for(turn.tx, turn.person, CodeKind.ACCOUNT, _attempts(), turn.now)
        return account_views.link(made, members.local(until, turn.person.zone))
    found = accounts.use(turn.tx, turn.person, CodeKind.ACCOUNT, code, turn.now)
    if found is None:
        return notes.problem(NOT_GOOD)
    stays = stored_people.person(turn.tx, found[1])
    if stays.id == turn.person.id:
        raise UserError("That code is from this same account, or one that is linked already. Type it in the other one.")
    said = f"linked an account in {accounts.platform(turn.workspace.key)} with {stays.name}"
    accounts.link(turn.tx, stays, turn.person, turn.now)
    _audit(turn, stays.company_id, stays.id, "instep link", said)
    every = stored_accounts.of(turn.tx, stays.id)
    asked_in = next((workspace for account, workspace in every if account.preferred), turn.workspace)
    return account_views.linked(
        stays.name,
        list(dict.fromkeys(accounts.platform(workspace.key) for _, workspace in every)),
        accounts.platform(asked_in.key),
    )


def invite(turn: Turn) -> Message:
    """A code for another workspace of the company."""
    admin.require(turn)
    made, until = accounts.code_for(turn.tx, turn.person, CodeKind.WORKSPACE, _attempts(), turn.now)
    company = stored_people.company(turn.tx, turn.person.company_id)
    _audit(turn, company.id, turn.person.id, "instep invite", "made a code for another workspace to join")
    return account_views.invited(company.name, made, members.local(until, turn.person.zone))


def join(turn: Turn, *, code: str) -> Message:
    """This workspace becomes one of the company that the code is of."""
    admin.require(turn)
    found = accounts.use(turn.tx, turn.person, CodeKind.WORKSPACE, code, turn.now)
    if found is None:
        return notes.problem(NOT_GOOD)
    into, inviter = found
    who, name = turn.account.who, turn.person.name
    emptied = turn.workspace.company_id
    joined = accounts.join(turn.tx, turn.workspace, into, turn.now)
    turn.taggers.forget(emptied)
    known = stored_people.account(turn.tx, who)
    assert known is not None
    members.appoint(turn.tx, turn.admins, turn.now)
    place = accounts.platform(turn.workspace.key)
    said = f"brought {turn.workspace.name} ({place}) in, with {joined.accounts} accounts, by a code of {_name(turn, inviter)}"
    _audit(turn, into, known[1].id, "instep join", said)
    return account_views.joined(
        joined.company, place, joined.accounts, joined.known, name, who if not known[1].admin else ""
    )


def _name(turn: Turn, person_id: int) -> str:
    found = stored_people.by_id(turn.tx, [person_id]).get(person_id)
    return found.name if found else "somebody who left"


def _attempts() -> str:
    return "".join(secrets.choice(accounts.ALPHABET) for _ in range(accounts.LETTERS))


def _audit(turn: Turn, company_id: int, actor_id: int, act: str, said: str) -> None:
    database.add(turn.tx, Audit(company_id=company_id, at=turn.now, actor_id=actor_id, act=act, said=said))
