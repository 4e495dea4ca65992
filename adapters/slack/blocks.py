"""The pieces that Block Kit is made of, each within its limit: words, options, and buttons that can be read back."""

from __future__ import annotations

import base64
import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.chat.messages import Chart, Option, Span

Json: TypeAlias = dict[str, Any]

# Every limit there is, in characters unless said otherwise, counted in UTF-16 units: the stricter of the two ways.
# https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/surfaces/modals
NOTIFICATION = 3_500  # `text` is cut at 4,000, and &, < and > grow when they are escaped
LEAD = 300  # of the first paragraph in a notification

HEADER = 150
TEXT = 3_000  # a plain_text in a context or a section
BUTTON = 75
VALUE = 2_000  # of a button
ACTION_ID = 255
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
BAR = 20  # of the longest bar in a chart made of characters


@dataclass(frozen=True, slots=True)
class BlockBudget:
    """What all blocks of one surface may come to."""

    blocks: int
    characters: int


MESSAGE = BlockBudget(40, 10_000)  # 50 and about 13,200 (`msg_blocks_too_long`), with a margin
HOME = BlockBudget(VIEW_BLOCKS, 30_000)  # 250 kB of JSON


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


def plain(words: str, most: int) -> Json:
    """A plain_text: no markup, no mentions, and `:tada:` stays what was typed. Slack takes no empty one."""
    return {"type": "plain_text", "text": shorten(words, most) if words.strip() else "–", "emoji": False}


def run(words: str, style: str = "plain") -> Json:
    """Characters in a rich_text: literal, whatever stands in them."""
    styled = {} if style == "plain" else {"style": {style: True}}
    return {"type": "text", "text": words or " ", **styled}


def section(runs: list[Json]) -> Json:
    """A paragraph of a rich_text."""
    return {"type": "rich_text_section", "elements": runs}


def rich(*elements: Json) -> Json:
    """A rich_text block."""
    return {"type": "rich_text", "elements": [*elements]}


_MARKS = {"plain": "", "bold": "*", "italic": "_", "code": "`"}
_LIVE = re.compile(r"[*_~`&<>\n]|:[\w+'-]+:")  # what mrkdwn might take for more than characters


def context(spans: Sequence[Span], most: int = TEXT) -> Json:
    """Small grey words. Only mrkdwn has styles there: words in which it could find anything of its own have none, and
    what is code elsewhere stands in quotation marks."""
    spans = [span for span in spans if span.words]
    if any(span.style != "plain" for span in spans) and not any(_LIVE.search(s.words) for s in spans):
        words = "".join(f"{_MARKS[s.style]}{s.words}{_MARKS[s.style]}" for s in spans)
        if length(words) <= min(most, TEXT) and all(s.words == s.words.strip() for s in spans if s.style != "plain"):
            return {"type": "context", "elements": [{"type": "mrkdwn", "text": words, "verbatim": True}]}
    words = "".join(f"“{span.words}”" if span.style == "code" else span.words for span in spans)
    return {"type": "context", "elements": [plain(words, min(most, TEXT))]}


def option(value: Option) -> Json:
    """One option. Its value is JSON, so that it is never empty and comes back as it was."""
    return {"text": plain(value.label, OPTION), "value": encoded(value.value)}


def listed(values: Sequence[Option]) -> Json:
    """`options`, or `option_groups` where there are more than one list may have."""
    shown = [option(value) for value in values]
    if len(shown) <= OPTIONS:
        return {"options": shown}
    groups = [
        {
            "label": plain(f"{at + 1} to {min(at + OPTIONS, len(shown))}", OPTION),
            "options": shown[at : at + OPTIONS],
        }
        for at in range(0, len(shown), OPTIONS)
    ]
    return {"option_groups": groups}


def chart(value: Chart) -> Json | None:
    """https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block, where it can say all of it.

    Each series has a number for each category, so a chart with a gap is made of characters instead.
    """
    labels = [shorten(label, CHART_LABEL) for label in value.labels]
    names = [shorten(series.name, CHART_LABEL) for series in value.series]
    numbers = [number for series in value.series for number in _numbers(series.values)]
    if (
        not 0 < len(labels) <= CHART_LABELS
        or not 0 < len(names) <= CHART_SERIES
        or any(len(set(words)) < len(words) or not all(words) for words in (labels, names))
        or None in numbers
        or len(numbers) != len(labels) * len(names)
    ):
        return None
    axes = {"categories": labels} | ({"y_label": value.unit} if value.unit.strip() else {})
    series = [
        {
            "name": name,
            "data": [{"label": label, "value": n} for label, n in zip(labels, series.values, strict=True)],
        }
        for name, series in zip(names, value.series, strict=True)
    ]
    kind = "bar" if value.kind == "bars" else "line"
    return {
        "type": "data_visualization",
        "title": shorten(value.title, CHART_TITLE) or "Chart",
        "chart": {"type": kind, "series": series, "axis_config": axes},
    }


