"""The way in, whatever the platform: in time, kept before its effect, once, never silent, and over when the server
stops."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.chat import inbound
from bot.chat.events import (
    Choices,
    HomeOpened,
    InboundEvent,
    Invalid,
    MessageReceived,
    Reply,
    Submitted,
    Suggest,
    Who,
)
from bot.chat.inbound import Intake, NotKept, Patience, Progress
from bot.chat.messages import Message
from bot.chat.platform import OutcomeUnknown, RateLimited, Unreachable

WHO = Who("wire:ana", "wire:w", "wire:ana", "Ana")
TYPED = MessageReceived("e1", WHO, WHO.address, True, words="Pricing page copy, and a word nobody should read")
AT_ONCE = Patience(answer=0.0, keep=5.0)
PATIENT = Patience(answer=30.0, keep=5.0)


class Keeper:
    """Remembers what was kept; refuses when told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.events: list[InboundEvent] = []
        self.error = error

    async def __call__(self, event: InboundEvent) -> None:
        if self.error is not None:
            raise self.error
        self.events.append(event)


async def hear(_: object) -> Reply:
    return Message("heard")


async def test_what_is_heard_in_time_is_answered_and_not_kept() -> None:
    kept = Keeper()
    intake: Intake[str] = Intake(hear, kept, PATIENT)

    async def answer(progress: Progress) -> str:
        return "waits" if progress.waits else "late"

    assert await intake.take("e1", answer, lambda: "wait", kept=TYPED) == "waits"
    assert kept.events == []


async def test_what_takes_longer_is_kept_first_and_goes_on() -> None:
    kept, end = Keeper(), asyncio.Event()
    intake: Intake[str] = Intake(hear, kept, AT_ONCE)

    async def answer(progress: Progress) -> str:
        await end.wait()
        return "waits" if progress.waits else "late"

    assert await intake.take("e1", answer, lambda: "wait", kept=TYPED) == "wait"
    assert kept.events == [TYPED]
    end.set()
    await intake.settle()
    assert await intake.take("e1", answer, lambda: "wait", kept=TYPED) == "late"


async def test_what_was_heard_already_is_not_kept_while_its_answer_is_shown() -> None:
    kept, end = Keeper(), asyncio.Event()
    intake: Intake[str] = Intake(hear, kept, AT_ONCE)

    async def answer(progress: Progress) -> str:
        progress.heard = True
        await end.wait()
        return "shown"

    started = asyncio.create_task(intake.take("e0", answer, lambda: "wait"))
    await started
    assert await intake.take("e0", answer, lambda: "wait", kept=TYPED) == "wait"
    assert kept.events == []
    end.set()
    await intake.settle()


@pytest.mark.parametrize("error", [RuntimeError("the database is gone"), TimeoutError()])
async def test_what_could_not_be_kept_has_to_be_delivered_again(error: Exception) -> None:
    end = asyncio.Event()
    intake: Intake[str] = Intake(hear, Keeper(error), AT_ONCE)

    async def answer(_: Progress) -> str:
        await end.wait()
        return "answered"

    with pytest.raises(NotKept):
        await intake.take("e1", answer, lambda: "wait", kept=TYPED)
    end.set()
    await intake.settle()
    assert await intake.take("e1", answer, lambda: "wait", kept=TYPED) == "answered"


async def test_the_same_event_is_answered_once_however_often_it_is_told() -> None:
    times = 0
    intake: Intake[int] = Intake(hear, None, PATIENT)

    async def answer(_: Progress) -> int:
        nonlocal times
        times += 1
        await asyncio.sleep(0)
        return times

    told = await asyncio.gather(*(intake.take("e1", answer, lambda: 0) for _ in range(5)))
    assert (told, times) == ([1] * 5, 1)
    assert intake.is_known("e1")
    assert await intake.take("e2", answer, lambda: 0) == 2


async def test_where_no_answer_is_wanted_again_the_same_event_is_heard_again() -> None:
    """The database knows it, and somebody whose form failed sends the same one once more."""
    intake: Intake[int] = Intake(hear, None, PATIENT, answers_again=False)
    times = 0

    async def answer(_: Progress) -> int:
        nonlocal times
        times += 1
        return times

    assert [await intake.take("e1", answer, lambda: 0) for _ in range(2)] == [1, 2]
    assert not intake.is_known("e1")


