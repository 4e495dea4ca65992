"""Keeps a small filled database of this version as SQL, so that later versions can be tried on it.

Run it once when a migration was added, from the checkout: .venv/bin/python scripts/keep_database.py
It writes tests/fixtures/databases/HEAD.sql; what is already there for earlier heads stays as it is.
"""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.script import ScriptDirectory

from storage import migrations
from storage.database import Database
from tests.support.world import World, local

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures" / "databases"
ANSWERS = {
    "ana": "Pricing page copy, done\nIncident: mail queue stuck 2h",
    "ben": "Pricing page calculator",
    "cem": "Pricing page toggle 4h\nPlanning",
    "dora": "EU hosting: moved the database, done",
    "emil": "EU hosting: rehearsed the move back 30%",
}


async def live(database: Database) -> None:
    """A team of five has two goals, answers on a Tuesday, one line is corrected, and the digest is posted."""
    world = World(database)
    world.goal("Pricing page that sells", description="plans, prices, copy, calculator", weight=60)
    hosting = world.goal("EU hosting", description="database in Frankfurt, moved")
    world.team("Platform", list(ANSWERS), manager="ana")
    world.introduced(*ANSWERS)
    await world.goes_to(local(3, 15, 30))
    for key, words in ANSWERS.items():
        await world.says(key, words)
    await world.presses("emil", "file", "7", f"goal:{hosting.id}")
    await world.says("ben", "leave 2026-03-12..2026-03-13")
    await world.lives_until(local(9, 12))


def main() -> None:
    """Fill, dump, say where."""
    head = ScriptDirectory.from_config(migrations.config()).get_current_head()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept.db"
        database = Database(f"sqlite:///{path}")
        database.upgrade()
        asyncio.run(live(database))
        database.close()
        with closing(sqlite3.connect(path)) as connection:
            dump = "\n".join(connection.iterdump())
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = FOLDER / f"{head}.sql"
    kept.write_text(dump + "\n", encoding="utf-8")
    sys.stdout.write(f"{kept}\n")


if __name__ == "__main__":
    main()
