"""One PostgreSQL for one test after the other."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import SQLModel

from storage.database import Database


def emptied(database: Database) -> Database:
    """As it was when it was made. Only what was touched is: to truncate every table takes a tenth of a second."""
    filled = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in SQLModel.metadata.tables
    )
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order
        for name in connection.execute(text(filled)).scalars().all():
            connection.execute(text(f'DELETE FROM "{name}"'))
        counted = "SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
        connection.execute(text(counted))
    return database
