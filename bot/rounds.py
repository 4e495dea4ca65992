"""The tick: plan what is due, send it, settle what became of it. Nothing unprompted is said from anywhere else."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from bot import outgoing
from bot.messages import Message
from bot.platform import Busy, Platform, PlatformError, Sent, Unknown, Unreachable, Unsupported
from bot.views import digests as digest_views
from checkins import digest, people, posting, schedule, teams
from checkins.schedule import Rhythm
from storage import deliveries, digests, planning
from storage import people as stored
from storage.database import Database
from storage.deliveries import Edit, Outcome
from storage.tables import Delivery, Slot, Team

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
TIMEOUT = 10.0  # seconds a platform may take to answer
SETTLE_WINDOW = timedelta(
    seconds=120
)  # a message that is not found this long after its attempt never arrived
AGAIN_LATER = timedelta(seconds=30)
BATCH = 200
SLOTS_A_STEP = 200
MISSED_DAYS = 7  # days of an outage that are counted one by one


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did."""

    planned: int = 0
    sent: int = 0
    edited: int = 0
    failed: int = 0

    def __add__(self, other: Tick) -> Tick:
        return Tick(
            self.planned + other.planned,
            self.sent + other.sent,
            self.edited + other.edited,
            self.failed + other.failed,
        )


@dataclass(frozen=True, slots=True)
class _Letter:
    """A claimed delivery with what it says; None says that it became pointless."""

    row: Delivery
    message: Message | None
    under: str | None


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
            if not any(outcome.state in {"sent", "cancelled", "unreachable"} for outcome in outcomes):
                break  # everybody asked us to wait
        done += Tick(sent=await self._recover())
        return done + Tick(edited=await self._edit())

    async def next_at(self) -> datetime | None:
        """When something falls due next, later than now, as far as is known."""
        now = self._now()
        return await self._database.run(lambda tx: _next_at(tx, now))

    async def _plan(self) -> int:
        planned = 0
        now = self._now()
        while True:
            number, more = await self._database.run(lambda tx: _plan_questions(tx, now))
            planned += number
            if not more:
                break
        planned += await self._database.run(lambda tx: _plan_welcomes(tx, now))
        planned += await self._database.run(lambda tx: _plan_digests(tx, now))
        await self._database.run(lambda tx: _recount(tx, now))
        await self._database.run(lambda tx: deliveries.expire(tx, now))
        return planned

    def _claim(self, tx: Session) -> list[_Letter]:
        now = self._now()
        rows = deliveries.claim(tx, self._owner, now, LEASE, BATCH)
        return self._letters(tx, rows, now)

    def _letters(self, tx: Session, rows: Sequence[Delivery], now: datetime) -> list[_Letter]:
        messages = outgoing.says(tx, rows, now, again=False)
        above = deliveries.by_id(tx, {row.under_id for row in rows if row.under_id})
        return [
            _Letter(row, messages.get(row.id), above[row.under_id].platform_id if row.under_id else None)
            for row in rows
        ]

    async def _send(self, letter: _Letter) -> Outcome:
        row = letter.row

        def outcome(state: str, reason: str = "", **more: object) -> Outcome:
            return Outcome(row.id, row.owner, row.attempt, state, reason, **more)  # type: ignore[arg-type]

        if letter.message is None:
            return outcome("cancelled", "It was not needed any more.")
        if letter.under == "":
            return outcome(
                "due", again_at=self._now() + AGAIN_LATER
            )  # what it belongs under is not there yet
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
            return outcome("due", str(error), again_at=self._now() + timedelta(seconds=error.retry_after))
        except (Unknown, TimeoutError):
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
            messages = outgoing.says(tx, rows, now, again=True)
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


def _plan_questions(tx: Session, now: datetime) -> tuple[int, bool]:
    """Questions of every slot whose moment has come; how many, and whether there are more slots."""
    slots = stored.due_slots(tx, now, SLOTS_A_STEP)
    planned = 0
    for slot in slots:
        rhythm = Rhythm(slot.days, slot.minute, slot.zone)
        day, due = slot.next_day, slot.next_due
        oldest = schedule.local_day(now, slot.zone) - timedelta(days=MISSED_DAYS)
        if day < oldest:  # a long outage: the days before are not worth a row each
            day, due = schedule.following(rhythm, oldest - timedelta(days=1))
        while due <= now:
            planned += _plan_slot(tx, slot, rhythm, day, due, now)
            day, due = schedule.following(rhythm, day)
        slot.next_day, slot.next_due = day, due
    return planned, len(slots) == SLOTS_A_STEP


