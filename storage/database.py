"""The database: how it is opened, what a transaction is, and the sentences for when it cannot be used."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import (
    Engine,
    Select,
    Table,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    PendingRollbackError,
    ProgrammingError,
)
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel

from storage import migrations

T = TypeVar("T")
log = logging.getLogger(__name__)


TOGETHER = 64  # transactions in one commit
THREADS = 8  # to a PostgreSQL; one more is for what is urgent
CLOCK_JUMP = 5.0  # seconds that no drift explains


def _wall() -> float:
    return datetime.now(UTC).timestamp()


class _Unit:
    """Work that waits for its transaction, and who waits for it."""

    __slots__ = ("done", "work")

    def __init__(self, work: Callable[[Session], Any]) -> None:
        self.work = work
        self.done: Future[Any] = Future()

    def end(self, result: Any, error: BaseException | None) -> None:
        if not self.done.set_running_or_notify_cancel():
            return
        if error is None:
            self.done.set_result(result)
        else:
            self.done.set_exception(error)


Interrupted = OperationalError
"""What a statement raises where the database itself is the trouble, and not what was asked of it."""


class DatabaseUnavailable(Exception):
    """The database cannot be used as it is; the text says why and what to do."""


class DatabaseMissing(DatabaseUnavailable):
    """There is no database yet, and everything is in place to make one."""


class Database:
    """One open database. On SQLite there is one connection and one thread: a single writer, by construction.

    What waits for that one thread is committed together, since the disk is what a commit waits for.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """Opens it; `url` as SQLAlchemy writes it. Raises DatabaseUnavailable in words."""
        try:
            self.url = make_url(url)
        except (ArgumentError, ValueError):
            # The text stays out of the sentence: it may hold a password.
            raise DatabaseUnavailable(
                "INSTEP_DATABASE_URL is not an address of a database. "
                "Write it like sqlite:///instep.db or postgresql://user@host/name."
            ) from None
        self.read_only = read_only
        self._lock: FileLock | None = None
        if self.is_sqlite:
            self._engine = self._open_sqlite()
        elif self.url.get_backend_name() == "postgresql":
            self._engine = self._open_postgresql()
        else:
            raise DatabaseUnavailable(
                f"INSTEP_DATABASE_URL names {self.url.get_backend_name()}; use sqlite or postgresql."
            )
        self._threads = ThreadPoolExecutor(1 if self.is_sqlite else THREADS, thread_name_prefix="database")
        self._express = self._threads if self.is_sqlite else ThreadPoolExecutor(1, thread_name_prefix="express")
        self._waiting: deque[_Unit] = deque()
        self._urgent: deque[_Unit] = deque()
        self._ahead = _wall() - time.monotonic()

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        """For migrations and checks; everything else goes through a transaction."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: kept when the block ends, gone when it raises."""
        with self._telling(), Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    async def run(self, work: Callable[[Session], T], *, urgent: bool = False) -> T:
        """`work` in one transaction on a database thread, so that the event loop never waits for the disk.

        It returns once that is committed. What is `urgent`, and short, goes before all that waits: only what has begun
        already is ended first. `work` touches nothing but its session: where a commit for several fails, each is done
        again by itself.
        """
        unit = _Unit(work)
        if self.is_sqlite:
            (self._urgent if urgent else self._waiting).append(unit)
            self._threads.submit(self._drain)
        else:
            (self._express if urgent else self._threads).submit(self._alone, unit)
        done: T = await asyncio.wrap_future(unit.done)
        return done

    def _drain(self) -> None:
        """What waits by now, in one commit; what is urgent first, and by itself."""
        if len(self._urgent) + len(self._waiting) < 2:
            for unit in self._next():
                self._alone(unit)
            return
        units: list[_Unit] = []
        try:
            results = self._together(units)
        except Exception:  # noqa: BLE001  whose fault it was, and whose not, is found out one by one
            for unit in units or self._next():  # none was begun where the transaction itself could not be
                self._alone(unit)
            return
        for unit, (result, error) in zip(units, results, strict=True):
            unit.end(result, error)

    def _next(self) -> Iterator[_Unit]:
        """Units that may share a commit, one after the other, for as long as nothing more urgent waits."""
        taken = self._urgent or self._waiting
        for _ in range(TOGETHER):
            if not taken or (taken is self._waiting and self._urgent):
                return
            yield taken.popleft()

    def _together(self, units: list[_Unit]) -> list[tuple[Any, Exception | None]]:
        """Each in a savepoint of its own, so that one that fails takes no other with it. `units` are those begun."""
        results: list[tuple[Any, Exception | None]] = []
        with self._engine.connect() as connection, connection.begin():
            for unit in self._next():
                units.append(unit)
                try:
                    with (
                        Session(
                            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
                        ) as session,
                        session.begin(),
                    ):
                        results.append((unit.work(session), None))
                except (DBAPIError, PendingRollbackError) as error:
                    if not isinstance(error, IntegrityError):
                        raise  # the disk, the file: SQLite may have ended the whole transaction
                    results.append((None, error))
                except Exception as error:  # noqa: BLE001  it is told to whoever asked for it
                    results.append((None, error))
        return results

    def _alone(self, unit: _Unit) -> None:
        try:
            with self.transaction() as session:
                result = unit.work(session)
        except BaseException as error:  # noqa: BLE001  it is told to whoever asked for it
            unit.end(None, error)
        else:
            unit.end(result, None)

    def now(self) -> datetime:
        """The moment by the database's clock, as far as this process has heard: all that share it agree on it,
        whatever their own clocks say. Asks nobody."""
        return datetime.fromtimestamp(self._ahead + time.monotonic(), UTC)

    def read_clock(self, tx: Session) -> None:
        """Asks the database for the time; on SQLite that is this machine's."""
        before = time.monotonic()
        told = tx.execute(select(func.clock_timestamp())).scalar_one().timestamp() if not self.is_sqlite else _wall()
        ahead = told - (before + time.monotonic()) / 2
        if abs(ahead - self._ahead) > CLOCK_JUMP:
            log.warning("the database's clock moved by %.0f seconds", ahead - self._ahead)
        self._ahead = ahead

    def close(self) -> None:
        """Ends the connections and gives the file free for the next process."""
        self._threads.shutdown()
        self._express.shutdown()
        self._engine.dispose()
        if self._lock is not None:
            self._lock.release()

    def upgrade(self) -> None:
        """Brings the tables to this version. Raises DatabaseUnavailable when they are from a newer one."""
        with self._telling():
            state = self._state()
            if state == "newer":
                raise DatabaseUnavailable(_NEWER)
            if state != "ours":
                migrations.upgrade(self._engine)

    def check_version(self) -> None:
        """Raises DatabaseUnavailable unless the tables are of exactly this version."""
        match self._state():
            case "empty":
                raise DatabaseUnavailable("The database is empty. Run `instep migrate` to make its tables.")
            case "older":
                raise DatabaseUnavailable(
                    "The database is from an older version of Instep. Back it up, then run `instep migrate`."
                )
            case "newer":
                raise DatabaseUnavailable(_NEWER)
            case "ours":
                return

    def check_writable(self) -> None:
        """Raises DatabaseUnavailable when the file or its folder may only be read; a server is asked by writing to
        it."""
        if self.is_sqlite:
            _require_writable(Path(self.url.database or ""))

    def is_empty(self) -> bool:
        """True before the first migration."""
        return self._state() == "empty"

    def _state(self) -> Literal["empty", "older", "ours", "newer"]:
        """What the tables are, seen from this version."""
        with self._telling(), self._engine.connect() as connection:
            known = inspect(connection).has_table("alembic_version")
            current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
        steps = migrations.steps()
        if current is None:
            return "empty"
        if current == steps[-1]:
            return "ours"
        return "older" if current in steps else "newer"

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What an operator can mend is told in words; everything else goes on as it is."""
        try:
            yield
        except DBAPIError as error:
            told = _in_words(error, self._name)
            if told is None:
                raise
            raise told from error

    @property
    def _name(self) -> str:
        """For sentences: the file, or the address without its password."""
        return str(self.url.database) if self.is_sqlite else self.url.render_as_string()

    def _open_postgresql(self) -> Engine:
        engine = create_engine(
            self.url.set(drivername="postgresql+psycopg"),
            pool_size=5,
            max_overflow=5,
            pool_pre_ping=True,
            hide_parameters=True,  # they are people's words, and errors end up in logs
        )
        event.listen(engine, "handle_error", _without_rows)
        return engine

    def _open_sqlite(self) -> Engine:
        path = Path(self.url.database or "")
        if not self.url.database or self.url.database == ":memory:":
            raise DatabaseUnavailable("INSTEP_DATABASE_URL needs a file: sqlite:///instep.db")
        if not path.parent.is_dir():
            raise DatabaseUnavailable(f"The folder of the database {path} does not exist.")
        if path.is_dir():
            raise DatabaseUnavailable(f"{path} is a folder, and INSTEP_DATABASE_URL needs a file: sqlite:///instep.db")
        if not self.read_only or not path.exists():
            _require_writable(path)
        if self.read_only and not path.exists():
            raise DatabaseMissing(f"There is no database at {path}.")
        if not self.read_only:
            self._lock = FileLock(f"{path}.lock")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise DatabaseUnavailable(
                    f"Another Instep is using {path}, and SQLite allows one writer. Stop it first, "
                    "or ask it in chat; for several processes use PostgreSQL."
                ) from None
        # One connection, handed from thread to thread by the pool: SQLite never sees two writers.
        engine = create_engine(
            self.url.set(drivername="sqlite"),
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,  # they are people's words, and errors end up in logs
            connect_args={"check_same_thread": False},
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _: Any) -> None:
            connection.isolation_level = None  # we say BEGIN ourselves
            try:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA busy_timeout = 5000")
                if self.read_only:
                    connection.execute("PRAGMA query_only = ON")
                else:
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.execute("PRAGMA synchronous = FULL")
            except sqlite3.Error:
                connection.close()  # the pool does not know it yet
                raise

        @event.listens_for(engine, "begin")
        def _begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN" if self.read_only else "BEGIN IMMEDIATE")

        return engine


_NEWER = (
    "The database is from a newer version of Instep than this one. Install that version again, "
    "or restore the backup made before it was upgraded."
)


def _without_rows(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row in question below the first line of an error; it is left out of ours."""
    if context.connection is None:  # it is about getting there, and holds no row
        return
    whole = str(context.original_exception)
    short = whole.partition("\n")[0]
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(words).replace(whole, short) for words in error.args)


