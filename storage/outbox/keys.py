"""The key of each delivery: what it means, so that the same thing is never planned twice. Written and read here alone.

A key is kept, and platforms carry it in messages, so its written form stays: `kind|who or what|when`. What is made for
many people in one statement has the same key as an expression of the database.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, literal

from storage.kinds import DeliveryKind

_NOBODYS = "merged|"


def welcome(person_id: int) -> str:
    """Somebody is welcomed once."""
    return f"{DeliveryKind.WELCOME}|{person_id}"


def question(kind: DeliveryKind, person_id: int, day: date) -> str:
    """Somebody is asked once about a local day, and reminded once."""
    return f"{kind}|{person_id}|{day.isoformat()}"


def snooze(person_id: int, day: date, until: datetime) -> str:
    """Asked again about a local day at a moment they chose; `until` is UTC."""
    return f"{question(DeliveryKind.SNOOZE, person_id, day)}|{until:%H%M%S}"


def digest(team_id: int, first: date) -> str:
    """The digest of a team's week, by its first day."""
    return f"{DeliveryKind.DIGEST}|{team_id}|{first.isoformat()}"


def detail(digest_key: str, place: int) -> str:
    """A reply in the thread of that digest, the first being 0."""
    return f"{digest_key}|{place}"


def removed(workspace_id: int, at: datetime) -> str:
    """An admin is told once that Instep was removed from a workspace at a moment."""
    return f"{DeliveryKind.REMOVED}|{at.isoformat()}|{workspace_id}"


def place_of_detail(key: str) -> int:
    """Which reply of its digest it is. Raises ValueError for the key of something else."""
    return int(key.rpartition("|")[2])


def workspace_of_removed(key: str) -> int:
    """The id of the workspace that Instep was removed from. Raises ValueError for the key of something else."""
    return int(key.rpartition("|")[2])


# The same as expressions


def welcome_of(person_id: Any) -> ColumnElement[str]:
    """`welcome` of a column of ids."""
    return literal(f"{DeliveryKind.WELCOME}|") + cast(person_id, String)


def question_of(kind: DeliveryKind, person_id: Any, day: Any) -> ColumnElement[str]:
    """`question` of columns of ids and days."""
    return literal(f"{kind}|") + cast(person_id, String) + literal("|") + cast(day, String)


def of_another(kind: DeliveryKind, key: Any, before: Any, after: Any) -> ColumnElement[str]:
    """The key of the same thing said to another person: to `after` in the place of `before`, both ids."""
    start = literal(f"{kind}|")
    rest = func.substr(key, func.length(start + cast(before, String)) + 1)
    renamed: ColumnElement[str] = start + cast(after, String) + rest
    return renamed


def of_nobody(delivery_id: Any) -> ColumnElement[str]:
    """The key of something that keeps nothing of who it was said to."""
    return literal(_NOBODYS) + cast(delivery_id, String)


def is_of_nobody(key: Any) -> ColumnElement[bool]:
    """Whether it is such a key."""
    test: ColumnElement[bool] = key.startswith(_NOBODYS)
    return test
