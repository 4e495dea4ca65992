"""Files as they come: opened, recognised by their columns or keys, and split into rows that know their line."""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bot.transfer import cells as transfer_cells
from bot.transfer.reports import BadRow
from checkins import text
from checkins.errors import UserError

TableKind = Literal["people", "goals", "answers"]
RecordKind = Literal["set goals", "statements", "provenance"]

# Columns of each table, those it cannot do without first.
COLUMNS: Mapping[TableKind, tuple[str, ...]] = {
    "people": ("person", "name", "email", "timezone", "team", "manager"),
    "goals": ("goal", "title", "description", "parent", "owner", "by", "weight", "status", "needs"),
    "answers": ("person", "at", "text", "goals"),
}
_NEEDED: Mapping[TableKind, int] = {"people": 2, "goals": 2, "answers": 3}
_KEYS: Mapping[RecordKind, frozenset[str]] = {
    "set goals": frozenset({"set", "goal_id", "title"}),
    "statements": frozenset({"set", "text", "goal_ids"}),
    "provenance": frozenset({"id", "source", "licence"}),
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a table: the line it begins on, and its cells by column."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """A cell without control characters and blanks around it; empty when the file has no such column."""
        return text.clean(self.cells.get(column, ""))


@dataclass(frozen=True, slots=True)
class Record:
    """One object of a JSONL file and its line."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file. `bad` are rows that could not even be split into cells."""

    path: Path
    kind: TableKind
    columns: frozenset[str]
    rows: tuple[FileRow, ...]
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """A JSONL file. `bad` are lines that are no JSON object."""

    path: Path
    kind: RecordKind
    rows: tuple[Record, ...]
    bad: tuple[BadRow, ...]


Source: TypeAlias = Table | Records


def read(path: Path) -> Source:
    """A file, recognised and split. Raises UserError, naming the file, when it cannot be read as a whole."""
    words = _words(path)
    if not words.strip():
        raise UserError(f"{path.name} is empty.")
    return _records(path, words) if words.lstrip().startswith(("{", "[")) else _table(path, words)


def _words(path: Path) -> str:
    if path.is_dir():
        raise UserError(f"{path} is a folder. Name the files in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path.name} is not in UTF-8, first seen on line {line}. "
            "Save it again as UTF-8; spreadsheets call that “CSV UTF-8”."
        ) from None


def _table(path: Path, words: str) -> Table:
    reader = csv.reader(io.StringIO(words, newline=""), strict=True)
    rows: list[FileRow] = []
    bad: list[BadRow] = []
    try:
        header = [name.strip().lower() for name in next(reader)]
        while header and not header[-1]:
            header.pop()  # spreadsheets like to leave empty columns at the end
        kind = _kind(path, header)
        while True:
            line = reader.line_num + 1
            try:
                found = next(reader)
            except StopIteration:
                break
            if not any(cell.strip() for cell in found):
                continue
            if any(cell.strip() for cell in found[len(header) :]):
                bad.append(
                    BadRow(
                        line,
                        f"This row has {len(found)} cells and the first one has {len(header)}. "
                        "Put quotes around a cell that has a comma in it.",
                    )
                )
                continue
            rows.append(FileRow(line, dict(zip(header, map(transfer_cells.plain, found), strict=False))))
    except csv.Error as error:
        raise UserError(
            f"{path.name} cannot be read from line {reader.line_num} on: {error}. "
            "A quote that is opened there may never be closed."
        ) from None
    return Table(path, kind, frozenset(header), tuple(rows), tuple(bad))


def _kind(path: Path, header: Sequence[str]) -> TableKind:
    """Which table it is. Raises UserError for columns that are missing, unknown or there twice."""
    fitting = [kind for kind in COLUMNS if set(COLUMNS[kind][: _NEEDED[kind]]) <= set(header)]
    named = [kind for kind in COLUMNS if path.stem.lower().startswith(kind)]
    kind = next(iter([*(kind for kind in fitting if kind in named), *fitting, *named]), None)
    if kind is None:
        shown = "; ".join(f"{kind}.csv has {','.join(columns)}" for kind, columns in COLUMNS.items())
        raise UserError(f"I do not know what {path.name} holds: its columns fit none of these. {shown}.")
    missing = [column for column in COLUMNS[kind][: _NEEDED[kind]] if column not in header]
    if missing:
        separated = len(header) == 1 and any(mark in header[0] for mark in ";\t|")
        hint = " Its columns are not separated by commas." if separated else ""
        raise UserError(f"{path.name} has no column {_names(missing)}.{hint} {_expected(kind)}")
    unknown = [column for column in header if column not in COLUMNS[kind]]
    if unknown:
        near = difflib.get_close_matches(unknown[0], COLUMNS[kind], n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        raise UserError(f"{path.name} has a column {_names(unknown)} I do not know.{hint} {_expected(kind)}")
    if len(set(header)) < len(header):
        twice = [column for column in COLUMNS[kind] if header.count(column) > 1]
        raise UserError(f"{path.name} has the column {_names(twice)} twice.")
    return kind


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"“{column}”" for column in columns)


def _expected(kind: TableKind) -> str:
    return f"The columns of {kind}.csv are {','.join(COLUMNS[kind])}."


def _records(path: Path, words: str) -> Records:
    rows: list[Record] = []
    bad: list[BadRow] = []
    # Not splitlines(): JSON may hold U+2028 inside a string as it is.
    for line, found in enumerate(words.split("\n"), 1):
        if not found.strip():
            continue
        try:
            values = json.loads(found)
        except ValueError:
            bad.append(BadRow(line, "This line is not JSON."))
            continue
        if isinstance(values, dict):
            rows.append(Record(line, values))
        else:
            bad.append(BadRow(line, "This line is JSON, but no object with keys."))
    for kind, keys in _KEYS.items():
        if any(keys <= row.values.keys() for row in rows[:20]):
            return Records(path, kind, tuple(rows), tuple(bad))
    raise UserError(
        f"I do not know what {path.name} holds: goals have the keys set, goal_id and title on each line, "
        "statements set, text and goal_ids."
    )
