"""What is said to somebody about themselves: the welcome, settings, who sees what, stopping and help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bot.chat.messages import (
    Block,
    Button,
    ChoiceField,
    Facts,
    Form,
    Message,
    Option,
    Quote,
    Rule,
    Text,
    TextField,
    text,
)
from bot.views.checkins import Saved, SavedLine, at_local, clip, day_name
from checkins.schedule import calendar
from checkins.tagging.asking import EARLY

HOME_LINES = 5  # of each of the last answers; Edit has all of them


@dataclass(frozen=True, slots=True)
class AskingRhythm:
    """How somebody is asked, in words' values. `next_at` is None when nobody asks them."""

    name: str
    zone: str
    days: int | None
    minute: int | None
    own: bool
    reminder: int | None
    teams: tuple[str, ...]
    next_at: datetime | None
    stopped: bool = False
    leave: tuple[tuple[date, date], ...] = ()
    away_by_status: bool = False
    admin: bool = False
    zone_known: bool = True  # False: nobody has said, and UTC stands in for it
    team_zone: str = ""


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """One account of somebody with several: `value` names its workspace, `used` is where they are written to now."""

    value: str
    name: str
    chosen: bool
    used: bool
    unreachable: str = ""


def settings(rhythm: AskingRhythm, places: Sequence[AccountPlace] = ()) -> Form:
    """Rhythm, zone, reminder and, for somebody with several accounts, where they are asked; in one form."""
    days = rhythm.days if rhythm.days is not None else 0
    reminder = {None: "morning", 0: "off", 60: "60"}.get(rhythm.reminder, "minutes")
    return Form(
        "settings",
        "",
        "Your settings",
        (
            ChoiceField(
                "rhythm",
                "Whose rhythm?",
                (Option("team", "My team’s"), Option("own", "My own: these days, this time")),
                ("own" if rhythm.own else "team",),
            ),
            ChoiceField(
                "days",
                "Days",
                tuple(Option(str(weekday), name) for weekday, name in enumerate(calendar.DAY_NAMES)),
                tuple(str(weekday) for weekday in range(7) if days >> weekday & 1),
                hint="Counts with a rhythm of your own.",
                many=True,
                optional=True,
            ),
            TextField(
                "time",
                "Time",
                calendar.clock(rhythm.minute if rhythm.minute is not None else 930),
                hint="Counts with a rhythm of your own. Like 15:30 or 3:30pm.",
            ),
            *_place_field(places),
            TextField("zone", "Time zone", rhythm.zone, hint="A city is enough: Berlin, São Paulo, Kolkata."),
            ChoiceField(
                "reminder",
                "One reminder, when I hear nothing",
                (
                    Option("morning", "Next working day, 09:30"),
                    *([Option("minutes", f"After {rhythm.reminder} minutes")] if reminder == "minutes" else []),
                    Option("60", "After an hour"),
                    Option("off", "None"),
                ),
                (reminder,),
            ),
        ),
    )


def _place_field(places: Sequence[AccountPlace]) -> list[ChoiceField]:
    if len(places) < 2:
        return []
    wanted = next((place for place in places if place.chosen), places[0])
    hint = "You can answer in either, and it is the same answer."
    options = tuple(Option(place.value, place.name) for place in places)
    return [ChoiceField("place", "Where I ask you", options, (wanted.value,), hint=hint)]


def _where(places: Sequence[AccountPlace]) -> list[tuple[str, str]]:
    """Where they are asked, for somebody with several accounts."""
    if len(places) < 2:
        return []
    used = next((place for place in places if place.used), places[0])
    wanted = next((place for place in places if place.chosen), places[0])
    why = f"; in {wanted.name} you cannot be reached: {wanted.unreachable}" if wanted != used else ""
    return [("Asked in", used.name + why)]


@dataclass(frozen=True, slots=True)
class Running:
    """What an admin has to know at a glance: teams as (name, what is to be said of it), open goals, failed
    deliveries."""

    teams: tuple[tuple[str, str], ...]
    goals: int
    failed: int
    paused: bool = False
    is_worse: bool = False  # lines are filed worse than they were


