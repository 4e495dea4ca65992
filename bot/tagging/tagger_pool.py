"""One tagger a company, made off the way of every answer from what people confirmed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from sqlmodel import Session

from bot.chat import safe_traceback
from checkins.answers import reassign_goals
from checkins.tagging import Confirmed, GoalText, LineText, Tagger
from storage import audit, checkins, goals, people
from storage.checkins import Extent, Taught
from storage.database import Database

log = logging.getLogger(__name__)

MOST_LEARNT = 10_000  # confirmed tags a tagger starts from: the newest
STEP = 1_000  # so many at a time the oldest are left out, and so many are read in one transaction
TOGETHER = 1.0  # seconds in which taps are learnt together
SPARE = 20  # of the time it took to make a company's tagger, so many times as much until its next: 5% of a core
AGAIN = 15.0  # seconds after which a reading that failed is tried again


@dataclass(frozen=True, slots=True)
class TaggerGoals:
    """The goals as the tagger is told them, and where the lines of closed ones go."""

    texts: tuple[GoalText, ...]
    successors: Mapping[str, str]

    def tagger(self, rows: Iterable[Taught] = ()) -> Tagger:
        """A tagger of these goals that learnt these confirmed tags."""
        made = Tagger(self.texts, successors=self.successors)
        made.learn(confirmed(rows))
        return made


@dataclass(frozen=True, slots=True)
class _PooledTagger:
    """A tagger, and what it was made from: the goals as of an act, and what was confirmed; None while it knows
    the goals alone."""

    tagger: Tagger
    plan: TaggerGoals
    act: int
    extent: Extent | None = None


@dataclass(slots=True)
class Taggers:
    """Hands out a company's tagger inside a transaction. Nothing in it that the database does not say.

    A tagger is not changed any more once it was handed out. When there is more to learn, another is made in the
    background and takes its place; until then answers have the one there is and, after goals changed, one that
    knows the words of the goals. So no answer waits, and workers that read the same agree.
    """

    database: Database
    now: Callable[[], datetime]
    _kept: dict[int, _PooledTagger] = field(default_factory=dict)
    _pending: set[int] = field(default_factory=set)
    _rests: dict[int, float] = field(default_factory=dict)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None

    def of(self, tx: Session, company_id: int) -> Tagger:
        """The tagger to answer with now: at most the goals are read, never what was confirmed."""
        act = audit.newest_act(tx, company_id)
        kept = self._kept.get(company_id)
        if kept is not None and kept.act == act:
            return kept.tagger
        plan = plan_of(tx, company_id)
        if kept is not None and kept.plan == plan:
            kept = replace(kept, act=act)
        else:
            kept = _PooledTagger(plan.tagger(), plan, act)
            self._rests.pop(company_id, None)
        self._kept[company_id] = kept
        return kept.tagger

    def forget(self, company_id: int) -> None:
        """That company is gone; another one may get its number."""
        self._kept.pop(company_id, None)
        self._rests.pop(company_id, None)
        self._pending.discard(company_id)

    def told(self, company_id: int) -> None:
        """Something may have been confirmed, or a goal changed; call it once that is committed."""
        self._pending.add(company_id)
        self._woken.set()

    def start(self) -> None:
        """Begins to keep up, with every company there is; needs a running event loop."""
        self._keeper = asyncio.create_task(self._keep_up())

    async def stop(self) -> None:
        """Ends it."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    async def catch_up(self, company_id: int) -> None:
        """Learns all that a company confirmed until now, unless it is known already."""
        kept = self._kept.get(company_id)

        def look(tx: Session) -> tuple[int, TaggerGoals, Extent]:
            # The goals are read even when the act is known: one that was rolled back gives its id to the next.
            extent = checkins.confirmed_extent(tx, company_id)
            return audit.newest_act(tx, company_id), plan_of(tx, company_id), extent

        act, plan, extent = await self.database.run(look)
        if kept is not None and kept.plan == plan:
            kept = replace(kept, act=act)
        else:
            kept = _PooledTagger(await asyncio.to_thread(plan.tagger), plan, act)
        self._kept[company_id] = kept
        if kept.extent == extent:
            return
        rows: list[Taught] = []
        after = await self.database.run(lambda tx: oldest(tx, company_id, extent.count))
        while chunk := await self._chunk(company_id, after, extent.newest):
            rows += chunk
            after = chunk[-1].tag_id
        # What was confirmed, taken back or planned meanwhile shows at the next look, which then starts again.
        tagger = await asyncio.to_thread(plan.tagger, rows)
        self._kept[company_id] = _PooledTagger(tagger, plan, act, extent)

    async def look_again(self, company_id: int) -> None:
        """Files what it was unsure of once more, beside lines whose writers have just said where those belong."""
        lines = await self.database.run(lambda tx: reassign_goals.beside(tx, company_id, self.now()))
        kept = self._kept.get(company_id)
        if not lines or kept is None:
            return
        found = await asyncio.to_thread(reassign_goals.elsewhere, kept.tagger, lines)
        if found:
            await self.database.run(lambda tx: reassign_goals.refile(tx, company_id, found, self.now()))

    async def _chunk(self, company_id: int, after: int, last: int) -> list[Taught]:
        """The next of a company's confirmed tags, in a transaction of their own: answers come in between."""
        return await self.database.run(lambda tx: checkins.confirmed(tx, company_id, after, last, STEP))

    async def _keep_up(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._pending |= await self.database.run(lambda tx: {company.id for company in people.companies(tx)})
                break
            except Exception as error:  # noqa: BLE001  whatever it was, it may be over soon
                log.error("companies could not be read: %s", safe_traceback.of(error))
                await asyncio.sleep(AGAIN)
        while True:
            self._woken.clear()
            for company_id in sorted(self._pending):
                if self._rests.get(company_id, 0.0) > loop.time():
                    continue
                self._pending.discard(company_id)
                began = time.monotonic()
                try:
                    await self.catch_up(company_id)
                    await self.look_again(company_id)
                    self._rests[company_id] = loop.time() + SPARE * (time.monotonic() - began)
                except Exception as error:  # noqa: BLE001  answers go on with what there is
                    log.error("a tagger could not be made: %s", safe_traceback.of(error))
                    self._pending.add(company_id)
                    self._rests[company_id] = loop.time() + AGAIN
            rested = min((self._rests.get(each, 0.0) for each in self._pending), default=None)
            wait = None if rested is None else max(0.0, rested - loop.time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), wait)
            await asyncio.sleep(TOGETHER)


