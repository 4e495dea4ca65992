"""What is said when something went wrong, and what only admins are told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.messages import Block, Button, Facts, Form, Message, Option, Pick, Rule, Span, Text, text
from bot.views.checkins import clip
from storage.kinds import DeliveryKind, DeliveryState

STATES: Mapping[str, str] = {
    DeliveryState.DUE: "waiting", DeliveryState.CLAIMED: "being sent", DeliveryState.SENT: "sent", DeliveryState.UNCERTAIN: "not sure it arrived", DeliveryState.HELD: "held",
    DeliveryState.EXPIRED: "too late to send", DeliveryState.UNREACHABLE: "could not be delivered", DeliveryState.CANCELLED: "no longer needed",
}  # fmt: skip
MOST_TITLE = 150
_COMMANDS = re.compile(
    r"`(/?(?:checkin|digest|goals?|help|instep|leave|mine|skip|start|stop|team|time|zone|forget|remind|snooze|same|prefer)\b[^`]*)`"
)
KINDS: Mapping[str, str] = {
    DeliveryKind.REMOVED: "notice",
    DeliveryKind.PROMPT: "question",
    DeliveryKind.SNOOZE: "question asked again",
    DeliveryKind.DETAIL: "digest's thread",
}


def problem(sentence: str, answer: str = "") -> Message:
    """Something the person can mend. `answer` is what they typed, where it may have been meant as an answer."""
    sentence, _, usage = sentence.partition("\n")
    title, end, more = sentence.partition(". ")
    if len(title) >= MOST_TITLE:  # long words were repeated; they belong below a short title
        title, end, more = "That did not work", "", sentence
    blocks: list[Block] = [_literal(clip(more, 2_000))] if more else []
    if usage:
        blocks.append(_literal(clip(usage, 500), quiet=True))
    buttons = (Button("Save it as my answer", "answer", answer),) if answer else ()
    return Message(plain(title) + end.strip(), tuple(blocks), buttons)


def plain(sentence: str) -> str:
    """A sentence where nothing can be set as code: commands stand without their backticks."""
    return _COMMANDS.sub(r"\1", sentence)


def _literal(sentence: str, *, quiet: bool = False) -> Text:
    """A sentence that may repeat what somebody typed: nothing in it is markup but commands in `backticks`."""
    parts = _COMMANDS.split(sentence)
    return Text(tuple(Span(words, "code" if at % 2 else "plain") for at, words in enumerate(parts) if words), quiet)


def broke(reference: str) -> Message:
    """Something we have to mend."""
    return Message(
        "That did not work, and it is our fault",
        (
            text(
                "Nothing was changed. Try it once more; if it stays, give your admin this reference: `{reference}`.",
                reference=reference,
            ),
        ),
    )


def unusable(sentence: str) -> Message:
    """The database cannot take it just now."""
    return Message(
        "I cannot save anything just now",
        (text("{sentence} Please try again in a while.", sentence=sentence),),
    )


def not_installed() -> Message:
    """Somebody writes from a workspace that no company owns."""
    return Message("Instep is not set up in this workspace yet", (text("An admin installs it first."),))


def for_members() -> Message:
    """To an outsider, whatever they did."""
    return Message(
        "Instep is for the members of this organisation",
        (text("It shows guests and people of other organisations nothing, and keeps nothing of what they write."),),
    )


def unidentified() -> Message:
    """To somebody new, while their platform does not say who they are."""
    return Message(
        "I cannot find out who you are just now",
        (text("Nothing was kept. Please try again in a minute."),),
    )


def of_an_outsider() -> Message:
    """What is to be saved was written by one."""
    return Message(
        "That was written by somebody outside this organisation",
        (
            text(
                "I keep nothing of what guests and people of other organisations write. Type what you did in your own words."
            ),
        ),
    )


def of_somebody() -> Message:
    """What is to be saved was written by somebody else, and their platform does not say who that is."""
    return Message(
        "I cannot find out just now who wrote that",
        (text("Nothing was kept. Please try again in a minute, or type what you did in your own words."),),
    )


def removed(workspace: str) -> Message:
    """To one admin, in another chat of the company."""
    return Message(
        f"Instep was removed from {workspace}",
        (
            text("Nobody there is asked, and no digest is posted there, until it is installed again. Nothing is lost."),
            text("I tell this to you alone, and once. `instep deliveries` shows it too.", quiet=True),
        ),
    )


def gone() -> Message:
    """Somebody who left taps an old button."""
    return Message(
        "As far as I know you have left",
        (text("So this button does nothing. If you are back, write me a word."),),
    )


@dataclass(frozen=True, slots=True)
class Failed:
    """A delivery that did not arrive."""

    id: int
    at: datetime
    kind: str
    name: str
    state: str
    reason: str
    again: bool = False  # whether it may be tried again


@dataclass(frozen=True, slots=True)
class AskedElsewhere:
    """Somebody who cannot be reached where they want to be asked, why, and where they are asked instead."""

    name: str
    wanted: str
    why: str
    used: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one workspace, how much of it goes in a minute (0: no limit is known), and when it is through."""

    workspace: str
    number: int
    a_minute: int
    through_at: datetime


