"""What every platform needs on the way in: acknowledged in time, kept before its effect, heard once, and never silent.

An adapter reads what its platform sends into an event and says how to answer it. What is decided here is the same on
all of them: how long to wait, when to hurry, when an event is kept so that it outlives this process, what becomes of
the same event again, what is said when we fail, how long a request may be, and how long the end of the server is held
up.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web

from bot.chat import safe_traceback
from bot.chat.events import Choices, Event, Hear, InboundEvent, Invalid, Keep, Reply, Submitted, Suggest
from bot.chat.messages import Message
from bot.chat.platform import OutcomeUnknown, PlatformError, RateLimited

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")
Shown = TypeVar("Shown")

REMEMBERED = 2_000  # answers that are kept for an event that is delivered again: it gets the same one
TRIES, LONGEST_WAIT = 6, 30.0  # at showing somebody a reply, and seconds between two of them at most
UNCLEAR_WAIT = 1.0  # seconds until another try where no clear answer came
LAST_WORDS = 5.0  # seconds that what is under way is given to end when the server stops


class TooLarge(Exception):
    """A request with more in its body than the platform ever sends."""


class NotKept(Exception):
    """An event that could neither be heard in time nor be kept: the platform has to deliver it again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a platform waits for an acknowledgement, in seconds: `answer` for the reply itself, `keep` for the event
    to be kept after that. With `crowd` events under way it is `crowded` instead of `answer`: waiting would only make
    everybody wait.
    """

    answer: float
    keep: float
    crowd: int = 10
    crowded: float = 0.0


@dataclass(slots=True)
class Progress:
    """How far an answer is: whether the event was heard, and whether the request still waits for it."""

    heard: bool = False
    waits: bool = True


class Intake(Generic[Answer]):
    """Events on their way through one adapter, and what follows from them."""

    def __init__(self, hear: Hear, keep: Keep | None, patience: Patience, *, answers_again: bool = True) -> None:
        """`keep` commits an event that takes longer to be heard than its platform waits; without it nothing is kept.
        With `answers_again` whoever tells an event once more is given the answer it had; without, it is heard once
        more, and changes nothing then, as the database knows it.
        """
        self._hear = hear
        self._keep = keep
        self._patience = patience
        self._answers_again = answers_again
        self._answers: OrderedDict[str, tuple[Progress, asyncio.Task[Answer]]] = OrderedDict()
        self._under_way: set[asyncio.Task[Answer]] = set()
        self._errands: set[asyncio.Task[None]] = set()

    async def take(
        self,
        key: str,
        answer: Callable[[Progress], Coroutine[Any, Any, Answer]],
        late: Callable[[], Answer],
        *,
        kept: InboundEvent | None = None,
    ) -> Answer:
        """The answer to what a platform told under a key, or within the patience `late`, with the answer still to come.

        `kept` is the event to be kept when it is not heard in
        time; raises NotKept when that could not be done either. `answer` is told whether anybody still waits for it.
        """
        patience = self._patience
        waits = patience.answer if len(self._under_way) < patience.crowd else patience.crowded
        progress, task = self._answers.get(key) or self._begin(key, answer)
        await asyncio.wait({task}, timeout=waits)
        if task.done():
            return task.result()
        progress.waits = False
        if kept is not None and self._keep is not None and not progress.heard:
            try:
                async with asyncio.timeout(patience.keep):
                    await self._keep(kept)
            except Exception as error:
                raise NotKept(f"{type(kept).__name__} could not be kept in time") from error
        return late()

    def is_known(self, key: str) -> bool:
        """Whether what was told under this key is being answered or was."""
        return key in self._answers

    async def reply(self, event: Event) -> Reply:
        """The reply to an event; where hearing it failed, a sentence with a reference that is in the log."""
        try:
            return await self._hear(event)
        except Exception as error:  # noqa: BLE001  whatever it is, the person hears of it and the log has it
            return own_up(event, failure(type(event).__name__, error))

    def later(self, errand: Coroutine[Any, Any, None]) -> None:
        """Something that follows from what is acknowledged. It goes on by itself; its trouble is in the log."""
        task = asyncio.create_task(_told(errand))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def settle(self) -> None:
        """Returns when everything that was acknowledged has its answer, and what follows from it is done."""
        while running := self._under_way | self._errands:
            await asyncio.wait(running)

    async def close(self) -> None:
        """Gives what is under way a moment to end, and ends it."""
        try:
            async with asyncio.timeout(LAST_WORDS):
                await self.settle()
        except TimeoutError:
            for task in self._under_way | self._errands:
                task.cancel()

    def _begin(
        self, key: str, answer: Callable[[Progress], Coroutine[Any, Any, Answer]]
    ) -> tuple[Progress, asyncio.Task[Answer]]:
        progress = Progress()
        task = asyncio.create_task(answer(progress))
        self._under_way.add(task)

        def done(ended: asyncio.Task[Answer]) -> None:
            self._under_way.discard(ended)
            error = None if ended.cancelled() else ended.exception()
            if ended.cancelled() or error is not None:  # told again, it is tried again
                self._answers.pop(key, None)
            if isinstance(error, Exception) and not progress.waits:  # nobody is there to be told
                log.error("an answer failed after its acknowledgement: %s", safe_traceback.of(error))

        task.add_done_callback(done)
        if self._answers_again:
            self._answers[key] = progress, task
            self._forget_old()
        return progress, task

    def _forget_old(self) -> None:
        while len(self._answers) > REMEMBERED:
            oldest = next(iter(self._answers))
            if not self._answers[oldest][1].done():
                return
            del self._answers[oldest]


def failure(what: str, error: Exception) -> str:
    """What is said where we failed: a sentence with a reference, under which the log has the trouble."""
    reference = secrets.token_hex(4)
    log.error("%s failed, reference %s\n%s", what, reference, safe_traceback.of(error))
    return (
        f"That did not work, and the fault is ours. Try again, and if it stays so, pass on the reference {reference}."
    )


def own_up(event: Event, sentence: str) -> Reply:
    """A sentence as a reply to what somebody did: beside the form they sent, and no options for a field."""
    match event:
        case Submitted():
            return Invalid({"": sentence})
        case Suggest():
            return Choices(())
        case _:
            return Message(sentence)


async def patiently(show: Callable[[], Awaitable[Shown]], *, until_unclear: bool = False) -> Shown:
    """Does something for somebody who waits for it, again where the platform asks us to wait, and where no clear answer
    came: for what does no harm twice. With `until_unclear` the latter is raised. Raises what the last try raised."""
    for _ in range(TRIES - 1):
        try:
            return await show()
        except RateLimited as asked:
            await asyncio.sleep(min(asked.retry_after, LONGEST_WAIT))
        except OutcomeUnknown:
            if until_unclear:
                raise
            await asyncio.sleep(UNCLEAR_WAIT)
    return await show()


async def read_body(request: web.Request, largest: int) -> bytes:
    """What is in a request, read no further than `largest` bytes. Raises TooLarge."""
    read = bytearray()
    async for chunk in request.content.iter_any():
        read += chunk
        if len(read) > largest:
            raise TooLarge(f"A request has at most {largest // 1024} KiB.")
    return bytes(read)


def whole(words: str) -> str:
    """Words with every half of a surrogate pair, which JSON can carry and no file and no database can, as U+FFFD."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


async def _told(errand: Coroutine[Any, Any, None]) -> None:
    try:
        await errand
    except PlatformError as error:
        log.warning("a reply could not be shown: %s", error)
    except Exception as error:  # noqa: BLE001  nobody waits for it; the log has it
        log.error("a reply could not be shown: %s", safe_traceback.of(error))
