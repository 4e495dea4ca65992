"""The first words to somebody new, and the question for their time zone where no platform tells it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.chat.messages import Block, Button, Form, Message, Option, Pick, Text, text
from bot.views.checkins import at_local
from bot.views.people import AskingRhythm
from checkins.schedule import calendar

ZONES = (  # from west to east; `zone CITY` takes any other
    ("Pacific/Honolulu", "Honolulu"),
    ("America/Anchorage", "Anchorage"),
    ("America/Los_Angeles", "Los Angeles, Vancouver"),
    ("America/Denver", "Denver, Calgary"),
    ("America/Chicago", "Chicago, Winnipeg"),
    ("America/Mexico_City", "Mexico City"),
    ("America/New_York", "New York, Toronto"),
    ("America/Bogota", "Bogotá, Lima"),
    ("America/Sao_Paulo", "São Paulo, Buenos Aires"),
    ("Atlantic/Reykjavik", "Reykjavík"),
    ("Europe/London", "London, Dublin, Lisbon"),
    ("Europe/Berlin", "Berlin, Paris, Madrid, Rome"),
    ("Africa/Lagos", "Lagos, Algiers"),
    ("Europe/Athens", "Athens, Helsinki, Bucharest"),
    ("Europe/Kyiv", "Kyiv"),
    ("Africa/Johannesburg", "Johannesburg, Harare"),
    ("Africa/Cairo", "Cairo"),
    ("Asia/Jerusalem", "Jerusalem"),
    ("Europe/Istanbul", "Istanbul"),
    ("Africa/Nairobi", "Nairobi"),
    ("Asia/Riyadh", "Riyadh, Doha"),
    ("Asia/Dubai", "Dubai"),
    ("Asia/Karachi", "Karachi"),
    ("Asia/Kolkata", "Mumbai, Delhi, Bengaluru"),
    ("Asia/Dhaka", "Dhaka"),
    ("Asia/Bangkok", "Bangkok, Hanoi, Jakarta"),
    ("Asia/Shanghai", "Beijing, Shanghai"),
    ("Asia/Singapore", "Singapore, Manila"),
    ("Australia/Perth", "Perth"),
    ("Asia/Tokyo", "Tokyo, Seoul"),
    ("Australia/Sydney", "Sydney, Melbourne"),
    ("Pacific/Auckland", "Auckland"),
)


def welcome(first_name: str, rhythm: AskingRhythm) -> Message:
    """The first message anybody gets."""
    often = (
        f"{calendar.in_words(rhythm.days)} at {calendar.clock(rhythm.minute)}"
        if rhythm.days is not None and rhythm.minute is not None
        else "Twice a week"
    )
    often = often[:1].upper() + often[1:]
    blocks: list[Block] = [
        text(
            "{often} I ask what you worked on; it takes about a minute. Your lines are filed under company goals, so "
            "that leaders see the real week, firefighting included.",
            often=f"{often} your time" if rhythm.zone_known else often,
        ),
        text(
            "Your team sees your lines. Above it only figures, never for fewer than four people. "
            "No scores, and nobody is listed for not answering."
        ),
    ]
    if rhythm.next_at is not None and rhythm.zone_known:
        at = at_local(rhythm.next_at, rhythm.zone)
        blocks.append(text("First question: **{at}** ({zone}).", at=at, zone=rhythm.zone))
    if not rhythm.zone_known:
        blocks.append(Pick(text("Which city has the same time as you?"), "zone", "", _zones(rhythm.team_zone)))
        blocks.append(text("Any other place: `zone` and your city. Until I know, I go by UTC.", quiet=True))
    return Message(
        f"Hi {first_name}, I’m Instep",
        tuple(blocks),
        (
            Button("Fine", "fine", style="primary"),
            Button("Change time", "settings"),
            Button("Who sees what", "privacy"),
            Button("Not for me", "stop"),
        ),
    )


def _zones(nearest: str) -> tuple[Option, ...]:
    """That of their team first."""
    known = dict(ZONES)
    first = [Option(nearest, known.get(nearest, nearest))] if nearest not in ("", "UTC") else []
    return (*first, *(Option(zone, cities) for zone, cities in ZONES if zone != nearest))


def introduction() -> tuple[Text, ...]:
    """Who we are, under the first thing somebody saved without being asked."""
    return (
        text(
            "By the way, I’m Instep. I file your lines under company goals; your team sees them, and above it only "
            "figures. `help` shows what there is, `instep privacy` who sees what.",
            quiet=True,
        ),
    )


def no_admin(address: str) -> Text:
    """Under the first words to somebody and under help, while nobody runs Instep here; `address` is theirs."""
    return text(
        "Nobody is an admin here yet. Whoever runs the server makes the first: `instep admin grant {address}` would make "
        "it you.",
        quiet=True,
        address=address,
    )


def fine(rhythm: AskingRhythm) -> Message:
    """After Fine."""
    zone = "" if rhythm.zone_known else " UTC"
    when = f"I will ask on {at_local(rhythm.next_at, rhythm.zone)}{zone}." if rhythm.next_at else "I will ask soon."
    return Message(
        f"Good. {when}",
        (text("You can type what you worked on at any time; `help` shows what else there is.", quiet=True),),
    )


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
_NOWHERE = replace(_RHYTHM, zone="UTC", zone_known=False, team_zone="Europe/Berlin")
EXAMPLES: dict[str, Message | Form] = {
    "welcome.welcome": welcome("Ana", _RHYTHM),
    "welcome.welcome zone": welcome("Ana", _NOWHERE),
    "welcome.fine": fine(_RHYTHM),
    "welcome.no_admin": Message("Saved: 1 line", (*introduction(), no_admin("slack:T024BE7LD:U024BE7LH"))),
    "welcome.fine zone": fine(_NOWHERE),
}
