"""Sending: claim what is due, say it, settle what became of it. Nothing unprompted is said from anywhere else."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from bot import outgoing, trace
from bot.messages import Message
from bot.metrics import Metrics
from bot.platform import (
    Busy,
    Late,
    Pace,
    Platform,
    PlatformError,
    Sent,
    Unknown,
    Unreachable,
    Unsupported,
    in_time,
    send_before,
)
from storage import agenda, deliveries, pacing
from storage.database import Database, Unusable
from storage.deliveries import Claimed, Edit, Outcome
from storage.pacing import Rate
from storage.tables import Delivery

log = logging.getLogger(__name__)

BATCH = 1_000  # deliveries claimed at once
MOST_IN_THE_AIR = 2 * pacing.IN_THE_AIR
NO_ANSWER = "No clear answer came."


@dataclass(frozen=True, slots=True)
class Timing:
    """How long things may take. `settle_window`: what is not found this long after its attempt never arrived."""

    lease: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=10)  # for a platform's answer
    settle_window: timedelta = timedelta(seconds=120)
    linger: timedelta = timedelta(milliseconds=50)  # so that what ends together is settled together
    try_again: timedelta = timedelta(seconds=30)  # an edit, or a message that could not be made


@dataclass(frozen=True, slots=True)
class Done:
    """What was done. `again_at` is when what the pace held back may go on."""

    planned: int = 0
    sent: int = 0
    edited: int = 0
    failed: int = 0
    again_at: datetime | None = None

    def __add__(self, other: Done) -> Done:
        return Done(
            self.planned + other.planned,
            self.sent + other.sent,
            self.edited + other.edited,
            self.failed + other.failed,
            other.again_at or self.again_at,
        )


@dataclass(frozen=True, slots=True)
class _Letter:
    """A claimed delivery with what it says; None says that it became pointless."""

    row: Claimed
    message: Message | None
    under: str | None
    until: float  # by the monotonic clock: nothing is sent after it
    broken: bool = False  # it could not be put into words


class Sender:
    """Any number of them may work on one database at once, in one process or in many."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        only_to: frozenset[str],
        timing: Timing,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._only_to = only_to
        self._timing = timing
        self._metrics = metrics
        self._owner = secrets.token_hex(6)
        self.rates = rates(platforms.values())
        self._conversations = {
            platform.name: _Conversations(platform.conversation_pace)
            for platform in platforms.values()
            if platform.conversation_pace is not None
        }
        self._claimed: Sequence[Claimed] = ()  # and on the way into words
        self._air: dict[asyncio.Task[None], int] = {}  # and the workspace each goes to
        self._ended: list[Outcome] = []  # not settled yet
        self._waits: dict[int, datetime] = {}  # what workspaces asked for, not settled yet
        self._paused: dict[int, datetime] = {}
        self._ends = asyncio.Event()
        self._enough = asyncio.Event()
        self._settled = asyncio.Event()
        self._writing = False
        self._stopping = False
        self._give_up = math.inf  # by the monotonic clock

    async def send(self) -> Done:
        """Sends everything that may go by now, and what may go until that is done. One call at a time."""
        counts: Counter[str] = Counter()
        over = asyncio.Event()
        settling = asyncio.create_task(self._settle_what_ends(over, counts))
        again_at = None
        try:
            again_at = await self._claim_what_is_due()
        finally:
            over.set()
            self._ends.set()
            await settling
        failed = counts["unreachable"] + counts["uncertain"] + counts["held"]
        return Done(sent=counts["sent"], failed=failed, again_at=again_at)

    async def stop(self, within: float) -> None:
        """Claims nothing more. What is in the air has most of the time to end; then its outcome is unknown."""
        self._stopping = True
        self._give_up = time.monotonic() + within
        self._settled.set()
        if self._air:
            await asyncio.wait(set(self._air), timeout=within * 0.7)
        self._cut_off(list(self._air))

    async def _claim_what_is_due(self) -> datetime | None:
        """Until nothing may go and nothing is under way; says when what the pace held back may go. While one batch is put
        into words the next is claimed."""
        wording: asyncio.Task[None] | None = None
        try:
            while not self._stopping:
                self._settled.clear()
                idle = self._is_idle()
                flying = Counter(self._air.values()) + Counter(row.workspace_id for row in self._claimed)
                rows, until, again_at = await self._database.run(partial(self._claim, flying=flying))
                if wording is not None:
                    await wording
                if rows:
                    self._claimed = rows
                    wording = asyncio.create_task(self._put_into_words(rows, until))
                    if len(self._air) + len(rows) < MOST_IN_THE_AIR:
                        continue
                if not rows and idle:
                    return again_at
                delay = max(0.001, (again_at - self._now()).total_seconds()) if again_at else None
                with suppress(TimeoutError):
                    async with asyncio.timeout(delay):
                        await self._settled.wait()
        finally:
            if wording is not None:
                await wording
        return None

    def _is_idle(self) -> bool:
        """Nothing is under way whose end could let something more go, as the replies under a digest."""
        return not (self._claimed or self._air or self._ended or self._writing)

    def _claim(self, tx: Session, flying: Mapping[int, int]) -> tuple[list[Claimed], float, datetime | None]:
        """What may go now, until when by the monotonic clock; and when more may, if nothing does."""
        now = self._now()
        until = time.monotonic() + (self._timing.lease - self._timing.timeout).total_seconds()
        rows = deliveries.claim(tx, self._owner, now, self._timing.lease, BATCH, self.rates, flying)
        return rows, until, pacing.next_free(tx, now, self.rates) if not rows else None

    async def _put_into_words(self, rows: Sequence[Claimed], until: float) -> None:
        """What is claimed becomes messages, which go at once."""
        now = self._now()
        try:
            letters = await self._database.run(lambda tx: _letters(tx, rows, now, until))
        except Exception as error:  # noqa: BLE001  nothing of it was sent: that is known, and must stay known
            log.error("%d messages could not be made now: %s", len(rows), trace.of(error))
            self._give_back(rows, "The database did not answer.", now + self._timing.try_again)
        else:
            if self._stopping:
                self._give_back(rows, "The process was stopped before it was sent.", None)
            else:
                self._let_go(letters)
        self._claimed = ()

    def _give_back(self, rows: Sequence[Claimed], reason: str, again_at: datetime | None) -> None:
        self._ended += [Outcome(row.id, row.attempt, "due", reason, again_at=again_at) for row in rows]
        self._enough.set()
        self._ends.set()

    def _let_go(self, letters: Sequence[_Letter]) -> None:
        tasks = []
        for letter in letters:
            task = asyncio.create_task(self._deliver(letter))
            self._air[task] = letter.row.workspace_id
            tasks.append(task)
        # One alarm for all of them, which all begin now: a timeout each would cost as much as all the rest.
        asyncio.get_running_loop().call_later(self._timing.timeout.total_seconds(), self._cut_off, tasks)

    def _cut_off(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """No answer in time."""
        for task in tasks:
            task.cancel()

    async def _deliver(self, letter: _Letter) -> None:
        try:
            outcome = await self._say(letter)
        except asyncio.CancelledError:  # no answer in time, or we are being stopped
            outcome = self._unknown(letter.row)
        except Exception as error:  # noqa: BLE001  one letter's trouble must not lose what became of the others
            log.error("sending failed in a way nobody foresaw: %s", trace.of(error))
            outcome = self._unknown(letter.row)
        self._ended.append(outcome)
        task = asyncio.current_task()
        assert task is not None
        del self._air[task]
        self._ends.set()
        if not self._air or len(self._ended) >= BATCH // 2:
            self._enough.set()

    async def _say(self, letter: _Letter) -> Outcome:
        row, now = letter.row, self._now()
        if letter.broken:
            return Outcome(row.id, row.attempt, "held", "It could not be put into words; the log says where.")
        if letter.message is None:
            return Outcome(row.id, row.attempt, "cancelled", "It was not needed any more.")
        if self._only_to and row.to not in self._only_to:
            return Outcome(row.id, row.attempt, "cancelled", "INSTEP_ONLY_TO leaves them out.")
        name = row.to.partition(":")[0]
        platform = self._platforms.get(name)
        if platform is None:
            later = now + timedelta(minutes=5)
            return Outcome(row.id, row.attempt, "due", "That platform is not switched on.", again_at=later)
        if self._paused.get(row.workspace_id, now) > now:
            return Outcome(row.id, row.attempt, "due", "The platform asked us to wait.")
        if name in self._conversations:
            free = self._conversations[name].take(row.to, now)
            if free is not None:
                return Outcome(
                    row.id, row.attempt, "due", "One after the other in one conversation.", again_at=free
                )
        send_before.set(letter.until)
        began = time.perf_counter()
        try:
            in_time()
            sent = await platform.send(row.to, letter.message, key=row.meaning, under=letter.under)
        except Unreachable as error:
            outcome = Outcome(row.id, row.attempt, "unreachable", str(error))
        except Late as error:
            outcome = Outcome(row.id, row.attempt, "due", str(error))
        except Busy as error:
            until = self._now() + timedelta(seconds=error.retry_after)
            for pauses in (self._paused, self._waits):
                pauses[row.workspace_id] = max(until, pauses.get(row.workspace_id, until))
            outcome = Outcome(row.id, row.attempt, "due", str(error))
        except Unknown:
            outcome = self._unknown(row)
        else:
            outcome = Outcome(row.id, row.attempt, "sent", platform_id=sent.id)
        self._metrics.answered(name, outcome.state, time.perf_counter() - began)
        return outcome

    def _unknown(self, row: Claimed) -> Outcome:
        check_at = self._now() + self._timing.settle_window
        return Outcome(row.id, row.attempt, "uncertain", NO_ANSWER, again_at=check_at)

    async def _settle_what_ends(self, over: asyncio.Event, counts: Counter[str]) -> None:
        """In groups, until nothing more is under way."""
        while self._air or self._ended or not over.is_set():
            await self._ends.wait()
            self._ends.clear()
            if self._air and not self._enough.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.linger.total_seconds()):
                        await self._enough.wait()
            self._enough.clear()
            if self._ended:
                ended, self._ended = self._ended, []
                waits, self._waits = self._waits, {}
                self._writing = True
                await self._write_down(ended, waits)
                self._writing = False
                counts.update(outcome.state for outcome in ended)
                self._settled.set()

    async def _write_down(self, ended: Sequence[Outcome], waits: Mapping[int, datetime]) -> None:
        """However long the database is away: what is known here is known nowhere else."""

        def settle(tx: Session) -> None:
            now = self._now()
            for workspace_id, until in waits.items():
                pacing.pause(tx, workspace_id, until, now, self.rates)
            deliveries.settle(tx, self._owner, ended, now)

        wait = 0.1
        while True:
            try:
                await self._database.run(settle)
            except Unusable as error:
                if time.monotonic() + wait > self._give_up:
                    log.error("%d outcomes could not be settled; their leases will lapse", len(ended))
                    return
                log.error("settling is tried again: %s", error)
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  only to spread
                wait = min(5.0, wait * 2)
            except Exception as error:  # noqa: BLE001  one outcome's trouble must not keep the others from it
                log.error("settling %d outcomes failed: %s", len(ended), trace.of(error))
                for outcome in ended if len(ended) > 1 else ():
                    await self._write_down([outcome], {})
                return
            else:
                return

    # What may or may not have arrived

    async def recover(self) -> Done:
        """Looks up what may have arrived, and lets only that go again which did not."""

        def claim(tx: Session) -> list[Claimed]:
            now = self._now()
            deliveries.lapse(tx, now, self._timing.settle_window)
            return deliveries.uncertain(tx, self._owner, now, self._timing.lease, BATCH)

        rows = await self._database.run(claim)
        if not rows:
            return Done()
        outcomes = await asyncio.gather(*(self._look_up(row) for row in rows))
        await self._write_down(outcomes, {})
        return Done(sent=sum(1 for outcome in outcomes if outcome.state == "sent"))

    async def _look_up(self, row: Claimed) -> Outcome:
        platform = self._platforms.get(row.to.partition(":")[0])
        later = Outcome(
            row.id, row.attempt, "uncertain", row.reason, again_at=self._now() + self._timing.settle_window
        )
        if platform is None:
            return later
        try:
            async with asyncio.timeout(self._timing.timeout.total_seconds()):
                found = await platform.find(row.to, row.meaning)
        except (PlatformError, TimeoutError):
            return later
        match found:
            case Sent():
                outcome = Outcome(row.id, row.attempt, "sent", platform_id=found.id)
            case Unsupported():
                reason = "It may have arrived, and this platform cannot tell. The reminder makes up for it."
                outcome = Outcome(row.id, row.attempt, "held", reason)
            case None:
                outcome = Outcome(row.id, row.attempt, "due", "It did not arrive, so it is sent again.")
        self._metrics.looked_up(platform.name, outcome.state)
        return outcome

    # What stands and has changed

    async def edit(self) -> Done:
        """Shows anew what stands somewhere and has changed."""
        now = self._now()

        def read(tx: Session) -> list[tuple[Delivery, Message | None]]:
            rows = deliveries.to_edit(tx, now, BATCH // 5) if agenda.due(tx, "show", now) else []
            messages, _ = _worded(tx, rows, now, again=True)
            return [(row, messages.get(row.id)) for row in rows]

        letters = await self._database.run(read)
        if not letters:
            return Done()
        shown = await asyncio.gather(*(self._show(row, message) for row, message in letters))
        await self._database.run(lambda tx: deliveries.settle_edits(tx, shown))
        return Done(edited=sum(1 for edit in shown if edit.again_at is None))

    async def _show(self, row: Delivery, message: Message | None) -> Edit:
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
            return Edit(row.id, row.edit_at, self._now() + self._timing.try_again)
        return Edit(row.id, row.edit_at)


def rates(platforms: Iterable[Platform]) -> dict[str, Rate]:
    """The pace of one workspace of each platform, by name; none where no limit is known."""
    return {
        platform.name: Rate(platform.pace.per_second, platform.pace.burst)
        for platform in platforms
        if platform.pace is not None
    }


class _Conversations:
    """The pace of each conversation. Kept here, not in the database: what is due in one conversation at one time is
    claimed together, by one process."""

    def __init__(self, pace: Pace) -> None:
        self._rate = Rate(pace.per_second, pace.burst)
        self._paced_until: dict[str, datetime] = {}

    def take(self, to: str, now: datetime) -> datetime | None:
        """None when a message may go there now, which is then counted; else when it may."""
        if len(self._paced_until) > 10_000:
            self._paced_until = {to: until for to, until in self._paced_until.items() if until > now}
        paced_until = self._paced_until.get(to)
        if not pacing.room(paced_until, now, self._rate, 1):
            return pacing.free_at(paced_until, now, self._rate)
        self._paced_until[to] = max(paced_until or now, now) + self._rate.interval
        return None


def _letters(tx: Session, rows: Sequence[Claimed], now: datetime, until: float) -> list[_Letter]:
    messages, broken = _worded(tx, rows, now, again=False)
    above = deliveries.by_id(tx, {row.under_id for row in rows if row.under_id})
    return [
        _Letter(
            row,
            messages.get(row.id),
            above[row.under_id].platform_id if row.under_id else None,
            until,
            broken=row.id in broken,
        )
        for row in rows
    ]


def _worded(
    tx: Session, rows: Sequence[Claimed | Delivery], now: datetime, *, again: bool
) -> tuple[dict[int, Message], set[int]]:
    """The messages by delivery, and which could not be made: one that breaks must not stop all the others."""
    try:
        return outgoing.says(tx, rows, now, again=again), set()
    except OperationalError:  # the database's trouble, and no message's
        raise
    except Exception as error:  # noqa: BLE001  whose message it was is found out one by one
        log.error("a message could not be made: %s", trace.of(error))
    messages: dict[int, Message] = {}
    broken: set[int] = set()
    for row in rows:
        try:
            with tx.begin_nested():
                messages |= outgoing.says(tx, [row], now, again=again)
        except Exception:  # noqa: BLE001  it is in the log already
            broken.add(row.id)
    return messages, broken
