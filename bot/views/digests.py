"""The digest: one screen for the channel, its details for the thread, and the same as plain text or a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from bot.chat.messages import Block, Button, Chart, Facts, Form, Message, Quote, Rule, Series, Text, text
from bot.views.checkins import KIND_NAMES, clip
from checkins.answers import questions
from checkins.digest.summary import Decision, DigestSummary, Item, KeyResultOutcome, Share, Work
from checkins.goals.key_results import show_number
from checkins.goals.progress import GoalProgress
from checkins.schedule import calendar
from checkins.schedule.calendar import Week
from storage.kinds import ShareKind, WorkKind
from storage.tables import Goal, KeyResult

GOALS_SHOWN = 5
LINES_A_MESSAGE = 30


def digest(summary: DigestSummary) -> Message:
    """One screen, in four fixed blocks; the first line is the decision it asks for."""
    blocks: list[Block] = []
    if summary.decision is not None:
        blocks.append(text("**DECIDE**  {about}\n_{step}_", about=summary.decision.about, step=summary.decision.step))
    elif summary.answered:
        blocks.append(text("Nothing here needs a decision."))
    if not summary.lines:
        blocks.append(
            text(
                "**DONE**  No lines for this week{yet}.",
                yet=" yet" if summary.asked else ": nobody was asked",
            )
        )
        blocks += _outcomes(summary)
        return Message(title(summary), tuple(blocks))
    blocks += [
        text("**DONE**  {lines}{finished}", lines=_number(summary.lines, "line"), finished=_finished(summary)),
        Facts(tuple(_done(work) for work in summary.work[:GOALS_SHOWN]) + _rest(summary)),
    ]
    blocks += [Quote(words) for words in summary.quotes]
    blocks += [
        Rule(),
        *_contributes(summary),
        *_said(summary),
        Rule(),
        *_quickly(summary),
        Rule(),
        *_outcomes(summary),
    ]
    if summary.blockers:
        oldest = max(age for _, age in summary.blockers)
        blocks.append(
            text(
                "**FLAGS**  {number} open{oldest}",
                number=len(summary.blockers),
                oldest=f", oldest {_number(oldest, 'day')}" if oldest > 0 else "",
            )
        )
    if summary.late:
        blocks.append(
            text(
                "{late} came after this was posted and {are} included.",
                quiet=True,
                late=_number(summary.late, "line"),
                are="is" if summary.late == 1 else "are",
            )
        )
    return Message(
        title(summary),
        tuple(blocks),
        (_open(summary),),
    )


def title(summary: DigestSummary) -> str:
    """`Platform · week of 2 Mar · 7 of 9, 1 away`."""
    asked = f"{summary.answered} of {summary.asked or summary.members}"
    away = f", {summary.away} away" if summary.away else ""
    return f"{summary.team} · {label(summary.week)} · {asked}{away}"


def label(week: Week) -> str:
    """`week of 2 Mar`, or `March 2026` for a month."""
    if (week.last - week.first).days > 7:
        return f"{week.first:%B %Y}"
    return week.label


def posted(summary: DigestSummary, readers: Sequence[str]) -> Message:
    """The digest in its channel, with who said that they read it, the first one first."""
    shown = digest(summary)
    read = (_read_by(readers),) if readers else ()
    seen = Button("Seen", "digest.seen", _subject(summary))
    return replace(shown, blocks=(*shown.blocks, *read), buttons=(seen, _open(summary)))


def whole(summary: DigestSummary, readers: Sequence[str]) -> Message:
    """The digest with everything its thread holds, for one person. Every line is below, so none is quoted above."""
    shown = digest(replace(summary, quotes=()))
    read = (_read_by(readers),) if readers else ()
    lines: list[Block] = []
    for name, items in _parts(summary):
        lines += [text("**{name}**", name=name), *items]
    more = [*_charts(summary), *([Rule(), *lines] if lines else [])]
    return replace(shown, blocks=(*shown.blocks, *read, *more), buttons=())


def figures(summary: DigestSummary) -> Message:
    """The digest for somebody above the team, who does not see its lines."""
    shown = digest(summary)
    why = text("Lines of {team} are for its own people. You see its figures.", quiet=True, team=summary.team)
    return replace(shown, blocks=(*shown.blocks, why), buttons=())


def _read_by(readers: Sequence[str]) -> Text:
    first = readers[0].split(maxsplit=1)[0]
    more = f" and {len(readers) - 1} more" if len(readers) > 1 else ""
    return text("Read by {first}{more}", quiet=True, first=first, more=more)


def _open(summary: DigestSummary) -> Button:
    return Button("Open", "digest.open", _subject(summary))


def _subject(summary: DigestSummary) -> str:
    return f"{summary.team}|{summary.week.first.isoformat()}"


def details(summary: DigestSummary) -> list[Message]:
    """The lines, grouped by goal and never by person, for the thread."""
    messages: list[Message] = []
    blocks: list[Block] = []
    room = LINES_A_MESSAGE
    for name, items in _parts(summary):
        for start in range(0, len(items), LINES_A_MESSAGE):
            chunk = items[start : start + LINES_A_MESSAGE]
            if len(chunk) + 1 > room:
                messages.append(Message(f"{summary.team} · lines", tuple(blocks)))
                blocks, room = [], LINES_A_MESSAGE
            heading = name if start == 0 else f"{name}, continued"
            blocks.append(text("**{name}**", name=heading))
            blocks += chunk
            room -= len(chunk) + 1
    messages.append(Message(f"{summary.team} · lines", tuple(blocks)))
    charts = _charts(summary)
    if charts:
        messages.insert(0, Message(f"{summary.team} · charts", tuple(charts)))
    return [message for message in messages if message.blocks]


def _parts(summary: DigestSummary) -> list[tuple[str, Sequence[Block]]]:
    """The lines under the name of their goal, and what is in the way."""
    parts: list[tuple[str, Sequence[Block]]] = []
    for work in (*summary.work, *summary.other):
        lines: list[Block] = [_line(item) for item in work.items]
        left = work.lines - len(work.items)
        if left > 0:
            lines.append(text("and {left}", quiet=True, left=_number(left, "more line")))
        parts.append((work.goal.title if work.goal else KIND_NAMES[work.kind], lines))
    if summary.blockers:
        waits = [Quote(clip(words), f"{age} days" if age > 1 else "new") for words, age in summary.blockers]
        parts.append(("In the way", waits))
    return parts


def _line(item: Item) -> Quote:
    note = " · ".join(part for part in ("finished" if item.finished else "", "late" if item.late else "") if part)
    return Quote(clip(item.text), note)


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _finished(summary: DigestSummary) -> str:
    return f", {summary.finished} finished" if summary.finished else ""


def _done(work: Work) -> tuple[str, str]:
    name = work.goal.title if work.goal else KIND_NAMES[work.kind]
    state = f"{work.finished} finished" if work.finished else "ongoing"
    return clip(name, 60), f"{_number(work.lines, 'line')}, {state}"


def _rest(summary: DigestSummary) -> tuple[tuple[str, str], ...]:
    more = summary.work[GOALS_SHOWN:]
    rows = []
    if more:
        lines = sum(work.lines for work in more)
        rows.append((f"{_number(len(more), 'more goal')}", _number(lines, "line")))
    rows += [(KIND_NAMES[work.kind], _number(work.lines, "line")) for work in summary.other]
    return tuple(rows)


def _contributes(summary: DigestSummary) -> list[Block]:
    blocks: list[Block] = [text("**CONTRIBUTES**  _share of the week_" if summary.shares else "**CONTRIBUTES**")]
    if summary.withheld:
        blocks.append(text("{why}", quiet=True, why=summary.withheld))
    if summary.shares:
        blocks.append(Facts(tuple(_share(share) for share in summary.shares)))
    if summary.kinds:
        words = " · ".join(_kind(share) for share in summary.kinds)
        blocks.append(text("{kinds}", kinds=words[:1].upper() + words[1:]))
    coverage = []
    if summary.no_work:
        names = ", ".join(clip(goal.title, 60) for goal in summary.no_work[:4])
        more = f" and {len(summary.no_work) - 4} more" if len(summary.no_work) > 4 else ""
        coverage.append(f"No work: {names}{more}")
    if summary.no_goal:
        coverage.append(f"No goal: {_number(summary.no_goal, 'line')}")
    if coverage:
        blocks.append(text("{coverage}", coverage=" · ".join(coverage)))
    return blocks


def _said(summary: DigestSummary) -> list[Block]:
    """What was said to the questions of the digest, under what they were asked as."""
    blocks: list[Block] = []
    for asked in questions.QUESTIONS:
        shares = summary.replies.get(asked.name, ())
        words = [f"{asked.options.get(share.kind, 'the rest')} {_percent(share.percent)}" for share in shares]
        if words:
            prompt = asked.prompt if asked.prompt.endswith("?") else f"{asked.prompt}:"
            blocks.append(text("{prompt} {said}", prompt=prompt, said=" · ".join(words)))
    return blocks


def _share(share: Share) -> tuple[str, str]:
    name = share.goal.title if share.goal else "Smaller goals together"
    against = f", {share.intended}% intended" if share.intended is not None else ""
    return clip(name, 60), f"{_percent(share.percent)}{against}"


def _kind(share: Share) -> str:
    name = "the rest" if share.kind == ShareKind.MERGED else KIND_NAMES[share.kind].lower()
    change = f" ({share.change:+d})".replace("-", "−") if share.change else ""
    return f"{name} {_percent(share.percent)}{change}"


def _percent(number: int) -> str:
    return f"{number}%" if number else "under 5%"


def _quickly(summary: DigestSummary) -> list[Block]:
    said = [(goal, found) for goal, found in summary.pace if found.verdict != "no plan"]
    silent = len(summary.pace) - len(said)
    blocks: list[Block] = [text("**QUICKLY ENOUGH**")]
    if said:
        blocks.append(Facts(tuple((clip(goal.title, 60), _verdict(goal, found)) for goal, found in said[:6])))
    if silent:
        more = "more " if said else ""
        planless = (
            f"{silent} {more}goal{'s' if silent != 1 else ''} with no date or no number: no plan to compare with."
        )
        blocks.append(text("{words}", quiet=True, words=planless))
    if not summary.pace:
        blocks.append(text("No goals to judge yet.", quiet=True))
    return blocks


def _verdict(goal: Goal, found: GoalProgress) -> str:
    if found.verdict == "past its date" and goal.by:
        return f"past its date, {calendar.shown(goal.by)}"
    if found.done is not None and found.elapsed is not None:
        return f"{found.verdict}: {round(found.done * 100)}% done, {round(found.elapsed * 100)}% of its time gone"
    return found.verdict


def _outcomes(summary: DigestSummary) -> list[Block]:
    if not summary.outcomes:
        return [text("**OUTCOMES**  No numbers typed yet.")]
    rows = tuple(_outcome(outcome) for outcome in summary.outcomes[:6])
    return [text("**OUTCOMES**"), Facts(rows)]


def _outcome(outcome: KeyResultOutcome) -> tuple[str, str]:
    row = outcome.result
    start = f"{show_number(row.start)} → " if row.start is not None and row.start != row.now else ""
    now = show_number(row.now) if row.now is not None else "?"
    typed = f" (typed {row.typed_at.day} {row.typed_at:%b})" if row.typed_at else ""
    return clip(row.title, 60), f"{start}{now}, target {show_number(row.target)}{row.unit}{typed}"


def _charts(summary: DigestSummary) -> list[Chart]:
    """Shares against weights, and the trend over weeks, where there is something to compare."""
    charts = []
    named = [(share, share.goal) for share in summary.shares if share.goal is not None]
    if len(named) > 1:
        series = [Series("Share", tuple(float(share.percent) for share, _ in named))]
        if any(share.intended is not None for share, _ in named):
            series.append(Series("Intended", tuple(_float(share.intended) for share, _ in named)))
        fallback = "; ".join(" ".join(_share(share)) for share, _ in named)
        labels = tuple(clip(goal.title, 24) for _, goal in named)
        charts.append(Chart("Share of the week by goal", "bars", labels, tuple(series), fallback, "%"))
    if len(summary.trend) > 1:
        labels = tuple(f"{first.day} {first:%b}" for first, _, _ in summary.trend)
        goal = Series("Goal work", tuple(_float(percent) for _, percent, _ in summary.trend))
        fire = Series("Firefighting", tuple(_float(percent) for _, _, percent in summary.trend))
        fallback = "; ".join(
            f"{first.day} {first:%b}: goal work {_known(one)}, firefighting {_known(two)}"
            for first, one, two in summary.trend
        )
        charts.append(Chart("Goal work and firefighting", "lines", labels, (goal, fire), fallback, "%"))
    return charts


def _known(percent: int | None) -> str:
    return "not shown" if percent is None else f"{percent}%"


def _float(number: int | None) -> float | None:
    return None if number is None else float(number)


def _goal(number: int, title: str, by: date | None = None) -> Goal:
    return Goal(
        id=number,
        company_id=1,
        handle=title.lower(),
        title=title,
        by=by,
        created_at=datetime(2026, 1, 5, tzinfo=UTC),
    )


_PRICING, _HOSTING, _API = (
    _goal(1, "Pricing page", date(2026, 6, 30)),
    _goal(2, "EU hosting", date(2026, 4, 30)),
    _goal(3, "Partner API"),
)


def _work(goal: Goal | None, kind: WorkKind, *items: Item) -> Work:
    return Work(goal, kind, len(items), sum(item.finished for item in items), items)


_SUMMARY = DigestSummary(
    team="Platform", week=Week(date(2026, 3, 2), date(2026, 3, 8)), members=9, asked=9, answered=7, away=1,
    lines=23, finished=10, late=1,
    work=(
        _work(_PRICING, WorkKind.GOAL, *(Item(n, f"Pricing page, part {n}", False, n == 3) for n in range(8))),
        _work(_HOSTING, WorkKind.GOAL, *(Item(20 + n, "Database moved to Frankfurt, no downtime", True, False) for n in range(6))),
    ),
    other=(
        _work(None, WorkKind.FIREFIGHTING, *(Item(40 + n, "Mail queue stuck", False, False) for n in range(5))),
        _work(None, WorkKind.OTHER, *(Item(50 + n, "Read a book", True, False) for n in range(4))),
    ),
    kinds=(Share("goal", 45), Share("firefighting", 30, change=10), Share("merged", 25)),
    shares=(Share("goal", 30, goal=_PRICING, intended=40), Share("goal", 15, goal=_HOSTING, intended=30)), withheld="",
    no_work=(_API,), no_goal=4,
    pace=((_PRICING, GoalProgress(1, "behind", 0.24, 0.61, date(2026, 6, 30))), (_HOSTING, GoalProgress(2, "on pace", 0.7, 0.6, date(2026, 4, 30))), (_API, GoalProgress(3, "no plan"))),
    outcomes=(KeyResultOutcome(_PRICING, KeyResult(id=1, goal_id=1, title="Sign-ups", start=410, now=455, target=600)),),
    blockers=(("Waiting on Legal for the wording", 9), ("No access to the billing sandbox", 2)),
    quotes=("Database moved to Frankfurt, no downtime",),
    trend=((date(2026, 2, 16), 60, 15), (date(2026, 2, 23), 55, 20), (date(2026, 3, 2), 45, 30)),
    decision=Decision("Pricing page, due 30 June, is at 24% with 61% of its time gone.", "Give it more people, less scope, or another date."),
)  # fmt: skip
EXAMPLES: dict[str, Message | Form] = {
    "digests.digest": digest(_SUMMARY),
    "digests.posted": posted(_SUMMARY, ["Ana Ruiz", "Ben Okafor", "Mara Lind"]),
    "digests.whole": whole(_SUMMARY, ["Ana Ruiz"]),
    "digests.figures": figures(replace(_SUMMARY, quotes=(), blockers=(), decision=None, no_goal=0)),
    "digests.details": details(_SUMMARY)[0],
}
