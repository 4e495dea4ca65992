"""The rounds: plan what is due, send it, show anew what changed. Each step may be run at any time, by any process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlmodel import Session

from bot.chat.platform import Platform
from bot.delivery import plan as delivery_plan
from bot.delivery.channels import Channels
from bot.delivery.edit import Editor
from bot.delivery.rate_limits import Conversations, edit_rates, rates
from bot.delivery.recover import Recovery
from bot.delivery.send import Sender
from bot.delivery.settle import Settler
from bot.delivery.timing import Done, Timing
from bot.ops.metrics import Metrics
from storage.database import Database
from storage.outbox import due_work


class Cycle:
    """Plan, send, show. Any number of them may work on one database at once."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        now: Callable[[], datetime],
        *,
        only_to: frozenset[str] = frozenset(),
        timing: Timing = Timing(),  # noqa: B008  frozen
        metrics: Metrics | None = None,
    ) -> None:
        """`only_to` limits sending to these addresses while trying out; empty is no limit."""
        self._database = database
        self._now = now
        self._stopping = False
        metrics = metrics or Metrics()
        self._rates = rates(platforms.values())
        conversations = Conversations(platforms.values())
        self.channels = Channels(platforms, now, timing.timeout)
        settler = Settler(database, now, self._rates)
        self.sender = Sender(
            database,
            platforms,
            now,
            rates=self._rates,
            conversations=conversations,
            channels=self.channels,
            settler=settler,
            only_to=only_to,
            timing=timing,
            metrics=metrics,
        )
        self._recovery = Recovery(database, platforms, now, settler=settler, timing=timing, metrics=metrics)
        self._editor = Editor(
            database,
            platforms,
            now,
            rates=self._rates,
            edit_rates=edit_rates(platforms.values()),
            conversations=conversations,
            channels=self.channels,
            timing=timing,
        )

    async def tick(self) -> Done:
        """Does everything that is due by now, and returns when it is done."""
        done = await self.plan()
        done += await self.send()
        return done + await self.show()

    async def plan(self, portion_done: Callable[[], None] = lambda: None) -> Done:
        """What is due becomes deliveries, in portions of one transaction each; `portion_done` is told of each that has
        something to send."""
        planned, more = 0, True
        while more and not self._stopping:
            number, more = await self._database.run(self._portion)
            planned += number
            if number:
                portion_done()
        return Done(planned=planned)

    async def send(self) -> Done:
        """What may have arrived is looked up; what did not, and whatever else may go now, goes."""
        due = await self._database.run(lambda tx: due_work.due(tx, "send", self._now()))
        done = await self._recovery.recover() if "unknown" in due else Done()
        return done + await self.sender.send() if due else done

    async def show(self) -> Done:
        """What stands somewhere and has changed is shown anew."""
        return await self._editor.show()

    async def stop(self, within: float) -> None:
        """Begins nothing more, and ends what is in the air within these seconds."""
        self._stopping = True
        await asyncio.gather(self.sender.stop(within), self._editor.stop(within))

    async def next_at(self) -> datetime | None:
        """When something falls due next, later than now, as far as is known."""
        now = self._now()
        return await self._database.run(lambda tx: delivery_plan.next_at(tx, now, self._rates))

    def _portion(self, tx: Session) -> tuple[int, bool]:
        """One step of each kind; more of a kind that has more in the next transaction, where others may come
        between."""
        self._database.read_clock(tx)
        now = self._now()
        due = due_work.due(tx, "plan", now)
        for name, kind in _IN_PORTIONS.items():
            number, more = kind(tx, now) if name in due else (0, False)
            if number or more:
                return number, True
        return 0, False


_IN_PORTIONS = {
    "over": delivery_plan.over,  # first: who is welcomed late is asked later
    "questions": delivery_plan.questions,
    "reminders": delivery_plan.reminders,
    "welcomes": delivery_plan.welcomes,
    "digests": delivery_plan.digest_due,
    "recounts": delivery_plan.recount,
}
