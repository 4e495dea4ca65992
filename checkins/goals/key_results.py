"""Key results and initiatives: numbers that say how far a goal is, and what is tried for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from checkins import text
from checkins.errors import UserError
from storage import audit, database, goals
from storage.tables import Audit, Change, Goal, Initiative, KeyResult


def read_number(words: str) -> float:
    """`1,234.5`, `1.234,5`, `12 000`, `455` as a number."""
    told = re.sub(r"[\s ']", "", words)
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", told):
        told = told.replace(",", "")
    elif re.fullmatch(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?", told) and told.count(".") + ("," in told) > 1:
        told = told.replace(".", "").replace(",", ".")
    else:
        told = told.replace(",", ".")
    try:
        return float(told)
    except ValueError:
        raise UserError(f"“{words.strip()}” is not a number.") from None


def show_number(number: float) -> str:
    """`455`, `1,200`, `99.5`."""
    return f"{number:,.0f}" if number == int(number) else f"{number:,.2f}".rstrip("0")


def read(line: str) -> KeyResult:
    """`Sign-ups 410 -> 600`, `Sign-ups 410 > 455 > 600`, `Uptime 99.5 -> 99.95 %` as a key result. Raises UserError."""
    match = re.fullmatch(
        r"(?P<title>.+?)[\s:]+(?:from\s+)?(?P<start>[-+]?[\d.,]+)\s*(?:(?:->|→|>|to)\s*(?P<now>[-+]?[\d.,]+)\s*)?"
        r"(?:->|→|>|to)\s*(?P<target>[-+]?[\d.,]*\d)\s*(?P<unit>\S{0,12})",
        text.on_one_line(line),
    )
    if match is None:
        raise UserError(f"“{line}” is not a key result. Write it like Sign-ups 410 -> 600.", field="key_results")
    start = read_number(match["start"])
    return KeyResult(
        goal_id=0,
        title=match["title"].strip(),
        start=start,
        now=read_number(match["now"]) if match["now"] else start,
        target=read_number(match["target"]),
        unit=match["unit"],
    )


def write(row: KeyResult) -> str:
    """The same, as it is typed in a form."""
    numbers = [show_number(part).replace(",", "") for part in (row.start, row.now, row.target) if part is not None]
    if row.now == row.start and row.start is not None:
        numbers = [numbers[0], numbers[-1]]
    return f"{row.title} {' -> '.join(numbers)}{' ' + row.unit if row.unit else ''}"


def as_of(tx: Session, goal_ids: Sequence[int], moment: datetime) -> dict[int, list[KeyResult]]:
    """Key results by goal with the numbers they had at a moment: what is typed later does not change the past."""
    typed = audit.numbers_typed(tx, goal_ids)
    found = goals.key_results(tx, goal_ids)
    return {goal_id: [_then(row, typed.get(row.id, []), moment) for row in rows] for goal_id, rows in found.items()}


def _then(row: KeyResult, typed: Sequence[tuple[datetime, str | None, str | None]], moment: datetime) -> KeyResult:
    now, at = row.now, row.typed_at
    if typed:
        known = [(when, after) for when, _, after in typed if when <= moment]
        now_words = known[-1][1] if known else typed[0][1]
        now, at = (None if now_words is None else float(now_words)), (known[-1][0] if known else None)
    copied = row.model_dump()
    return KeyResult(**{**copied, "now": now, "typed_at": at})


def set_lists(tx: Session, goal: Goal, results: Sequence[str], initiatives: Sequence[str], entry: Audit) -> None:
    """Key results and initiatives by their lines: the same title stays the same row, with its number."""
    have = {text.folded(row.title): row for row in goals.key_results(tx, [goal.id]).get(goal.id, [])}
    for line in results:
        wanted = read(line)
        row = have.pop(text.folded(wanted.title), None)
        if row is None:
            wanted.goal_id, wanted.typed_at = goal.id, entry.at
            database.add(tx, wanted)
            database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="key results", after=line))
        elif write(row) != write(wanted):
            database.add(
                tx,
                Change(
                    audit_id=entry.id,
                    goal_id=goal.id,
                    field="key results",
                    before=write(row),
                    after=line,
                ),
            )
            row.start, row.now, row.target, row.unit = wanted.start, wanted.now, wanted.target, wanted.unit
            row.typed_at = entry.at
    for row in have.values():
        database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="key results", before=write(row)))
        tx.delete(row)
    tried = {text.folded(row.title): row for row in goals.initiatives(tx, [goal.id]).get(goal.id, [])}
    for title in map(text.on_one_line, initiatives):
        if tried.pop(text.folded(title), None) is None:
            database.add(tx, Initiative(goal_id=goal.id, title=title))
            database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="initiatives", after=title))
    for left in tried.values():
        database.add(tx, Change(audit_id=entry.id, goal_id=goal.id, field="initiatives", before=left.title))
        tx.delete(left)


def undo(tx: Session, goal: Goal, change: Change) -> None:
    """Puts back what one change did to the key results or initiatives of a goal."""
    if change.field == "initiatives":
        if change.before is not None:
            database.add(tx, Initiative(goal_id=goal.id, title=change.before))
            return
        for tried in goals.initiatives(tx, [goal.id]).get(goal.id, []):
            if tried.title == change.after:
                tx.delete(tried)
        return
    rows = goals.key_results(tx, [goal.id]).get(goal.id, [])
    if change.field != "key results":  # "key result 12": its number alone
        for row in rows:
            if change.field == f"key result {row.id}":
                row.now = None if change.before is None else float(change.before)
        return
    before = read(change.before) if change.before is not None else None
    after = read(change.after) if change.after is not None else None
    row_now = next((row for row in rows if after is not None and row.title == after.title), None)
    if before is None:
        if row_now is not None:
            tx.delete(row_now)
    elif row_now is None:
        before.goal_id = goal.id
        database.add(tx, before)
    else:
        row_now.start, row_now.now, row_now.target, row_now.unit = (
            before.start,
            before.now,
            before.target,
            before.unit,
        )
