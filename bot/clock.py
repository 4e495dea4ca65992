"""The heartbeat: wakes the tick at a steady pace, and at once when somebody did something."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import trace

log = logging.getLogger(__name__)

EVERY = 15  # seconds


class Clock:
    """Runs `tick` at a steady pace and when woken, never two of them at once."""

    def __init__(
        self,
        tick: Callable[[], Awaitable[float | None]],
        housekeeping: Callable[[], Awaitable[object]],
        *,
        every: float = EVERY,
    ) -> None:
        """`every` is in seconds; `tick` says in how many seconds it should run again, where it knows better."""
        self._every = every
        self._tick = tick
        self._housekeeping = housekeeping
        self._scheduler: AsyncIOScheduler | None = None
        self._busy = asyncio.Lock()
        self._again = False
        self._later: asyncio.TimerHandle | None = None
        self._woken: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to beat; needs a running event loop."""
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        # The tick finds out by itself what is due, so a beat that comes late or was missed loses nothing.
        steady = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self._wake, "interval", seconds=self._every, **steady)
        self._scheduler.add_job(self._housekeeping, "interval", hours=1, **steady)
        self._scheduler.start()
        self.wake()

    def wake(self) -> None:
        """Ticks soon, on the running loop; nothing unless started. Cheap, and may be called as often as one likes."""
        if self._scheduler is None:
            return
        if self._busy.locked():
            self._again = True
        elif all(task.done() for task in self._woken):  # one that has not begun yet will see what is due now
            task = asyncio.get_running_loop().create_task(self.beat())
            self._woken.add(task)
            task.add_done_callback(self._woken.discard)

    async def _wake(self) -> None:
        # A task of our own does the tick: the scheduler cancels its own when it is shut down.
        self.wake()

    async def beat(self) -> None:
        """Returns when a tick that began after this call is done; one is enough for all who ask meanwhile."""
        if self._busy.locked():
            self._again = True
            async with self._busy:  # it is done when that other tick is
                return
        async with self._busy:
            while True:
                self._again = False
                wait: float | None = None
                try:
                    wait = await self._tick()
                except Exception as error:  # noqa: BLE001  whatever it was, the heart goes on beating
                    log.error("the tick failed, and the next one tries again: %s", trace.of(error))
                if not self._again:
                    self._come_back(wait)
                    return

    def _come_back(self, seconds: float | None) -> None:
        """Wakes in a while, sooner than the next beat, where the tick said so: the pace held something back."""
        if self._later is not None:
            self._later.cancel()
        if seconds is not None and seconds < self._every and self._scheduler is not None:
            self._later = asyncio.get_running_loop().call_later(max(0.01, seconds), self.wake)

    async def stop(self) -> None:
        """Ends the heartbeat after the tick in progress; nothing wakes it any more."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        if self._later is not None:
            self._later.cancel()
        self._again = False
        for task in list(self._woken):
            await task
        async with self._busy:  # somebody else's beat
            pass
