"""The tree that goals make: who is below whom, and what share of all work each is meant to get."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from storage import goals
from storage.tables import Goal


def tree(rows: Sequence[Goal]) -> list[tuple[int, Goal]]:
    """The goals with their depth, children below their parents, in the order they were added."""
    below = _below(rows)
    found: list[tuple[int, Goal]] = []

    def walk(parent: int | None, depth: int) -> None:
        for row in below.get(parent, []):
            found.append((depth, row))
            walk(row.id, depth + 1)

    walk(None, 0)
    return found


def _below(rows: Sequence[Goal]) -> dict[int | None, list[Goal]]:
    """The goals below each; those whose parent is not among them are at the top, below None."""
    known = {row.id for row in rows}
    below: dict[int | None, list[Goal]] = {}
    for row in rows:
        below.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    return below


def leaves(rows: Sequence[Goal]) -> list[Goal]:
    """Goals with no open goal below them."""
    parents = {row.parent_id for row in rows}
    return [row for row in rows if row.id not in parents]


def intended(rows: Sequence[Goal]) -> dict[int, float]:
    """Each goal's intended share of all work, 0 to 1: its weight among its siblings, down the tree.

    Siblings without a weight share in equal parts what the weighted ones leave; weights that sum to more
    than 100 are scaled.
    """
    below = _below(rows)
    found: dict[int, float] = {}

    def spread(parent: int | None, share: float) -> None:
        siblings = below.get(parent)
        if not siblings:
            return
        stated = sum(row.weight or 0 for row in siblings if row.weight is not None)
        silent = [row for row in siblings if row.weight is None]
        left = max(0, 100 - stated)
        each = left / len(silent) if silent and left else (100 / len(siblings) if silent else 0)
        total = stated + each * len(silent) or 1
        for row in siblings:
            part = share * (each if row.weight is None else row.weight) / total
            found[row.id] = part
            spread(row.id, part)

    spread(None, 1.0)
    return found


def is_under(tx: Session, goal: Goal, above: Goal) -> bool:
    """Whether `above` is the goal itself or anywhere above it."""
    rows = {row.id: row for row in goals.goals(tx, goal.company_id, retired=True)}
    at: int | None = goal.id
    while at is not None:
        if at == above.id:
            return True
        at = rows[at].parent_id
    return False
