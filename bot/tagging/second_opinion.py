"""What the company's own language model thinks of lines the tagger was unsure of, while it has heard little.

Off unless it is set up. It comes after an answer was stored and acknowledged, and changes only where a line is filed
that nobody has said anything about, and with it what is offered first where its writer is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot.chat import safe_traceback
from bot.tagging.language_model import LanguageModel, NoAnswer
from checkins.answers import reassign_goals
from storage import goals
from storage.database import Database
from storage.kinds import WorkKind
from storage.tags import Unsaid

log = logging.getLogger(__name__)

TOGETHER = 1.0  # seconds in which what one person does is looked at together
RESTS = 60.0  # seconds it is left alone after it did not answer
FRESH = timedelta(minutes=10)  # what was written before is not asked about any more


@dataclass(slots=True)
class SecondOpinion:
    """Asks in the background, one check-in at a time, each once, and at most so many a day in this process."""

    database: Database
    model: LanguageModel
    a_day: int
    now: Callable[[], datetime]
    _asked: set[int] = field(default_factory=set)  # lines of today
    _pending: set[int] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None
    _day: date = date.min
    _calls: int = 0
    _rests_until: float = 0.0

    def told(self, company_id: int) -> None:
        """Somebody in a company may have written something; call it once that is committed."""
        self._pending.add(company_id)
        self._woken.set()

    def start(self) -> None:
        """Begins to ask; needs a running event loop."""
        self._keeper = asyncio.create_task(self._keep_up())

    async def stop(self) -> None:
        """Ends it."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        await self.model.close()

    async def look(self, company_id: int) -> None:
        """Asks about each check-in of a company with fresh lines it may be asked about, and notes what it says."""
        now = self.now()
        if now.date() != self._day:
            self._day, self._calls = now.date(), 0
            self._asked.clear()

        def read(tx: Session) -> tuple[list[Unsaid], dict[int, str]]:
            titles = {goal.id: goal.title for goal in goals.goals(tx, company_id)}
            return reassign_goals.unsure(tx, company_id, now - FRESH), titles

        fresh, titles = await self.database.run(read)
        by_checkin: dict[int, list[Unsaid]] = {}
        for line in fresh:
            if line.id not in self._asked:
                by_checkin.setdefault(line.checkin_id, []).append(line)
        for lines in by_checkin.values():
            resting = asyncio.get_running_loop().time() < self._rests_until
            if not titles or resting or self._calls >= self.a_day:
                return
            self._calls += 1
            self._asked.update(line.id for line in lines)
            places = await self._places(list(titles.values()), lines)
            ids = list(titles)
            chosen = {lines[at].id: (ids[goal], WorkKind.GOAL.value) for at, goal in places.items()}
            await self._note(company_id, chosen)

    async def _places(self, titles: list[str], lines: list[Unsaid]) -> Mapping[int, int]:
        try:
            return await self.model.places(titles, [line.text for line in lines])
        except NoAnswer as error:
            self._rests_until = asyncio.get_running_loop().time() + RESTS
            log.warning("the language model was no help, and is left alone for a minute: %s", error)
            return {}

    async def _note(self, company_id: int, chosen: Mapping[int, tuple[int, str]]) -> None:
        if chosen:
            await self.database.run(lambda tx: reassign_goals.refile(tx, company_id, chosen, self.now()))

    async def _keep_up(self) -> None:
        while True:
            await self._woken.wait()
            await asyncio.sleep(TOGETHER)
            self._woken.clear()
            while self._pending:
                try:
                    await self.look(self._pending.pop())
                except Exception as error:  # noqa: BLE001  the local tagger's word stands
                    log.error("a second opinion could not be had: %s", safe_traceback.of(error))
