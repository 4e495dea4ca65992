"""Import: files recognised, put in order, and taken one transaction each; a bad row leaves its file out as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_never

from sqlmodel import Session

from bot.transfer import answers_file, files, goals_file, people_file, sets
from bot.transfer.files import Records, Source, Table
from bot.transfer.reports import FileReport, ProgressReporter, Tally
from checkins.errors import UserError
from storage import people
from storage.database import Database, add
from storage.tables import Audit, Company

FIRST_NAME = "Our company"  # of a company that is made by importing its people, when none was said
_ORDER = ("people", "goals", "answers", "set goals", "statements", "provenance")
SOURCES_ONLY = "sources and licences, nothing to import"


class _FileNotKept(Exception):
    """Ends the transaction of a file with bad rows."""


def run(
    database: Database,
    paths: Sequence[Path],
    *,
    company: str | None,
    now: datetime,
    skip_bad: bool,
    report: Callable[[int, int], None],
) -> list[FileReport]:
    """Imports files, people before goals before answers, whatever the order they are given in.

    `company` names whose the CSV files are; None is the only one there is. JSONL sets name their own. A file
    with bad rows is not kept, unless `skip_bad`, and files after it are then not tried. `report` hears of rows
    done and of all rows. Raises UserError, with nothing imported, for a file that cannot be read at all, and
    DatabaseUnavailable when the database cannot be written.
    """
    sources = sorted((files.read(path) for path in paths), key=lambda source: _ORDER.index(source.kind))
    if company is not None and any(isinstance(source, Records) for source in sources):
        raise UserError("The sets of a JSONL file name their companies themselves. Leave out --company.")
    progress = ProgressReporter(sum(len(source.rows) for source in sources), report)
    reports: list[FileReport] = []
    for source in sources:
        broken = next((done for done in reports if not done.committed), None)
        if broken is not None:
            reason = f"not tried, because {broken.path.name} was not kept"
            tally = Tally(skipped=Counter({reason: len(source.rows)}))
            reports.append(tally.report(source.path, source.kind, committed=False))
            continue
        reports.append(_file(database, source, company, now, skip_bad, progress))
    return reports


def _file(
    database: Database,
    source: Source,
    company: str | None,
    now: datetime,
    skip_bad: bool,
    progress: ProgressReporter,
) -> FileReport:
    tally = Tally(skip_bad, bad=list(source.bad))
    try:
        with database.transaction() as tx:
            _take(tx, source, company, now, tally, progress)
            if tally.is_lost:
                raise _FileNotKept
    except _FileNotKept:
        # What would have been done was not: the report counts what is in the database.
        kept_nothing = Tally(skipped=tally.skipped, bad=tally.bad)
        return kept_nothing.report(source.path, source.kind, committed=False)
    return tally.report(source.path, source.kind, committed=True)


def _take(
    tx: Session, source: Source, company: str | None, now: datetime, tally: Tally, progress: ProgressReporter
) -> None:
    match source:
        case Table():
            owner = _company(tx, company, now, may_be_made=source.kind == "people")
            match source.kind:
                case "people":
                    people_file.take(tx, source, owner.id, now, tally, progress)
                case "goals":
                    goals_file.take(tx, source, owner.id, now, tally, progress)
                case "answers":
                    answers_file.take(tx, source, owner.id, now, tally, progress)
                case _:
                    assert_never(source.kind)
            if tally.changes:
                said = f"imported {source.path.name}: {tally.added} added, {tally.updated} updated"
                add(tx, Audit(company_id=owner.id, at=now, act="import", said=said))
        case Records():
            match source.kind:
                case "set goals":
                    sets.take_goals(tx, source, now, tally, progress)
                case "statements":
                    sets.take_statements(tx, source, now, tally, progress)
                case "provenance":
                    tally.skipped[SOURCES_ONLY] += len(source.rows)
                    progress.step(len(source.rows))
                case _:
                    assert_never(source.kind)
        case _:
            assert_never(source)


def _company(tx: Session, name: str | None, now: datetime, *, may_be_made: bool) -> Company:
    """Whose file it is. Only a file of people makes a company: a name mistyped with another one is told."""
    every = people.companies(tx)
    found = [row for row in every if name is None or row.name == name]
    if len(found) == 1:
        return found[0]
    if not found and may_be_made:
        made = Company(name=name or FIRST_NAME, created_at=now)
        add(tx, made)
        return made
    names = ", ".join(row.name for row in every)
    if not every:
        raise UserError("There is no company yet. Import its people.csv first, or along with this file.")
    if name is None:
        raise UserError(f"Say whose file this is with --company. There are: {names}.")
    raise UserError(f"There is no company “{name}”. There are: {names}.")
