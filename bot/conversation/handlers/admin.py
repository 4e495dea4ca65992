"""What only admins may ask: deliveries, pause, resume and the audit trail."""

from __future__ import annotations

from datetime import timedelta

from bot.chat.events import Replace, Reply
from bot.chat.messages import Message
from bot.conversation.context import Turn
from bot.delivery import openings
from bot.views import notes
from checkins.errors import PermissionDenied, UserError
from checkins.people import accounts
from checkins.tagging import quality
from storage import accounts as stored_accounts
from storage import audit, database, uninstalls
from storage import people as stored_people
from storage.outbox import deliveries as stored_deliveries
from storage.outbox import rate_limits
from storage.tables import Audit

SHOWN = timedelta(days=7)
AGAIN_WITHIN = timedelta(days=2)  # a question that is older has been followed by others


def require(turn: Turn) -> None:
    """Raises PermissionDenied for everybody else."""
    if not turn.person.admin:
        raise PermissionDenied("Only admins can do that. `help` shows what you can do.")


def deliveries(turn: Turn) -> Message:
    """What was sent, what waits and for how long, what failed and why."""
    require(turn)
    company = stored_people.company(turn.tx, turn.person.company_id)
    failed = stored_deliveries.failed(turn.tx, company.id, turn.now - SHOWN, 15)
    names = stored_people.by_id(turn.tx, [row.person_id for row in failed if row.person_id])
    return notes.deliveries(
        stored_deliveries.counts(turn.tx, company.id, turn.now - SHOWN),
        [
            notes.Failed(
                row.id,
                row.due_at,
                row.kind,
                names[row.person_id].name if row.person_id in names else row.to,
                row.state,
                row.reason,
                again=row.state in stored_deliveries.FAILED and row.created_at >= turn.now - AGAIN_WITHIN,
            )
            for row in failed
        ],
        [
            notes.Waiting(workspace.name, number, round(rate.per_second * 60) if rate else 0, turn.now + takes)
            for workspace, number, rate, takes in rate_limits.backlog(turn.tx, company.id, turn.now, turn.rates)
            if workspace.removed_at is None
        ],
        [
            notes.AskedElsewhere(row.name, accounts.platform(row.wanted), row.why, accounts.platform(row.used))
            for row in stored_accounts.elsewhere(turn.tx, company.id, 15)
        ],
        turn.person.zone,
        paused=company.paused_at is not None,
        removed=[(row.name, row.removed_at) for row in uninstalls.removed(turn.tx, company.id) if row.removed_at],
    )


def retry(turn: Turn, chosen: str) -> Reply:
    """Tries again what did not arrive: one, or all that is shown."""
    require(turn)
    if chosen != "all" and not chosen.isdigit():
        raise UserError("That delivery is not there any more. `instep deliveries` shows those that are.")
    since = turn.now - AGAIN_WITHIN
    failed = stored_deliveries.failed(turn.tx, turn.person.company_id, since, 15)
    rows = [row for row in failed if row.state in stored_deliveries.FAILED and chosen in ("all", str(row.id))]
    if not rows:
        raise UserError("That delivery is not there any more. `instep deliveries` shows those that are.")
    openings.again(turn.tx, rows, turn.now)
    stored_deliveries.retry(turn.tx, rows)
    _audit(
        turn,
        "instep deliveries",
        f"had {len(rows)} {'delivery' if len(rows) == 1 else 'deliveries'} tried again",
    )
    return Replace(deliveries(turn))


def take_back(turn: Turn) -> Reply:
    """Takes back every question that waits; a digest and what is in the air go on."""
    require(turn)
    number = stored_deliveries.take_back(turn.tx, turn.person.company_id, turn.now, "An admin took it back.")
    _audit(turn, "instep deliveries", f"took back {number} questions that waited")
    return Replace(deliveries(turn))


def filing(turn: Turn) -> Message:
    """How well lines are filed, and whether that got worse."""
    require(turn)
    company = stored_people.company(turn.tx, turn.person.company_id)
    return notes.filing(
        quality.told(quality.weeks(turn.tx, company.id, turn.today)),
        quality.warning(*quality.lately(turn.tx, [company.id], turn.today)[company.id]),
        round(company.asks_below * 100),
    )


def ask_below(turn: Turn, *, percent: int) -> Message:
    """How sure the tagger has to be not to ask."""
    require(turn)
    stored_people.company(turn.tx, turn.person.company_id).asks_below = percent / 100
    _audit(turn, "instep ask", f"asks about lines below {percent}%")
    return notes.asks_below(percent)


def pause(turn: Turn) -> Message:
    """Stops everything at once, with what is in the air."""
    require(turn)
    company = stored_people.company(turn.tx, turn.person.company_id)
    company.paused_at = company.paused_at or turn.now
    _audit(turn, "instep pause", "paused all sending")
    return notes.paused()


def resume(turn: Turn) -> Message:
    """Sends again; what fell due meanwhile is too late by then, and is counted so."""
    require(turn)
    company = stored_people.company(turn.tx, turn.person.company_id)
    company.paused_at = None
    _audit(turn, "instep resume", "resumed sending")
    return notes.resumed()


def trail(turn: Turn) -> Message:
    """Who changed what."""
    require(turn)
    rows = audit.newest(turn.tx, turn.person.company_id, 30)
    names = stored_people.by_id(turn.tx, [row.actor_id for row in rows if row.actor_id])
    said = [(row.at, names[row.actor_id].name if row.actor_id in names else "Instep", row.said) for row in rows]
    return notes.audit(said, turn.person.zone)


def _audit(turn: Turn, act: str, said: str) -> None:
    database.add(
        turn.tx,
        Audit(company_id=turn.person.company_id, at=turn.now, actor_id=turn.person.id, act=act, said=said),
    )