def home(
    rhythm: AskingRhythm,
    answers: Sequence[Saved] = (),
    running: Running | None = None,
    places: Sequence[AccountPlace] = (),
) -> Message:
    """The settings page: how I am asked, what I answered last, and for admins how the company stands."""
    rows = [
        ("Next question", at_local(rhythm.next_at, rhythm.zone) if rhythm.next_at else _why_none(rhythm)),
        ("Rhythm", _rhythm_words(rhythm)),
        ("Time zone", rhythm.zone if rhythm.zone_known else "UTC, until you tell me: zone Berlin"),
        ("Reminder", _reminder_words(rhythm.reminder)),
        ("Teams", ", ".join(rhythm.teams) or "none yet"),
        *([("Away", "your status says so; write me anything, and I ask again")] if rhythm.away_by_status else []),
        *_where(places),
        *(("Leave", f"{calendar.shown(first)} to {calendar.shown(last)}") for first, last in rhythm.leave),
    ]
    blocks: list[Block] = [Facts(tuple(rows)), *_last_answers(answers)]
    if running is not None:
        blocks += _running(running)
    buttons = [
        Button("Check in", "checkin", style="primary"),
        *(Button(f"Edit {answer.day:%A}", "edit", answer.day.isoformat()) for answer in answers),
        Button("My weeks", "mine"),
        Button("Settings", "settings"),
        Button("Who sees what", "privacy"),
        Button("Goals", "goals"),
    ]
    if rhythm.stopped:
        buttons.append(Button("Start again", "start"))
    else:
        buttons.append(Button("Stop for good", "stop", confirm="Stop asking you? One tap starts it again."))
    return Message(f"{_first(rhythm.name)}, this is how I ask you", tuple(blocks), tuple(buttons))


def _last_answers(answers: Sequence[Saved]) -> list[Block]:
    blocks: list[Block] = [Rule(), text("**Your last answers**")] if answers else []
    for answer in answers:
        blocks.append(text("{day}", quiet=True, day=day_name(answer.day)))
        blocks += [
            Quote(clip(line.words, 160), f"→ {', '.join(clip(name, 60) for name in line.places)}")
            for line in answer.lines[:HOME_LINES]
        ]
        left = len(answer.lines) - HOME_LINES
        if left > 0:
            blocks.append(text("and {left} more", quiet=True, left=left))
    return blocks


def _running(running: Running) -> list[Block]:
    rows = (
        *running.teams,
        ("Goals", f"{running.goals} open"),
        ("Deliveries", f"{running.failed} failed in seven days" if running.failed else "all arrived"),
        *([("Filing", "worse than it was; /instep filing shows how")] if running.is_worse else []),
        *([("Sending", "paused; /instep resume starts it again")] if running.paused else []),
    )
    return [Rule(), text("**The company**"), Facts(rows)]


def _first(name: str) -> str:
    return name.split()[0] if name.split() else "Hello"


def _why_none(rhythm: AskingRhythm) -> str:
    if rhythm.stopped:
        return "never: you asked me to stop"
    return "not yet: your team is not switched on" if rhythm.teams else "not yet: you are in no team"


def _rhythm_words(rhythm: AskingRhythm) -> str:
    if rhythm.days is None or rhythm.minute is None:
        return "none yet"
    whose = "your own" if rhythm.own else "your team’s"
    return f"{calendar.in_words(rhythm.days)} at {calendar.clock(rhythm.minute)} ({whose})"


def _reminder_words(reminder: int | None) -> str:
    if reminder is None:
        return "next working day, 09:30"
    return "after an hour" if reminder == 60 else f"after {reminder} minutes" if reminder else "none"


def changed(sentence: str, rhythm: AskingRhythm) -> Message:
    """A setting was changed; what holds now."""
    then = (
        f"Next question: {at_local(rhythm.next_at, rhythm.zone)}." if rhythm.next_at else _sentence(_why_none(rhythm))
    )
    return Message(sentence, (text("{then}", quiet=True, then=then),), (Button("All settings", "settings"),))


def _sentence(words: str) -> str:
    return f"Next question: {words}."


def privacy(model_at: str = "") -> Message:
    """Who sees what; `model_at` is the host of the language model that is asked about lines, where there is one."""
    filing = "Your words leave it for nobody: filing happens on the same machine."
    model: tuple[tuple[str, str], ...] = ()
    if model_at:
        filing = f"Your words leave it for nobody but the language model at {model_at}."
        words = (
            f"{model_at} is sent lines I am unsure about, and the titles of goals, until {EARLY} lines are confirmed; "
            "no names, no dates"
        )
        model = (("A language model", words),)
    return Message(
        "Who sees what",
        (
            Facts(
                (
                    ("Your lines", "you and your team, grouped by goal, without your name in the digest"),
                    ("Above your team", "figures only, never for fewer than four people, rounded to 5%"),
                    ("Whether you answered", "nobody is listed; the digest says 7 of 9, no names"),
                    ("What is in your way", "your team, until you clear it"),
                    *model,
                    ("Settings, leave, snoozes", "you"),
                    ("Scores, ranks, streaks", "there are none"),
                )
            ),
            text(
                "Whoever runs the database could technically read it. {filing} "
                "`forget` deletes every word you wrote; `stop` ends the questions.",
                filing=filing,
            ),
        ),
    )