def deliveries(
    counts: Sequence[tuple[str, str, int]],
    failed: Sequence[Failed],
    waiting: Sequence[Waiting],
    elsewhere: Sequence[AskedElsewhere],
    zone: str,
    *,
    paused: bool,
    removed: Sequence[tuple[str, datetime]] = (),
) -> Message:
    """What was sent in a week, what waits and for how long, what failed and why, and who is asked in another place.
    `removed` are workspaces that we are not in any more, and since when."""
    rows = tuple(
        (f"{KINDS.get(kind, kind).capitalize()}: {STATES[state]}", f"{number:,}") for kind, state, number in counts
    )
    blocks: list[Block] = [Facts(rows)] if rows else [text("Nothing was due in the last seven days.")]
    blocks = [*(_away_from(name, at, zone) for name, at in removed), *blocks]
    blocks += [_wait(about, zone) for about in waiting if not paused]
    if failed:
        blocks += [
            Rule(),
            text("**What did not arrive**"),
            Facts(tuple(_failure(row, zone) for row in failed)),
        ]
        again = [row for row in failed if row.again]
        if again:
            options = [Option(str(row.id), clip(f"{_kind(row)} to {row.name}", 70)) for row in again]
            everything = [Option("all", f"All {len(again)} of them")] if len(again) > 1 else []
            blocks.append(Pick(text("Try again?"), "retry", "", (*everything, *options)))
    if elsewhere:
        rows = tuple((row.name, f"in {row.used}, not in {row.wanted}: {row.why}") for row in elsewhere)
        blocks += [Rule(), text("**Asked in another place than they want**"), Facts(rows)]
    buttons = [Button("Resume", "resume", style="primary")] if paused else []
    if waiting:
        number = sum(about.number for about in waiting)
        sure = f"Take back {number:,} {'message' if number == 1 else 'messages'} that wait? Nobody gets them later."
        buttons.append(Button("Take back what waits", "take back", style="danger", confirm=sure))
    title = "Everything is paused" if paused else "Deliveries of the last seven days"
    return Message(title, tuple(blocks), tuple(buttons))


def _away_from(workspace: str, at: datetime, zone: str) -> Text:
    return text(
        "Instep was removed from **{workspace}** on {when}. Nothing is sent there until it is installed again.",
        workspace=workspace,
        when=_when(at, zone),
    )


def _wait(about: Waiting, zone: str) -> Text:
    pace = f" at {about.a_minute:,} a minute" if about.a_minute else ""
    return text(
        "{number} wait for {workspace}{pace}, through by about {time}.",
        number=f"{about.number:,}",
        workspace=about.workspace,
        pace=pace,
        time=f"{about.through_at.astimezone(ZoneInfo(zone)):%H:%M}",
    )


def _failure(row: Failed, zone: str) -> tuple[str, str]:
    said = f"{_kind(row)} to {row.name}: {STATES[row.state]}. {row.reason}".rstrip()
    return f"{row.at.astimezone(ZoneInfo(zone)):%a %H:%M}", said


