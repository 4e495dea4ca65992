"""What became of a file: rows added, updated, unchanged, skipped and bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be taken: its line in the file, counted from 1, and why in one or two sentences."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. `skipped` counts rows by the reason they were left out; nothing was kept unless `committed`."""

    path: Path
    kind: str
    added: int
    updated: int
    unchanged: int
    skipped: Mapping[str, int]
    bad: tuple[BadRow, ...]
    committed: bool


@dataclass(slots=True)
class Tally:
    """A file's report while its rows are being taken."""

    skip_bad: bool = False
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)

    def reject(self, line: int, reason: str) -> None:
        """Notes a bad row."""
        self.bad.append(BadRow(line, reason))

    @property
    def changes(self) -> int:
        return self.added + self.updated

    @property
    def is_lost(self) -> bool:
        """Whether nothing of the file will be kept, so that writing it would be for nothing."""
        return bool(self.bad) and not self.skip_bad

    def report(self, path: Path, kind: str, *, committed: bool) -> FileReport:
        """The report as it stands, bad rows in the order of their lines."""
        return FileReport(
            path,
            kind,
            self.added,
            self.updated,
            self.unchanged,
            dict(self.skipped),
            tuple(sorted(self.bad, key=lambda row: row.line)),
            committed,
        )


@dataclass(slots=True)
class ProgressReporter:
    """How far a long work is; `told` hears of it in steps that a progress bar can keep up with."""

    total: int
    told: Callable[[int, int], None]
    done: int = 0

    def step(self, number: int = 1) -> None:
        """So many more rows are done."""
        before, self.done = self.done, self.done + number
        if self.done // 50 > before // 50 or self.done >= self.total:
            self.told(self.done, self.total)