def _require_writable(path: Path) -> None:
    if (path.exists() and not os.access(path, os.W_OK)) or not os.access(path.parent, os.W_OK):
        raise DatabaseUnavailable(f"The database {path} is read-only. Instep needs to write to it and its folder.")


def _in_words(error: DBAPIError, where: str) -> DatabaseUnavailable | None:
    """A sentence for what an operator can mend; None for what is a fault of ours."""
    if isinstance(error, (IntegrityError, DataError, ProgrammingError)):
        return None
    told = str(error.orig)
    lower = told.lower()
    if "readonly" in lower or "read-only" in lower:
        return DatabaseUnavailable(f"The database {where} is read-only just now, so nothing was saved.")
    if "disk i/o error" in lower:
        return DatabaseUnavailable(
            f"The disk of the database {where} does not take what is written, so nothing was saved."
        )
    if "disk is full" in lower or "no space left" in lower:
        return DatabaseUnavailable("The disk of the database is full, so nothing was saved.")
    if "unable to open" in lower:
        return DatabaseUnavailable(
            f"The database {where} cannot be opened. Check that the file and its folder are yours."
        )
    if "not a database" in lower or "malformed" in lower:
        return DatabaseUnavailable(f"{where} is not a database that Instep can read.")
    if "database is locked" in lower:
        return DatabaseUnavailable(f"Another program holds the database {where}, so nothing was saved. Try again soon.")
    if "FATAL: " in told:
        reason = told.rpartition("FATAL: ")[2].partition("\n")[0].strip()
        return DatabaseUnavailable(f"The database {where} does not let us in: {reason}.")
    if isinstance(error, OperationalError) and ("connection" in lower or "resolve host" in lower):
        return DatabaseUnavailable(f"The database {where} does not answer.")
    return None


def add(tx: Session, row: SQLModel) -> None:
    """Remembers a new row and gives it its id."""
    tx.add(row)
    tx.flush()


def add_all(tx: Session, rows: Iterable[SQLModel]) -> None:
    """Remembers many new rows at once and gives them their ids."""
    tx.add_all(rows)
    tx.flush()


def rows_of(tx: Session, company_id: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every table with the rows of one company in it, as columns and values: what an export of everything holds."""
    for table in SQLModel.metadata.sorted_tables:
        chosen = _of_company(table, company_id)
        if chosen is not None:
            found = tx.execute(chosen.order_by(*table.primary_key.columns))
            yield table.name, [dict(row) for row in found.mappings()]


def _of_company(table: Table, company_id: int) -> Select[Any] | None:
    """The company's rows of a table, found through whatever they belong to; None for what is no company's."""
    if table.name == "company":
        return select(table).where(table.c.id == company_id)
    if "company_id" in table.c:
        return select(table).where(table.c.company_id == company_id)
    for column in table.c:
        for key in column.foreign_keys:
            parent = None if column.nullable else _of_company(key.column.table, company_id)
            if parent is not None:
                ids = parent.with_only_columns(key.column)
                return select(table).where(column.in_(ids))
    return None
