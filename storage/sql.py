"""Statements that both databases take, however many rows they are about."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CursorResult,
    Executable,
    FromClause,
    Integer,
    Select,
    any_,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlmodel import Session, SQLModel


def insert_new(tx: Session, table: type[SQLModel]) -> Any:
    """An INSERT that can say ON CONFLICT DO NOTHING, in this database's dialect."""
    # The plain table, not the class: only then does every dialect say how many rows were new.
    plain = SQLModel.metadata.tables[str(table.__tablename__)]
    return (insert_sqlite if tx.get_bind().dialect.name == "sqlite" else insert_postgresql)(plain)


def changed(tx: Session, statement: Executable) -> int:
    """Runs a statement that changes rows; how many it changed."""
    # Without being asked to, SQLAlchemy does not keep the number for an INSERT on every dialect.
    done = tx.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(done, CursorResult)
    return max(0, done.rowcount)


def rows_as_table(tx: Session, name: str, rows: Sequence[Sequence[Any]], **types: Any) -> FromClause:
    """Given rows as a table to join with, as one parameter however many they are.

    `types` are its columns in order: integers, texts and instants.
    """
    if tx.get_bind().dialect.name == "postgresql":
        arrays = [_array([row[at] for row in rows], type_) for at, type_ in enumerate(types.values())]
        return func.unnest(*arrays).table_valued(*types, name=name).render_derived()
    each = func.json_each(json.dumps(rows, default=_stored)).table_valued("value", name=f"{name}_rows")
    columns = [
        func.json_extract(each.c.value, f"$[{at}]", type_=type_).label(column)
        for at, (column, type_) in enumerate(types.items())
    ]
    return select(*columns).select_from(each).subquery(name)


def _stored(moment: datetime) -> str:
    """An instant as it stands in a table of SQLite."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _array(values: Sequence[Any], type_: Any) -> ColumnElement[Any]:
    if isinstance(type_, Integer):  # written by us: the driver takes ten times as long for each number
        numbers = ",".join("NULL" if value is None else str(value) for value in values)
        return cast(literal(f"{{{numbers}}}"), ARRAY(type_))
    return literal(values, type_=ARRAY(type_))


def is_among(tx: Session, column: Any, ids: Collection[int]) -> ColumnElement[bool]:
    """One parameter, however many ids: a parameter for each is slow to write and slow to read."""
    given = rows_as_table(tx, "given", [(each,) for each in ids], id=BigInteger())
    test: ColumnElement[bool] = column.in_(select(given.c.id))
    return test


def is_one_of(tx: Session, column: Any, found: Select[Any]) -> ColumnElement[bool]:
    """Among the few that are found. PostgreSQL is told that it is few: it reads the whole table for what it would
    join."""
    test: ColumnElement[bool] = (
        column == any_(func.array(found.scalar_subquery(), type_=ARRAY(BigInteger)))
        if tx.get_bind().dialect.name == "postgresql"
        else column.in_(found)
    )
    return test


def is_now(column: Any, *states: StrEnum) -> ColumnElement[bool]:
    """A state as part of the statement, not as a parameter: only then does the planner see which partial index fits."""
    given: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    test: ColumnElement[bool] = column == given[0] if len(given) == 1 else column.in_(given)
    return test
