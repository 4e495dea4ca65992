"""What may or may not have arrived: looked up, and sent again only if it did not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from bot.chat.platform import Platform, PlatformError, Sent, Unsupported
from bot.delivery.settle import Settler
from bot.delivery.timing import Done, Timing
from bot.ops.metrics import Metrics
from storage.database import Database
from storage.kinds import DeliveryState
from storage.outbox import deliveries
from storage.outbox.deliveries import Claimed, Outcome

MOST = 1_000  # looked up at once


class Recovery:
    """Claims whose lease lapsed, and sends without a clear answer."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        settler: Settler,
        timing: Timing,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._settler = settler
        self._timing = timing
        self._metrics = metrics

    async def recover(self) -> Done:
        """Looks up what may have arrived, and lets only that go again which did not."""

        def claim(tx: Session) -> list[Claimed]:
            now = self._now()
            deliveries.lapse(tx, now, self._timing.settle_window)
            return deliveries.uncertain(tx, self._settler.owner, now, self._timing.lease, MOST)

        rows = await self._database.run(claim)
        if not rows:
            return Done()
        outcomes = await asyncio.gather(*(self._look_up(row) for row in rows))
        await self._settler.write_down(outcomes, {})
        return Done(sent=sum(1 for outcome in outcomes if outcome.state == DeliveryState.SENT))

    async def _look_up(self, row: Claimed) -> Outcome:
        platform = self._platforms.get(row.to.partition(":")[0])
        later = Outcome(
            row.id,
            row.attempt,
            DeliveryState.UNCERTAIN,
            row.reason,
            again_at=self._now() + self._timing.settle_window,
        )
        if platform is None:
            return later
        try:
            async with asyncio.timeout(self._timing.timeout.total_seconds()):
                found = await platform.find(row.to, row.dedup_key)
        except (PlatformError, TimeoutError):
            return later
        match found:
            case Sent():
                outcome = Outcome(row.id, row.attempt, DeliveryState.SENT, platform_id=found.id)
            case Unsupported():
                reason = "It may have arrived, and this platform cannot tell. The reminder makes up for it."
                outcome = Outcome(row.id, row.attempt, DeliveryState.HELD, reason)
            case None:
                outcome = Outcome(row.id, row.attempt, DeliveryState.DUE, "It did not arrive, so it is sent again.")
        self._metrics.looked_up(platform.name, outcome.state)
        return outcome
