"""The pieces that our Adaptive Cards are made of: runs of words, lines of them, and rows of actions.

Words stand in TextRuns, where markdown and `<at>` are nothing but characters; a TextBlock would read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.chat.messages import Text

Json: TypeAlias = dict[str, Any]

# https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
LARGEST = 75_000  # bytes of a card in UTF-16; Teams takes 80 KB with everything around it
ROW = 6  # buttons beside each other: Teams hides the seventh,
WIDE = 40  # and clips what goes beyond a phone: characters of a row, PADDING for each button
PADDING = 5
BUTTON = 75
FEW = 5  # options that are buttons, or stand there all at once; more are a list to open


@dataclass(frozen=True, slots=True)
class CardLimits:
    """How tightly a card is drawn: characters of one block and of one option, options of one list."""

    words: int
    option: int
    options: int


ROOMS = (
    CardLimits(10_000, 100, 500),
    CardLimits(3_000, 60, 300),
    CardLimits(1_000, 40, 100),
    CardLimits(300, 30, 25),
)


def size(value: Json) -> int:
    """Bytes in UTF-16."""
    return 2 * len(json.dumps(value))


def short(words: str, most: int) -> str:
    """At most so many characters."""
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def card(body: list[Json]) -> Json:
    """An empty sheet with this on it."""
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "msteams": {"width": "Full"},
        "body": body,
    }


def run(words: str, **style: object) -> Json:
    """Words in one style, literally."""
    return {"type": "TextRun", "text": words, **style}


def lines(runs: Iterable[Json], **block: object) -> list[Json]:
    """A RichTextBlock for each line: not every client breaks lines inside one."""
    broken: list[list[Json]] = [[]]
    for one in runs:
        for at, line in enumerate(str(one["text"]).split("\n")):
            if at:
                broken.append([])
            # Teams reads {{DATE(…)}} even here, but not across two runs.
            broken[-1] += [{**one, "text": part} for part in re.split(r"(?<=\{)(?=\{)", line) if part]
    found: list[Json] = [
        {"type": "RichTextBlock", "inlines": line or [run("\u00a0")], "spacing": "None"} for line in broken
    ]
    found[0] |= {"spacing": "Default", **block}
    return found


def text(value: Text, most: int, **block: object) -> list[Json]:
    """Our words, a block for each line; `most` characters of them."""
    if not value.plain.strip():
        return []
    quiet: Json = {"size": "Small", "isSubtle": True} if value.quiet else {}
    styles: dict[str, Json] = {
        "plain": {},
        "bold": {"weight": "Bolder"},
        "italic": {"italic": True},
        "code": {"fontType": "Monospace"},
    }
    runs = []
    for span in (span for span in value.spans if span.words):
        runs.append(run(short(span.words, most) if most > 0 else "…", **styles[span.style], **quiet))
        most -= len(span.words)
        if most < 0 or runs[-1]["text"] == "…":
            break
    return lines(runs, **block)


def error(sentence: str) -> list[Json]:
    """A sentence that says what is wrong."""
    return lines([run(sentence, color="Attention", weight="Bolder")], spacing="Small")


def row(actions: list[Json]) -> Json:
    """Actions beside each other."""
    return {"type": "ActionSet", "actions": actions}


def rows(actions: list[Json]) -> list[Json]:
    """All of them, in as many rows as they need."""
    beside: list[list[Json]] = []
    width = 0
    for action in actions:
        width += len(action["title"]) + PADDING
        if not beside or width > WIDE or len(beside[-1]) == ROW:
            beside.append([])
            width = len(action["title"]) + PADDING
        beside[-1].append(action)
    return [{**row(some), "spacing": "Small" if at else "Default"} for at, some in enumerate(beside)]


def execute(label: str, data: Json, *, style: str = "", inputs: str = "none") -> Json:
    """https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/universal-actions-for-adaptive-cards/overview"""
    action = {
        "title": short(label, BUTTON) if label.strip() else "–",
        "data": data,
        "associatedInputs": inputs,
        **({"style": style} if style else {}),
    }
    return {
        "type": "Action.Execute",
        "verb": data["act"],
        **action,
        "fallback": {"type": "Action.Submit", **action},
    }


def for_one(card: Json) -> Json:
    """The card as it stands in a conversation of several, seen by one person: each action says so when it comes
    back."""

    def marked(value: Any) -> Any:
        if isinstance(value, list):
            return [marked(part) for part in value]
        if not isinstance(value, dict):
            return value
        copy = {key: part if key == "data" else marked(part) for key, part in value.items()}
        if str(value.get("type", "")) in ("Action.Execute", "Action.Submit"):
            copy["data"] = {**value["data"], "only": True}
        return copy

    whole: Json = marked(card)
    return whole