def stopped() -> Message:
    """After `stop`."""
    return Message(
        "Stopped. I will not write to you any more.",
        (text("What you wrote stays in your team’s digests. `forget` deletes it."),),
        (Button("Start again", "start"),),
    )


def forget_first(lines: int) -> Message:
    """Before `forget`."""
    return Message(
        ("Delete your one line?" if lines == 1 else f"Delete all {lines} of your lines?")
        if lines
        else "There are no words of yours to delete.",
        (text("Your lines, answers and blockers go, for good and from every digest. Settings stay."),) if lines else (),
        (Button("Delete them", "forget", style="danger", confirm="Delete every word you wrote, for good?"),)
        if lines
        else (),
    )


def forgotten(lines: int) -> Message:
    """After it."""
    return Message(f"Done: {lines} line{'s' if lines != 1 else ''} deleted. Nothing of what you wrote is left.")


def help_page(name: str, commands: Sequence[tuple[str, str]], note: Text | None = None) -> Message:
    """What can be said, for the rights of the person who asks; `note` is what they should know besides."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for usage, says in commands:
        groups.setdefault(usage[1:].split()[0], []).append((usage, says))
    own = [
        pair for word, pairs in groups.items() if word not in {"goals", "team", "digest", "instep"} for pair in pairs
    ]
    blocks: list[Block] = [
        text(
            "Type what you worked on, one line for each piece of work, and it is saved. The rest is for when you want more."
        ),
        *([Facts(tuple(own))] if own else []),
    ]
    for word in ("goals", "team", "digest", "instep"):
        if word in groups:
            blocks += [
                Rule(),
                text("**{word}**", word={"instep": "Everything else"}.get(word, word.capitalize())),
                Facts(tuple(groups[word])),
            ]
    blocks.append(text("Here between us the slash may be left out: `goals`, `skip until Friday`.", quiet=True))
    if note is not None:
        blocks.append(note)
    return Message(f"What I can do for you, {name}", tuple(blocks))


_RHYTHM = AskingRhythm(
    "Ana Ruiz",
    "Europe/Madrid",
    0b0010010,
    930,
    False,
    None,
    ("Platform",),
    datetime.fromisoformat("2026-03-05T14:30:00+00:00"),
)
_PLACES = (
    AccountPlace("1", "Slack", chosen=True, used=False, unreachable="They were deactivated in Slack."),
    AccountPlace("2", "Teams", chosen=False, used=True),
)
_ANSWERS = [
    Saved(
        date(2026, 3, day),
        datetime(2026, 3, day, 14, 42, tzinfo=UTC),
        "Europe/Madrid",
        (
            SavedLine(1, "Pricing page: annual toggle works on phones", ("Pricing page",), "3h"),
            SavedLine(2, "Helped ACME with their import", ("Planned support",)),
        ),
    )
    for day in (5, 3)
]
EXAMPLES: dict[str, Message | Form] = {
    "people.settings": settings(_RHYTHM),
    "people.settings places": settings(_RHYTHM, _PLACES),
    "people.home": home(_RHYTHM, _ANSWERS),
    "people.home places": home(_RHYTHM, (), places=_PLACES),
    "people.home admin": home(
        _RHYTHM,
        _ANSWERS[:1],
        Running(
            (("Platform", "8 people, on, digest in #platform"), ("Data", "nobody yet, off")),
            12,
            2,
            is_worse=True,
        ),
    ),
    "people.changed": changed("You are asked at 09:30 from now on.", _RHYTHM),
    "people.privacy": privacy(),
    "people.privacy with a language model": privacy("llm.acme.example"),
    "people.stopped": stopped(),
    "people.forget_first": forget_first(41),
    "people.forgotten": forgotten(41),
    "people.help_page": help_page("Ana", [("/checkin", "open the check-in form"), ("/goals", "all goals")]),
}
