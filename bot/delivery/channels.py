"""Channels looked at before anything is shown in them: who can read along there changes after a channel was chosen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.chat.events import Address
from bot.chat.platform import Channel, OutcomeUnknown, Platform, RateLimited, Unreachable

FRESH = timedelta(seconds=30)  # a reply in a thread relies on a look this old
AGAIN = 30.0  # seconds until the next try, where the platform names none
WITHIN = 0.4  # of what one message may take: the rest is for the message itself


class MadePublic(Unreachable):
    """A channel that was private when it was chosen, and that anybody of the workspace can read now."""


class Channels:
    """What was seen of channels lately, in this process."""

    def __init__(self, platforms: Mapping[str, Platform], now: Callable[[], datetime], timeout: timedelta) -> None:
        """`timeout` is what a message to a platform may take, the look before it included."""
        self._platforms = platforms
        self._now = now
        self._within = timeout.total_seconds() * WITHIN
        self._seen: dict[Address, tuple[datetime, Channel]] = {}
        self._changes = 0

    async def look(self, where: Address, *, was_private: bool, anew: bool) -> None:
        """Returns when something may be shown there. `anew` trusts no earlier look.

        Raises MadePublic for a channel that was private and is not any more, Unreachable, and RateLimited where the
        platform does not say how the channel stands: nothing was shown, and it can be tried again.
        """
        at, channel = self._seen.get(where, (None, None))
        if anew or at is None or channel is None or self._now() - at > FRESH:
            channel = await self._ask(where)
        if was_private and channel.is_public:
            raise MadePublic(
                f"#{channel.name} was private when it was chosen for the digest, and anybody can read it now. If that is "
                "wanted, choose it again: “team digest here”."
            )

    def changed(self, where: Address) -> None:
        """The platform says that a channel is not what it was."""
        self._changes += 1
        self._seen.pop(where, None)

    async def _ask(self, where: Address) -> Channel:
        began, changes = self._now(), self._changes
        self._seen.pop(where, None)
        try:
            async with asyncio.timeout(self._within):
                channel = await self._platforms[where.partition(":")[0]].check(where)
        except (OutcomeUnknown, TimeoutError) as error:
            raise RateLimited(AGAIN, "The platform did not say who can read that channel.") from error
        if changes == self._changes:
            self._seen[where] = (began, channel)
        return channel
