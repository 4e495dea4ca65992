"""What is said around a check-in: the question, the form, what was saved, and a person's own weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from bot.chat.messages import (
    Block,
    Button,
    ChoiceField,
    Form,
    Message,
    Option,
    Pick,
    Quote,
    Rule,
    Text,
    TextField,
    text,
)
from checkins.answers import parse as answer_parse
from checkins.answers import questions
from checkins.schedule import calendar
from storage.kinds import WorkKind

KIND_NAMES: Mapping[str, str] = {
    WorkKind.SUPPORT: "Planned support",
    WorkKind.FIREFIGHTING: "Firefighting",
    WorkKind.OVERHEAD: "Overhead",
    WorkKind.OTHER: "No goal",
    WorkKind.GOAL: "Goal work",
}
SHOWN_LINES = 25  # a longer answer is shown in part; Edit has all of it
MINE_LINES = 12
CLIPPED_AT = 300
MOST_OPTIONS = 100  # a list longer than this is searched, not shown
MOST_BLOCKS = 38
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FilingPlace:
    """Where a line may go: `goal:12` or a kind, and its name."""

    target: str
    name: str


@dataclass(frozen=True, slots=True)
class SavedLine:
    """A line, where it is filed, what was stated, and the places to choose from while it is open."""

    id: int
    words: str
    places: tuple[str, ...]
    effort: str = ""
    finished: bool = False
    late: bool = False
    ask: tuple[FilingPlace, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A check-in as it stands."""

    day: date
    at: datetime
    zone: str
    lines: tuple[SavedLine, ...]
    replies: Mapping[str, str] = field(default_factory=dict)  # by question
    blockers: tuple[str, ...] = ()
    closed_on: date | None = None  # the day its week closed: nothing of it changes any more


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """What a question shows: the day, whether there is a last time, and what was in the way."""

    day: date
    first_name: str
    can_repeat: bool = False
    blockers: tuple[tuple[int, str, int], ...] = ()  # id, words, age in days
    reminder: bool = False
    asks: str = ""  # the team's own words for the question


def day_name(day: date) -> str:
    """`Thursday 5 March`."""
    return f"{day:%A} {calendar.shown(day)}"


def at_local(moment: datetime, zone: str) -> str:
    """`Thursday 5 March, 15:30` on the clocks of a zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_name(local.date())}, {local:%H:%M}"


def clip(words: str, most: int = CLIPPED_AT) -> str:
    """The words, or their beginning and an ellipsis."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


_HOW = text("One line for each piece of work. Add `2h` or `30%` where you like, or just type the lines here.")


def question(about: OpenQuestion) -> Message:
    """The one message of a check-in, before it is answered."""
    title = (
        f"Still time to check in for {about.day:%A}, {about.first_name}"
        if about.reminder
        else about.asks or f"What did you work on, {about.first_name}?"
    )
    blocks: list[Block] = [_HOW]
    for blocker_id, words, age in about.blockers:
        blocks.append(
            Pick(
                text("“{words}”: still in your way{age}?", words=clip(words, 120), age=_age(age)),
                "blocker",
                str(blocker_id),
                (Option("still", "Still there"), Option("gone", "Out of the way")),
            )
        )
    return Message(title, tuple(blocks), *_ways_to_answer(about.day, about.can_repeat))


def _age(days: int) -> str:
    return "" if days < 1 else " after a day" if days == 1 else f" after {days} days"


@lru_cache(maxsize=100)  # a round is thousands of questions about one day
def _ways_to_answer(day: date, can_repeat: bool) -> tuple[tuple[Button, ...], Form]:
    same = [Button("Same as last time", "same", day.isoformat())] if can_repeat else []
    later = (Button("In an hour", "snooze", day.isoformat()), Button("Skip", "skip", day.isoformat()))
    return (*same, *later), form(day)


def form(
    day: date,
    words: str = "",
    blockers: str = "",
    replies: Mapping[str, str] = NOTHING_SAID,
    *,
    filed: int | None = None,
) -> Form:
    """The check-in form of a day, filled with what is known. Its subject says how many filed lines it shows, all of
    them unless `filed` says so, so that others that come while it is open are not taken for lines that were deleted."""
    return Form(
        "checkin",
        f"{day.isoformat()}+{len(answer_parse.rows(words)) if filed is None else filed}",
        "Check in" if not words else "Edit your check-in",
        (
            TextField(
                "words",
                "What did you work on?",
                words,
                rows=6,
                hint="One line for each piece of work. 2h or 30% at the end is understood; #goal files it yourself.",
                placeholder="Pricing page: copy and layout done 3h\nHelped ACME with their import\nIncident: mail queue stuck 1h",
            ),
            TextField(
                "blockers",
                "Anything in your way?",
                blockers,
                rows=2,
                optional=True,
                hint="One line each. Stays open until you clear it.",
            ),
            *(_field(asked, replies.get(asked.name, "")) for asked in questions.QUESTIONS),
        ),
    )


