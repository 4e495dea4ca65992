"""What is said about a team: its people, rhythm and digest, and what a change did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.chat.messages import Block, Button, ChoiceField, Facts, Form, Message, Option, TextField, text
from bot.views.checkins import at_local
from checkins.schedule import calendar


@dataclass(frozen=True, slots=True)
class TeamPage:
    """A team as its people see it."""

    name: str
    on: bool
    people: tuple[str, ...]
    manager: str
    days: int
    minute: int
    zone: str
    channel: str
    digest_at: datetime | None
    band: tuple[int, int, int] | None = None
    question: str = ""


def page(team: TeamPage, *, may_run: bool) -> Message:
    """A team: people, rhythm, digest."""
    band = team.band
    rows = (
        ("People", ", ".join(team.people) or "nobody yet"),
        ("Manager", team.manager or "not said yet"),
        (
            "Asked",
            f"{calendar.in_words(team.days)} at {calendar.clock(team.minute)}, each in their own time zone",
        ),
        *([("Question", team.question)] if team.question else []),
        ("Digest", _digest(team)),
        *([("Aims for", f"goal work {band[0]}%, firefighting {band[1]}%, the rest {band[2]}%")] if band else []),
        ("Switched on", "yes" if team.on else "no: nobody is asked on its account"),
    )
    steps: list[str] = []
    if may_run and not team.on:
        if not team.people:
            steps.append("`team add @a @b` adds people, `team add here` everybody in a channel.")
        if not team.channel:
            steps.append("`team digest #channel` says where its digest goes.")
        steps.append("`team on` welcomes its people and starts their rhythm.")
    blocks: list[Block] = [Facts(rows)]
    if steps:
        blocks.append(text("Next: " + " ".join(steps)))
    buttons = (
        (Button("Switch on", "team.on", team.name, style="primary"),) if may_run and not team.on and team.people else ()
    )
    return Message(team.name, tuple(blocks), buttons)


def _digest(team: TeamPage) -> str:
    if not team.channel:
        return "nowhere yet"
    return f"#{team.channel}" + (f", next {at_local(team.digest_at, team.zone)}" if team.digest_at else "")


def setup(where: str) -> Form:
    """Everything of a new team in one form, asked for in its channel."""
    days = tuple(Option(str(weekday), name) for weekday, name in enumerate(calendar.DAY_NAMES))
    return Form(
        "team",
        where,
        "Set up a team",
        (
            TextField("name", "What is it called?", placeholder="Platform"),
            ChoiceField(
                "people",
                "Who is in it?",
                (Option("here", "Everyone in this channel"), Option("", "Nobody yet")),
                ("here",),
                hint="Guests, bots and people of other companies are left out.",
            ),
            ChoiceField("days", "Asked on", days, ("1", "4"), many=True),
            TextField("time", "At what time", "15:30", hint="Each in their own time zone."),
            ChoiceField("digest_day", "Digest in this channel, on", days, ("0",)),
            TextField("digest_time", "Digest at what time", "10:00"),
            ChoiceField(
                "on",
                "Begin",
                (
                    Option("now", "Now: its people are welcomed, then asked"),
                    Option("later", "Later, with “team on”"),
                ),
                ("later",),
            ),
        ),
        submit="Set up",
    )


def done(sentence: str, team: str, more: str = "") -> Message:
    """After a change."""
    return Message(sentence, (text("{more}", more=more),) if more else (), (Button(f"Show {team}", "team.show", team),))


def listed(names: Sequence[tuple[str, int, bool]], *, admin: bool) -> Message:
    """All teams, for somebody who is in none."""
    if not names:
        return Message(
            "No teams yet",
            (text("`team create NAME` makes one." if admin else "An admin makes the first one."),),
        )
    rows = tuple(
        (name, f"{size} {'person' if size == 1 else 'people'}, {'on' if on else 'off'}") for name, size, on in names
    )
    return Message(f"{len(names)} team{'s' if len(names) != 1 else ''}", (Facts(rows),))


_PAGE = TeamPage(
    "Platform", True, ("Ana Ruiz", "Ben Okafor", "Chiyo Tanaka", "Dev Rao"), "Ana Ruiz", 0b0010010, 930,
    "Europe/Madrid", "platform", datetime.fromisoformat("2026-03-09T09:00:00+00:00"), (60, 25, 15),
)  # fmt: skip
EXAMPLES: dict[str, Message | Form] = {
    "teams.page": page(_PAGE, may_run=True),
    "teams.page off": page(TeamPage("Data", False, (), "", 0b0010010, 930, "UTC", "", None), may_run=True),
    "teams.setup": setup("playground:#platform"),
    "teams.done": done("Ana and Ben are in Platform now", "Platform"),
    "teams.listed": listed([("Platform", 8, True), ("Data", 0, False)], admin=True),
}
