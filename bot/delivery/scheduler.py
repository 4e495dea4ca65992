"""The heartbeat: wakes the steps of the engine at a steady pace, and at once when somebody did something."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.chat import safe_traceback

log = logging.getLogger(__name__)

EVERY = 15.0  # seconds
AFTER_A_FAILURE = 2.0  # a database that restarts is back soon

Step: TypeAlias = Callable[[], Awaitable[float | None]]
"""Something to do; says in how many seconds it should be done again, where it knows better than the heartbeat."""

Chore: TypeAlias = Callable[[], Awaitable[object]]


class Scheduler:
    """Runs each of its steps at a steady pace and when woken: different ones side by side, one never beside itself."""

    def __init__(
        self,
        steps: Mapping[str, Step],
        chores: Sequence[tuple[Chore, float]] = (),
        *,
        every: float = EVERY,
    ) -> None:
        """`every` is in seconds, and so is what stands beside each chore."""
        self._every = every
        self._chores = chores
        self._beats = {name: _Beat(name, step, every) for name, step in steps.items()}
        self._scheduler: AsyncIOScheduler | None = None

    def start(self) -> None:
        """Begins to beat; needs a running event loop."""
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        # A step finds out by itself what is due, so a beat that comes late or was missed loses nothing.
        steady = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self._wake, "interval", seconds=self._every, **steady)
        for chore, seconds in self._chores:
            self._scheduler.add_job(self._do, "interval", args=[chore], seconds=seconds, **steady)
        self._scheduler.start()
        for beat in self._beats.values():
            beat.begin()

    def wake(self, *names: str) -> None:
        """Does these steps, or all, soon; nothing unless started. Cheap, and may be called as often as one likes."""
        for name in names or self._beats:
            self._beats[name].wake()

    async def _wake(self) -> None:
        # A task of our own does each step: the scheduler cancels its own when it is shut down.
        self.wake()

    async def _do(self, chore: Chore) -> None:
        try:
            await chore()
        except Exception as error:  # noqa: BLE001  its next time comes
            log.error("a chore failed, and is done again in its time: %s", safe_traceback.of(error))

    async def beat(self) -> None:
        """Every step, one after the other; returns when each was done once after this call."""
        for beat in self._beats.values():
            await beat.beat()

    async def stop(self) -> None:
        """Ends the heartbeat after the steps in progress; nothing wakes them any more."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        for beat in self._beats.values():
            beat.end()
        for beat in self._beats.values():
            await beat.rest()


class _Beat:
    """One step: never twice at once, never forgotten."""

    def __init__(self, name: str, step: Step, every: float) -> None:
        self._name = name
        self._step = step
        self._every = every
        self._alive = False
        self._busy = asyncio.Lock()
        self._again = False
        self._later: asyncio.TimerHandle | None = None
        self._woken: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        self._alive = True
        self.wake()

    def wake(self) -> None:
        if not self._alive:
            return
        if self._busy.locked():
            self._again = True
        elif all(task.done() for task in self._woken):  # one that has not begun yet will see what is due now
            task = asyncio.get_running_loop().create_task(self.beat())
            self._woken.add(task)
            task.add_done_callback(self._woken.discard)

    async def beat(self) -> None:
        """Returns when a step that began after this call is done; one is enough for all who ask meanwhile."""
        if self._busy.locked():
            self._again = True
            async with self._busy:  # it is done when that other one is
                return
        async with self._busy:
            while True:
                self._again = False
                wait: float | None = None
                try:
                    wait = await self._step()
                except Exception as error:  # noqa: BLE001  whatever it was, the heart goes on beating
                    log.error(
                        "the %s failed, and the next one tries again: %s",
                        self._name,
                        safe_traceback.of(error),
                    )
                    wait = AFTER_A_FAILURE * random.uniform(0.5, 1.0)  # noqa: S311  so that not all come back at once
                if not self._again:
                    self._come_back(wait)
                    return

    def _come_back(self, seconds: float | None) -> None:
        """Wakes in a while, sooner than the next beat, where the step said so: the pace held something back."""
        if self._later is not None:
            self._later.cancel()
        if seconds is not None and seconds < self._every and self._alive:
            self._later = asyncio.get_running_loop().call_later(max(0.01, seconds), self.wake)

    def end(self) -> None:
        self._alive = False
        if self._later is not None:
            self._later.cancel()
        self._again = False

    async def rest(self) -> None:
        for task in list(self._woken):
            await task
        async with self._busy:  # somebody else's beat
            pass
