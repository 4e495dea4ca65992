"""What adapters keep between runs, by key."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, delete, func
from sqlmodel import Session, col, select

from storage.database import Database
from storage.sql import insert_new
from storage.tables import Kept

A_STATEMENT = 5_000  # rows at once: every database has a limit to what one statement may carry


class AdapterStore:
    """Text under keys, each call in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        """The text under a key."""
        return await self._database.run(lambda tx: tx.exec(select(Kept.body).where(Kept.key == key)).first())

    async def put(self, texts: Mapping[str, str]) -> None:
        """Keeps these, in the place of what was there."""
        await self._database.run(lambda tx: _put(tx, texts))

    async def drop(self, prefix: str) -> None:
        """Forgets what is kept under keys that begin so."""
        await self._database.run(lambda tx: tx.execute(delete(Kept).where(_begins(prefix))))

    async def every(self, prefix: str) -> Mapping[str, str]:
        """What is kept under keys that begin so."""
        return await self._database.run(
            lambda tx: dict(tx.exec(select(Kept.key, Kept.body).where(_begins(prefix))).all())
        )


def _put(tx: Session, texts: Mapping[str, str]) -> None:
    rows = [{"key": key, "body": body} for key, body in texts.items()]
    for at in range(0, len(rows), A_STATEMENT):
        new = insert_new(tx, Kept)
        tx.execute(
            new.on_conflict_do_update(index_elements=["key"], set_={"body": new.excluded.body}),
            rows[at : at + A_STATEMENT],
        )


def _begins(prefix: str) -> ColumnElement[bool]:
    """By its first characters: LIKE would not tell capitals from small letters on SQLite."""
    return func.substr(col(Kept.key), 1, len(prefix)) == prefix
