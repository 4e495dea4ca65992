"""Who is a member of the organisation and who is an outsider, as their platforms tell it: followed whenever it
changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlmodel import Session

from checkins.answers import edit_window
from storage import accounts, checkins
from storage.kinds import DeliveryState
from storage.outbox import deliveries

REASON = "They are a guest, or of another organisation."


def follow(tx: Session, outsiders: Mapping[str, bool], now: datetime) -> None:
    """What platforms say of accounts now, by their ids: True for an outsider's. Ids that nobody here has change
    nothing.

    Whoever became an outsider is written to at another account of theirs, if that is a member's. Else nothing is sent
    to them any more, and they are not missed for what they were asked and did not answer.
    """
    changed: set[int] = set()
    for account in accounts.called(tx, outsiders):
        account.looked_up_at = now
        if account.outsider != outsiders[account.who]:
            account.outsider = outsiders[account.who]
            changed.add(account.person_id)
    if changed:
        accounts.prefer(tx, changed)
        deliveries.cancel_to_outsiders(tx, changed, REASON)
        _unask(tx, accounts.only_outsiders(tx, changed), now)


def is_outsider(tx: Session, person_id: int) -> bool:
    """Whether somebody is one wherever we know them."""
    return person_id in accounts.only_outsiders(tx, [person_id])


def _unask(tx: Session, people: Collection[int], now: datetime) -> None:
    """Questions they did not answer were not asked, but for those of weeks that are closed: their figures stand."""
    waiting = checkins.unanswered(tx, people)
    closed = edit_window.closed(tx, waiting, now)
    for row in waiting:
        if row.id not in closed:
            row.state = DeliveryState.EXPIRED
