"""The protocol step by step: who may settle what, and what becomes of a claim that nobody settles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.outbox import deliveries, rate_limits
from storage.outbox.deliveries import Claimed, Outcome
from storage.outbox.rate_limits import Rate
from storage.tables import Company, Delivery, Workspace

NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
LEASE, WINDOW = timedelta(seconds=60), timedelta(seconds=120)


@pytest.fixture
def one(database: Database) -> Database:
    """A database in which one thing is to be said."""
    with database.transaction() as tx:
        tx.add(Company(name="Acme", created_at=NOW))
        tx.flush()
        tx.add(Workspace(company_id=1, key="wire:w", name="w"))
        tx.flush()
        tx.add(
            Delivery(
                company_id=1,
                workspace_id=1,
                dedup_key="k",
                kind="notice",
                to="wire:w:1",
                due_at=NOW,
                created_at=NOW,
            )
        )
    return database


def claim(database: Database, owner: str, at: datetime) -> list[Claimed]:
    with database.transaction() as tx:
        return deliveries.claim(tx, owner, at, LEASE, 10, {}, {})


def settle(database: Database, owner: str, outcome: Outcome, at: datetime = NOW) -> None:
    with database.transaction() as tx:
        deliveries.settle(tx, owner, [outcome], at)


def row(database: Database) -> Delivery:
    with database.transaction() as tx:
        return deliveries.by_id(tx, [1])[1]


def test_only_whoever_claimed_it_settles_it(one: Database) -> None:
    [mine] = claim(one, "me", NOW)
    settle(one, "somebody else", Outcome(mine.id, mine.attempt, "due"))
    assert row(one).state == "claimed"
    settle(one, "me", Outcome(mine.id, mine.attempt, "sent", platform_id="m1"))
    assert (row(one).state, row(one).platform_id) == ("sent", "m1")


def test_nothing_is_claimed_from_the_moment_on_at_which_it_is_over(one: Database) -> None:
    with one.transaction() as tx:
        deliveries.by_id(tx, [1])[1].expires_at = NOW + timedelta(hours=2)
    assert claim(one, "me", NOW + timedelta(hours=2)) == []
    with one.transaction() as tx:
        assert rate_limits.next_free(tx, NOW + timedelta(hours=2), {}) is None
    assert len(claim(one, "me", NOW + timedelta(hours=2, seconds=-1))) == 1


def test_an_attempt_that_is_over_settles_nothing(one: Database) -> None:
    [first] = claim(one, "me", NOW)
    settle(one, "me", Outcome(first.id, first.attempt, "due"))
    [second] = claim(one, "me", NOW)
    settle(one, "me", Outcome(first.id, first.attempt, "unreachable", "late news"))
    assert row(one).state == "claimed"
    settle(one, "me", Outcome(second.id, second.attempt, "sent", platform_id="m1"))
    settle(one, "me", Outcome(second.id, second.attempt, "due"))
    assert row(one).state == "sent"


def test_a_claim_that_nobody_settles_is_looked_up_after_the_window_and_never_just_sent_again(
    one: Database,
) -> None:
    claim(one, "who died", NOW)
    over = NOW + LEASE + timedelta(seconds=1)
    with one.transaction() as tx:
        assert deliveries.lapse(tx, NOW + LEASE, WINDOW) == 0
        assert deliveries.lapse(tx, over, WINDOW) == 1
        assert deliveries.uncertain(tx, "me", over + WINDOW - timedelta(seconds=1), LEASE, 10) == []
    assert claim(one, "me", over + WINDOW) == []
    with one.transaction() as tx:
        [found] = deliveries.uncertain(tx, "me", over + WINDOW, LEASE, 10)
        assert deliveries.uncertain(tx, "another", over + WINDOW, LEASE, 10) == []
    settle(one, "me", Outcome(found.id, found.attempt, "due", "It did not arrive, so it is sent again."))
    assert [again.id for again in claim(one, "me", over + WINDOW)] == [found.id]


def test_each_time_a_platform_asks_to_wait_a_part_of_the_pace_is_given_up_and_slowly_taken_back(
    one: Database,
) -> None:
    def pace(at: datetime) -> float:
        with one.transaction() as tx:
            workspace = tx.get(Workspace, 1)
            assert workspace is not None
            return round(rate_limits.slowed(workspace, at), 2)

    assert pace(NOW) == 1.0
    with one.transaction() as tx:
        rate_limits.pause(tx, 1, NOW + timedelta(seconds=30), NOW, {})
        rate_limits.pause(tx, 1, NOW + timedelta(seconds=31), NOW, {})  # an answer that crossed it
    assert pace(NOW) == 0.7
    later = NOW + timedelta(seconds=60)
    with one.transaction() as tx:
        rate_limits.pause(tx, 1, later, later, {})
    assert pace(later) == pytest.approx(0.7 * (0.7 + 1 / 20), abs=0.01)  # a minute of twenty was taken back before
    assert pace(later + timedelta(minutes=5)) == pytest.approx(0.525 + 5 / 20, abs=0.01)
    assert pace(later + timedelta(days=1)) == 1.0


def test_who_was_asked_to_wait_begins_again_with_one_message_and_at_the_slower_pace(one: Database) -> None:
    """A slower pace makes the same debt smaller when it is counted in messages: all of them went out at once again."""
    rate = Rate(5.0, 20)

    def room(at: datetime) -> int:
        with one.transaction() as tx:
            return sum(given.messages for given in rate_limits.rooms(tx, at, {"wire": rate}, 100, {}))

    with one.transaction() as tx:
        [given] = rate_limits.rooms(tx, NOW, {"wire": rate}, 100, {})
        rate_limits.spend(tx, {given.workspace_id: 20}, [given], NOW)
    assert room(NOW) == 0
    free = NOW + timedelta(seconds=0.05)
    with one.transaction() as tx:
        rate_limits.pause(tx, 1, free, NOW, {"wire": rate})
    assert room(free) == 1
    assert room(free + timedelta(seconds=1)) == 4  # 70% of five, and the one before


def test_a_workspace_that_does_not_answer_is_given_no_more_than_may_be_in_the_air(one: Database) -> None:
    def room(in_flight: int) -> int:
        with one.transaction() as tx:
            return sum(given.messages for given in rate_limits.rooms(tx, NOW, {}, 100, {1: in_flight}))

    assert room(0) == room(rate_limits.IN_FLIGHT - 100) == 100
    assert room(rate_limits.IN_FLIGHT - 3) == 3
    assert room(rate_limits.IN_FLIGHT) == 0


def test_what_belongs_under_another_message_waits_until_that_one_is_sent(one: Database) -> None:
    with one.transaction() as tx:
        tx.add(
            Delivery(
                company_id=1, workspace_id=1, dedup_key="k|0", kind="notice", to="wire:w:1", under_id=1,
                due_at=NOW - timedelta(seconds=1), created_at=NOW,
            )
        )  # fmt: skip
    [first] = claim(one, "me", NOW)
    assert first.dedup_key == "k"
    assert claim(one, "me", NOW) == []
    settle(one, "me", Outcome(first.id, first.attempt, "sent", platform_id="m1"))
    assert [reply.dedup_key for reply in claim(one, "me", NOW)] == ["k|0"]


def test_answers_that_come_one_after_the_other_are_one_asking(one: Database) -> None:
    """What was on its way already when the first was refused is refused, too, after a wait as short as this."""
    with one.transaction() as tx:
        for number in range(10):
            at = NOW + timedelta(milliseconds=100 * number)
            rate_limits.pause(tx, 1, at + timedelta(milliseconds=5), at, {})
        workspace = tx.get(Workspace, 1)
        assert workspace is not None
        assert rate_limits.slowed(workspace, NOW) == pytest.approx(0.7, abs=0.01)


def test_how_long_a_round_takes() -> None:
    assert rate_limits.takes(10_000, Rate(5.0, 25)) == timedelta(seconds=1995)
    assert rate_limits.takes(20, Rate(5.0, 25)) == timedelta(0)
