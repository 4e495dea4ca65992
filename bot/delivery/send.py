"""Sending: claim what is due, say it, settle what became of it. Nothing unprompted is said from anywhere else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from bot.chat import safe_traceback
from bot.chat.messages import Message
from bot.chat.platform import (
    DeadlinePassed,
    OutcomeUnknown,
    Platform,
    RateLimited,
    Unreachable,
    in_time,
    send_before,
)
from bot.delivery import content
from bot.delivery.channels import Channels, MadePublic
from bot.delivery.rate_limits import Conversations
from bot.delivery.settle import Settler
from bot.delivery.timing import Done, Timing
from bot.ops.metrics import Metrics
from checkins import standings
from storage import accounts, digests
from storage.database import Database
from storage.kinds import DeliveryKind, DeliveryState
from storage.outbox import deliveries, rate_limits
from storage.outbox.deliveries import Claimed, Outcome
from storage.outbox.rate_limits import Rate

log = logging.getLogger(__name__)

BATCH = 2_000  # deliveries claimed at once
MAX_IN_FLIGHT = 2 * rate_limits.IN_FLIGHT
NO_ANSWER = "No clear answer came."


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed delivery with what it says; None says that it became pointless."""

    row: Claimed
    message: Message | None
    under: str | None
    until: float  # by the monotonic clock: nothing is sent after it
    broken: bool = False  # it could not be put into words
    to_outsider: bool = False
    was_private: bool = False  # the channel, when it was chosen