def _field(asked: questions.Question, said: str) -> ChoiceField:
    return ChoiceField(
        asked.name,
        asked.prompt,
        _options(asked),
        (said,) if said else (),
        optional=True,
        hint=asked.hint,
    )


def _options(asked: questions.Question) -> tuple[Option, ...]:
    return tuple(Option(value, label) for value, label in asked.options.items())


def keep(day: date, words: str, blockers: str, replies: Mapping[str, str], *, by: str, filed: int) -> Form:
    """A message from elsewhere in the form of its day, to be looked at before it is filed. `by` is who wrote it, where
    that is somebody else; `filed` how many lines of that day stand above it."""
    whose = (
        text("**{by} wrote this, not you.** Save only what is your own work: it is filed as yours, ", by=by)
        if by
        else text("Nothing is filed before you save. It counts ")
    )
    where = text("for **{day}**{more}.", day=day_name(day), more=", below what you wrote" if filed else "")
    intro = Text((*whose.spans, *where.spans))
    return replace(form(day, words, blockers, replies, filed=filed), title="Save as check-in", intro=intro)


def saved(about: Saved) -> Message:
    """The same message once it is answered: every line and where it went, and what is still open."""
    local = about.at.astimezone(ZoneInfo(about.zone))
    when = f"{local:%H:%M}" if local.date() == about.day else f"{local:%A %H:%M}"
    blocks: list[Block] = []
    for line in about.lines[:SHOWN_LINES]:
        asks = line.ask and about.closed_on is None
        note = " · ".join(
            part
            for part in (
                f"→ {', '.join(clip(name, 60) for name in line.places)}" if not asks else "",
                line.effort,
                "finished" if line.finished else "",
                "late" if line.late else "",
                clip(line.why, 80) if not asks else "",
            )
            if part
        )
        blocks.append(Quote(clip(line.words, 200), note))
        if asks:
            blocks.append(_which(line))
    left = len(about.lines) - SHOWN_LINES
    if left > 0:
        blocks.append(text("and {left} more lines, all saved. Edit shows them.", quiet=True, left=left))
    if about.blockers:
        blocks.append(text("In your way: {what}", what="; ".join(clip(words, 120) for words in about.blockers)))
    day = about.day.isoformat()
    number = len(about.lines)
    title = f"Saved {when}: {number} line{'s' if number != 1 else ''} for {day_name(about.day)}"
    if about.closed_on is not None:
        closed = text(
            "That week closed on {day}, and its figures stand.",
            quiet=True,
            day=calendar.shown(about.closed_on),
        )
        return Message(title, (*blocks, closed))
    for asked in questions.QUESTIONS:
        prompt = text("{prompt}", quiet=True, prompt=asked.prompt)
        blocks.append(Pick(prompt, asked.name, day, _options(asked), about.replies.get(asked.name, "")))
    buttons = (Button("Edit", "edit", day), Button("Move a line", "move", day))
    return Message(title, tuple(blocks), buttons)


def _which(line: SavedLine) -> Pick:
    options = [Option(place.target, clip(place.name, 60)) for place in line.ask]
    return Pick(
        text("Which goal does this serve?", quiet=True),
        "file",
        str(line.id),
        (*options, Option("more", "Another goal…"), Option(WorkKind.OTHER.value, "No goal")),
    )


def move(day: date, lines: Sequence[tuple[int, str]], places: Sequence[FilingPlace], chosen: int | None = None) -> Form:
    """Files one line elsewhere; with `chosen` that one."""
    options = tuple(Option(str(line_id), clip(words, 70)) for line_id, words in lines[:MOST_OPTIONS])
    return Form(
        "move",
        day.isoformat(),
        "Move a line",
        (
            ChoiceField("line", "Which line?", options, (str(chosen),) if chosen else ()),
            ChoiceField(
                "target",
                "Where does it belong?",
                tuple(Option(place.target, clip(place.name, 70)) for place in places),
                hint="Next time I will know better.",
                suggests=len(places) > MOST_OPTIONS,
            ),
        ),
        submit="Move",
    )


def added(day: date, lines: int) -> Message:
    """More lines for a check-in that was answered already; the check-in itself shows them."""
    number = f"{lines} lines" if lines != 1 else "1 line"
    return Message(f"Added: {number} for {day_name(day)} now", (), (Button("Edit", "edit", day.isoformat()),))


def skipped(day: date) -> Message:
    """The question after Skip."""
    return Message(
        f"Skipped {day_name(day)}",
        (text("You can still answer: type your lines.", quiet=True),),
        form=form(day),
    )


def skipped_until(until: date) -> Message:
    """After `skip until`."""
    return Message(f"I will ask again from {day_name(until)} on", (text("`leave over` ends it sooner.", quiet=True),))


