"""The arguments of commands: of which kind each is, how it is read from words, and where it stands among them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_type_hints

from bot.chat import registry
from checkins.errors import UserError
from checkins.goals import checks
from checkins.schedule import parse as schedule_parse

Lookup = Literal["people", "channel"]
"""What only the platform knows of an argument: who is in this channel, or the channel that was named."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of argument: how help shows it, how it is read, and whether it takes several words.

    `read` takes the words and the writer's own date; it raises UserError for words of another kind. Its return type is
    the type of the argument.
    """

    shown: str
    read: Callable[[str, date], object]
    many: bool = False

    @property
    def value_type(self) -> object:
        """The type of what is read, as a handler's parameter has it: `int`, `date`, `tuple[str, ...]`."""
        return get_type_hints(self.read)["return"]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: the keyword-only parameter of that name of its action's handler.

    With `keyword` it is named (`under #goal`) and may stand anywhere. One that is optional has its default in the
    handler's signature. With a `lookup` the platform is asked before the handler runs, which finds the answer in
    `turn.found`: for "people" who is here, where the argument is the one word `here`; for "channel" the one it names.
    """

    name: str
    kind: Kind
    keyword: str = ""
    optional: bool = False
    lookup: Lookup | None = None

    @property
    def usage(self) -> str:
        words = f"{self.keyword} {self.kind.shown}".strip()
        return f"[{words}]" if self.optional else words


def option(keyword: str, kind: Kind, name: str = "") -> Argument:
    """One that is named and may be left out; called by its keyword where it has no `name` of its own."""
    return Argument(name or keyword, kind, keyword, optional=True)


def _words(words: str, _: date) -> str:
    return words


def _handle(words: str, _: date) -> str:
    handle = words.removeprefix("#").lower()
    if not words.startswith("#") or not handle:
        raise UserError(f"“{words}” is not a goal. Goals have short handles like #pricing; `goals` shows them.")
    return handle


def _people(words: str, _: date) -> tuple[str, ...]:
    people = tuple(part.strip(",;") for part in words.split())
    for part in people:
        _person(part, _)
    return people


def _person(words: str, _: date) -> str:
    if not words.startswith("@") and words.lower() not in {"here", "me"}:
        raise UserError(f"“{words}” is not a person. Write them like @ana.")
    return words


def _channel(words: str, _: date) -> str:
    if not words.startswith("#") and words.lower() != "here":
        raise UserError(f"“{words}” is not a channel. Write it like #platform, or “here”.")
    return words


def _names(words: str, _: date) -> tuple[str, ...]:
    return tuple(part.strip() for part in words.split(";") if part.strip())


def _remind(words: str, _: date) -> int | None:
    """Minutes after the question; 0 is off, None the next working morning."""
    if words.lower() in {"off", "no", "none", "never"}:
        return 0
    if words.lower() in {"morning", "default", "on"}:
        return None
    minutes = int(schedule_parse.duration(words).total_seconds() // 60)
    if not 10 <= minutes <= 24 * 60:
        raise UserError("A reminder comes between 10 minutes and 24 hours after the question.")
    return minutes


def _dates(words: str, today: date) -> tuple[date, date]:
    first, _, last = (part.strip() for part in re.sub(r"\.\.+|…|–| to | until ", "..", words).partition(".."))
    span = schedule_parse.day(first, today), schedule_parse.day(last or first, today)
    if span[1] < span[0]:
        raise UserError("That leave ends before it begins. Write it like leave 2026-07-01..2026-07-14.")
    if (span[1] - span[0]).days > 366:
        raise UserError("That leave is longer than a year. Use `stop` to pause for good, and `start` to come back.")
    return span


def _days(words: str, _: date) -> int:
    """A mask: bit 0 is Monday."""
    return schedule_parse.days(words)


def _one_day(words: str, _: date) -> int:
    """0 is Monday."""
    mask = schedule_parse.days(words)
    if mask.bit_count() != 1:
        raise UserError(f"“{words}” is more than one day. Name one, like Mon.")
    return mask.bit_length() - 1


def _time(words: str, _: date) -> int:
    """Minutes after midnight."""
    return schedule_parse.time(words)


def _length(words: str, _: date) -> timedelta:
    return schedule_parse.duration(words)


def _zone(words: str, _: date) -> str:
    return schedule_parse.zone(words)


def _week(words: str, _: date) -> str:
    schedule_parse.week(words, 31)
    return words


def _weeks(words: str, _: date) -> int:
    if not words.isdigit() or not 1 <= int(words) <= 52:
        raise UserError(f"“{words}” is not a number of weeks between 1 and 52.")
    return int(words)


def _weight(words: str, _: date) -> int:
    return checks.weight(words)


def _sure(words: str, _: date) -> int:
    told = words.removesuffix("%")
    if not told.isdigit() or int(told) > 95:
        raise UserError(f"“{words}” is not how sure. Write a whole number from 0 (never ask) to 95.")
    return int(told)


def _band(words: str, _: date) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,3})%?/(\d{1,3})%?/(\d{1,3})%?", words)
    parts = tuple(int(part) for part in match.groups()) if match else ()
    if len(parts) != 3 or sum(parts) != 100:
        raise UserError("A band is three shares that sum to 100: goal work/firefighting/the rest, like 60/25/15.")
    return parts


def _platform(words: str, _: date) -> str:
    if words.lower() not in {*registry.ADAPTERS, "here"}:
        raise UserError(f"“{words}” is not where I could ask you. Say slack, teams or here.")
    return words.lower()


def _code(words: str, _: date) -> str:
    plain = words.replace("-", "").replace(" ", "")
    if not plain.isalnum() or len(plain) != 10:
        raise UserError(f"“{words}” is not a code. One looks like K7QFM-2X9RT.")
    return words


TITLE = Kind('"Title"', _words, many=True)
NAME = Kind("NAME", _words, many=True)
QUESTION = Kind('"Question?"', _words, many=True)
VALUE = Kind("NUMBER|STATUS", _words, many=True)
GOAL = Kind("#goal", _handle)
PERSON = Kind("@person", _person)
PEOPLE = Kind("@a @b|here", _people, many=True)
CHANNEL = Kind("#channel|here", _channel)
TEAMS = Kind("TEAM;TEAM", _names, many=True)
DATE = Kind("DATE", schedule_parse.day, many=True)
DATES = Kind("DATE..DATE", _dates, many=True)
DAY = Kind("DAY", _one_day)
DAYS = Kind("DAYS", _days)
TIME = Kind("TIME", _time)
ZONE = Kind("ZONE", _zone, many=True)
LENGTH = Kind("1h", _length, many=True)
REMINDER = Kind("60m|morning|off", _remind, many=True)
WEEK = Kind("2026-W10", _week)
WEEKS = Kind("WEEKS", _weeks)
WEIGHT = Kind("N", _weight)
SURE = Kind("75%", _sure)
BAND = Kind("60/25/15", _band)
PLATFORM = Kind("slack|teams|here", _platform)
CODE = Kind("CODE", _code, many=True)
