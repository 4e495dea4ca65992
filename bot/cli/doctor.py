"""The command that says what is wrong with an installation."""

from __future__ import annotations

import sys

import typer

from bot.cli.console import TOLD


def doctor() -> None:
    """Check settings, database and platforms, and say in plain words what is wrong."""
    from bot.cli import doctor_checks

    found = doctor_checks.run()
    for check in found:
        typer.echo(f"{'ok  ' if check.ok else 'NOT '} {check.about}: {check.said}")
    if not all(check.ok for check in found):
        sys.exit(TOLD)
