"""Writes the next migration from the difference between the tables in the code and those of an empty database.

Run it as .venv/bin/python scripts/new_migration.py 0002 "What changes", look at what it wrote, and then keep a filled
database of the new version with scripts/keep_database.py.
"""

import sys
from tempfile import TemporaryDirectory

from alembic import command

from storage import migrations
from storage.database import Database

with TemporaryDirectory() as folder:
    database = Database(f"sqlite:///{folder}/now.db")
    database.upgrade()
    config = migrations.config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.revision(config, message=sys.argv[2], autogenerate=True, rev_id=sys.argv[1])
    database.close()