class Sender:
    """Any number of them may work on one database at once, in one process or in many."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        rates: Mapping[str, Rate],
        conversations: Conversations,
        channels: Channels,
        settler: Settler,
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
        self._settler = settler
        self._rates = rates
        self._conversations = conversations
        self._channels = channels
        self._claimed: Sequence[Claimed] = ()  # and on the way into words
        self._in_flight: dict[asyncio.Task[None], int] = {}  # and the workspace each goes to
        self._ended: list[Outcome] = []  # not settled yet
        self._waits: dict[int, datetime] = {}  # what workspaces asked for, not settled yet
        self._paused: dict[int, datetime] = {}
        self._ends = asyncio.Event()
        self._enough = asyncio.Event()
        self._settled = asyncio.Event()
        self._writing = False
        self._stopping = False

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
        failed = counts[DeliveryState.UNREACHABLE] + counts[DeliveryState.UNCERTAIN] + counts[DeliveryState.HELD]
        return Done(sent=counts[DeliveryState.SENT], failed=failed, again_at=again_at)

    async def stop(self, within: float) -> None:
        """Claims nothing more. What is in the air has most of the time to end; then its outcome is unknown."""
        self._stopping = True
        self._settler.give_up = time.monotonic() + within
        self._settled.set()
        if self._in_flight:
            await asyncio.wait(set(self._in_flight), timeout=within * 0.7)
        self._cut_off(list(self._in_flight))

    async def _claim_what_is_due(self) -> datetime | None:
        """Until nothing may go and nothing is under way; says when what the pace held back may go. While one batch is
        put into words the next is claimed."""
        wording: asyncio.Task[None] | None = None
        try:
            while not self._stopping:
                self._settled.clear()
                idle = self._is_idle()
                flying = Counter(self._in_flight.values()) + Counter(row.workspace_id for row in self._claimed)
                rows, until, again_at = await self._database.run(partial(self._claim, flying=flying))
                if wording is not None:
                    await wording
                if rows:
                    self._claimed = rows
                    wording = asyncio.create_task(self._put_into_words(rows, until))
                    if len(self._in_flight) + len(rows) < MAX_IN_FLIGHT:
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
        return not (self._claimed or self._in_flight or self._ended or self._writing)

    def _claim(self, tx: Session, flying: Mapping[int, int]) -> tuple[list[Claimed], float, datetime | None]:
        """What may go now, until when by the monotonic clock; and when more may, if nothing does."""
        now = self._now()
        until = time.monotonic() + (self._timing.lease - self._timing.timeout).total_seconds()
        rows = deliveries.claim(tx, self._settler.owner, now, self._timing.lease, BATCH, self._rates, flying)
        return rows, until, rate_limits.next_free(tx, now, self._rates) if not rows else None

    async def _put_into_words(self, rows: Sequence[Claimed], until: float) -> None:
        """What is claimed becomes messages, which go at once."""
        left = content.portions(rows)
        try:
            while left:
                words = partial(_attempts, rows=left[0], now=self._now(), until=until)
                attempts = await self._database.run(words)
                if self._stopping:
                    break
                self._let_go(attempts)
                del left[0]
        except Exception as error:  # noqa: BLE001  nothing of it was sent: that is known, and must stay known
            log.error("%d messages could not be made now: %s", sum(map(len, left)), safe_traceback.of(error))
            self._give_back(left, "The database did not answer.", self._now() + self._timing.word_again)
        else:
            self._give_back(left, "The process was stopped before it was sent.", None)
        finally:
            self._claimed = ()  # also when whoever waits for it is cancelled: else the next round would wait for ever

    def _give_back(self, portions: Sequence[Sequence[Claimed]], reason: str, again_at: datetime | None) -> None:
        self._ended += [
            Outcome(row.id, row.attempt, DeliveryState.DUE, reason, again_at=again_at)
            for portion in portions
            for row in portion
        ]
        if portions:
            self._enough.set()
            self._ends.set()

    def _let_go(self, attempts: Sequence[Attempt]) -> None:
        tasks = []
        for attempt in attempts:
            task = asyncio.create_task(self._deliver(attempt))
            self._in_flight[task] = attempt.row.workspace_id
            tasks.append(task)
        # One alarm for all of them, which all begin now: a timeout each would cost as much as all the rest.
        asyncio.get_running_loop().call_later(self._timing.timeout.total_seconds(), self._cut_off, tasks)

    def _cut_off(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """No answer in time."""
        for task in tasks:
            task.cancel()

    async def _deliver(self, attempt: Attempt) -> None:
        try:
            outcome = await self._say(attempt)
        except asyncio.CancelledError:  # no answer in time, or we are being stopped
            outcome = self._unknown(attempt.row)
        except Exception as error:  # noqa: BLE001  one letter's trouble must not lose what became of the others
            log.error("sending failed in a way nobody foresaw: %s", safe_traceback.of(error))
            outcome = self._unknown(attempt.row)
        self._ended.append(outcome)
        task = asyncio.current_task()
        assert task is not None
        del self._in_flight[task]
        self._ends.set()
        if not self._in_flight or len(self._ended) >= BATCH // 2:
            self._enough.set()

    async def _say(self, attempt: Attempt) -> Outcome:
        row, now = attempt.row, self._now()
        if attempt.broken:
            return Outcome(
                row.id, row.attempt, DeliveryState.HELD, "It could not be put into words; the log says where."
            )
        if attempt.to_outsider:
            return Outcome(row.id, row.attempt, DeliveryState.CANCELLED, standings.REASON)
        if attempt.message is None:
            return Outcome(row.id, row.attempt, DeliveryState.CANCELLED, "It was not needed any more.")
        if self._only_to and row.to not in self._only_to:
            return Outcome(row.id, row.attempt, DeliveryState.CANCELLED, "INSTEP_ONLY_TO leaves them out.")
        name = row.to.partition(":")[0]
        platform = self._platforms.get(name)
        if platform is None:
            later = now + timedelta(minutes=5)
            return Outcome(row.id, row.attempt, DeliveryState.DUE, "That platform is not switched on.", again_at=later)
        if self._paused.get(row.workspace_id, now) > now:
            return Outcome(row.id, row.attempt, DeliveryState.DUE, "The platform asked us to wait.")
        if row.expires_at is not None and row.expires_at <= now:
            return Outcome(row.id, row.attempt, DeliveryState.DUE, deliveries.TOO_LATE)  # the next plan decides
        free = self._conversations.take(row.to, now)
        if free is not None:
            return Outcome(
                row.id,
                row.attempt,
                DeliveryState.DUE,
                "One after the other in one conversation.",
                again_at=free,
            )
        if row.kind in content.DIGEST and (not_now := await self._look(attempt)) is not None:
            return not_now
        send_before.set(attempt.until)
        began = time.perf_counter()
        try:
            in_time()
            sent = await platform.send(row.to, attempt.message, key=row.dedup_key, under=attempt.under)
        except Unreachable as error:
            outcome = Outcome(row.id, row.attempt, DeliveryState.UNREACHABLE, str(error))
        except DeadlinePassed as error:
            outcome = Outcome(row.id, row.attempt, DeliveryState.DUE, str(error))
        except RateLimited as error:
            until = self._now() + timedelta(seconds=error.retry_after)
            for pauses in (self._paused, self._waits):
                pauses[row.workspace_id] = max(until, pauses.get(row.workspace_id, until))
            outcome = Outcome(row.id, row.attempt, DeliveryState.DUE, str(error))
        except OutcomeUnknown:
            outcome = self._unknown(row)
        else:
            outcome = Outcome(row.id, row.attempt, DeliveryState.SENT, platform_id=sent.id)
        self._metrics.answered(name, outcome.state, time.perf_counter() - began)
        return outcome

    async def _look(self, attempt: Attempt) -> Outcome | None:
        """Why nothing may be posted in the channel just now; None when it may. Whatever comes of it, nothing was
        posted."""
        row = attempt.row
        try:
            await self._channels.look(row.to, was_private=attempt.was_private, anew=row.kind == DeliveryKind.DIGEST)
        except MadePublic as error:
            return Outcome(row.id, row.attempt, DeliveryState.HELD, str(error))
        except Unreachable as error:
            return Outcome(row.id, row.attempt, DeliveryState.UNREACHABLE, str(error))
        except RateLimited as error:  # with what is asked about channels alone: messages go on
            again_at = self._now() + timedelta(seconds=error.retry_after)
            return Outcome(row.id, row.attempt, DeliveryState.DUE, str(error), again_at=again_at)
        except asyncio.CancelledError:
            return Outcome(row.id, row.attempt, DeliveryState.DUE, "The process was stopped before it was sent.")
        return None

    def _unknown(self, row: Claimed) -> Outcome:
        check_at = self._now() + self._timing.settle_window
        return Outcome(row.id, row.attempt, DeliveryState.UNCERTAIN, NO_ANSWER, again_at=check_at)

    async def _settle_what_ends(self, over: asyncio.Event, counts: Counter[str]) -> None:
        """In groups, until nothing more is under way."""
        while self._in_flight or self._ended or not over.is_set():
            await self._ends.wait()
            self._ends.clear()
            if self._in_flight and not self._enough.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._timing.linger.total_seconds()):
                        await self._enough.wait()
            self._enough.clear()
            if self._ended:
                ended, self._ended = self._ended, []
                waits, self._waits = self._waits, {}
                self._writing = True
                await self._settler.write_down(ended, waits)
                self._writing = False
                counts.update(outcome.state for outcome in ended)
                self._settled.set()


def _attempts(tx: Session, rows: Sequence[Claimed], now: datetime, until: float) -> list[Attempt]:
    messages, broken = content.worded(tx, rows, now, again=False)
    above = deliveries.by_id(tx, {row.under_id for row in rows if row.under_id})
    closed = accounts.outsiders(tx, {row.person_id for row in rows if row.person_id is not None})
    private = digests.in_private(tx, {row.digest_id for row in rows if row.digest_id is not None})
    return [
        Attempt(
            row,
            messages.get(row.id),
            above[row.under_id].platform_id if row.under_id else None,
            until,
            broken=row.id in broken,
            to_outsider=row.person_id is not None and row.to in closed,
            was_private=row.digest_id is not None and (row.digest_id, row.to) in private,
        )
        for row in rows
    ]
