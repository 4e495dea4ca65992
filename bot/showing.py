"""What stands somewhere and has changed is edited there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from bot import outgoing
from bot.messages import Message
from bot.platform import Busy, Platform, Sent, Unknown, Unreachable
from bot.steps import Done, Timing
from storage import agenda, deliveries
from storage.database import Database
from storage.deliveries import Edit
from storage.tables import Delivery

log = logging.getLogger(__name__)

MOST = 200  # edited at once


class Showing:
    """Edits are harmless to repeat, so nothing is claimed for them."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        timing: Timing,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._timing = timing

    async def show(self) -> Done:
        """Shows anew what stands somewhere and has changed."""
        now = self._now()

        def read(tx: Session) -> list[tuple[Delivery, Message | None]]:
            rows = deliveries.to_edit(tx, now, MOST) if agenda.due(tx, "show", now) else []
            messages, _ = outgoing.worded(tx, rows, now, again=True)
            return [(row, messages.get(row.id)) for row in rows]

        letters = await self._database.run(read)
        if not letters:
            return Done()
        shown = await asyncio.gather(*(self._edit(row, message) for row, message in letters))
        await self._database.run(lambda tx: deliveries.settle_edits(tx, shown))
        return Done(edited=sum(1 for edit in shown if edit.again_at is None))

    async def _edit(self, row: Delivery, message: Message | None) -> Edit:
        assert row.edit_at is not None
        platform = self._platforms.get(row.to.partition(":")[0])
        try:
            if message is not None and platform is not None:
                async with asyncio.timeout(self._timing.timeout.total_seconds()):
                    await platform.edit(Sent(row.to, row.platform_id), message)
        except Unreachable as error:
            log.info("delivery %s is not there to be edited: %s", row.id, error)
        except Busy as error:
            return Edit(row.id, row.edit_at, self._now() + timedelta(seconds=error.retry_after))
        except (Unknown, TimeoutError):
            return Edit(row.id, row.edit_at, self._now() + self._timing.edit_again)
        return Edit(row.id, row.edit_at)
