"""A database in a folder of its own, and the few things the tests of import and export do with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import event, text
from sqlmodel import Session, SQLModel, select

from bot.transfer import exporting, importing
from bot.transfer.reports import FileReport
from storage import audit, checkins
from storage import people as stored_people
from storage.database import Database
from storage.tables import Company, Goal, Person, Team

_COMPILED: dict[Any, Any] = {}  # statements need not be compiled anew for each test's database
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)

PEOPLE = """person,name,email,timezone,team,manager
playground:ana,Ana,ana@example.com,Europe/Berlin,Platform,playground:mia
playground:mia,Mia,mia@example.com,Europe/Berlin,Platform;Design,playground:mia
playground:raj,Raj,,Asia/Kolkata,Platform,
"""
GOALS = """goal,title,description,parent,owner,by,weight,status,needs
pricing,A pricing page,What it costs,growth,playground:ana,2026-06-30,60,at risk,Design
growth,Grow,,,,,,,
"""
ANSWERS = """person,at,text,goals
playground:ana,2026-03-02T16:30,Pricing page drafted 2h,pricing
playground:raj,2026-03-02T16:30,"Shipped the table
Fixed the footer",pricing;growth
"""


@dataclass
class ImportWorkspace:
    """Files are written to `folder`, and taken into the database beside them, which begins as a copy of `like`."""

    folder: Path
    like: Path | None = None
    database: Database = field(init=False)
    progress: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.like is not None:
            shutil.copy(self.like, self.folder / "t.db")
        self.database = Database(f"sqlite:///{self.folder}/t.db")
        # Nothing here outlives its test, so the disk need not be waited for.
        event.listen(self.database.engine, "connect", lambda link, _: link.execute("PRAGMA synchronous = OFF"))
        self.database.engine.update_execution_options(compiled_cache=_COMPILED)
        if self.like is None:
            SQLModel.metadata.create_all(self.database.engine)

    def __enter__(self) -> ImportWorkspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def file(self, name: str, content: str | bytes | Sequence[Mapping[str, Any]]) -> Path:
        """A file with these words, these bytes, or these objects one on each line."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        else:
            path.write_text("\n".join(json.dumps(each) for each in content) + "\n", encoding="utf-8")
        return path

    def take(self, *paths: Path, company: str | None = None, skip_bad: bool = False) -> list[FileReport]:
        """Imports files at noon of 20 March 2026."""
        return importing.run(
            self.database,
            paths,
            company=company,
            now=NOW,
            skip_bad=skip_bad,
            report=lambda done, total: self.progress.append((done, total)),
        )

    def start(self) -> None:
        """Three people in two teams, and two goals."""
        reports = self.take(self.file("people.csv", PEOPLE), self.file("goals.csv", GOALS))
        assert [report.committed for report in reports] == [True, True]

    def bad(self, name: str, content: str | Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
        """The bad rows of a file, none of which is kept."""
        before = self.counts()
        (report,) = self.take(self.file(name, content))
        assert report.committed is (not report.bad)
        if report.bad:
            assert self.counts() == before
            assert (report.added, report.updated, report.unchanged) == (0, 0, 0)
        return [(row.line, row.reason) for row in report.bad]

    def export(self, company: str | None = None) -> Path:
        """A folder with the company's files."""
        folder = self.folder / "export"
        exporting.run(self.database, folder, company=company, report=lambda done, total: None)
        return folder

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.database.transaction() as tx:
            return {
                table.name: tx.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one()
                for table in SQLModel.metadata.sorted_tables
            }

    def people(self) -> dict[str, Person]:
        """Everybody by address."""
        with self.database.transaction() as tx:
            return {
                account.who: person
                for company in stored_people.companies(tx)
                for account, person in stored_people.accounts(tx, company.id)
            }

    def teams(self) -> dict[str, tuple[Team, list[str]]]:
        """Teams by name, with the names of those in them."""
        with self.database.transaction() as tx:
            return {
                team.name: (team, [person.name for person in stored_people.members(tx, team.id)])
                for company in stored_people.companies(tx)
                for team in stored_people.teams(tx, company.id)
            }

    def goals(self) -> dict[str, Goal]:
        """Goals by handle, retired ones too."""
        with self.database.transaction() as tx:
            return {goal.handle: goal for goal in tx.exec(select(Goal))}

    def answers(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """Lines as person, day, words and where they are filed; the tagger's with a question mark."""
        handles = {goal.id: goal.handle for goal in self.goals().values()}
        with self.database.transaction() as tx:
            names = {person.id: person.name for person in tx.exec(select(Person))}
            return [
                (
                    names[filed.line.person_id],
                    filed.line.day.isoformat(),
                    filed.line.text,
                    tuple(
                        (handles[tag.goal_id] if tag.goal_id else tag.kind) + ("?" if tag.source == "tagger" else "")
                        for tag in filed.tags
                    ),
                )
                for company in tx.exec(select(Company))
                for filed in checkins.lines_of(tx, company.id)
            ]

    def said(self) -> list[str]:
        """What the audit says, oldest first."""
        with self.database.transaction() as tx:
            return [row.said for row in reversed(audit.newest(tx, _only(tx).id, 100))]


def _only(tx: Session) -> Company:
    return tx.exec(select(Company)).one()
