"""What people write for days, times, zones, dates and lengths of time, and the sentence when it is none."""

from __future__ import annotations

import difflib
import re
from datetime import date, timedelta
from functools import cache
from zoneinfo import available_timezones

from checkins.errors import UserError
from checkins.schedule.calendar import DAY_NAMES, EVERY_DAY, MONDAY_TO_FRIDAY, Week, week_of


def days(words: str) -> int:
    """`Mon-Thu`, `Tue,Fri`, `daily`, `weekdays` as a mask. Raises UserError."""
    told = words.strip().lower()
    if told in {"daily", "weekdays", "workdays"}:
        return MONDAY_TO_FRIDAY
    if told in {"everyday", "every day"}:
        return EVERY_DAY
    mask = 0
    for part in filter(None, re.split(r"[,;/\s]+|\band\b", told.replace("–", "-"))):
        ends = [_weekday(name, words) for name in part.split("-")]
        if len(ends) > 2:
            raise _no_days(words)
        weekday = ends[0]
        while True:
            mask |= 1 << weekday
            if weekday == ends[-1]:
                break
            weekday = (weekday + 1) % 7
    if not mask:
        raise _no_days(words)
    return mask


def time(words: str) -> int:
    """`9:30`, `09.30`, `1530`, `3:30pm` as minutes after midnight. Raises UserError."""
    match = re.fullmatch(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm)?", words.strip().lower())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3]:
        hour = hour % 12 + (12 if match[3] == "pm" else 0) if 1 <= hour <= 12 else 99
    if hour > 23 or minute > 59 or (match and not match[2] and not match[3]):
        raise UserError(f"“{words}” is not a time. Write it like 09:30 or 3:30pm.")
    return hour * 60 + minute


_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905  one line reads better
)


@cache
def _zones() -> dict[str, str]:
    names = sorted(name for name in available_timezones() if not name.startswith(("posix/", "right/", "SystemV/")))
    by_word = {name.rsplit("/", 1)[-1].lower(): name for name in names if "/" in name and not name.startswith("Etc/")}
    return by_word | {name.lower(): name for name in names}


def zone(words: str) -> str:
    """An IANA zone by its name or its city. Raises UserError, with the nearest names."""
    told = words.strip().replace(" ", "_").lower()
    known = _zones()
    if told in known:
        return known[told]
    near = difflib.get_close_matches(told, known, n=3, cutoff=0.6)
    hint = f" Did you mean {', '.join(sorted({known[name] for name in near}))}?" if near else ""
    raise UserError(f"I do not know the time zone “{words}”.{hint} Write it like Europe/Berlin.")


def day(words: str, today: date) -> date:
    """`2026-06-30`, `30 Jun`, `30.6.`, `Friday`, `today`, `tomorrow`, `in 3 days`. Raises UserError.

    A day without a year is the next one; a weekday is the next one after today.
    """
    told = words.strip().lower().rstrip(".").removeprefix("next ")
    if told in {"today", "tomorrow", "yesterday"}:
        return today + timedelta(days={"today": 0, "tomorrow": 1, "yesterday": -1}[told])
    if re.fullmatch(r"[a-z]{2,9}", told) and told[:3] in {name.lower() for name in DAY_NAMES}:
        return today + timedelta(days=(_weekday(told, words) - today.weekday() - 1) % 7 + 1)
    if match := re.fullmatch(r"in (\d{1,3}) (day|week)s?", told):
        return today + timedelta(days=int(match[1]) * (7 if match[2] == "week" else 1))
    for pattern in (
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<d>\d{1,2})\.? ?(?P<n>[a-z]{3,9}) ?(?P<y>\d{4})?",
        r"(?P<n>[a-z]{3,9}) (?P<d>\d{1,2}),? ?(?P<y>\d{4})?",
        r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})(?:\.(?P<y>\d{4}))?",
    ):
        match = re.fullmatch(pattern, told)
        if match is None:
            continue
        parts = match.groupdict()
        month = int(parts["m"]) if parts.get("m") else _month(parts["n"])
        year = int(parts["y"]) if parts.get("y") else today.year
        if month is None:
            break
        try:
            day = date(year, month, int(parts["d"]))
        except ValueError:
            raise UserError(f"There is no {words.strip()} in the calendar. Check the day and the month.") from None
        return day if parts.get("y") or day >= today else _next_year(day, words)
    raise UserError(f"I could not read “{words}” as a date. Write it like 2026-06-30, 30 Jun or Friday.")


def duration(words: str) -> timedelta:
    """`1h`, `90m`, `1h30`, `2 days`. Raises UserError."""
    match = re.fullmatch(
        r"(?:(\d{1,3})\s*d(?:ays?)?)?\s*(?:(\d{1,3})\s*h(?:ours?|rs?)?)?\s*(?:(\d{1,4})\s*(?:m(?:in(?:utes?)?)?)?)?",
        words.strip().lower(),
    )
    if not match or not any(match.groups()) or words.strip().isdigit():
        raise UserError(f"“{words}” is not a length of time. Write it like 30m, 1h or 2h30.")
    days, hours, minutes = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes)
    if not length:
        raise UserError("A length of time needs to be more than nothing. Write it like 30m or 1h.")
    return length


def _weekday(name: str, words: str) -> int:
    """Two letters of an English weekday are enough."""
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    told = name.strip()
    found = [weekday for weekday, known in enumerate(full) if len(told) >= 2 and known.startswith(told)]
    if len(found) != 1:
        raise _no_days(words)
    return found[0]


def _no_days(words: str) -> UserError:
    return UserError(f"I could not read “{words}” as days. Write them like Mon-Thu or Tue,Fri.")


def _month(name: str) -> int | None:
    return next((at for at, known in enumerate(_MONTHS, 1) if known.startswith(name)), None)


def _next_year(day: date, words: str) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        raise UserError(f"There is no {words.strip()} next year. Write the year too.") from None


def week(iso: str, working: int) -> Week:
    """`2026-W10` as the team's week that holds the Thursday of that ISO week."""
    match = re.fullmatch(r"(\d{4})-?W(\d{1,2})", iso.strip(), re.IGNORECASE)
    try:
        thursday = date.fromisocalendar(int(match[1]), int(match[2]), 4) if match else None
    except ValueError:
        thursday = None
    if thursday is None:
        raise UserError(f"“{iso}” is not a week. Write the year and the week like 2026-W10.")
    return week_of(thursday, working)


def month(words: str) -> Week:
    """`2026-03` as its first and last day."""
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", words.strip())
    if not match or not 1 <= int(match[2]) <= 12:
        raise UserError(f"“{words}” is not a month. Write it like 2026-03.")
    first = date(int(match[1]), int(match[2]), 1)
    return Week(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
