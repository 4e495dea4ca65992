"""Writes the next migration from the difference between the tables in the code and those of an empty database.

Run it as `.venv/bin/python scripts/new_migration.py "What changes"`; it numbers it by itself. Read what it wrote, and
then keep a filled database of the new version with scripts/keep_database.py.
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

from alembic import command

from storage import migrations
from storage.database import Database


def following(steps: list[str]) -> str:
    """The number after the last of these steps."""
    return f"{int(steps[-1]) + 1:04d}" if steps else "0001"


def main(words: list[str]) -> None:
    """Make the next step, called by these words."""
    about = " ".join(words).strip()
    if not about or about[0].isdigit():
        sys.exit('Say in words what changes: scripts/new_migration.py "Goals have a colour". It is numbered by itself.')
    number = following(migrations.steps())
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/now.db")
        database.upgrade()
        config = migrations.config()
        with database.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message=about, autogenerate=True, rev_id=number)
        database.close()


if __name__ == "__main__":
    main(sys.argv[1:])
