"""How quickly platforms may be written to: their workspaces, and each DM and channel."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.chat.platform import Pace, Platform
from storage.outbox import rate_limits as stored_rate_limits
from storage.outbox.rate_limits import Rate

MANY = 10_000  # conversations, from which on those that have rested are forgotten


def rates(platforms: Iterable[Platform]) -> dict[str, Rate]:
    """The pace of one workspace of each platform, by name; none where no limit is known."""
    return {each.name: _rate(each.pace) for each in platforms if each.pace is not None}


def edit_rates(platforms: Iterable[Platform]) -> dict[str, Rate]:
    """The pace of edits in one workspace of each platform, by name; none where they count as messages."""
    return {each.name: _rate(each.edit_pace) for each in platforms if each.edit_pace is not None}


class Conversations:
    """The pace of each conversation. Kept here, not in the database: what is due in one conversation at one time is
    claimed together, by one process."""

    def __init__(self, platforms: Iterable[Platform]) -> None:
        self._rates = {
            each.name: _rate(each.conversation_pace) for each in platforms if each.conversation_pace is not None
        }
        self._paced_until: dict[str, datetime] = {}

    def take(self, to: str, now: datetime) -> datetime | None:
        """None when a message may go there now, which is then counted; else when it may."""
        rate = self._rates.get(to.partition(":")[0])
        if rate is None:
            return None
        if len(self._paced_until) > MANY:
            self._paced_until = {to: until for to, until in self._paced_until.items() if until > now}
        paced_until = self._paced_until.get(to)
        if not stored_rate_limits.room(paced_until, now, rate, 1):
            return stored_rate_limits.free_at(paced_until, now, rate)
        self._paced_until[to] = max(paced_until or now, now) + rate.interval
        return None


def _rate(pace: Pace) -> Rate:
    return Rate(pace.per_second, pace.burst)
