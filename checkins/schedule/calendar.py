"""When somebody is asked: local days and times, right across daylight saving, in every zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_DAY = 0b1111111
MONDAY_TO_FRIDAY = 0b0011111
PROMPT_LIVES = timedelta(hours=2)
REMINDER_AT = 9 * 60 + 30
FREEZE_AFTER = timedelta(days=7)
QUIET_FROM, QUIET_UNTIL = 18 * 60, 8 * 60  # nobody is written to first between these
DIGEST_OVER_AT = 17 * 60  # on the working day after a digest was due; the team has the next week on its mind then


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days (bit 0 is Monday), minutes after local midnight, and the zone they are meant in."""

    days: int
    minute: int
    zone: str


class Opening(NamedTuple):
    """When something may be said unprompted: from `opens` on and before `closes`, both in UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """Seven local days of a team, from its first working day on."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def label(self) -> str:
        return f"week of {self.first.day} {self.first:%b}"


def instant(day: date, minute: int, zone: str) -> datetime:
    """The moment in UTC at which the clocks of `zone` show this time on this day.

    A time that daylight saving skips becomes the first instant after the gap; of a time that comes twice
    it is the first.
    """
    local = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone))  # fold=0: the first of two
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # In a gap: the two offsets, applied to the same wall clock, stand on either side of the jump.
    before, after = local.replace(fold=1).astimezone(UTC), moment
    offset = after.astimezone(local.tzinfo).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def local_day(now: datetime, zone: str) -> date:
    """The date that clocks in `zone` show."""
    return now.astimezone(ZoneInfo(zone)).date()


def local_minute(now: datetime, zone: str) -> int:
    """Minutes after local midnight."""
    local = now.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


def following(rhythm: Rhythm, after: date) -> tuple[date, datetime]:
    """The next local day of the rhythm after this one, and its moment in UTC.

    Each local day comes at most once. A day that a zone leaves out (Samoa had no 30 December 2011) is skipped.
    """
    day = after
    for _ in range(15):
        day += timedelta(days=1)
        if rhythm.days >> day.weekday() & 1:
            moment = instant(day, rhythm.minute, rhythm.zone)
            if local_day(moment, rhythm.zone) == day:
                return day, moment
    raise ValueError("a rhythm needs at least one day")


def upcoming(rhythm: Rhythm, now: datetime) -> tuple[date, datetime]:
    """The next moment of the rhythm that is not over yet."""
    day, moment = following(rhythm, local_day(now, rhythm.zone) - timedelta(days=1))
    return (day, moment) if moment > now else following(rhythm, day)


def expiry(due: datetime, zone: str) -> datetime:
    """Until when a question may still be put: two hours, or the beginning of quiet hours if that is sooner.

    Somebody who chose a time inside the quiet hours meant it, and keeps the two hours.
    """
    return min(due + PROMPT_LIVES, opening(due, zone).closes)


def is_quiet(now: datetime, zone: str, quiet_from: int = QUIET_FROM, quiet_until: int = QUIET_UNTIL) -> bool:
    """Whether nobody should be written to at this moment. The span may cross midnight."""
    minute = local_minute(now, zone)
    if quiet_from <= quiet_until:
        return quiet_from <= minute < quiet_until
    return minute >= quiet_from or minute < quiet_until


def opening(due: datetime, zone: str) -> Opening:
    """When something that was set for a moment may go: from then on, until quiet hours begin.

    A moment inside the quiet hours was chosen by somebody who meant it, and is open for two hours.
    """
    if is_quiet(due, zone):
        return Opening(due, due + PROMPT_LIVES)
    return Opening(due, instant(local_day(due, zone), QUIET_FROM, zone))


def working_hours(now: datetime, zone: str, working: int) -> Opening:
    """What is left of today's working hours, else the next ones: on a working day, outside the quiet hours."""
    day = local_day(now, zone)
    if not (working or MONDAY_TO_FRIDAY) >> day.weekday() & 1 or instant(day, QUIET_FROM, zone) <= now:
        day = next_working_day(day, working)
    return Opening(max(now, instant(day, QUIET_UNTIL, zone)), instant(day, QUIET_FROM, zone))


def digest_over(due: datetime, working: int, zone: str) -> datetime:
    """Until when a digest that was due at a moment is worth posting: five in the afternoon of the next working day."""
    return instant(next_working_day(local_day(due, zone), working), DIGEST_OVER_AT, zone)


def next_working_day(day: date, working: int) -> date:
    """The first working day after this one."""
    return following(Rhythm(working or MONDAY_TO_FRIDAY, 0, "UTC"), day)[0]


def week_start(working: int) -> int:
    """The weekday a team's week begins on: the working day after its longest rest. Monday when it has none."""
    best, longest = 0, 0
    for weekday in range(7):
        if working >> weekday & 1:
            rest = 0
            while rest < 7 and not working >> (weekday - 1 - rest) % 7 & 1:
                rest += 1
            if rest > longest:
                best, longest = weekday, rest
    return best


def week_of(day: date, working: int) -> Week:
    """The team's week that this day is in."""
    first = day - timedelta(days=(day.weekday() - week_start(working)) % 7)
    return Week(first, first + timedelta(days=6))


def digest_due(week: Week, working: int, weekday: int | None, minute: int, zone: str) -> datetime:
    """When the digest of a week is posted: in the week after it, on its first working day or the one set."""
    day = week.first + timedelta(days=7)
    if weekday is not None:
        day += timedelta(days=(weekday - day.weekday()) % 7)
    return instant(day, minute, zone)


def default_days(working: int) -> int:
    """Twice a week: the second and the last working day."""
    start = week_start(working)
    days = [(start + step) % 7 for step in range(7) if working >> (start + step) % 7 & 1]
    return 1 << days[min(1, len(days) - 1)] | 1 << days[-1]


def in_words(days: int) -> str:
    """`Mon-Thu`, `Sun-Thu`, `Tue and Fri`, `every day`."""
    if days == EVERY_DAY:
        return "every day"
    chosen = [weekday for weekday in range(7) if days >> weekday & 1]
    starts = [weekday for weekday in chosen if not days >> (weekday - 1) % 7 & 1]
    if len(chosen) > 2 and len(starts) == 1:  # one run of days, also across the end of the week
        return f"{DAY_NAMES[starts[0]]}-{DAY_NAMES[(starts[0] + len(chosen) - 1) % 7]}"
    names = [DAY_NAMES[weekday] for weekday in chosen]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def shown(day: date) -> str:
    """`9 March`."""
    return f"{day.day} {day:%B}"


def clock(minute: int) -> str:
    """`15:30`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
