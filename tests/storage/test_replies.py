"""What is said to questions, in rows of their own and, for the release before, beside the check-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from storage import checkins, replies
from storage.database import Database, add
from storage.tables import CheckIn, Company, Person, Reply

AT = datetime(2026, 3, 3, 15, tzinfo=UTC)


def checkin_of(tx: Session, day: int, company: Company | None = None) -> CheckIn:
    if company is None:
        company = Company(name="Acme", created_at=AT)
        add(tx, company)
    person = Person(company_id=company.id, name="Ana", created_at=AT)
    add(tx, person)
    row = CheckIn(company_id=company.id, person_id=person.id, day=date(2026, 3, day), zone="UTC")
    add(tx, row)
    return row


@pytest.fixture
def tx(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


def test_a_reply_takes_the_place_of_the_one_before_and_nothing_takes_it_back(tx: Session) -> None:
    row = checkin_of(tx, 3)
    assert replies.of(tx, [row.id]) == {row.id: {}}
    replies.keep(tx, row, "mix", "goal")
    replies.keep_all(tx, row, {"mix": "support", "mood": "good"})
    replies.keep(tx, row, "clear", "yes", subject="goal:1", reason="It is in the title")
    assert replies.of(tx, [row.id]) == {row.id: {"mix": "support", "mood": "good"}}
    replies.keep_all(tx, row, {"mix": "", "mood": "good"})
    assert replies.of(tx, [row.id]) == {row.id: {"mood": "good"}}
    assert replies.of(tx, []) == {}


def test_the_release_before_finds_the_mix_where_it_looks_for_it(tx: Session) -> None:
    row = checkin_of(tx, 3)
    for value in ("goal", "support", ""):
        replies.keep(tx, row, "mix", value)
        assert tx.execute(text("SELECT mix FROM checkin")).scalar_one() == value


def test_what_the_release_before_writes_is_a_reply(tx: Session, database: Database) -> None:
    """Its processes serve on while ours begin. On SQLite there is one process."""
    if database.is_sqlite:
        pytest.skip("one process")
    row = checkin_of(tx, 3)
    other = Person(company_id=row.company_id, name="Ben", created_at=AT)
    add(tx, other)
    add(tx, CheckIn(company_id=row.company_id, person_id=other.id, day=row.day, zone="UTC", mix="even"))
    assert [reply.value for reply in tx.exec(select(Reply))] == ["even"]
    for value in ("goal", "support", "support"):
        tx.execute(text("UPDATE checkin SET mix = :value WHERE id = :id"), {"value": value, "id": row.id})
        assert replies.of(tx, [row.id]) == {row.id: {"mix": value}}
    tx.execute(text("UPDATE checkin SET mix = '', words = '' WHERE id = :id"), {"id": row.id})  # forget
    assert replies.of(tx, [row.id]) == {row.id: {}}


def test_replies_go_with_their_check_in_whoever_deletes_it(tx: Session) -> None:
    row = checkin_of(tx, 3)
    replies.keep(tx, row, "mix", "goal")
    tx.execute(text("DELETE FROM checkin"))
    assert tx.execute(text("SELECT count(*) FROM reply")).scalar_one() == 0


def test_forgetting_a_person_forgets_what_they_said_and_nobody_elses(tx: Session) -> None:
    row = checkin_of(tx, 3)
    company = tx.exec(select(Company)).one()
    other = checkin_of(tx, 3, company)
    for each in (row, other):
        replies.keep_all(tx, each, {"mix": "goal", "mood": "good"})
    checkins.forget(tx, row.person_id)
    assert replies.of(tx, [row.id, other.id]) == {row.id: {}, other.id: {"mix": "goal", "mood": "good"}}
    assert tx.execute(text("SELECT mix FROM checkin WHERE id = :id"), {"id": row.id}).scalar_one() == ""
