"""A process whose clock is wrong: the database's clock decides, so nothing is early, late or double."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from subprocess import Popen

import pytest

from storage.database import Database
from tests.faults import company
from tests.faults.conftest import Start
from tests.faults.test_death import PEOPLE, done, judge
from tests.support.fake_platform import Far

SOON = timedelta(seconds=3)
LATER = (timedelta(minutes=5), timedelta(hours=2), timedelta(hours=20))


@pytest.mark.parametrize("clock", ["+1d", "-1d", "+1h", "-1h"])
async def test_a_replica_whose_clock_is_wrong_sends_what_is_due_and_nothing_else(
    shared: str, far: Far, start: Start, start_with_clock: Callable[[str, str], Popen[bytes]], clock: str
) -> None:
    now = datetime.now(UTC)
    database = Database(shared)
    with database.transaction() as tx:
        company.create_company(tx)
        for ahead in (timedelta(0), SOON, *LATER):
            company.due(tx, PEOPLE, now + ahead)
    database.close()
    start_with_clock(shared, clock)
    await far.until(lambda: len(far.posts) >= PEOPLE, within=10)  # it works alone, too
    start(shared)
    await done(shared, 2 * PEOPLE, within=10)
    judge(far, 2 * PEOPLE)
    assert datetime.now(UTC) >= now + SOON - company.SINCE
