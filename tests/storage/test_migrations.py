"""The tables of a database that was upgraded are those of the code, and what was kept in older ones is still there."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlmodel import SQLModel, select

from bot.cli import render
from bot.views import digests as digest_views
from checkins.digest import build as digest_build
from checkins.digest import shares as digest_shares
from checkins.people import teams
from checkins.schedule import parse as schedule_parse
from scripts import new_migration
from storage import digest_queries, digests, migrations, tables
from storage.database import Database
from storage.digest_queries import UnevenCheckIn
from storage.kinds import CheckInState
from storage.tables import CheckIn, Reply, Tag

KEPT = Path(__file__).parents[1] / "fixtures" / "databases"
STEPS = sorted(step.revision for step in ScriptDirectory.from_config(migrations.config()).walk_revisions())


def differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


@pytest.fixture(params=STEPS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A filled database of each version there was, upgraded to this one."""
    path = tmp_path / "instep.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((KEPT / f"{request.param}.sql").read_text(encoding="utf-8"))
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    yield database
    database.close()


def test_every_step_of_the_history_has_a_filled_database() -> None:
    missing = [step for step in STEPS if not (KEPT / f"{step}.sql").exists()]
    assert not missing, "run scripts/keep_database.py and commit what it writes"


def test_the_files_say_which_steps_there_are() -> None:
    assert migrations.steps() == STEPS
    assert migrations.steps()[-1] == ScriptDirectory.from_config(migrations.config()).get_current_head()


def test_there_is_one_history_with_one_head() -> None:
    assert len(ScriptDirectory.from_config(migrations.config()).get_heads()) == 1


@pytest.mark.parametrize("words", [[], ["0002 What changes"], ["0002", "What changes"]])
def test_a_new_step_is_numbered_by_itself_and_needs_words(words: list[str]) -> None:
    """Numbered by hand, it could be one that is there already, and no database would be upgraded any more."""
    assert new_migration.following(STEPS) == f"{len(STEPS) + 1:04d}"
    with pytest.raises(SystemExit, match="numbered by itself"):
        new_migration.main(words)
    assert len(STEPS) == len(migrations.steps())


def test_upgrading_from_nothing_makes_the_tables_of_the_code(database: Database) -> None:
    assert differences(database) == []


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    database.upgrade()
    database.check_version()
    assert differences(database) == []


def test_what_is_of_this_version_is_not_looked_through_again(kept: Database) -> None:
    with closing(sqlite3.connect(str(kept.url.database))) as connection:
        connection.execute("DELETE FROM team")  # what each process that starts would find, row by row
        connection.commit()
    kept.upgrade()


def test_upgrading_a_filled_database_makes_the_tables_of_the_code(kept: Database) -> None:
    kept.check_version()
    assert differences(kept) == []
    with kept.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_a_digest_is_read_from_every_database_that_was_kept(kept: Database) -> None:
    with kept.transaction() as tx:
        team = teams.called(tx, None, "Platform")
        week = schedule_parse.week("2026-W10", team.working_days)
        posted = digests.digest(tx, team.id, week.first)
        summary = digest_build.summarise(digest_build.gather(tx, team, week))
        corrected = tx.exec(select(Tag).where(Tag.source == "person")).all()
    assert posted is not None
    assert (summary.members, summary.answered, summary.lines, summary.finished) == (5, 5, 7, 2)
    assert len(corrected) == 1
    printed = render.as_text([digest_views.digest(summary)])
    assert "Pricing page that sells" in printed
    assert "EU hosting" in printed


HOUSE = Path(__file__).parents[2]


@pytest.mark.parametrize("leaving", sorted(tables.LEAVING))
def test_a_column_that_goes_is_there_for_one_more_release_and_not_read(leaving: str) -> None:
    """Processes of the release before serve while a database is upgraded: they write it, and read what is written."""
    table, name = leaving.split(".")
    column = SQLModel.metadata.tables[table].columns[name]
    assert column.nullable or column.server_default is not None or column.default is not None
    entity = next(each.class_ for each in SQLModel._sa_registry.mappers if each.local_table is column.table)
    reads = re.compile(rf"\b{entity.__name__}\.{name}\b")
    code = [path for folder in ("storage", "checkins", "bot") for path in (HOUSE / folder).rglob("*.py")]
    assert [path.name for path in code if reads.search(path.read_text(encoding="utf-8"))] == []


UNMOVED = [step for step in STEPS if step <= "0012"]


@pytest.mark.parametrize("step", UNMOVED)
@pytest.mark.parametrize("mixes", [(), ("firefighting",) * 5, ("even", "incident", "support", "goal", "overhead")])
def test_figures_are_those_from_before_the_effort_mix_had_rows(
    tmp_path: Path, step: str, mixes: tuple[str, ...]
) -> None:
    path = tmp_path / "instep.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((KEPT / f"{step}.sql").read_text(encoding="utf-8"))
        people = [person for (person,) in connection.execute("SELECT DISTINCT person_id FROM checkin ORDER BY 1")]
        for person, mix in zip(people, mixes, strict=False):
            connection.execute("UPDATE checkin SET mix = ? WHERE person_id = ?", (mix, person))
        connection.commit()
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    with database.transaction() as tx:
        team = teams.called(tx, None, "Platform")
        population = digest_build.population_of(tx, team, schedule_parse.week("2026-W10", team.working_days))
        rows = tx.exec(select(CheckIn)).all()
        as_it_was = [UnevenCheckIn(row.id, row.person_id, row.state, row.mix) for row in rows]
        uneven = [each for each in as_it_was if each.state != CheckInState.ANSWERED or each.mix]
        assert sorted(digest_queries.apart(tx, population)) == sorted(uneven)
        before = digest_shares.count(digest_queries.efforts(tx, population), as_it_was)
        after = digest_shares.of(tx, population)
        assert [(row.kind, row.goal_id, row.percent) for row in after] == [
            (row.kind, row.goal_id, row.percent) for row in before
        ]
        assert len(tx.exec(select(Reply)).all()) == sum(1 for row in rows if row.mix)
    assert bool(before) is bool(mixes)  # without one, these five have too little in common to be shown
    database.close()


def test_a_change_after_which_a_row_refers_to_none_changes_nothing(kept: Database) -> None:
    def careless(connection: Connection) -> None:
        connection.execute(text("DELETE FROM team"))

    with pytest.raises(RuntimeError, match="would refer to none of team"):
        migrations.change(kept.engine, careless)
    with kept.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM team").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
