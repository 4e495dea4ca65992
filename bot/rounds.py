"""The tick: plan what is due, send it, settle what became of it. Nothing unprompted is said from anywhere else."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from bot import outgoing, planner, trace
from bot.messages import Message
from bot.platform import Busy, Platform, PlatformError, Sent, Unknown, Unreachable, Unsupported
from storage import deliveries, pacing
from storage.database import Database
from storage.deliveries import Edit, Outcome
from storage.pacing import Rate
from storage.tables import Delivery

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
TIMEOUT = 10.0  # seconds a platform may take to answer
SETTLE_WINDOW = timedelta(
    seconds=120
)  # a message that is not found this long after its attempt never arrived
AGAIN_LATER = timedelta(seconds=30)
BATCH = 200


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did."""

    planned: int = 0
    sent: int = 0
    edited: int = 0
    failed: int = 0
    again_at: datetime | None = None  # when what the pace held back may go on

    def __add__(self, other: Tick) -> Tick:
        return Tick(
            self.planned + other.planned,
            self.sent + other.sent,
            self.edited + other.edited,
            self.failed + other.failed,
            other.again_at or self.again_at,
        )


@dataclass(frozen=True, slots=True)
class _Letter:
    """A claimed delivery with what it says; None says that it became pointless."""

    row: Delivery
    message: Message | None
    under: str | None
    broken: bool = False  # it could not be put into words


def _worded(
    tx: Session, rows: Sequence[Delivery], now: datetime, *, again: bool
) -> tuple[dict[int, Message], set[int]]:
    """The messages by delivery, and which could not be made: one that breaks must not stop all the others."""
    try:
        return outgoing.says(tx, rows, now, again=again), set()
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


