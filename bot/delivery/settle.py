"""What became of attempts is written down, however long the database is away."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from bot.chat import safe_traceback
from storage.database import Database, DatabaseUnavailable
from storage.outbox import deliveries, rate_limits
from storage.outbox.deliveries import Outcome
from storage.outbox.rate_limits import Rate

log = logging.getLogger(__name__)


class Settler:
    """Writes in the name of one process: `owner` is what it claims deliveries as."""

    def __init__(self, database: Database, now: Callable[[], datetime], rates: Mapping[str, Rate]) -> None:
        self._database = database
        self._now = now
        self._rates = rates
        self.owner = secrets.token_hex(6)
        self.give_up = math.inf  # by the monotonic clock: then the leases are left to lapse

    async def write_down(self, ended: Sequence[Outcome], waits: Mapping[int, datetime]) -> None:
        """However long the database is away: what is known here is known nowhere else."""

        def settle(tx: Session) -> None:
            now = self._now()
            for workspace_id, until in waits.items():
                rate_limits.pause(tx, workspace_id, until, now, self._rates)
            deliveries.settle(tx, self.owner, ended, now)

        wait = 0.1
        while True:
            try:
                await self._database.run(settle)
            except DatabaseUnavailable as error:
                if time.monotonic() + wait > self.give_up:
                    log.error("%d outcomes could not be settled; their leases will lapse", len(ended))
                    return
                log.error("settling is tried again: %s", error)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  only to spread
                wait = min(5.0, wait * 2)
            except Exception as error:  # noqa: BLE001  one outcome's trouble must not keep the others from it
                log.error("settling %d outcomes failed: %s", len(ended), safe_traceback.of(error))
                for outcome in ended if len(ended) > 1 else ():
                    await self.write_down([outcome], {})
                return
            else:
                return