def snoozed(day: date, until: datetime, zone: str) -> Message:
    """The question after Snooze."""
    local = until.astimezone(ZoneInfo(zone))
    return Message(
        f"I will ask again at {local:%H:%M}" + ("" if local.date() == day else f" on {local:%A}"),
        (text("Type your lines whenever you like.", quiet=True),),
        form=form(day),
    )


def asked_again(day: date) -> Message:
    """An older question, once it was put again."""
    return Message(f"I asked about {day_name(day)} again, below")


def away(day: date) -> Message:
    """The question of a day that turned out to be a day off."""
    return Message(f"You are away on {day_name(day)}", (text("Nothing to answer. Enjoy it.", quiet=True),))


def mine(weeks: Sequence[tuple[str, Sequence[Saved]]]) -> Message:
    """A person's own weeks, newest first."""
    if not any(checkins for _, checkins in weeks):
        return Message(
            "No check-ins of yours in these weeks",
            (text("`checkin` opens the form; or just type what you worked on."),),
        )
    blocks: list[Block] = []
    for label, checkins in weeks:
        if not checkins:
            continue
        if blocks:
            blocks.append(Rule())
        blocks.append(text("**{label}**", label=label[:1].upper() + label[1:]))
        for checkin in checkins:
            blocks.append(text("{day}", quiet=True, day=day_name(checkin.day)))
            for line in checkin.lines[:MINE_LINES]:
                where = f"→ {', '.join(clip(name, 60) for name in line.places)}"
                done = "finished" if line.finished else ""
                note = " · ".join(part for part in (where, line.effort, done) if part)
                blocks.append(Quote(clip(line.words, 160), note))
            left = len(checkin.lines) - MINE_LINES
            if left > 0:
                blocks.append(text("and {left} more", quiet=True, left=left))
    if len(blocks) > MOST_BLOCKS:
        blocks[MOST_BLOCKS - 1 :] = [text("Older ones do not fit here. They are kept all the same.", quiet=True)]
    newest = next(checkins[0] for _, checkins in weeks if checkins)
    return Message("Your weeks", tuple(blocks), (Button(f"Edit {newest.day:%A}", "edit", newest.day.isoformat()),))


_SAVED = Saved(
    date(2026, 3, 5),
    datetime(2026, 3, 5, 14, 42, tzinfo=ZoneInfo("UTC")),
    "Europe/Berlin",
    (
        SavedLine(1, "Pricing page: annual toggle works on phones", ("Pricing page",), "3h", finished=True),
        SavedLine(
            2,
            "Looked into the export that ACME <!channel> asked about",
            ("Planned support",),
            ask=(
                FilingPlace("goal:2", "Partner API"),
                FilingPlace("goal:3", "EU hosting"),
                FilingPlace("support", "Planned support"),
            ),
        ),
        SavedLine(3, "عربي: مراجعة صفحة الأسعار", ("Pricing page",), why="mentions “pricing page”"),
    ),
    blockers=("Waiting on Legal for the wording",),
)
EXAMPLES: dict[str, Message | Form] = {
    "checkins.question": question(
        OpenQuestion(date(2026, 3, 5), "Ana", can_repeat=True, blockers=((7, "Waiting on Legal for the wording", 9),))
    ),
    "checkins.reminder": question(OpenQuestion(date(2026, 3, 5), "Ana", reminder=True)),
    "checkins.form": form(date(2026, 3, 5), "Pricing page 3h\nHelped ACME"),
    "checkins.keep": keep(
        date(2026, 3, 5), "Pricing page 3h\nFixed the export for ACME", "", NOTHING_SAID, by="", filed=1
    ),
    "checkins.keep of somebody else": keep(
        date(2026, 3, 5), "Fixed the export for ACME", "", NOTHING_SAID, by="Ben Okafor", filed=0
    ),
    "checkins.saved": saved(_SAVED),
    "checkins.saved, closed": saved(replace(_SAVED, closed_on=date(2026, 3, 16))),
    "checkins.move": move(
        date(2026, 3, 5),
        [(1, "Pricing page: annual toggle")],
        [FilingPlace("goal:2", "Partner API"), FilingPlace("other", "No goal")],
    ),
    "checkins.added": added(date(2026, 3, 5), 4),
    "checkins.skipped": skipped(date(2026, 3, 5)),
    "checkins.skipped_until": skipped_until(date(2026, 3, 9)),
    "checkins.snoozed": snoozed(
        date(2026, 3, 5), datetime(2026, 3, 5, 15, 30, tzinfo=ZoneInfo("UTC")), "Europe/Berlin"
    ),
    "checkins.asked_again": asked_again(date(2026, 3, 5)),
    "checkins.away": away(date(2026, 3, 5)),
    "checkins.mine": mine([("week of 2 Mar", [_SAVED]), ("week of 23 Feb", [])]),
    "checkins.mine none": mine([]),
}
