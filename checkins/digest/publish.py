"""A digest once it is posted: its row, its shares, and when those may move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from checkins.digest import build as digest_build
from checkins.digest import shares
from checkins.schedule.calendar import Week
from storage import database, digest_queries, digests
from storage.tables import Digest, DigestShare, Team

LATE_ANSWERS_TO_RECOUNT = 4


def publish(tx: Session, team: Team, week: Week, now: datetime, freezes_at: datetime) -> Digest:
    """The digest of a week becomes a row, with its shares as they are now."""
    row = Digest(
        company_id=team.company_id,
        team_id=team.id,
        first=week.first,
        last=week.last,
        due_at=team.digest_due or now,
        counted_at=now,
        freezes_at=freezes_at,
    )
    database.add(tx, row)
    _keep(tx, row, shares.of(tx, digest_build.population_of(tx, team, week)))
    return row


def recount(tx: Session, row: Digest, team: Team, now: datetime) -> bool:
    """Counts the shares anew when four people answered late or the week is closed; whether it did.

    Not sooner: a share that moves with one answer gives that answer away.
    """
    closed = now >= row.freezes_at
    row.touched_at = None
    if row.frozen_at is not None:
        return False
    week = Week(row.first, row.last)
    population = digest_build.population_of(tx, team, week)
    if not closed and digest_queries.answered_since(tx, population, row.counted_at) < LATE_ANSWERS_TO_RECOUNT:
        return False
    _keep(tx, row, shares.of(tx, population))
    row.counted_at = now
    if closed:
        row.frozen_at = now
    return True


def _keep(tx: Session, row: Digest, counted: Sequence[DigestShare]) -> None:
    for share in counted:
        share.digest_id = row.id
    digests.replace_shares(tx, row.id, counted)
