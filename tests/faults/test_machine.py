"""The protocol against everything that can happen between its steps, in any order: a state machine finds the orders.

Senders claim, post, settle, die and sleep; messages arrive or not, and are heard of or not; time passes; things expire
and are taken back. No message may ever arrive twice, and in the end each has arrived or is counted with a reason.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from storage import deliveries
from storage.database import Database
from storage.deliveries import Claimed, Outcome
from storage.tables import Company, Delivery, Workspace

LEASE, TIMEOUT, WINDOW = timedelta(seconds=60), timedelta(seconds=10), timedelta(seconds=120)
BEGIN = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
SENDERS = ("one", "two")
TEMPLATE: list[Path] = []


@dataclass
class Hand:
    """What a sender holds: claimed and not posted, and posted and not settled."""

    claimed: list[tuple[Claimed, datetime]] = field(default_factory=list)  # and until when it may be posted
    ended: list[Outcome] = field(default_factory=list)


class Protocol(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "instep.db"
        shutil.copy(TEMPLATE[0], path)
        self.database = Database(f"sqlite:///{path}")
        self.now = BEGIN
        self.posts: Counter[str] = Counter()
        self.on_the_way: list[tuple[datetime, str]] = []  # posted in time, and slow to arrive
        self.hands = {name: Hand() for name in SENDERS}
        self.made = 0
        with self.database.transaction() as tx:
            tx.add(Company(name="Acme", created_at=BEGIN))
            tx.flush()
            tx.add(Workspace(company_id=1, key="wire:w", name="w"))

    @rule(lives=st.sampled_from([None, 50, 600]))
    def plan(self, lives: int | None) -> None:
        with self.database.transaction() as tx:
            for _ in range(2):
                self.made += 1
                row = Delivery(
                    company_id=1, workspace_id=1, meaning=f"k{self.made}", kind="prompt", to="wire:w:1",
                    due_at=self.now, created_at=self.now,
                    expires_at=None if lives is None else self.now + timedelta(seconds=lives),
                )  # fmt: skip
                deliveries.queue(tx, row)

    @rule(name=st.sampled_from(SENDERS))
    def claim(self, name: str) -> None:
        until = self.now + LEASE - TIMEOUT
        with self.database.transaction() as tx:
            rows = deliveries.claim(tx, name, self.now, LEASE, 2, {}, {})
        self.hands[name].claimed += [(row, until) for row in rows]

    @rule(
        name=st.sampled_from(SENDERS),
        arrives=st.sampled_from(["now", "late", "never"]),
        heard=st.sampled_from(["clearly", "not", "refused"]),
    )
    def post(self, name: str, arrives: str, heard: str) -> None:
        hand = self.hands[name]
        if not hand.claimed:
            return
        row, until = hand.claimed.pop(0)
        if self.now > until:
            hand.ended.append(Outcome(row.id, row.attempt, "due", "It took too long."))
            return
        if heard == "refused":
            hand.ended.append(Outcome(row.id, row.attempt, "due", "busy"))
            return
        if arrives == "now" or heard == "clearly":
            self.posts[row.meaning] += 1
        elif arrives == "late":
            self.on_the_way.append((self.now + TIMEOUT, row.meaning))
        hand.ended.append(
            Outcome(row.id, row.attempt, "sent", platform_id=row.meaning)
            if heard == "clearly"
            else Outcome(row.id, row.attempt, "uncertain", "no answer", again_at=self.now + WINDOW)
        )

    @rule(name=st.sampled_from(SENDERS))
    def settle(self, name: str) -> None:
        ended, self.hands[name].ended = self.hands[name].ended, []
        with self.database.transaction() as tx:
            deliveries.settle(tx, name, ended, self.now)

    @rule(name=st.sampled_from(SENDERS))
    def die(self, name: str) -> None:
        self.hands[name] = Hand()

    @rule(name=st.sampled_from(SENDERS))
    def recover(self, name: str) -> None:
        with self.database.transaction() as tx:
            deliveries.lapse(tx, self.now, WINDOW)
            rows = deliveries.uncertain(tx, name, self.now, LEASE, 5)
        outcomes = [
            Outcome(row.id, row.attempt, "sent", platform_id=row.meaning)
            if self.posts[row.meaning]
            else Outcome(row.id, row.attempt, "due", "it did not arrive")
            for row in rows
        ]
        with self.database.transaction() as tx:
            deliveries.settle(tx, name, outcomes, self.now)

    @rule(seconds=st.sampled_from([1, 15, 51, 61, 121, 200]))
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
            while self.hands[name].claimed:
                self.post(name, "now", "clearly")
            self.settle(name)
        for _ in range(8):
            self.wait(200)
            self.expire()
            self.recover("one")
            self.claim("one")
            while self.hands["one"].claimed:
                self.post("one", "now", "clearly")
            self.settle("one")
            self.nothing_arrives_twice()
            with self.database.transaction() as tx:
                rows = tx.exec(select(Delivery)).all()
            if all(row.state in ("sent", "expired") for row in rows):
                break
        ends = {row.meaning: row.state for row in rows}
        assert set(ends.values()) <= {"sent", "expired"}, ends
        assert {meaning for meaning, state in ends.items() if state == "sent"} == set(self.posts)
        assert all(row.reason for row in rows if row.state == "expired")
        self.database.close()
        self.folder.cleanup()


@pytest.fixture
def template(sqlite: Path) -> None:
    """The file that each run begins with."""
    TEMPLATE[:] = [sqlite]


@pytest.mark.usefixtures("template")
def test_no_order_of_events_loses_or_doubles_a_message(rounds: int) -> None:
    run_state_machine_as_test(
        Protocol, settings=settings(max_examples=10 * rounds, stateful_step_count=30, deadline=None)
    )
