"""A platform that takes less than was agreed: what it asks for is kept, and nobody else waits for it."""

from __future__ import annotations

import pytest

from storage.outbox.rate_limits import ONE_ASKING
from tests.faults.conftest import LONG, Start
from tests.faults.test_death import done, judge, prepare
from tests.support.fake_platform import Far, SendRequest

RATE, BURST = 50.0, 50
AGREED = {"per_second": RATE * 0.96, "burst": 15}  # a machine that stalls lets some go at once


async def test_a_limit_that_is_halved_in_the_middle(shared: str, far: Far, start: Start, rounds: int) -> None:
    """Each time the platform asks to wait, a part of the pace is given up: asking again and again is what bots are
    blocked for."""
    if rounds < LONG:
        pytest.skip("it takes a minute: make faults")
    people = 60 * rounds
    prepare(shared, people, workspaces=2, slots=rounds)
    far.limit = (RATE, BURST)
    for _ in range(2):
        start(shared, **AGREED)
    await far.until(lambda: len(far.posts) > people // 5, within=60)
    far.limits["w1"] = (RATE / 2, BURST)
    await done(shared, people, within=30 + people / RATE * 3)
    judge(far, people)
    refused = [asked for asked in far.heard if asked.status == 429]
    assert refused
    assert all(asked.workspace == "w1" for asked in refused)
    # From 0.96 of a limit to half of it in parts of 0.7 takes two waits, and now and then one more when some is taken
    # back.
    waits = episodes(refused)
    assert len(waits) <= 3 + people // 1000
    in_flight = AGREED["burst"]  # what was on its way already when the first of them was refused
    assert len(refused) <= 0.01 * len(far.heard) + in_flight * len(waits)
    # Whoever kept to the limit was not made to wait for the one that did not.
    other = [asked.at for asked in far.heard if asked.workspace == "w2"]
    assert (len(other) - AGREED["burst"]) / (other[-1] - other[0]) >= 0.95 * AGREED["per_second"]


async def test_nothing_is_asked_while_the_platform_wants_to_be_left_alone(shared: str, far: Far, start: Start) -> None:
    prepare(shared, 60, workspaces=2)
    far.limit, far.retry_after = (1000.0, 1000), 1.5
    far.limits["w1"] = (2.0, 10)
    for _ in range(2):
        start(shared)
    await far.until(lambda: sum(1 for asked in far.heard if asked.status == 429) > 0, within=10)
    first = next(asked.at for asked in far.heard if asked.status == 429)
    far.limits.clear()
    await done(shared, 60, within=20)
    judge(far, 60)
    # What was on its way already arrives; of what was still to be sent nothing does before the wait is over.
    during = [asked for asked in far.heard if asked.workspace == "w1" and first + 0.3 < asked.at < first + 1.5]
    assert during == []
    last = max(asked.at for asked in far.heard if asked.workspace == "w2")
    assert last < first + 1.5  # the other workspace did not wait for it


def episodes(refused: list[SendRequest]) -> list[float]:
    """When each of the waits began: refusals that cross one wait are one."""
    found: list[float] = []
    for asked in refused:
        if not found or asked.at - found[-1] > ONE_ASKING.total_seconds():
            found.append(asked.at)
    return found
