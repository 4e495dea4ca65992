"""An answer as people type it, made into lines: one piece of work each, with the effort that was stated."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkins import text
from checkins.errors import UserError

MOST_CHARACTERS = 20_000
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """One line. `hours` (a day has 8) or `percent` (of the day) where it was stated."""

    text: str
    finished: bool = False
    hours: float | None = None
    percent: float | None = None


# Bullets, numbers and tick boxes in front of a line are layout, not words.
_BULLET = re.compile(r"^\s*(?:[-*•‣◦–—>]+\s+|\d{1,3}[.)]\s+)*(?P<box>\[[ xX]?\]|[✓✔☑✅☐])?\s*")
_TRAILING_TICK = re.compile(r"\s*[✓✔☑✅]\s*$")
_EFFORT = (
    r"(?P<number>\d{1,3}(?:[.,]\d{1,2})?)\s*"
    r"(?P<unit>h|hrs?|hours?|std|stunden?|horas?|d|days?|tage?|m|mins?|minutes?|%)(?P<more>\d{1,2})?"
)
_EFFORT_LAST = re.compile(rf"(?:[\s,;:–—-]|^)[(\[]?(?:~|≈|ca\.?\s*)?{_EFFORT}m?[)\]]?[.\s]*$", re.IGNORECASE)
_EFFORT_FIRST = re.compile(rf"^[(\[]?~?{_EFFORT}[)\]]?\s*[:,–—-]?\s+", re.IGNORECASE)
# "cut latency by 30%" and "down to 2h" say what came of it, not how long it took.
_MEASURE = re.compile(
    r"(?:\b(?:by|to|at|of|from|under|over|below|above|than|in|is|are|was|within|every|um|auf|von|unter|über|en|de|al|a)"
    r"|[<>=+→≤≥])\s*$",
    re.IGNORECASE,
)
_FINISHED = re.compile(
    r"\b(?:done|finished|shipped|released|merged|completed|closed|fixed|deployed|published|delivered|launched|"
    r"signed|sent|resolved|rolled out|fertig|erledigt|abgeschlossen|terminado|acabado|hecho|terminé|fini)\b",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"\b(?:not|n't|wip|ongoing|still|almost|nearly|half|started|starting|continu\w+|working on|in progress|to be|"
    r"to have|will|would|should|could|soon|hope\w*|goal is|plan\w*|next|todo|to do|need\w*|waiting|draft\w*|noch|fast|casi|todavía)\b|(?:\.\.\.|…)\s*$",
    re.IGNORECASE,
)


def pieces(words: str) -> list[Piece]:
    """The lines of an answer, in order. Raises UserError, with what to do, when there is nothing to file."""
    clean = text.clean(words)
    if len(clean) > MOST_CHARACTERS:
        raise UserError(
            f"That is {len(clean):,} characters, and I can take {MOST_CHARACTERS:,} at once. "
            "Nothing was saved; send it in two parts."
        )
    lines = rows(clean)
    if not lines:
        raise UserError("That was empty, so nothing was saved. Write one line for each piece of work.")
    if not any(character.isalnum() for character in clean):
        raise UserError("I found no words in that, so nothing was saved. A few words about the work are enough.")
    if len(lines) > MOST_LINES:
        raise UserError(
            f"That is {len(lines)} lines, and I can take {MOST_LINES} at once. "
            "Nothing was saved; send it in two parts, or put what belongs together on one line."
        )
    return [_piece(line) for line in lines]


def rows(words: str) -> list[str]:
    """The lines as typed that a piece is made of, one for each piece, in order."""
    return [line for line in text.clean(words).split("\n") if _BULLET.sub("", line).strip()]


def _piece(line: str) -> Piece:
    match = _BULLET.match(line)
    box = (match["box"] or "") if match else ""
    words = _BULLET.sub("", line).strip()
    ticked = box not in {"", "[ ]", "[]", "☐"} or bool(_TRAILING_TICK.search(words))
    open_box = box in {"[ ]", "[]", "☐"}
    words = _TRAILING_TICK.sub("", words) or words
    hours, percent = _effort(words)
    finished = ticked or (not open_box and bool(_FINISHED.search(words)) and not _UNFINISHED.search(words))
    return Piece(words, finished, hours, percent)


def _effort(words: str) -> tuple[float | None, float | None]:
    """Hours and percent, as stated at the end of a line or before it. The words themselves stay whole."""
    match = _EFFORT_LAST.search(words)
    if match is None or _MEASURE.search(words[: match.start("number")].rstrip("(~≈ ")):
        match = _EFFORT_FIRST.search(words)
    if match is None:
        return None, None
    number = float(match["number"].replace(",", "."))
    unit = match["unit"].lower()
    if unit == "%":
        return None, (number if 0 < number <= 100 else None)
    if unit.startswith(("d", "t")):
        hours = number * 8
    elif unit.startswith("m"):
        hours = number / 60
    else:
        hours = number + int(match["more"] or 0) / 60
    if match["more"] and not unit.startswith("h"):
        return None, None
    return (hours if 0 < hours <= 80 else None), None
