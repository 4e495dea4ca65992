"""What stands somewhere and has changed is edited there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlmodel import Session

from bot.chat.messages import Message
from bot.chat.platform import OutcomeUnknown, Platform, RateLimited, Sent, Unreachable
from bot.delivery import content
from bot.delivery.channels import Channels
from bot.delivery.rate_limits import Conversations
from bot.delivery.timing import Done, Timing, soonest
from storage import accounts, digests
from storage.database import Database
from storage.outbox import due_work, edits, rate_limits
from storage.outbox.rate_limits import Rate
from storage.tables import Delivery

log = logging.getLogger(__name__)

MOST = 200  # edited at once


@dataclass(frozen=True, slots=True)
class PendingEdit:
    """What stands somewhere and what it should show; None leaves it as it is."""

    row: Delivery
    message: Message | None
    was_private: bool  # the channel, when it was chosen


class Editor:
    """An edit is harmless to repeat, so nothing is looked up of one that was cut off: it is made once more."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        rates: Mapping[str, Rate],
        edit_rates: Mapping[str, Rate],
        conversations: Conversations,
        channels: Channels,
        timing: Timing,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._rates = rates
        self._edit_rates = edit_rates
        self._conversations = conversations
        self._channels = channels
        self._timing = timing
        self._in_flight: set[asyncio.Task[datetime | None]] = set()
        self._stopping = asyncio.Event()

    async def show(self) -> Done:
        """Shows anew what stands somewhere and has changed, as much of it as may go now."""
        done = Done()
        while not self._stopping.is_set():
            until = self._now() + self._timing.lease
            rows, held_until = await self._database.run(partial(self._claim, until=until))
            if not rows:
                return done + Done(again_at=held_until)
            pending_edits: list[PendingEdit] = []
            for portion in content.portions(rows):
                if self._stopping.is_set():  # those left are made again when the claim is over
                    break
                pending_edits += await self._database.run(partial(_pending_edits, rows=portion, now=self._now()))
            busy: dict[int, datetime] = {}
            going = [asyncio.create_task(self._edit(pending, busy)) for pending in pending_edits]
            self._in_flight.update(going)
            try:
                later = await asyncio.gather(*going)
            finally:
                self._in_flight.difference_update(going)
            became = {pending.row.id: again_at for pending, again_at in zip(pending_edits, later, strict=True)}
            await self._database.run(partial(self._settle, until=until, became=became, busy=busy))
            done += Done(edited=later.count(None), again_at=soonest(*later))
        return done

    async def stop(self, within: float) -> None:
        """Begins nothing more. What is in the air has most of the time to end; the rest is made again."""
        self._stopping.set()
        if self._in_flight:
            await asyncio.wait(set(self._in_flight), timeout=within * 0.7)
        for task in self._in_flight:
            task.cancel()

    def _claim(self, tx: Session, until: datetime) -> tuple[Sequence[Delivery], datetime | None]:
        """What may be edited now; and when more may, where the pace holds it back."""
        now = self._now()
        if not due_work.due(tx, "show", now):
            return (), None
        left_out = edits.give_up(tx, now)
        if left_out:
            log.warning("%d messages are too old to be shown anew; they stay as they are", left_out)
        waiting = edits.waiting(tx, now)
        rooms, held_until = rate_limits.edit_rooms(tx, now, self._rates, self._edit_rates, waiting, MOST)
        return edits.claim(tx, rooms, now, until), held_until

    def _settle(
        self,
        tx: Session,
        until: datetime,
        became: Mapping[int, datetime | None],
        busy: Mapping[int, datetime],
    ) -> None:
        now = self._now()
        for workspace_id, free_at in busy.items():
            rate_limits.pause_edits(tx, workspace_id, free_at, now, self._rates, self._edit_rates)
        edits.settle(tx, until, became)

    async def _edit(self, pending: PendingEdit, busy: dict[int, datetime]) -> datetime | None:
        """None when it is shown, or never can be; else when to try again. Workspaces that ask to wait are noted in
        `busy`."""
        row, now = pending.row, self._now()
        name = row.to.partition(":")[0]
        platform = self._platforms.get(name)
        if pending.message is None or platform is None:
            return None
        if name not in self._edit_rates:
            free_at = self._conversations.take(row.to, now)
            if free_at is not None:
                return free_at
        if row.kind in content.DIGEST:
            try:
                await self._channels.look(row.to, was_private=pending.was_private, anew=True)
            except Unreachable as error:
                log.info("delivery %s is left as it stands: %s", row.id, error)
                return None
            except RateLimited as error:
                return self._now() + timedelta(seconds=error.retry_after)
            except asyncio.CancelledError:
                return self._now() + self._timing.edit_again
        try:
            async with asyncio.timeout(self._timing.timeout.total_seconds()):
                await platform.edit(Sent(row.to, row.platform_id), pending.message)
        except Unreachable as error:
            log.info("delivery %s is not there to be edited: %s", row.id, error)
        except RateLimited as error:
            free_at = self._now() + timedelta(seconds=error.retry_after)
            busy[row.workspace_id] = max(free_at, busy.get(row.workspace_id, free_at))
            return free_at
        except (OutcomeUnknown, TimeoutError, asyncio.CancelledError):  # the last when we are being stopped
            return self._now() + self._timing.edit_again
        return None


def _pending_edits(tx: Session, rows: Sequence[Delivery], now: datetime) -> list[PendingEdit]:
    messages, _ = content.worded(tx, rows, now, again=True)
    closed = accounts.outsiders(tx, {row.person_id for row in rows if row.person_id is not None})
    private = digests.in_private(tx, {row.digest_id for row in rows if row.digest_id is not None})
    return [
        PendingEdit(
            row,
            messages.get(row.id) if row.person_id is None or row.to not in closed else None,
            was_private=row.digest_id is not None and (row.digest_id, row.to) in private,
        )
        for row in rows
    ]
