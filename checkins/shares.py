"""Effort shares of a team's week: counted, merged for small groups, rounded."""

from __future__ import annotations

from collections.abc import Sequence

from checkins import effort, privacy
from checkins.effort import Target, Worked
from storage.checkins import DigestDay, DigestLine
from storage.tables import DigestShare


def count(rows: Sequence[DigestDay], lines: Sequence[DigestLine]) -> tuple[DigestShare, ...]:
    """The shares of these check-ins, rounded and merged for small groups; nothing when they may not be shown.

    Two pictures of the same effort: by kind of work, and goal work by goal. Each keeps the rule on its own,
    and what the goals leave of all goal work has four contributors or is nothing.
    """
    by_checkin: dict[int, list[Worked]] = {}
    for line in lines:
        targets = tuple(Target(effort.kind_named(place.kind), place.goal_id) for place in line.places) or (
            Target("other"),
        )
        by_checkin.setdefault(line.checkin_id, []).append(Worked(targets, line.hours, line.percent))
    days: dict[int, list[dict[Target, float]]] = {}
    for row in rows:
        if row.state == "answered" and row.id in by_checkin:
            days.setdefault(row.person_id, []).append(effort.of_day(by_checkin[row.id], row.mix))
    asked = days.keys() | {row.person_id for row in rows if row.state in {"asked", "skipped"}}
    if privacy.withheld(len(days), len(asked)):
        return ()
    weeks = [effort.of_week(parts) for parts in days.values()]
    kinds = privacy.shares([_by_kind(week) for week in weeks])
    if kinds is None:
        return ()
    found = [
        DigestShare(digest_id=0, position=0, kind=kind, percent=percent) for kind, percent in kinds.shown
    ]
    if kinds.merged:
        found.append(DigestShare(digest_id=0, position=0, kind="merged", percent=kinds.merged))
    goal_percent = dict(kinds.shown).get("goal")
    if goal_percent:
        found += _goal_shares(weeks, goal_percent)
    for position, share in enumerate(found):
        share.position = position
    return tuple(found)


def _goal_shares(weeks: Sequence[dict[Target, float]], goal_percent: int) -> list[DigestShare]:
    """Goal work by goal, as parts of all work. Small goals are merged with each other, never with a kind."""
    only = [
        {target.goal_id: part for target, part in week.items() if target.kind == "goal"} for week in weeks
    ]
    shares = privacy.shares(only)
    if shares is None:
        return []
    found = []
    for goal_id, percent in shares.shown:
        rounded = round(percent * goal_percent / 100 / privacy.ROUNDED_TO) * privacy.ROUNDED_TO
        found.append(DigestShare(digest_id=0, position=0, goal_id=goal_id, kind="goal", percent=rounded))
    if shares.merged:
        rounded = round(shares.merged * goal_percent / 100 / privacy.ROUNDED_TO) * privacy.ROUNDED_TO
        found.append(DigestShare(digest_id=0, position=0, kind="other goals", percent=rounded))
    return found


def _by_kind(week: dict[Target, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for target, part in week.items():
        found[target.kind] = found.get(target.kind, 0.0) + part
    return found
