"""What a database promises: transactions, one writer, instants in UTC, and sentences where it cannot be used."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Text, literal, text
from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError, StatementError
from sqlmodel import Session, col, select

from storage import people
from storage.database import Database, DatabaseMissing, DatabaseUnavailable, add
from storage.sql import is_among, rows_as_table
from storage.tables import Company, Goal, Instant, Person, Workspace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "Fired the whole Lisbon office"


def found(tx: Session, name: str = "Acme") -> Company:
    company = Company(name=name, created_at=NOON)
    tx.add(company)
    tx.flush()
    return company


@pytest.fixture
def path(sqlite: Path, tmp_path: Path) -> Path:
    """An SQLite file of this version, not opened by anybody."""
    shutil.copy(sqlite, tmp_path / "instep.db")
    return tmp_path / "instep.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}")
    yield database
    database.close()


# On both kinds


def test_a_transaction_that_raises_leaves_nothing_behind(database: Database) -> None:
    def work() -> None:
        with database.transaction() as tx:
            found(tx)
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        work()
    with database.transaction() as tx:
        assert tx.exec(select(Company)).all() == []


def test_given_rows_come_back_as_they_were_given_on_either_database(database: Database) -> None:
    moment = datetime(2026, 3, 3, 14, 30, 0, 5, tzinfo=UTC)
    rows = [(1, None, "a'b\"{},\\", moment), (2, -7, "", moment + timedelta(days=1))]
    with database.transaction() as tx:
        given = rows_as_table(tx, "given", rows, id=BigInteger(), other=BigInteger(), words=Text(), at=Instant())
        found = tx.execute(select_columns(given).order_by(given.c.id)).all()
        none = tx.execute(select_columns(literal(1)).where(is_among(tx, literal(1), []))).all()
    assert [tuple(row) for row in found] == rows
    assert none == []


async def test_work_on_a_database_thread_that_raises_leaves_nothing_behind(database: Database) -> None:
    def work(tx: Session) -> None:
        found(tx)
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        await database.run(work)
    assert await database.run(lambda tx: tx.exec(select(Company)).all()) == []


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(hours=5, minutes=30), timedelta(hours=-8)])
def test_an_instant_comes_back_aware_and_in_utc(database: Database, offset: timedelta) -> None:
    with database.transaction() as tx:
        tx.add(Company(name="Acme", created_at=NOON.astimezone(timezone(offset))))
    with database.transaction() as tx:
        at = tx.exec(select(Company)).one().created_at
    assert (at, at.utcoffset()) == (NOON, timedelta(0))


def test_instants_compare_in_the_database_whatever_their_offset(database: Database) -> None:
    with database.transaction() as tx:
        found(tx)
        kolkata = (NOON + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=5, minutes=30)))
        assert tx.exec(select(Company).where(Company.created_at < kolkata)).all()
        assert not tx.exec(select(Company).where(Company.created_at > kolkata)).all()


def test_an_instant_without_an_offset_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="an instant needs its offset"), database.transaction() as tx:
        tx.add(Company(name="Acme", created_at=NOON.replace(tzinfo=None)))


def test_a_row_that_points_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.add(Workspace(company_id=404, key="playground:local", name="Acme"))


@pytest.mark.parametrize("fault", ["unique", "empty", "foreign"])
def test_an_error_of_the_database_never_quotes_what_people_wrote(database: Database, fault: str) -> None:
    with database.transaction() as tx:
        company_id = found(tx).id
        tx.add(Workspace(company_id=company_id, key=SECRET, name="Acme"))
    row = Workspace(company_id=company_id, key=f"{SECRET} too", name=SECRET)
    match fault:
        case "unique":
            row.key = SECRET
        case "empty":
            row.company_id = None  # type: ignore[assignment]  # as a bug would
        case "foreign":
            row.company_id = 404
    with pytest.raises(IntegrityError) as error, database.transaction() as tx:
        tx.add(row)
    assert SECRET not in "".join(traceback.format_exception(error.value))
    assert "workspace" in str(error.value).lower()  # what it is about is still there


def test_a_database_of_this_version_is_not_empty_and_passes_its_check(database: Database) -> None:
    assert not database.is_empty()
    database.check_version()
    database.check_writable()


def test_a_newer_database_is_neither_used_nor_upgraded(database: Database) -> None:
    with database.engine.begin() as connection:
        head = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        for step in (database.check_version, database.upgrade):
            with pytest.raises(DatabaseUnavailable, match="newer version of Instep"):
                step()
    finally:
        with database.engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{head}'"))


# Opened in vain


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("a file somewhere", "is not an address of a database"),
        ("postgresql://instep:hunter2@h:port/x", "is not an address of a database"),
        ("mysql://h/x", "names mysql; use sqlite or postgresql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////no/such/folder/instep.db", "/no/such/folder/instep.db does not exist"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_an_address_that_cannot_be_used_is_told_in_words(url: str, told: str, read_only: bool) -> None:
    with pytest.raises(DatabaseUnavailable, match=told) as error:
        Database(url, read_only=read_only)
    assert "hunter2" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("read_only", [False, True])
def test_a_folder_is_no_database(tmp_path: Path, read_only: bool) -> None:
    with pytest.raises(DatabaseUnavailable, match="is a folder"):
        Database(f"sqlite:///{tmp_path}", read_only=read_only)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_something_else_is_no_database_and_stays_as_it_is(tmp_path: Path, read_only: bool) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ana, " * 400)
    database = Database(f"sqlite:///{path}", read_only=read_only)
    for step in (database.check_version, database.is_empty, database.upgrade):
        with pytest.raises(DatabaseUnavailable, match=r"letter\.txt is not a database that Instep can read"):
            step()
    database.close()
    assert path.read_text() == "Dear Ana, " * 400


def test_a_server_that_does_not_answer_is_told_without_its_password() -> None:
    database = Database("postgresql://instep:hunter2@127.0.0.1:1/x")
    for step in (database.check_version, database.is_empty, database.upgrade):
        with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/x does not answer") as error:
            step()
        assert "hunter2" not in "".join(traceback.format_exception(error.value))
    database.close()


def test_a_server_without_that_database_says_so(postgresql: str) -> None:
    database = Database(postgresql.replace("/instep_test_", "/no_such_"))
    with pytest.raises(DatabaseUnavailable, match=r"does not let us in: database .* does not exist\.$"):
        database.check_version()
    database.close()


def test_reading_where_there_is_no_database_yet_makes_none(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing, match="There is no database at"):
        Database(f"sqlite:///{tmp_path / 'instep.db'}", read_only=True)
    assert list(tmp_path.iterdir()) == []


# SQLite


def test_sqlite_keeps_what_it_said_it_kept(opened: Database) -> None:
    with opened.engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_second_writer_of_the_same_file_is_turned_away(opened: Database, path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="Another Instep is using"):
        Database(f"sqlite:///{path}")
    opened.close()
    Database(f"sqlite:///{path}").close()


def test_a_reader_opens_beside_the_writer_and_sees_what_is_done(opened: Database, path: Path) -> None:
    beside = Database(f"sqlite:///{path}", read_only=True)
    with opened.transaction() as writing:
        found(writing)
        with beside.transaction() as tx:  # does not wait, and does not see what is not done
            assert tx.exec(select(Company)).all() == []
    with beside.transaction() as tx:
        assert [company.name for company in tx.exec(select(Company))] == ["Acme"]
    beside.close()


def test_a_reader_refuses_to_write_with_a_sentence(path: Path) -> None:
    reader = Database(f"sqlite:///{path}", read_only=True)
    with (
        pytest.raises(DatabaseUnavailable, match="is read-only just now, so nothing was saved"),
        reader.transaction() as tx,
    ):
        found(tx)
    reader.close()


def test_a_file_that_another_program_holds_is_told_in_words(opened: Database, path: Path) -> None:
    with opened.engine.connect() as connection:  # the one connection: the next transaction uses it again
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseUnavailable, match="Another program holds"), opened.transaction() as tx:
            found(tx)
        other.execute("ROLLBACK")


@pytest.mark.parametrize("way", ["backup", "vacuum"])
def test_a_backup_made_while_somebody_writes_opens_and_is_whole(
    opened: Database, path: Path, tmp_path: Path, way: str
) -> None:
    going = threading.Event()
    enough = threading.Event()
    faults: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(100_000):
                with opened.transaction() as tx:
                    company = found(tx, f"Company {number}")
                    tx.add(Goal(company_id=company.id, handle="one", title="One", created_at=NOON))
                if number > 5:
                    going.set()
                if enough.is_set():
                    return
        except BaseException as fault:
            faults.append(fault)
            going.set()
            raise

    writer = threading.Thread(target=write)
    writer.start()
    assert going.wait(30)
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(path)) as source:
        if way == "backup":
            with closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        else:
            source.execute("VACUUM INTO ?", (str(copy),))
    enough.set()
    writer.join()
    assert faults == []
    restored = Database(f"sqlite:///{copy}")
    restored.check_version()
    with restored.transaction() as tx:
        companies = tx.exec(select(Company.id)).all()
        assert len(companies) >= 6
        assert sorted(tx.exec(select(Goal.company_id))) == sorted(companies)
        assert tx.exec(select(Person).where(col(Person.left_at).is_(None))).all() == []
        assert tx.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    restored.close()


async def test_what_waits_together_is_told_together_when_no_transaction_can_begin(path: Path) -> None:
    database = Database(f"sqlite:///{path}")

    def query_only(value: str) -> None:
        connection = database.engine.raw_connection()
        connection.cursor().execute(f"PRAGMA query_only = {value}")
        connection.close()

    async def all_of_them() -> list[object]:
        work = [database.run(lambda tx: people.companies(tx), urgent=at % 3 == 0) for at in range(30)]
        async with asyncio.timeout(10):
            return await asyncio.gather(*work, return_exceptions=True)

    query_only("ON")
    assert {type(told) for told in await all_of_them()} == {DatabaseUnavailable}
    query_only("OFF")
    assert await all_of_them() == [[]] * 30
    database.close()


async def test_one_that_fails_takes_no_other_with_it(database: Database) -> None:
    begun = threading.Event()

    def slow(tx: Session) -> None:
        begun.wait()

    def fails(tx: Session) -> None:
        add(tx, Company(name="Half", created_at=NOON))
        raise ValueError("no")

    def works(tx: Session) -> None:
        add(tx, Company(name="Whole", created_at=NOON))

    waiting = [asyncio.create_task(database.run(work)) for work in (slow, works, fails, works)]
    await asyncio.sleep(0)
    begun.set()
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in done] == [type(None), type(None), ValueError, type(None)]
    assert [row.name for row in await database.run(people.companies)] == ["Whole", "Whole"]