async def test_an_answer_that_broke_is_tried_again_when_it_is_told_again() -> None:
    intake: Intake[str] = Intake(hear, None, PATIENT)
    broken = True

    async def answer(_: Progress) -> str:
        if broken:
            raise OSError("gone")
        return "answered"

    with pytest.raises(OSError, match="gone"):
        await intake.take("e1", answer, lambda: "wait")
    broken = False
    assert await intake.take("e1", answer, lambda: "wait") == "answered"


async def test_an_answer_that_breaks_after_its_acknowledgement_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    end = asyncio.Event()
    intake: Intake[str] = Intake(hear, Keeper(), AT_ONCE)

    async def answer(_: Progress) -> str:
        await end.wait()
        raise ValueError(TYPED.words)

    assert await intake.take("e1", answer, lambda: "wait", kept=TYPED) == "wait"
    end.set()
    await intake.settle()
    await asyncio.sleep(0)
    assert "after its acknowledgement: ValueError" in caplog.text
    assert TYPED.words not in caplog.text


async def test_in_a_crowd_nobody_waits_for_their_own_answer() -> None:
    kept, end = Keeper(), asyncio.Event()
    intake: Intake[str] = Intake(hear, kept, Patience(answer=30.0, keep=5.0, crowd=2, crowded=0.0))

    async def slow(_: Progress) -> str:
        await end.wait()
        return "answered"

    waiting = [asyncio.create_task(intake.take(f"e{n}", slow, lambda: "wait")) for n in range(2)]
    await asyncio.sleep(0)
    assert await intake.take("one more", slow, lambda: "wait", kept=TYPED) == "wait"
    assert kept.events == [TYPED]
    end.set()
    assert await asyncio.gather(*waiting) == ["answered", "answered"]


async def test_a_failure_is_told_with_a_reference_that_is_in_the_log_without_their_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_: object) -> Reply:
        raise ValueError(TYPED.words)

    intake: Intake[str] = Intake(broken, None, PATIENT)
    with caplog.at_level(logging.ERROR):
        reply = await intake.reply(TYPED)
    assert isinstance(reply, Message)
    reference = reply.title.rpartition(" ")[2].rstrip(".")
    assert reference in caplog.text
    assert TYPED.words not in caplog.text

    form = await intake.reply(Submitted("e2", WHO, WHO.address, True, name="goal"))
    assert isinstance(form, Invalid)
    assert "the fault is ours" in form.errors[""]
    assert await intake.reply(Suggest("e3", WHO, WHO.address, True)) == Choices(())
    assert isinstance(await intake.reply(HomeOpened("e4", WHO, WHO.address, True)), Message)


async def test_at_the_end_what_is_under_way_has_a_moment_and_is_ended_then(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inbound, "LAST_WORDS", 0.05)
    intake: Intake[str] = Intake(hear, Keeper(), AT_ONCE)
    done: list[str] = []

    async def quick() -> None:
        done.append("quick")

    async def refused() -> None:
        raise Unreachable("They are gone.")

    async def never(_: Progress) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            done.append("ended")
        return ""

    intake.later(quick())
    intake.later(refused())
    await intake.take("e1", never, lambda: "wait", kept=TYPED)
    await intake.close()
    await asyncio.sleep(0)
    assert done == ["quick", "ended"]
    assert "They are gone." in caplog.text


async def test_a_reply_is_shown_again_while_the_platform_asks_to_wait_and_an_unclear_one_where_that_does_no_harm() -> (
    None
):
    answers: list[Exception] = [RateLimited(0), OutcomeUnknown("cut")]

    async def show() -> str:
        if answers:
            raise answers.pop(0)
        return "shown"

    with pytest.raises(OutcomeUnknown):
        await inbound.patiently(show, until_unclear=True)
    answers[:] = [RateLimited(0)] * (inbound.TRIES - 1)
    assert await inbound.patiently(show) == "shown"
    answers[:] = [RateLimited(0)] * inbound.TRIES
    with pytest.raises(RateLimited):
        await inbound.patiently(show)


def test_halves_of_surrogate_pairs_become_whole_characters() -> None:
    assert inbound.whole("a\ud83d b\ude00") == "a\ufffd b\ufffd"
    assert inbound.whole("\ud83d\ude00") == "😀"
