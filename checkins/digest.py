"""A team's week as a picture: what got done, how it contributes, whether quickly enough, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from checkins import effort, goals, key_results, pace, privacy, schedule
from checkins.effort import Kind, Target, Worked
from checkins.pace import Pace
from checkins.schedule import Week
from storage import checkins, digests, people
from storage import goals as stored
from storage.checkins import Filed
from storage.tables import Blocker, CheckIn, Digest, DigestShare, Goal, KeyResult, Team

QUOTES = 3
QUOTE_LENGTH = (25, 140)
LATE_ANSWERS_TO_RECOUNT = 4
TREND_WEEKS = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a digest is made of, read in one pass."""

    team: Team
    week: Week
    members: tuple[int, ...]
    away: frozenset[int]
    checkins: tuple[CheckIn, ...]
    lines: tuple[Filed, ...]
    goals: tuple[Goal, ...]  # open ones, and those that lines are filed under
    expected: frozenset[int]  # goals this team is meant to work on
    key_results: dict[int, list[KeyResult]]
    blockers: tuple[Blocker, ...]
    counted: tuple[DigestShare, ...] | None = None  # shares as last counted; None before the digest is posted
    before: tuple[DigestShare, ...] = ()  # those of the week before
    trend: tuple[tuple[date, tuple[DigestShare, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One line as a digest shows it: the words, never whose they are."""

    line_id: int
    text: str
    finished: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What was done for one goal, or of one kind when `goal` is None."""

    goal: Goal | None
    kind: Kind
    items: tuple[Item, ...]

    @property
    def finished(self) -> int:
        return sum(1 for item in self.items if item.finished)


@dataclass(frozen=True, slots=True)
class Share:
    """A rounded percentage. `goal` for one goal, `kind` "merged" for small ones taken together."""

    kind: str
    percent: int
    goal: Goal | None = None
    intended: int | None = None
    change: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A key result as it was last typed."""

    goal: Goal
    result: KeyResult


@dataclass(frozen=True, slots=True)
class Decision:
    """The one thing to decide, and what could be done."""

    about: str
    step: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A digest, before any platform shows it."""

    team: str
    week: Week
    members: int
    asked: int  # 0 when nobody was: what is known was written unasked, or imported
    answered: int
    away: int
    work: tuple[Work, ...]
    other: tuple[Work, ...]
    kinds: tuple[Share, ...]
    shares: tuple[Share, ...]
    withheld: str
    no_work: tuple[Goal, ...]
    no_goal: int
    pace: tuple[tuple[Goal, Pace], ...]
    outcomes: tuple[Outcome, ...]
    blockers: tuple[tuple[str, int], ...]  # words and age in days, oldest first
    quotes: tuple[str, ...]
    trend: tuple[tuple[date, int | None, int | None], ...]  # week, goal work, firefighting; None: not shown
    decision: Decision | None

    @property
    def lines(self) -> int:
        return len({item.line_id for work in (*self.work, *self.other) for item in work.items})

    @property
    def finished(self) -> int:
        return len(
            {item.line_id for work in (*self.work, *self.other) for item in work.items if item.finished}
        )

    @property
    def late(self) -> int:
        return len({item.line_id for work in (*self.work, *self.other) for item in work.items if item.late})


def gather(tx: Session, team: Team, week: Week, *, count_now: bool = False) -> Facts:
    """The facts of a team's days, in a fixed number of queries.

    `count_now` counts shares of days that had no digest; only for days that nobody can answer for any more.
    """
    start = schedule.instant(week.first, 0, team.zone)
    end = schedule.instant(week.last + timedelta(days=1), 0, team.zone)
    members = [row.id for row in people.members_between(tx, team.id, start, end)]
    rows = checkins.between(tx, members, week.first, week.last)
    lines = checkins.lines_between(tx, members, week.first, week.last)
    away = {row.person_id for row in rows if row.state == "away"} - {
        row.person_id for row in rows if row.state in {"asked", "answered"}
    }
    tagged = {tag.goal_id for filed in lines for tag in filed.tags if tag.goal_id}
    every = [
        row
        for row in stored.goals(tx, team.company_id, retired=True)
        if row.id in tagged or (row.retired_at is None and row.created_at < end)
    ]
    ids = [row.id for row in every]
    posted = digests.digest(tx, team.id, week.first)
    before = digests.digest(tx, team.id, week.first - timedelta(days=7))
    facts = Facts(
        team=team,
        week=week,
        members=tuple(members),
        away=frozenset(away),
        checkins=tuple(rows),
        lines=tuple(lines),
        goals=tuple(every),
        expected=frozenset(_expected(tx, team, every, set(members))),
        key_results=key_results.as_of(tx, ids, posted.due_at) if posted else stored.key_results(tx, ids),
        blockers=tuple(checkins.blockers_between(tx, members, week.first, week.last)),
        counted=tuple(digests.shares(tx, posted.id)) if posted else None,
        before=tuple(digests.shares(tx, before.id)) if before else (),
        trend=tuple(digests.trend(tx, team.id, week.first, TREND_WEEKS)),
    )
    return replace(facts, counted=count(facts)) if count_now and facts.counted is None else facts


def _expected(tx: Session, team: Team, rows: Sequence[Goal], members: set[int]) -> set[int]:
    """Open goals without goals below them that need this team, are owned in it, or are everybody's."""
    open_goals = [row for row in rows if row.retired_at is None]
    needs = stored.needs(tx, [row.id for row in rows])
    owners = stored.owners(tx, rows)
    found = set()
    for row in goals.leaves(open_goals):
        needed = needs.get(row.id, set())
        everybodys = not needed and not owners[row.id]
        if team.id in needed or owners[row.id] & members or everybodys:
            found.add(row.id)
    return found


def summarise(facts: Facts) -> Summary:
    """The digest that these facts make. Pure: the same facts, the same digest."""
    by_id = {row.id: row for row in facts.goals}
    items = {
        filed.line.id: Item(filed.line.id, filed.line.text, filed.line.finished, filed.line.late)
        for filed in facts.lines
    }
    work: dict[int, list[Item]] = {}
    other: dict[Kind, list[Item]] = {}
    for filed in facts.lines:
        for tag in filed.tags:
            if tag.goal_id is not None:
                work.setdefault(tag.goal_id, []).append(items[filed.line.id])
            else:
                other.setdefault(_kind(tag.kind), []).append(items[filed.line.id])
    # A check-in whose question never arrived was not asked; an answer typed unasked was.
    answered = {row.person_id for row in facts.checkins if row.state == "answered"}
    asked = {row.person_id for row in facts.checkins if row.asked_at is not None and row.state != "expired"}
    asked = asked - facts.away | answered if asked else asked
    kinds, shares, withheld = _shares(facts, len(answered), len(asked), by_id)
    open_goals = [row for row in facts.goals if row.retired_at is None]
    ours = [row for row in open_goals if row.id in facts.expected]
    paces = tuple(
        (row, pace.of(row, facts.key_results.get(row.id, []), facts.week.last))
        for row in ours
        if row.id not in _parents(open_goals)
    )
    summary = Summary(
        team=facts.team.name,
        week=facts.week,
        members=len(facts.members),
        asked=len(asked),
        answered=len(answered),
        away=len(facts.away),
        work=tuple(
            Work(by_id[goal_id], "goal", tuple(found))
            for goal_id, found in sorted(work.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        ),
        other=tuple(Work(None, kind, tuple(other[kind])) for kind in effort.KINDS if kind in other),
        kinds=kinds,
        shares=shares,
        withheld=withheld,
        no_work=tuple(row for row in open_goals if row.id in facts.expected and row.id not in work),
        no_goal=len(other.get("other", [])),
        pace=paces,
        outcomes=tuple(
            Outcome(row, result)
            for row in ours
            for result in facts.key_results.get(row.id, [])
            if result.now is not None and result.typed_at is not None
        ),
        blockers=tuple((row.text, (facts.week.last - row.day).days) for row in facts.blockers),
        quotes=_quotes(facts.lines),
        trend=tuple(
            (first, _percent(rows, "goal"), _percent(rows, "firefighting"))
            for first, rows in facts.trend
            if rows
        ),
        decision=None,
    )
    return replace(summary, decision=_decision(facts, summary))


def _shares(
    facts: Facts, answered: int, asked: int, by_id: dict[int, Goal]
) -> tuple[tuple[Share, ...], tuple[Share, ...], str]:
    """Shares by kind and by goal, as they were counted for the digest.

    Before that there are none: somebody who looks twice would see what one answer moved.
    """
    rows = facts.counted
    if rows is None:
        return (), (), "Shares are counted when the digest is posted."
    if not rows:
        reason = (
            privacy.withheld(answered, asked) or "Too few people worked on the same things to show shares."
        )
        return (), (), reason
    change = {row.kind: row.percent for row in facts.before if row.goal_id is None}
    intended = goals.intended([row for row in facts.goals if row.retired_at is None])
    weighted = any(row.weight is not None for row in facts.goals)
    kinds = tuple(
        Share(row.kind, row.percent, change=_change(row, change))
        for row in rows
        if row.goal_id is None and row.kind != "other goals"
    )
    shares = tuple(
        Share(
            "goal" if row.goal_id else "merged",
            row.percent,
            goal=by_id.get(row.goal_id) if row.goal_id else None,
            intended=round(intended[row.goal_id] * 100) if weighted and row.goal_id in intended else None,
        )
        for row in rows
        if row.goal_id is not None or row.kind == "other goals"
    )
    return kinds, shares, ""


def _change(row: DigestShare, before: dict[str, int]) -> int | None:
    """Points since the week before; what was merged is made of other kinds each week and has none."""
    return row.percent - before[row.kind] if row.kind in before and row.kind != "merged" else None


def count(facts: Facts) -> tuple[DigestShare, ...]:
    """The shares of a week, rounded and merged for small groups; nothing when they may not be shown.

    Two pictures of the same effort: by kind of work, and goal work by goal. Each keeps the rule on its own,
    and what the goals leave of all goal work has four contributors or is nothing.
    """
    by_checkin: dict[int, list[Worked]] = {}
    for filed in facts.lines:
        targets = tuple(Target(_kind(tag.kind), tag.goal_id) for tag in filed.tags) or (Target("other"),)
        by_checkin.setdefault(filed.line.checkin_id, []).append(
            Worked(targets, filed.line.hours, filed.line.percent)
        )
    days: dict[int, list[dict[Target, float]]] = {}
    for row in facts.checkins:
        if row.state == "answered" and row.id in by_checkin:
            days.setdefault(row.person_id, []).append(effort.of_day(by_checkin[row.id], row.mix))
    asked = days.keys() | {row.person_id for row in facts.checkins if row.state in {"asked", "skipped"}}
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
    facts = gather(tx, team, week)
    digests.add(tx, row)
    _keep(tx, row, count(facts))
    return row


def recount(tx: Session, row: Digest, team: Team, now: datetime) -> bool:
    """Counts the shares anew when four people answered late or the week is closed; whether it did.

    Not sooner: a share that moves with one answer gives that answer away.
    """
    closed = now >= row.freezes_at
    if row.frozen_at is not None:
        return False
    week = Week(row.first, row.last)
    facts = gather(tx, team, week)
    late = checkins.answered_since(tx, facts.members, week.first, week.last, row.counted_at)
    if not closed and late < LATE_ANSWERS_TO_RECOUNT:
        return False
    _keep(tx, row, count(facts))
    row.counted_at = now
    if closed:
        row.frozen_at = now
    return True


def _keep(tx: Session, row: Digest, shares: Sequence[DigestShare]) -> None:
    for share in shares:
        share.digest_id = row.id
    digests.replace_shares(tx, row.id, shares)


def _by_kind(week: dict[Target, float]) -> dict[str, float]:
    found: dict[str, float] = {}
    for target, part in week.items():
        found[target.kind] = found.get(target.kind, 0.0) + part
    return found


def _kind(name: str) -> Kind:
    return next((kind for kind in effort.KINDS if kind == name), "other")


def _parents(rows: Sequence[Goal]) -> set[int | None]:
    return {row.parent_id for row in rows}


def _percent(rows: Sequence[DigestShare], kind: str) -> int | None:
    """A kind's share; 0 only when all kinds are told apart, None when it may be among those merged."""
    shares = {row.kind: row.percent for row in rows if row.goal_id is None}
    return shares.get(kind, None if "merged" in shares else 0)


def _quotes(lines: Sequence[Filed]) -> tuple[str, ...]:
    """Up to three finished lines worth reading, from different people and different goals where it can be."""
    shortest, longest = QUOTE_LENGTH
    fitting = [filed for filed in lines if shortest <= len(filed.line.text) <= longest and filed.tags]
    fitting.sort(key=lambda filed: (not filed.line.finished, filed.tags[0].goal_id is None, filed.line.id))
    chosen: list[Filed] = []
    for filed in fitting:
        new_person = all(filed.line.person_id != other.line.person_id for other in chosen)
        new_goal = all(filed.tags[0].goal_id != other.tags[0].goal_id for other in chosen)
        if new_person and new_goal:
            chosen.append(filed)
    return tuple(filed.line.text for filed in chosen[:QUOTES])


def _decision(facts: Facts, summary: Summary) -> Decision | None:
    late = [(goal, found) for goal, found in summary.pace if found.verdict == "past its date"]
    if late:
        goal, _ = late[0]
        assert goal.by is not None
        return Decision(
            f"{goal.title} was due {schedule.shown(goal.by)} and is not done.",
            "Set a new date with its team, or retire it.",
        )
    behind = sorted(
        (
            (goal, found)
            for goal, found in summary.pace
            if found.verdict == "behind" or goal.status == "off track"
        ),
        key=lambda pair: (pair[0].by is None, pair[0].by),
    )
    if behind:
        goal, found = behind[0]
        when = f", due {schedule.shown(goal.by)}" if goal.by else ""
        if found.done is not None and found.elapsed is not None:
            far = f" is at {round(found.done * 100)}% with {round(found.elapsed * 100)}% of its time gone"
            return Decision(f"{goal.title}{when},{far}.", "Give it more people, less scope, or another date.")
        return Decision(
            f"{goal.title}{when} is off track.", "Give it more people, less scope, or another date."
        )
    if summary.blockers and summary.blockers[0][1] >= 7:
        age = summary.blockers[0][1]
        return Decision(
            f"Something has been in the way for {age} days.", "Find out who can clear it; it is under Flags."
        )
    fire = next((share.percent for share in summary.kinds if share.kind == "firefighting"), None)
    if fire is not None and facts.team.band_firefighting is not None and fire > facts.team.band_firefighting:
        return Decision(
            f"Firefighting took {fire}%, above the {facts.team.band_firefighting}% this team aims for.",
            "Name the one cause to remove first.",
        )
    if summary.no_work and summary.answered:
        names = ", ".join(goal.title for goal in summary.no_work[:2])
        more = f" and {len(summary.no_work) - 2} more" if len(summary.no_work) > 2 else ""
        return Decision(f"Nobody worked on {names}{more}.", "Say whether it can wait, or who starts.")
    return None