def has_charts(payload: Json) -> bool:
    """Whether a message holds charts that a workspace may not know yet."""
    return any(block["type"] == "data_visualization" for block in payload["blocks"])


def _numbers(values: Iterable[float | None]) -> list[float | None]:
    return [value if value is not None and math.isfinite(value) else None for value in values]


def bars(value: Chart, most: int) -> Json:
    """The same as characters: bars below their labels, or for lines the sentence."""
    title = section([run(shorten(value.title, most) or "Chart", "bold")])
    numbers = [_numbers(series.values) for series in value.series]
    longest = max((abs(n) for row in numbers for n in row if n is not None), default=0)
    if value.kind == "lines" or not longest or len(value.labels) > CHART_LABELS:
        return rich(title, section([run(shorten(value.fallback, most))]))
    lines = []
    for at, label in enumerate(value.labels):
        lines.append(label)
        for series, row in zip(value.series, numbers, strict=True):
            number = row[at] if at < len(row) else None
            name = f"  {series.name}" if len(value.series) > 1 else ""
            drawn = "–" if number is None else f"{'▇' * max(1, round(abs(number) / longest * BAR))}"
            said = "" if number is None else f" {number:g}{value.unit}"
            lines.append(f"{drawn}{said}{name}")
    drawing = {
        "type": "rich_text_preformatted",
        "elements": [run(shorten("\n".join(lines), most))],
    }
    return rich(title, drawing)


@dataclass(frozen=True, slots=True)
class Press:
    """A tap on a button or on an option of a pick."""

    press: str
    subject: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Opens:
    """A tap on the button of a form."""

    name: str
    subject: str


def rows(buttons: Iterable[tuple[str, Json]]) -> list[Json]:
    """Actions blocks of (value, words) pairs: buttons in as many rows as they need. One that cannot carry what it
    stands for is said to be missing."""
    fit: list[Json] = []
    unfit: list[Json] = []
    for value, words in buttons:
        if length(value) <= VALUE:
            fit.append({"type": "button", "action_id": f"tap:{len(fit)}", "value": value, **words})
        else:
            sentence = f"“{words['text']['text']}” is not offered here: there are too many words for a button."
            unfit.append(context([Span(sentence)]))
    lines = [fit[at : at + ACTIONS] for at in range(0, len(fit), ACTIONS)]
    return [*({"type": "actions", "elements": row} for row in lines), *unfit]


def encode_press(press: str, subject: str, value: str = "") -> str:
    """The value of a button; more than 2,000 characters are not sent."""
    return _packed(["press", press, subject, value])


def encode_open(name: str, subject: str) -> str:
    """The value of the button of a form."""
    return _packed(["open", name, subject])


def decode(action: Mapping[str, Any]) -> Press | Opens | None:
    """What one of the `actions` of a block_actions payload means; None for one that is not of our making."""
    try:
        kind, _, rest = str(action["action_id"]).partition(":")
        if kind == "pick":
            given = ["press", *json.loads(rest), json.loads(action["selected_option"]["value"])]
        else:
            given = json.loads(_unpacked(action["value"]))
    except (KeyError, TypeError, ValueError, zlib.error):
        return None
    match given:
        case ["press", str(press), str(subject), str(value)]:
            return Press(press, subject, value)
        case ["open", str(name), str(subject)]:
            return Opens(name, subject)
        case _:
            return None


def encoded(value: object) -> str:
    """JSON without the three characters that Slack may send back as entities."""
    words = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return words.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _packed(value: list[str]) -> str:
    words = encoded(value)
    if length(words) <= VALUE:
        return words
    return "z" + base64.urlsafe_b64encode(zlib.compress(words.encode(), 9)).decode()


def _unpacked(words: str) -> str:
    if not words.startswith("z"):
        return words
    unpacked = zlib.decompressobj()
    return unpacked.decompress(base64.urlsafe_b64decode(words[1:]), VALUE * 100).decode()
