"""Commands about what is stored: import, export, digest, tag, migrate."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import settings
from bot.chat import registry
from bot.cli.console import TOLD, USAGE, bar, err, opened, stop
from checkins.errors import UserError
from storage.database import Database


def import_(
    files: Annotated[list[Path], typer.Argument(help="people.csv, goals.csv, answers.csv, or JSONL sets.")],
    company: Annotated[str, typer.Option(help="Into which company, where there are several or none yet.")] = "",
    skip_bad: Annotated[bool, typer.Option(help="Keep the good rows of a file with bad ones.")] = False,
) -> None:
    """Read people, goals and answers. Nobody is written to, and the same file twice changes nothing."""
    from bot.transfer import importing

    with opened(settings.load()) as database:
        with bar("Importing") as advance:
            reports = importing.run(
                database,
                files,
                company=company or None,
                now=datetime.now(UTC),
                skip_bad=skip_bad,
                report=advance,
            )
        for report in reports:
            skipped = "".join(f", {number} skipped ({reason})" for reason, number in report.skipped.items())
            kept = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged{skipped}"
            typer.echo(f"{report.path}: {kept if report.committed else 'nothing kept'}")
            for bad in report.bad:
                err.print(f"{report.path}:{bad.line}: {bad.reason}", markup=False)
        if not all(report.committed for report in reports):
            stop("Mend these rows and run it again, or leave them out with --skip-bad.", TOLD)


def export(
    folder: Annotated[Path, typer.Argument(help="A folder for the files; made when it is not there.")],
    company: Annotated[str, typer.Option(help="Which company, where there are several.")] = "",
) -> None:
    """Write everything of a company as CSV and JSON."""
    from bot.transfer import exporting

    with opened(settings.load(), read_only=True) as database:
        with bar("Exporting") as advance:
            rows = exporting.run(database, folder, company=company or None, report=advance)
        for name, number in rows.items():
            typer.echo(f"{folder / name}: {number} rows")


FORMATS = ["text", "html", "json", *(each.name for each in registry.every() if each.payloads is not None)]
"""How a digest is printed: for people, for programs, or as what would be sent to a platform."""


def _known_format(name: str) -> str:
    if name not in FORMATS:
        raise typer.BadParameter(f"“{name}” is not one of {', '.join(FORMATS)}")
    return name


def print_digest(
    team: Annotated[str, typer.Option(help="The team's name.")],
    week: Annotated[str, typer.Option(help="An ISO week, like 2026-W10.")] = "",
    month: Annotated[str, typer.Option(help="A month, like 2026-03.")] = "",
    company: Annotated[str, typer.Option(help="Which company, where there are several.")] = "",
    format: Annotated[  # noqa: A002  the option's name
        str, typer.Option(help=f"How it is printed: {', '.join(FORMATS)}.", callback=_known_format)
    ] = "text",
) -> None:
    """Print the digest of a team's week or month, with all its lines.

    A platform's name prints what would be sent there: Block Kit for Slack, Adaptive Cards for Teams, one for each
    message.
    """
    from bot.cli import render
    from bot.views import digests
    from checkins.digest import build as digest_build
    from checkins.people import teams as team_rules
    from checkins.schedule import calendar
    from checkins.schedule import parse as schedule_parse

    if bool(week) == bool(month):
        stop("Say which: --week 2026-W10 or --month 2026-03.", USAGE)
    with opened(settings.load(), read_only=True) as database, database.transaction() as tx:
        row = team_rules.called(tx, company or None, team)
        days = schedule_parse.week(week, row.working_days) if week else schedule_parse.month(month)
        # A time that nobody can answer for any more is counted here; before that a share would give somebody away.
        over = datetime.now(UTC).date() > days.last + 2 * calendar.FREEZE_AFTER
        summary = digest_build.summarise(digest_build.gather(tx, row, days, shown=None, count_now=over))
    messages = [digests.digest(summary), *digests.details(summary)]
    match format:
        case "text":
            printed = render.as_text(messages)
        case "html":
            printed = render.as_html(messages)
        case "json":
            printed = render.as_json(summary)
        case name:
            payloads = registry.adapter(name).payloads
            assert payloads is not None, name
            printed = render.as_payloads(payloads(messages))
    typer.echo(printed, nl=False)


def tag(
    goals: Annotated[Path, typer.Option(help="goals.jsonl: one goal a line.")],
    learn: Annotated[
        str,
        typer.Option(
            help="What is confirmed afterwards: all, none, or ask:0.75, which is lines less sure than that, "
            "at most three a check-in."
        ),
    ] = "none",
    weights: Annotated[Path | None, typer.Option(help="Weights to use in the place of the shipped ones.")] = None,
) -> None:
    """File statements (JSONL on standard input) under goals, as JSONL predictions on standard output."""
    import json
    import time

    from checkins.tagging import model, stream

    try:
        below = stream.asks_below(learn)
    except stream.InvalidLearnOption:
        raise typer.BadParameter("write all, none, or ask:0.75", param_hint="--learn") from None
    try:
        chosen = model.parse(_read(weights)) if weights else None
    except (ValueError, KeyError, TypeError, IndexError):
        raise UserError(f"{weights} holds no weights of this version.") from None
    listed = _objects(str(goals), _read(goals), ("set", "goal_id", "title"))
    try:
        words = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UserError(f"Standard input cannot be read: {error}.") from None
    statements = _objects("standard input", words, ("set", "id", "text"), ("goal_ids",) if below else ())
    summary = stream.StreamSummary()
    began = time.perf_counter()
    try:
        for prediction in stream.run(listed, statements, learn, chosen, summary):
            sys.stdout.write(json.dumps(prediction, ensure_ascii=False) + "\n")
    except ValueError as error:
        raise UserError(f"That cannot be read: {error}.") from None
    each = (time.perf_counter() - began) / max(1, summary.lines) * 1000
    err.print(f"{summary.lines} lines, {summary.asked_share:.1%} asked, {each:.2f} ms a line")


def _objects(where: str, text: str, words: tuple[str, ...], lists: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The objects of a JSONL text, each with these words and these lists in it. Raises UserError with the line."""
    import json

    found = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise UserError(f"{where}:{number}: this is not JSON.") from None
        if not isinstance(row, dict):
            raise UserError(f"{where}:{number}: this is not an object.")
        for keys, kind, called in ((words, str, "word"), (lists, list, "list")):
            for key in keys:
                if not isinstance(row.get(key), kind):
                    raise UserError(f"{where}:{number}: “{key}” is missing or not a {called}.")
        found.append(row)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from None


def migrate() -> None:
    """Bring the database to this version."""
    database = Database(settings.load().database_url)
    try:
        database.upgrade()
        database.check_version()
    finally:
        database.close()
    typer.echo("The database is of this version now.")