def read(tx: Session, company_id: int) -> Tagger:
    """A company's tagger with all that is confirmed in this very transaction: for imports, which may take a while."""
    extent = checkins.confirmed_extent(tx, company_id)
    after = oldest(tx, company_id, extent.count)
    rows = checkins.confirmed(tx, company_id, after, extent.newest, MOST_LEARNT + STEP)
    return plan_of(tx, company_id).tagger(rows)


def oldest(tx: Session, company_id: int, count: int) -> int:
    """The id of the last confirmed tag that is too old to learn, 0 when none is, of so many.

    It moves in steps, so that a tagger that kept up and one that starts now learn the same.
    """
    left_out = max(0, (count - MOST_LEARNT) // STEP * STEP)
    return checkins.confirmed_id(tx, company_id, left_out) if left_out else 0


def confirmed(rows: Iterable[Taught]) -> list[Confirmed]:
    """Confirmed tags as the tagger learns them: one item a line, all its targets together."""
    found = []
    for _, tags in groupby(rows, key=lambda row: row.line_id):
        every = list(tags)
        first = every[0]
        found.append(
            Confirmed(
                LineText(first.text, str(first.person_id), first.day, str(first.checkin_id)),
                frozenset(str(row.goal_id) if row.goal_id else row.kind for row in every),
            )
        )
    return found


def plan_of(tx: Session, company_id: int) -> TaggerGoals:
    """A company's goals as the tagger is told them."""
    every = goals.goals(tx, company_id, retired=True)
    rows = [row for row in every if row.retired_at is None]
    ids = [row.id for row in rows]
    results, tried, owners = goals.key_results(tx, ids), goals.initiatives(tx, ids), goals.owners(tx, rows)
    texts = tuple(
        GoalText(
            id=str(row.id),
            title=row.title,
            description=row.description,
            handle=row.handle,
            keywords=tuple(word.strip() for word in row.keywords.split(",") if word.strip()),
            # Without their numbers, which are typed anew every week and say nothing about a line.
            key_results=tuple(result.title for result in results.get(row.id, [])),
            initiatives=tuple(item.title for item in tried.get(row.id, [])),
            owners=frozenset(str(person_id) for person_id in owners[row.id]),
        )
        for row in rows
    )
    successors = {str(row.id): str(row.successor_id) for row in every if row.retired_at and row.successor_id}
    return TaggerGoals(texts, successors)
