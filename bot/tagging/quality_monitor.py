"""Looks now and then at how well each company's lines are filed: for who operates it, and for admins at home."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime

from sqlmodel import Session

from bot.ops.metrics import Metrics
from checkins.tagging import quality
from storage import people
from storage.database import Database
from storage.tags import FilingStats

EVERY = 3600.0  # seconds from one look to the next
TOGETHER = 50  # companies looked at in one transaction: answers come in between


class Watch:
    """What the last look found. Kept in memory: a page or a scrape never waits for it."""

    def __init__(self, database: Database, metrics: Metrics, now: Callable[[], datetime]) -> None:
        self._database = database
        self._metrics = metrics
        self._now = now
        self.warnings: dict[int, str] = {}
        """By company, what its admins should know; empty where nothing got worse."""
        self._looked: float | None = None

    async def keep_up(self) -> None:
        """Looks unless it did within the hour. Called every minute, so a start or a failure waits for no hour."""
        if self._looked is None or time.monotonic() - self._looked >= EVERY:
            await self.look()
            self._looked = time.monotonic()

    async def look(self) -> None:
        """Looks at every company: one query for each portion of them."""
        today = self._now().date()

        def ids(tx: Session) -> list[int]:
            return [company.id for company in people.companies(tx)]

        every = await self._database.run(ids)
        for start in range(0, len(every), TOGETHER):
            found = await self._lately(every[start : start + TOGETHER], today)
            for company_id, (now, before) in found.items():
                self.warnings[company_id] = quality.warning(now, before)
                self._metrics.filed(
                    company_id, asked=quality.asked(now), right=quality.right(now), beyond=quality.beyond(now)
                )
        for gone in self.warnings.keys() - set(every):
            del self.warnings[gone]
            self._metrics.filed(gone, asked=None, right=None, beyond=None)

    async def _lately(self, companies: list[int], today: date) -> dict[int, tuple[FilingStats, FilingStats]]:
        return await self._database.run(lambda tx: quality.lately(tx, companies, today))
