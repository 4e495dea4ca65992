"""What every command needs: the database opened, a bar, and an end with a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from bot.settings import Settings
from storage.database import Database

err = Console(stderr=True, highlight=False)
TOLD, USAGE, FORBIDDEN = 1, 2, 3


def stop(sentence: str, code: int) -> NoReturn:
    """Ends the program with this sentence and this exit code."""
    err.print(sentence, markup=False)
    sys.exit(code)


@contextmanager
def opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    """The database in the state this version needs; an empty one gets its tables."""
    database = Database(settings.database_url, read_only=read_only)
    try:
        if not read_only and database.is_empty():
            database.upgrade()
        database.check_version()
        yield database
    finally:
        database.close()


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar while something takes long; what it gives is called with what is done, of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
