"""Digests that were posted, with the shares as last counted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, delete, func, update
from sqlmodel import Session, col, select

from storage.kinds import DeliveryKind, DeliveryState
from storage.sql import changed, insert_new, is_now
from storage.tables import Delivery, Digest, DigestReader, DigestShare, Person, Team


def in_private(tx: Session, ids: Collection[int]) -> set[tuple[int, str]]:
    """Those of these digests whose team's channel was private when it was chosen, with that channel's address."""
    if not ids:
        return set()
    rows = tx.exec(
        select(Digest.id, Team.digest_to)
        .join(Team, col(Team.id) == Digest.team_id)
        .where(col(Digest.id).in_(ids), col(Team.digest_private).is_(True))
    )
    return set(rows)


def digest(tx: Session, team_id: int, first: date) -> Digest | None:
    """The digest of a team's week that begins on this day."""
    return tx.exec(select(Digest).where(Digest.team_id == team_id, Digest.first == first)).first()


def by_id(tx: Session, ids: Collection[int]) -> dict[int, Digest]:
    """Digests by id."""
    rows = tx.exec(select(Digest).where(col(Digest.id).in_(ids))).all() if ids else []
    return {row.id: row for row in rows}


def of_day(tx: Session, team_ids: Collection[int], day: date) -> Sequence[Digest]:
    """The posted digests of these teams for the week that a day is in."""
    if not team_ids:
        return []
    return tx.exec(
        select(Digest).where(col(Digest.team_id).in_(team_ids), Digest.first <= day, Digest.last >= day)
    ).all()


def last(tx: Session, team_id: int) -> Digest | None:
    """The newest digest of a team."""
    return tx.exec(select(Digest).where(Digest.team_id == team_id).order_by(col(Digest.first).desc()).limit(1)).first()


def touch(tx: Session, ids: Collection[int], now: datetime) -> None:
    """Notes with digests whose shares are not final yet that somebody answered late."""
    tx.execute(
        update(Digest)
        .where(col(Digest.id).in_(ids), col(Digest.frozen_at).is_(None))
        .values(touched_at=func.coalesce(Digest.touched_at, now))
    )


def to_recount(tx: Session, now: datetime) -> Digest | None:
    """A digest whose shares are not final yet and whose answer window is over, or that somebody answered late for. It
    is ours until the transaction ends."""
    is_over = and_(col(Digest.frozen_at).is_(None), col(Digest.freezes_at) <= now)
    for test, first in ((is_over, Digest.freezes_at), (col(Digest.touched_at) <= now, Digest.touched_at)):
        found = select(Digest).where(test).order_by(col(first), col(Digest.id)).limit(1)
        if tx.get_bind().dialect.name == "postgresql":
            found = found.with_for_update(skip_locked=True, key_share=True)
        row = tx.exec(found).first()
        if row is not None:
            return row
    return None


def shares(tx: Session, digest_id: int) -> Sequence[DigestShare]:
    """The shares of a digest as last counted, in their order."""
    return tx.exec(
        select(DigestShare).where(DigestShare.digest_id == digest_id).order_by(col(DigestShare.position))
    ).all()


def trend(tx: Session, team_id: int, until: date, weeks: int) -> list[tuple[date, tuple[DigestShare, ...]]]:
    """The shares of the last weeks up to one that begins on `until`, oldest first."""
    rows = tx.exec(
        select(col(Digest.first), DigestShare)
        .join(DigestShare, col(DigestShare.digest_id) == Digest.id)
        .where(Digest.team_id == team_id, Digest.first <= until, Digest.first > until - timedelta(days=7 * weeks))
        .order_by(col(Digest.first), col(DigestShare.position))
    ).all()
    found: dict[date, list[DigestShare]] = {}
    for first, share in rows:
        found.setdefault(first, []).append(share)
    return [(first, tuple(shares)) for first, shares in found.items()]


def replace_shares(tx: Session, digest_id: int, rows: Sequence[DigestShare]) -> None:
    """Counted anew."""
    tx.execute(delete(DigestShare).where(col(DigestShare.digest_id) == digest_id))
    tx.add_all(rows)
    tx.flush()


def mark_read(tx: Session, digest_id: int, person_id: int, now: datetime) -> bool:
    """Somebody read it; False when they had said so before."""
    row = insert_new(tx, DigestReader).values(digest_id=digest_id, person_id=person_id, at=now)
    return changed(tx, row.on_conflict_do_nothing()) > 0


def readers(tx: Session, digest_id: int) -> Sequence[str]:
    """The names of those who said that they read it, the first one first."""
    return tx.exec(
        select(Person.name)
        .join(DigestReader, col(DigestReader.person_id) == Person.id)
        .where(DigestReader.digest_id == digest_id)
        .order_by(col(DigestReader.id))
    ).all()


def show_anew(tx: Session, digest_id: int, now: datetime) -> None:
    """Asks for its message in the channel, and none of its thread, to be shown anew."""
    tx.execute(
        update(Delivery)
        .where(
            col(Delivery.digest_id) == digest_id,
            col(Delivery.kind) == DeliveryKind.DIGEST,
            is_now(Delivery.state, DeliveryState.SENT),
        )
        .values(edit_at=now)
    )
