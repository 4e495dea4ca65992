"""The history of the tables, one step a file in `versions/`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

if TYPE_CHECKING:
    from alembic.config import Config

PATIENCE = 60.0  # seconds for everybody else to be between two transactions for a moment
TAKEN = "55P03"  # what PostgreSQL calls a lock that is not to be had at once


def steps() -> list[str]:
    """The names of all steps, the newest last; by their files, as each start compares and hardly any has one to
    take."""
    return sorted(path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*.py"))


def config() -> Config:
    """Alembic's settings, with no file: the scripts lie beside this one."""
    from alembic.config import Config  # a fifth of a second, for when there is a step to take

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    return made


def upgrade(engine: Engine, to: str = "head") -> None:
    """Runs every step up to `to`, all of them in one transaction."""
    from alembic import command

    made = config()

    def take(connection: Connection) -> None:
        made.attributes["connection"] = connection
        command.upgrade(made, to)

    change(engine, take)


def change(engine: Engine, work: Callable[[Connection], None]) -> None:
    """Changes tables in one transaction, while other processes may be using them. Raises what the last try raised."""
    if engine.dialect.name == "sqlite":
        with _unchecked(engine) as connection:
            work(connection)
        return
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with engine.begin() as connection:
                _take_all(connection)
                work(connection)
        except OperationalError as error:
            if time.monotonic() > until or getattr(error.orig, "sqlstate", "") != TAKEN:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  only to spread
        else:
            return


@contextmanager
def _unchecked(engine: Engine) -> Iterator[Connection]:
    """A transaction on SQLite in which a table may be made anew while others refer to it: all references are looked at
    once, before it ends."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys = OFF")  # only outside of a transaction does it do anything
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
                if broken is not None:
                    raise RuntimeError(f"a row of {broken[0]} would refer to none of {broken[2]}")
        finally:
            driver.execute("PRAGMA foreign_keys = ON")


def _take_all(connection: Connection) -> None:
    """All tables, or none and at once: whoever takes them one by one and waits meets somebody who waits for them."""
    names = inspect(connection).get_table_names()
    if names:
        quoted = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
        connection.execute(text(f"LOCK TABLE {quoted} IN ACCESS EXCLUSIVE MODE NOWAIT"))