def _kind(row: Failed) -> str:
    return KINDS.get(row.kind, row.kind)


def paused() -> Message:
    """After `/instep pause`."""
    return Message(
        "Paused: nothing is sent",
        (text("Questions that fall due meanwhile are not sent later. Digests wait."),),
        (Button("Resume", "resume", style="primary"),),
    )


def resumed() -> Message:
    """After `/instep resume`."""
    return Message("Resumed: questions go out again at their times")


def filing(weeks: Sequence[tuple[str, str]], warning: str, asks_below: int) -> Message:
    """How well lines are filed: each week in words, newest first, and what an admin should know."""
    if not weeks:
        return Message("Nobody has written anything yet that I could file")
    return Message(
        "How well lines are filed",
        (
            *((text("{warning}", warning=warning),) if warning else ()),
            Facts(tuple(weeks)),
            text(
                "“Right” is how often the writer chose what I had thought first. I ask only when I am less than "
                "{percent}% sure, so these are the hard ones; `instep ask 75%` changes that.",
                quiet=True,
                percent=asks_below,
            ),
        ),
    )


def asks_below(percent: int) -> Message:
    """After `instep ask`."""
    if not percent:
        return Message("I file every line without asking now")
    return Message(
        f"I ask about a line when I am less than {percent}% sure",
        (text("At most three lines a check-in. Each tap makes the next guess better.", quiet=True),),
    )


def _when(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %H:%M}"


def audit(rows: Sequence[tuple[datetime, str, str]], zone: str) -> Message:
    """Who changed what, newest first."""
    if not rows:
        return Message("Nobody has changed anything yet")
    facts = tuple((_when(at, zone), f"{who} {said}") for at, who, said in rows)
    return Message("Who changed what", (Facts(facts),))


EXAMPLES: dict[str, Message | Form] = {
    "notes.problem": problem("There is no 2026-02-30 in the calendar. Check the day and the month.\nIt goes like this: `/skip [until DATE]`", "skip until 2026-02-30"),
    "notes.broke": broke("7f3a-19"),
    "notes.unusable": unusable("The disk of the database is full, so nothing was saved."),
    "notes.not_installed": not_installed(),
    "notes.for_members": for_members(),
    "notes.unidentified": unidentified(),
    "notes.of_an_outsider": of_an_outsider(),
    "notes.of_somebody": of_somebody(),
    "notes.removed": removed("Acme on Slack"),
    "notes.gone": gone(),
    "notes.deliveries": deliveries(
        [("prompt", "sent", 21), ("prompt", "due", 2)],
        [
            Failed(7, datetime.fromisoformat("2026-03-03T14:30:00+00:00"), "prompt", "Ben Okafor", "unreachable", "They removed the app.", again=True),
            Failed(9, datetime.fromisoformat("2026-03-03T14:30:00+00:00"), "digest", "#platform", "held", "It may have arrived, and this platform cannot tell.", again=True),
        ],
        [Waiting("Acme", 8_412, 300, datetime.fromisoformat("2026-03-03T15:02:00+00:00"))],
        [AskedElsewhere("Cem Aydın", "Slack", "They were deactivated in Slack.", "Teams")],
        "Europe/Madrid", paused=False, removed=[("Acme West", datetime.fromisoformat("2026-03-02T09:12:00+00:00"))],
    ),
    "notes.paused": paused(),
    "notes.resumed": resumed(),
    "notes.filing": filing(
        [("week of 2 Mar", "84 lines, asked about 31%, right 48% of 21 answers"), ("week of 23 Feb", "fewer than 4 people wrote")],
        "Lines are filed worse than they were: of those I asked about in the last four weeks I was right about 45%, with 66% in the eight weeks before. Titles and descriptions of goals that say what people work on help most.",
        75,
    ),
    "notes.asks_below": asks_below(75),
    "notes.asks_below never": asks_below(0),
    "notes.audit": audit([(datetime.fromisoformat("2026-03-03T14:30:00+00:00"), "Ana Ruiz", "added #pricing “Pricing page”")], "Europe/Madrid"),
}  # fmt: skip