class Rounds:
    """Plan, send, settle. Any number of them may work on one database at once."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        only_to: frozenset[str] = frozenset(),
        settle_window: timedelta = SETTLE_WINDOW,
    ) -> None:
        """`only_to` limits sending to these addresses while trying out; empty is no limit."""
        self._database = database
        self._platforms = platforms
        self._now = now
        self._only_to = only_to
        self._settle_window = settle_window
        self._owner = secrets.token_hex(6)
        self._rates = {
            platform.name: Rate(platform.pace.per_second, platform.pace.burst)
            for platform in platforms.values()
            if platform.pace is not None
        }

    async def tick(self) -> Tick:
        """Does everything that is due by now, and returns when it is done."""
        done = Tick(planned=await self._plan())
        while True:
            letters = await self._database.run(self._claim)
            if not letters:
                break
            outcomes = await asyncio.gather(*(self._send(letter) for letter in letters))
            await self._database.run(lambda tx, found=outcomes: self._settle(tx, found))  # type: ignore[misc]
            sent = sum(1 for outcome in outcomes if outcome.state == "sent")
            done += Tick(
                sent=sent, failed=sum(1 for o in outcomes if o.state in {"unreachable", "uncertain"})
            )
            if not any(outcome.state in {"sent", "cancelled", "unreachable", "held"} for outcome in outcomes):
                break  # everybody asked us to wait
        done += Tick(sent=await self._recover())
        done += Tick(edited=await self._edit())
        now = self._now()
        return done + Tick(
            again_at=await self._database.run(lambda tx: pacing.next_free(tx, now, self._rates))
        )

    async def next_at(self) -> datetime | None:
        """When something falls due next, later than now, as far as is known."""
        now = self._now()
        return await self._database.run(lambda tx: planner.next_at(tx, now, self._rates))

    async def _plan(self) -> int:
        planned = 0
        now = self._now()
        while True:
            number, more = await self._database.run(lambda tx: planner.questions(tx, now))
            planned += number
            if not more:
                break
        planned += await self._database.run(lambda tx: planner.welcomes(tx, now))
        planned += await self._database.run(lambda tx: planner.digests_due(tx, now))
        await self._database.run(lambda tx: planner.recounts(tx, now))
        await self._database.run(lambda tx: deliveries.expire(tx, now))
        return planned

    def _claim(self, tx: Session) -> list[_Letter]:
        now = self._now()
        rows = deliveries.claim(tx, self._owner, now, LEASE, BATCH, self._rates)
        return self._letters(tx, rows, now)

    def _letters(self, tx: Session, rows: Sequence[Delivery], now: datetime) -> list[_Letter]:
        messages, broken = _worded(tx, rows, now, again=False)
        above = deliveries.by_id(tx, {row.under_id for row in rows if row.under_id})
        return [
            _Letter(
                row,
                messages.get(row.id),
                above[row.under_id].platform_id if row.under_id else None,
                broken=row.id in broken,
            )
            for row in rows
        ]

    async def _send(self, letter: _Letter) -> Outcome:
        row = letter.row

        def outcome(state: str, reason: str = "", **more: object) -> Outcome:
            return Outcome(row.id, row.owner, row.attempt, state, reason, **more)  # type: ignore[arg-type]

        if letter.broken:
            return outcome("held", "It could not be put into words; the log says where.")
        if letter.message is None:
            return outcome("cancelled", "It was not needed any more.")
        if self._only_to and row.to not in self._only_to:
            return outcome("cancelled", "INSTEP_ONLY_TO leaves them out.")
        platform = self._platforms.get(row.to.partition(":")[0])
        if platform is None:
            return outcome(
                "due", "That platform is not switched on.", again_at=self._now() + timedelta(minutes=5)
            )
        try:
            async with asyncio.timeout(TIMEOUT):
                sent = await platform.send(row.to, letter.message, key=row.meaning, under=letter.under)
        except Unreachable as error:
            return outcome("unreachable", str(error))
        except Busy as error:
            until = self._now() + timedelta(seconds=error.retry_after)
            return outcome("due", str(error), again_at=until, pauses=True)
        except (Unknown, TimeoutError):
            return outcome("uncertain", "No clear answer came.", again_at=self._now() + self._settle_window)
        except Exception as error:  # noqa: BLE001  one letter's trouble must not lose what became of the others
            log.error("sending failed in a way nobody foresaw: %s", trace.of(error))
            return outcome("uncertain", "No clear answer came.", again_at=self._now() + self._settle_window)
        return outcome("sent", platform_id=sent.id)

    def _settle(self, tx: Session, outcomes: Sequence[Outcome]) -> None:
        """Writes down what happened; a question put again lets the older one step back."""
        now = self._now()
        deliveries.settle(tx, outcomes, now)
        deliveries.step_back(tx, [outcome.id for outcome in outcomes if outcome.state == "sent"], now)

    async def _recover(self) -> int:
        """Looks up what may or may not have arrived, and sends again only what did not."""

        def claim(tx: Session) -> list[_Letter]:
            now = self._now()
            deliveries.lapse(tx, now)
            return self._letters(tx, deliveries.uncertain(tx, self._owner, now, LEASE, BATCH), now)

        letters = await self._database.run(claim)
        if not letters:
            return 0
        outcomes = await asyncio.gather(*(self._look_up(letter) for letter in letters))
        await self._database.run(lambda tx: self._settle(tx, outcomes))
        return sum(1 for outcome in outcomes if outcome.state == "sent")

    async def _look_up(self, letter: _Letter) -> Outcome:
        row = letter.row
        platform = self._platforms.get(row.to.partition(":")[0])
        later = self._now() + self._settle_window
        if platform is None:
            return Outcome(row.id, row.owner, row.attempt, "uncertain", row.reason, again_at=later)
        try:
            async with asyncio.timeout(TIMEOUT):
                found = await platform.find(row.to, row.meaning)
        except (PlatformError, TimeoutError):
            return Outcome(row.id, row.owner, row.attempt, "uncertain", row.reason, again_at=later)
        match found:
            case Sent():
                return Outcome(row.id, row.owner, row.attempt, "sent", platform_id=found.id)
            case Unsupported():
                reason = "It may have arrived, and this platform cannot tell. The reminder makes up for it."
                return Outcome(row.id, row.owner, row.attempt, "held", reason)
            case None:
                return Outcome(
                    row.id, row.owner, row.attempt, "due", "It did not arrive, so it is sent again."
                )

    async def _edit(self) -> int:
        """Shows anew what stands somewhere and has changed. How many."""
        now = self._now()

        def read(tx: Session) -> list[tuple[Delivery, Message | None]]:
            rows = deliveries.to_edit(tx, now, BATCH)
            messages, _ = _worded(tx, rows, now, again=True)
            return [(row, messages.get(row.id)) for row in rows]

        letters = await self._database.run(read)
        if not letters:
            return 0
        shown = await asyncio.gather(*(self._show(row, message) for row, message in letters))
        await self._database.run(lambda tx: deliveries.settle_edits(tx, shown))
        return sum(1 for edit in shown if edit.again_at is None)

    async def _show(self, row: Delivery, message: Message | None) -> Edit:
        assert row.edit_at is not None
        platform = self._platforms.get(row.to.partition(":")[0])
        try:
            if message is not None and platform is not None:
                async with asyncio.timeout(TIMEOUT):
                    await platform.edit(Sent(row.to, row.platform_id), message)
        except Unreachable as error:
            log.info("delivery %s is not there to be edited: %s", row.id, error)
        except (Busy, Unknown, TimeoutError):
            return Edit(row.id, row.edit_at, self._now() + AGAIN_LATER)
        return Edit(row.id, row.edit_at)
