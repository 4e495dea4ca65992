"""What Slack takes: every limit in one table, and how what is longer is made to fit.

https://docs.slack.dev/reference/block-kit/blocks, /block-elements, /composition-objects and https://docs.slack.dev/surfaces/modals.
Numbers are characters unless a name says otherwise, counted in UTF-16 units: the stricter of the two ways to count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOTIFICATION = 3_500  # `text` is cut at 4,000, and &, < and > grow when they are escaped
LEAD = 300  # of the first paragraph in a notification

HEADER = 150
TEXT = 3_000  # a plain_text in a context or a section
BUTTON = 75
VALUE = 2_000  # of a button
ACTION_ID = 255
BLOCK_ID = 255
ACTIONS = 25  # elements of an actions block

OPTION = 75
OPTION_VALUE = 150
OPTIONS = 100  # of a select, or of one group of a select; groups of a select
BOXES = 10  # options of checkboxes and radio buttons

CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

VIEW_TITLE = 24  # and its submit and close
VIEW_BLOCKS = 100
PRIVATE_METADATA = 3_000
LABEL = 2_000  # of an input, its hint and its error
PLACEHOLDER = 150
INPUT = 3_000  # what one text input holds

CHARTS = 2  # of a message
CHART_TITLE = 50
CHART_SERIES = 6
CHART_LABELS = 20  # categories of a chart
CHART_LABEL = 20


@dataclass(frozen=True, slots=True)
class Room:
    """What all blocks of one surface may come to."""

    blocks: int
    characters: int


MESSAGE = Room(40, 10_000)  # 50 and about 13,200 (`msg_blocks_too_long`), with a margin
HOME = Room(VIEW_BLOCKS, 30_000)  # 250 kB of JSON


@dataclass(frozen=True, slots=True)
class Squeeze:
    """How tightly the parts of a message are drawn: characters of one part, and picks in one line each."""

    most: int
    tight: bool


_LOOSE = " \t\n\u200d"  # an end that would hang: blanks, and a joiner with nothing left to join

SQUEEZES = (Squeeze(10_000, False), Squeeze(10_000, True), Squeeze(3_000, True), Squeeze(1_000, True))


def length(words: str) -> int:
    """UTF-16 units."""
    return len(words) + sum(character > "\uffff" for character in words)


def shorten(words: str, most: int) -> str:
    """The words, or their beginning and an ellipsis."""
    if length(words) <= most:
        return words
    return f"{_beginning(words, most - 1).rstrip(_LOOSE)}…"


def pieces(words: str, most: int) -> list[tuple[str, str]]:
    """The words in pieces that fit, cut where a line ends: (what stood before the piece, the piece)."""
    found: list[tuple[str, str]] = []
    before = ""
    while length(words) > most:
        piece = _beginning(words, most)
        line = piece.rfind("\n")
        found.append((before, piece[:line] if line > 0 else piece))
        before = "\n" if line > 0 else ""
        words = words[len(found[-1][1]) + len(before) :]
    return [*found, (before, words)]


def _beginning(words: str, most: int) -> str:
    end = most
    while length(words[:end]) > most:
        end -= (length(words[:end]) - most + 1) // 2
    return words[:end]


def weight(value: object) -> int:
    """Characters that blocks show. What opens only on a tap, the options of a select, is not counted."""
    match value:
        case Mapping():
            return sum(
                length(part) if key in {"text", "title", "label"} and isinstance(part, str) else weight(part)
                for key, part in value.items()
                if key not in {"options", "option_groups", "initial_option", "confirm"}
            )
        case str():
            return 0
        case Sequence():
            return sum(weight(part) for part in value)
        case _:
            return 0
