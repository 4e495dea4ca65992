"""The protocol against everything that can happen between its steps, in any order: a state machine finds the orders.

Senders claim, post, settle, die and sleep; messages arrive or not, and are heard of or not; time passes; things expire
and are taken back. No message may ever arrive twice, and in the end each has arrived or is counted with a reason.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from storage.database import Database
from storage.outbox import deliveries
from storage.outbox.deliveries import Claimed, Outcome
from storage.tables import Company, Delivery, Workspace

LEASE, TIMEOUT, WINDOW = timedelta(seconds=60), timedelta(seconds=10), timedelta(seconds=120)
BEGIN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
SENDERS = ("one", "two")
OPENED: list[Database] = []


@dataclass
class Hand:
    """What a sender holds: claimed and not posted, and posted and not settled."""

    claimed: list[tuple[Claimed, datetime]] = field(default_factory=list)  # and until when it may be posted
    ended: list[Outcome] = field(default_factory=list)


class Protocol(RuleBasedStateMachine):
    @initialize(lives=st.sampled_from([None, None, 600, 50]))
    def begin(self, lives: int | None) -> None:
        [self.database] = OPENED
        self.now = BEGIN
        self.posts: Counter[str] = Counter()
        self.on_the_way: list[tuple[datetime, str]] = []  # posted in time, and slow to arrive
        self.hands = {name: Hand() for name in SENDERS}
        self.made = 0
        with self.database.transaction() as tx:
            for table in ("delivery", "workspace", "company"):
                tx.connection().exec_driver_sql(f"DELETE FROM {table}")
            tx.add(Company(name="Acme", created_at=BEGIN))
            tx.flush()
            tx.add(Workspace(company_id=1, key="wire:w", name="w"))
        self.plan(lives)

    def holds(self, name: str) -> bool:
        return bool(self.hands[name].claimed)

    @precondition(lambda self: self.made < 3)
    @rule(lives=st.sampled_from([None, None, 600, 50]))
    def plan(self, lives: int | None) -> None:
        self.made += 1
        with self.database.transaction() as tx:
            row = Delivery(
                company_id=1, workspace_id=1, dedup_key=f"k{self.made}", kind="prompt", to="wire:w:1",
                due_at=self.now, created_at=self.now,
                expires_at=None if lives is None else self.now + timedelta(seconds=lives),
            )  # fmt: skip
            deliveries.queue(tx, row)

    # One rule for all that a sender does: the machine leaves out rules at random, and each of these alone finds little.
    @rule(
        name=st.sampled_from(SENDERS),
        does=st.sampled_from(["claim", "claim", "post", "post", "settle", "die"]),
        arrives=st.sampled_from(["now", "late", "never"]),
        heard=st.sampled_from(["clearly", "not", "refused"]),
    )
    def act(self, name: str, does: str, arrives: str, heard: str) -> None:
        match does:
            case "claim":
                self.claim(name)
            case "post" if self.holds(name):
                self.post_of(name, arrives, heard)
            case "settle":
                self.settle(name)
            case "die":
                self.hands[name] = Hand()

    def claim(self, name: str) -> None:
        until = self.now + LEASE - TIMEOUT
        with self.database.transaction() as tx:
            rows = deliveries.claim(tx, name, self.now, LEASE, 5, {}, {})
        assert all(row.expires_at is None or self.now < row.expires_at for row in rows)
        self.hands[name].claimed += [(row, until) for row in rows]

    def post_of(self, name: str, arrives: str, heard: str) -> None:
        hand = self.hands[name]
        row, until = hand.claimed.pop(0)
        if self.now > until:
            hand.ended.append(Outcome(row.id, row.attempt, "due", "It took too long."))
        elif heard == "refused":
            hand.ended.append(Outcome(row.id, row.attempt, "due", "busy"))
        else:
            if arrives == "now" or heard == "clearly":
                self.posts[row.dedup_key] += 1
            elif arrives == "late":
                self.on_the_way.append((self.now + TIMEOUT, row.dedup_key))
            hand.ended.append(
                Outcome(row.id, row.attempt, "sent", platform_id=row.dedup_key)
                if heard == "clearly"
                else Outcome(row.id, row.attempt, "uncertain", "no answer", again_at=self.now + WINDOW)
            )

    def settle(self, name: str) -> None:
        ended, self.hands[name].ended = self.hands[name].ended, []
        with self.database.transaction() as tx:
            deliveries.settle(tx, name, ended, self.now)

    @precondition(lambda self: self.made)
    @rule(name=st.sampled_from(SENDERS))
    def recover(self, name: str) -> None:
        with self.database.transaction() as tx:
            deliveries.lapse(tx, self.now, WINDOW)
            rows = deliveries.uncertain(tx, name, self.now, LEASE, 5)
        outcomes = [
            Outcome(row.id, row.attempt, "sent", platform_id=row.dedup_key)
            if self.posts[row.dedup_key]
            else Outcome(row.id, row.attempt, "due", "it did not arrive")
            for row in rows
        ]
        with self.database.transaction() as tx:
            deliveries.settle(tx, name, outcomes, self.now)

    @rule(seconds=st.sampled_from([5, 61, 130]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for at, meaning in self.on_the_way:
            if at <= self.now:
                self.posts[meaning] += 1
        self.on_the_way = [(at, meaning) for at, meaning in self.on_the_way if at > self.now]

    @rule()
    def expire(self) -> None:
        with self.database.transaction() as tx:
            deliveries.expire(tx, self.now, 100)

    @invariant()
    def nothing_arrives_twice(self) -> None:
        assert all(number == 1 for number in self.posts.values()), self.posts

    def teardown(self) -> None:
        """All is well again: whoever is still alive goes on, and everything comes to its end."""
        for name in SENDERS:
            while self.holds(name):
                self.post_of(name, "now", "clearly")
            self.settle(name)
        for _ in range(8):
            self.wait(200)
            self.expire()
            self.recover("one")
            self.claim("one")
            while self.holds("one"):
                self.post_of("one", "now", "clearly")
            self.settle("one")
            self.nothing_arrives_twice()
            with self.database.transaction() as tx:
                rows = tx.exec(select(Delivery)).all()
            if all(row.state in ("sent", "expired") for row in rows):
                break
        ends = {row.dedup_key: row.state for row in rows}
        assert set(ends.values()) <= {"sent", "expired"}, ends
        assert {meaning for meaning, state in ends.items() if state == "sent"} == set(self.posts)
        assert all(row.reason for row in rows if row.state == "expired")


@pytest.fixture
def opened(sqlite: Path, tmp_path: Path) -> Iterator[None]:
    """One file for all runs, emptied for each. Nobody cuts the power here, so nothing waits for the disk."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    OPENED[:] = [Database(f"sqlite:///{tmp_path / 'instep.db'}")]
    connection = OPENED[0].engine.raw_connection()
    connection.cursor().execute("PRAGMA synchronous = OFF")
    connection.close()
    yield
    OPENED[0].close()


@pytest.mark.usefixtures("opened")
def test_no_order_of_events_loses_or_doubles_a_message(rounds: int) -> None:
    run_state_machine_as_test(
        Protocol,
        settings=settings(max_examples=20 * rounds, stateful_step_count=25, report_multiple_bugs=False),
    )
