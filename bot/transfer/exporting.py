"""Export: a company's people, goals and answers as the files that import reads, and everything else beside them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.transfer import answers_file, cells, files, filing
from checkins.answers import parse as answer_parse
from checkins.errors import UserError
from checkins.people import members
from checkins.schedule import calendar
from storage import checkins
from storage import goals as stored_goals
from storage import people as stored_people
from storage.checkins import Filed
from storage.database import Database, rows_of
from storage.kinds import TagSource
from storage.tables import Account, Company, Goal, Person, Tag, Team

_KEY_RESULTS = ("goal", "title", "start", "now", "target", "unit", "typed_at")
_TEAMS = ("team", "manager", "timezone", "working_days", "days", "time", "digest_channel", "on")
EVERYTHING = "everything.json"

_Cells = Sequence[str | float | None]


@dataclass(frozen=True, slots=True)
class _RowNames:
    """How rows are named in files: people by address, goals by handle, teams by name; each by id."""

    people: Mapping[int, str]
    goals: Mapping[int, str]
    teams: Mapping[int, str]


def run(database: Database, folder: Path, *, company: str | None, report: Callable[[int, int], None]) -> dict[str, int]:
    """Writes a company's files into a folder, in the place of those of an earlier export. Rows by file name.

    `company` None is the only one there is; `report` hears of files done and of all files. Raises UserError
    when there is no such company, or the folder cannot be written to.
    """
    with database.transaction() as tx:
        owner = members.company_called(tx, company)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _write(tx, owner, folder, report)
        except (FileExistsError, NotADirectoryError):
            raise UserError(f"{folder} is a file. Name a folder to export to.") from None
        except OSError as error:
            raise UserError(f"{folder} cannot be written to: {error.strerror}.") from None


def _write(tx: Session, company: Company, folder: Path, report: Callable[[int, int], None]) -> dict[str, int]:
    accounts = stored_people.accounts(tx, company.id)
    rows = stored_goals.goals(tx, company.id, retired=True)
    every_team = stored_people.teams(tx, company.id)
    names = _RowNames(
        {person.id: account.who for account, person in sorted(accounts, key=_preferred)},
        {goal.id: goal.handle for goal in rows},
        {team.id: team.name for team in every_team},
    )
    tables: list[tuple[str, Sequence[str], Iterable[_Cells]]] = [
        ("people.csv", files.COLUMNS["people"], _people(tx, company, accounts, every_team, names)),
        ("goals.csv", files.COLUMNS["goals"], _goals(tx, rows, names)),
        ("key_results.csv", _KEY_RESULTS, _key_results(tx, rows)),
        ("answers.csv", files.COLUMNS["answers"], _answers(tx, company, names)),
        ("teams.csv", _TEAMS, (_team(team, names) for team in every_team)),
    ]
    written: dict[str, int] = {}
    for name, columns, found in tables:
        written[name] = _csv(folder / name, columns, found)
        report(len(written), len(tables) + 1)
    everything = dict(rows_of(tx, company.id))
    text = json.dumps(everything, ensure_ascii=False, indent=1, default=_plain)
    (folder / EVERYTHING).write_text(text + "\n", encoding="utf-8")
    written[EVERYTHING] = sum(len(found) for found in everything.values())
    report(len(written), len(tables) + 1)
    return written


def _csv(path: Path, columns: Sequence[str], rows: Iterable[_Cells]) -> int:
    number = 0
    # The mark at the beginning is how spreadsheets know that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([cells.guarded(cell) if isinstance(cell, str) else cell for cell in row])
            number += 1
    return number


def _people(
    tx: Session,
    company: Company,
    accounts: Sequence[tuple[Account, Person]],
    every_team: Sequence[Team],
    names: _RowNames,
) -> Iterable[_Cells]:
    """A row for each account, the preferred one of a person first: the others find them by their e-mail."""
    manager_of = {team.id: names.people.get(team.manager_id or 0, "") for team in every_team}
    inside: dict[int, list[int]] = {}
    for membership in stored_people.memberships(tx, company.id):
        inside.setdefault(membership.person_id, []).append(membership.team_id)
    for account, person in sorted(accounts, key=lambda pair: not pair[0].preferred):
        ids = inside.get(person.id, [])
        managers = {manager_of[team_id] for team_id in ids}
        # A row has one manager for all its teams; where they differ, the rows of others in the teams say it.
        manager = managers.pop() if len(managers) == 1 else ""
        in_teams = ";".join(names.teams[team_id] for team_id in ids)
        yield account.who, person.name, person.email, person.zone, in_teams, manager


def _preferred(pair: tuple[Account, Person]) -> bool:
    return pair[0].preferred


def _goals(tx: Session, rows: Sequence[Goal], names: _RowNames) -> Iterable[_Cells]:
    needs = stored_goals.needs(tx, [row.id for row in rows])
    owners = stored_goals.owners(tx, rows)
    for row in rows:
        first = [row.owner_id] if row.owner_id else []
        further = sorted(owners[row.id].difference(first))
        yield (
            row.handle,
            row.title,
            row.description,
            names.goals[row.parent_id] if row.parent_id else "",
            ";".join(names.people[number] for number in [*first, *further] if number in names.people),
            row.by.isoformat() if row.by else "",
            row.weight,
            row.status,
            ";".join(sorted(names.teams[team_id] for team_id in needs.get(row.id, ()))),
        )


def _key_results(tx: Session, rows: Sequence[Goal]) -> Iterable[_Cells]:
    results = stored_goals.key_results(tx, [row.id for row in rows])
    for row in rows:
        for found in results.get(row.id, []):
            typed = found.typed_at.isoformat() if found.typed_at else ""
            yield row.handle, found.title, found.start, found.now, found.target, found.unit, typed


def _answers(tx: Session, company: Company, names: _RowNames) -> Iterable[_Cells]:
    """A row for each line. The same words twice in one answer share a row: a row repeated would be one too many."""
    persons = {person.id: person for _, person in stored_people.accounts(tx, company.id)}
    times: dict[tuple[str, str, str, str], int] = {}
    for filed in checkins.lines_of(tx, company.id):
        line, person = filed.line, persons.get(filed.line.person_id)
        if person is None:
            continue  # nobody to say who wrote it; everything.json has it
        at = filing.moment(line.day, line.written_at, person.zone).astimezone(ZoneInfo(person.zone))
        row = names.people[person.id], at.isoformat(), _words(filed), _places(filed.tags, names)
        times[row] = times.get(row, 0) + 1
    for (who, written, words, places), number in times.items():
        yield who, written, "\n".join([words] * number), places


def _words(filed: Filed) -> str:
    """A line as one would type it, so that reading it again gives the same words, finished or not."""
    text, wanted = filed.line.text, (filed.line.text, filed.line.finished)
    for typed in (text, f"{text} ✓", f"[ ] {text}", f"[x] {text}"):
        found = answer_parse.pieces(typed)
        if [(piece.text, piece.finished) for piece in found] == [wanted]:
            return typed
    return text


def _places(tags: Sequence[Tag], names: _RowNames) -> str:
    """Handles, and kinds of other work in brackets; with a question mark where only the tagger said so."""
    found = []
    for tag in tags:
        name = names.goals[tag.goal_id] if tag.goal_id else f"({tag.kind})"
        found.append(name + (answers_file.UNSURE if tag.source == TagSource.TAGGER else ""))
    return ";".join(found)


def _team(team: Team, names: _RowNames) -> _Cells:
    return (
        team.name,
        names.people.get(team.manager_id or 0, ""),
        team.zone,
        calendar.in_words(team.working_days),
        calendar.in_words(team.days),
        calendar.clock(team.minute),
        team.digest_channel,
        "yes" if team.on_at else "no",
    )


def _plain(value: object) -> str:
    """Days and instants as ISO 8601."""
    assert isinstance(value, (date, datetime))
    return value.isoformat()
