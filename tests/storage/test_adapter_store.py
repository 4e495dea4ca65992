"""What adapters keep: put, got, listed and dropped by the beginning of its key, to the letter."""

from __future__ import annotations

from storage.adapter_store import AdapterStore
from storage.database import Database


async def test_what_was_put_is_got_until_it_is_dropped(database: Database) -> None:
    texts = AdapterStore(database)
    assert await texts.get("slack:T1") is None
    await texts.put({"slack:T1": "one", "slack:T1:U_1": "two", "slack:t1": "small", "teams:%": "other"})
    await texts.put({"slack:T1": "uno"})
    await texts.put({})
    assert await texts.get("slack:T1") == "uno"
    assert await texts.every("slack:T") == {"slack:T1": "uno", "slack:T1:U_1": "two"}
    await texts.drop("slack:T1:U_")
    await texts.drop("%")
    assert await texts.every("") == {"slack:T1": "uno", "slack:t1": "small", "teams:%": "other"}


async def test_very_many_are_put_at_once(database: Database) -> None:
    texts = AdapterStore(database)
    await texts.put({f"teams:{number}": "x" for number in range(12_000)})
    assert len(await texts.every("teams:")) == 12_000