def _plan_slot(tx: Session, slot: Slot, rhythm: Rhythm, day: date, due: datetime, now: datetime) -> int:
    expires = schedule.expiry(due, rhythm)
    planned = planning.plan_prompts(tx, slot, day, due, expires, now)
    for reminder in planning.reminders_chosen(tx, slot.id):
        at = _reminder_at(rhythm, slot.working, day, due, reminder)
        if at is not None:
            planning.plan_reminders(tx, slot, day, reminder, at, at + schedule.PROMPT_LIVES, now)
    return planned


def _reminder_at(
    rhythm: Rhythm, working: int, day: date, due: datetime, reminder: int | None
) -> datetime | None:
    """When to remind: never, so many minutes later, or the next working morning. A morning on which the next
    question comes anyway needs no reminder: one unprompted message a day is enough."""
    if reminder == 0:
        return None
    if reminder is not None:
        return due + timedelta(minutes=reminder)
    morning = schedule.next_working_day(day, working)
    if rhythm.days >> morning.weekday() & 1:
        return None
    return schedule.instant(morning, schedule.REMINDER_AT, rhythm.zone)


def _plan_welcomes(tx: Session, now: datetime) -> int:
    """People of teams that are on and who were never written to: welcomed outside their quiet hours."""
    planned = 0
    for person, account in stored.to_welcome(tx, 1000):
        if schedule.is_quiet(now, person.zone):
            continue
        people.introduce(person, now)
        row = Delivery(
            company_id=person.company_id,
            workspace_id=account.workspace_id,
            meaning=f"welcome|{person.id}",
            kind="welcome",
            to=account.address,
            person_id=person.id,
            due_at=now,
            created_at=now,
        )
        planned += deliveries.queue(tx, row) is not None
    return planned


def _plan_digests(tx: Session, now: datetime) -> int:
    """Digests that are due: the week becomes a row with its shares, and its messages are queued."""
    planned = 0
    for team in stored.due_digests(tx, now):
        assert team.digest_week is not None
        assert team.digest_due is not None
        week = schedule.week_of(team.digest_week, team.working_days)
        # A week in which nobody was asked, and nobody wrote, has nothing to say.
        if digests.digest(tx, team.id, week.first) is None and digest.gather(tx, team, week).checkins:
            row = posting.publish(tx, team, week, now, teams.freezes_at(team, week))
            planned += _queue_digest(tx, team, row.id, now)
        after = schedule.week_of(week.last + timedelta(days=1), team.working_days)
        team.digest_week = after.first
        team.digest_due = schedule.digest_due(
            after, team.working_days, team.digest_weekday, team.digest_minute, team.zone
        )
        if team.digest_due <= now:  # a long outage: only the newest week is posted
            teams.plan_digest(team, now)
    return planned


def _queue_digest(tx: Session, team: Team, digest_id: int, now: datetime) -> int:
    tx.flush()
    summary = outgoing.summary_of(tx, digests.by_id(tx, [digest_id])[digest_id])
    meaning = f"digest|{team.id}|{summary.week.first.isoformat()}"
    assert team.digest_workspace_id is not None
    main = Delivery(
        company_id=team.company_id,
        workspace_id=team.digest_workspace_id,
        meaning=meaning,
        kind="digest",
        to=team.digest_to,
        digest_id=digest_id,
        due_at=now,
        created_at=now,
    )
    first = deliveries.queue(tx, main)
    if first is None:
        return 0
    _queue_details(tx, first, len(digest_views.details(summary)), now)
    return 1


def _queue_details(tx: Session, first: Delivery, number: int, now: datetime) -> None:
    """The replies in the thread of a digest, as many as its lines need; those that are there stay."""
    for at in range(number):
        detail = Delivery(
            company_id=first.company_id,
            workspace_id=first.workspace_id,
            meaning=f"{first.meaning}|{at}",
            kind="detail",
            to=first.to,
            digest_id=first.digest_id,
            under_id=first.id,
            due_at=now,
            created_at=now,
        )
        deliveries.queue(tx, detail)


def _recount(tx: Session, now: datetime) -> None:
    """Shares move at the freeze, or after four late answers; then the digest is shown anew.

    Late lines may need one more reply in its thread.
    """
    for row in (*digests.to_freeze(tx, now), *digests.touched(tx, now)):
        team = stored.team(tx, row.team_id)
        if posting.recount(tx, row, team, now):
            deliveries.refresh(tx, now, digest_id=row.id)
        first = next((sent for sent in deliveries.of_digest(tx, row.id) if sent.kind == "digest"), None)
        if first is not None:
            _queue_details(tx, first, len(digest_views.details(outgoing.summary_of(tx, row))), now)


def _next_at(tx: Session, now: datetime) -> datetime | None:
    moments = [deliveries.next_due(tx, now), stored.next_due(tx, now), stored.next_digest(tx, now)]
    return min((moment for moment in moments if moment is not None), default=None)
