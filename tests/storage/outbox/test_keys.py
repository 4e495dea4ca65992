"""The keys of deliveries: as they were always written, the same in Python and in both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import literal, select

from storage.database import Database, add
from storage.kinds import DeliveryKind
from storage.outbox import keys
from storage.tables import CheckIn, Company, Person

DAY, AT = date(2026, 3, 3), datetime(2026, 3, 3, 14, 30, 5, tzinfo=UTC)


def test_keys_are_written_as_they_always_were() -> None:
    """Databases and messages on platforms are full of them."""
    assert keys.welcome(7) == "welcome|7"
    assert keys.question(DeliveryKind.PROMPT, 7, DAY) == "prompt|7|2026-03-03"
    assert keys.question(DeliveryKind.REMINDER, 7, DAY) == "reminder|7|2026-03-03"
    assert keys.snooze(7, DAY, AT) == "snooze|7|2026-03-03|143005"
    assert keys.digest(2, DAY) == "digest|2|2026-03-03"
    assert keys.detail(keys.digest(2, DAY), 4) == "digest|2|2026-03-03|4"
    assert keys.removed(3, AT) == "removed|2026-03-03T14:30:05+00:00|3"


def test_what_a_key_says_is_read_back() -> None:
    assert keys.place_of_detail(keys.detail(keys.digest(2, DAY), 4)) == 4
    assert keys.workspace_of_removed(keys.removed(3, AT)) == 3
    with pytest.raises(ValueError, match="oops"):
        keys.place_of_detail("detail|oops")


def test_both_databases_make_the_same_keys(database: Database) -> None:
    with database.transaction() as tx:
        company = Company(name="Acme", created_at=AT)
        add(tx, company)
        person = Person(company_id=company.id, name="Ana", created_at=AT)
        add(tx, person)
        add(tx, CheckIn(company_id=company.id, person_id=person.id, day=DAY, zone="UTC"))
        made = tx.execute(
            select(
                keys.welcome_of(CheckIn.person_id),
                keys.question_of(DeliveryKind.PROMPT, CheckIn.person_id, CheckIn.day),
            )
        ).one()
        assert tuple(made) == (keys.welcome(person.id), keys.question(DeliveryKind.PROMPT, person.id, DAY))


@pytest.mark.parametrize("before", [7, 71])
def test_a_key_is_given_to_somebody_else_whole(database: Database, before: int) -> None:
    key = keys.snooze(before, DAY, AT)
    with database.transaction() as tx:
        given = keys.of_another(DeliveryKind.SNOOZE, literal(key), literal(before), literal(123))
        assert tx.execute(select(given)).scalar_one() == keys.snooze(123, DAY, AT)
        nobodys = keys.of_nobody(literal(9))
        assert tx.execute(select(nobodys, keys.is_of_nobody(nobodys), keys.is_of_nobody(literal(key)))).one() == (
            "merged|9",
            True,
            False,
        )
