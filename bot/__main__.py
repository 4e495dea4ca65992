"""The command line: serve, worker, demo, tick, import, export, digest, tag, admin, slack, teams, migrate, doctor."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, assert_never

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from bot import settings as settings_of
from bot.platform import PlatformError
from bot.settings import Settings, Wrong
from checkins.problems import Problem
from storage.database import Database, Unusable

if TYPE_CHECKING:
    from bot import app as assembly
    from bot.steps import Done

cli = typer.Typer(
    name="instep",
    help="Keeps remote staff and company goals in step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin_cli = typer.Typer(help="Who may change goals and teams.", no_args_is_help=True)
cli.add_typer(admin_cli, name="admin")
slack_cli = typer.Typer(help="The app in Slack.", no_args_is_help=True)
cli.add_typer(slack_cli, name="slack")
teams_cli = typer.Typer(help="The app in Teams.", no_args_is_help=True)
cli.add_typer(teams_cli, name="teams")
err = Console(stderr=True, highlight=False)

TOLD, USAGE, FORBIDDEN = 1, 2, 3
GRACE = 2.0  # seconds for open connections to end when we stop


def main() -> None:
    """Runs the command line; every known trouble ends in a sentence and an exit code, never in a trace."""
    try:
        cli()
    except (Problem, Wrong, PlatformError) as error:
        _stop(str(error), TOLD)
    except Unusable as error:
        _stop(str(error), FORBIDDEN)


def _stop(sentence: str, code: int) -> NoReturn:
    err.print(sentence, markup=False)
    sys.exit(code)


@contextmanager
def _opened(settings: Settings, *, read_only: bool = False) -> Iterator[Database]:
    """The database in the state this version needs; an empty one gets its tables."""
    database = Database(settings.database_url, read_only=read_only)
    try:
        if not read_only and database.is_empty():
            database.upgrade()
        database.check_version()
        yield database
    finally:
        database.close()


@cli.command()
def serve() -> None:
    """Serve: listen to the platforms and do what is due, until stopped."""
    from bot import app as assembly

    settings = settings_of.load()
    _log()
    with _opened(settings) as database:
        instep = assembly.build(settings, database)
        asyncio.run(_serve(instep, [f"Instep listens at {_address(settings)}"]))


@cli.command()
def worker() -> None:
    """Only do what is due, beside a `serve` that listens: as many as you like, on PostgreSQL."""
    from bot import app as assembly

    settings = settings_of.load()
    _log()
    with _opened(settings) as database:
        instep = assembly.build(settings, database, listens=False)
        asyncio.run(_serve(instep, [f"Instep works; ask {_address(settings)}/readyz how it is"]))


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _address(settings: Settings) -> str:
    return f"http://{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}"


@cli.command()
def demo(
    port: Annotated[
        int | None, typer.Option(help="Where the page is served; INSTEP_PORT when left out.")
    ] = None,
) -> None:
    """The playground with a made-up company that has three weeks behind it. Nothing leaves this machine."""
    from bot import app as assembly
    from bot import demo as story

    with TemporaryDirectory(prefix="instep-demo-") as folder:
        settings = settings_of.load(
            database_url=f"sqlite:///{Path(folder) / 'demo.db'}",
            platforms="playground",
            host="127.0.0.1",
            admins="",
            only_to="",
            **({} if port is None else {"port": port}),
        )
        _require_port(settings)
        with _opened(settings) as database:
            instep = assembly.build(settings, database, starts_at=story.starts_at(datetime.now(UTC).date()))

            async def play_and_serve() -> (
                None
            ):  # in one loop: what sends waits for things of the loop it began in
                assert instep.stage is not None
                with _bar("Playing three weeks of a made-up company") as advance:
                    instep.stage.cast = await story.play(instep, advance)
                told = [f"Open http://127.0.0.1:{settings.port}", "Ctrl+C ends it; nothing is kept."]
                await _serve(instep, told)

            asyncio.run(play_and_serve())


@cli.command()
def tick(
    at: Annotated[str | None, typer.Option(help="The instant, ISO 8601 with its offset.")] = None,
    yes_i_mean_it: Annotated[
        bool, typer.Option(help="Another instant than now, on a real database.")
    ] = False,
) -> None:
    """Do what is due, once, through the configured platforms, and exit."""
    from bot import app as assembly

    settings = settings_of.load()
    moment = _instant(at) if at else None
    if moment is not None and not yes_i_mean_it and settings.platforms != ("playground",):
        _stop(
            "Another instant than now sends real messages. Add --yes-i-mean-it if that is what you want.",
            FORBIDDEN,
        )
    with _opened(settings) as database:
        instep = assembly.build(settings, database, starts_at=moment)
        done = asyncio.run(_tick(instep))
        typer.echo(f"{done.planned} planned, {done.sent} sent, {done.edited} edited, {done.failed} failed")


@cli.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="people.csv, goals.csv, answers.csv, or JSONL sets.")],
    company: Annotated[
        str, typer.Option(help="Into which company, where there are several or none yet.")
    ] = "",
    skip_bad: Annotated[bool, typer.Option(help="Keep the good rows of a file with bad ones.")] = False,
) -> None:
    """Read people, goals and answers. Nobody is written to, and the same file twice changes nothing."""
    from bot.transfer import importing

    with _opened(settings_of.load()) as database:
        with _bar("Importing") as advance:
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
            _stop("Mend these rows and run it again, or leave them out with --skip-bad.", TOLD)


@cli.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="A folder for the files; made when it is not there.")],
    company: Annotated[str, typer.Option(help="Which company, where there are several.")] = "",
) -> None:
    """Write everything of a company as CSV and JSON."""
    from bot.transfer import exporting

    with _opened(settings_of.load(), read_only=True) as database:
        with _bar("Exporting") as advance:
            rows = exporting.run(database, folder, company=company or None, report=advance)
        for name, number in rows.items():
            typer.echo(f"{folder / name}: {number} rows")


class Format(StrEnum):
    """How a digest is printed."""

    text = "text"
    html = "html"
    json = "json"
    slack = "slack"
    teams = "teams"


@cli.command("digest")
def print_digest(
    team: Annotated[str, typer.Option(help="The team's name.")],
    week: Annotated[str, typer.Option(help="An ISO week, like 2026-W10.")] = "",
    month: Annotated[str, typer.Option(help="A month, like 2026-03.")] = "",
    company: Annotated[str, typer.Option(help="Which company, where there are several.")] = "",
    format: Annotated[Format, typer.Option(help="How it is printed.")] = Format.text,  # noqa: A002  the option's name
) -> None:
    """Print the digest of a team's week or month, with all its lines.

    slack and teams print what would be sent there: Block Kit or Adaptive Cards, one for each message.
    """
    from bot import printing
    from bot.views import digests
    from checkins import digest, reading, schedule, teams

    if bool(week) == bool(month):
        _stop("Say which: --week 2026-W10 or --month 2026-03.", USAGE)
    with _opened(settings_of.load(), read_only=True) as database, database.transaction() as tx:
        row = teams.called(tx, company or None, team)
        days = reading.week(week, row.working_days) if week else reading.month(month)
        # A time that nobody can answer for any more is counted here; before that a share would give somebody away.
        over = datetime.now(UTC).date() > days.last + 2 * schedule.FREEZE_AFTER
        summary = digest.summarise(digest.gather(tx, row, days, shown=None, count_now=over))
    messages = [digests.digest(summary), *digests.details(summary)]
    match format:
        case Format.text:
            printed = printing.as_text(messages)
        case Format.html:
            printed = printing.as_html(messages)
        case Format.json:
            printed = printing.as_json(summary)
        case Format.slack:
            from adapters.slack import render as blocks

            printed = printing.as_payloads([blocks.message(message) for message in messages])
        case Format.teams:
            from adapters.teams import render as cards

            printed = printing.as_payloads([cards.card(message) for message in messages])
        case _:
            assert_never(format)
    typer.echo(printed, nl=False)


@cli.command("tag")
def tag(
    goals: Annotated[Path, typer.Option(help="goals.jsonl: one goal a line.")],
    learn: Annotated[
        str,
        typer.Option(
            help="What is confirmed afterwards: all, none, or ask:0.75, which is lines less sure than that, "
            "at most three a check-in."
        ),
    ] = "none",
    weights: Annotated[
        Path | None, typer.Option(help="Weights to use in the place of the shipped ones.")
    ] = None,
) -> None:
    """File statements (JSONL on standard input) under goals, as JSONL predictions on standard output."""
    import json
    import time

    from checkins.tagging import model, stream

    try:
        below = stream.asks_below(learn)
    except stream.Misread:
        raise typer.BadParameter("write all, none, or ask:0.75", param_hint="--learn") from None
    try:
        chosen = model.parse(_read(weights)) if weights else None
    except (ValueError, KeyError, TypeError, IndexError):
        raise Problem(f"{weights} holds no weights of this version.") from None
    listed = _objects(str(goals), _read(goals), ("set", "goal_id", "title"))
    try:
        words = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise Problem(f"Standard input cannot be read: {error}.") from None
    statements = _objects("standard input", words, ("set", "id", "text"), ("goal_ids",) if below else ())
    summary = stream.Summary()
    began = time.perf_counter()
    try:
        for prediction in stream.run(listed, statements, learn, chosen, summary):
            sys.stdout.write(json.dumps(prediction, ensure_ascii=False) + "\n")
    except ValueError as error:
        raise Problem(f"That cannot be read: {error}.") from None
    each = (time.perf_counter() - began) / max(1, summary.lines) * 1000
    err.print(f"{summary.lines} lines, {summary.asked_share:.1%} asked, {each:.2f} ms a line")


def _objects(
    where: str, text: str, words: tuple[str, ...], lists: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """The objects of a JSONL text, each with these words and these lists in it. Raises Problem with the line."""
    import json

    found = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise Problem(f"{where}:{number}: this is not JSON.") from None
        if not isinstance(row, dict):
            raise Problem(f"{where}:{number}: this is not an object.")
        for keys, kind, called in ((words, str, "word"), (lists, list, "list")):
            for key in keys:
                if not isinstance(row.get(key), kind):
                    raise Problem(f"{where}:{number}: “{key}” is missing or not a {called}.")
        found.append(row)
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(f"{path} cannot be read: {error}.") from None


@admin_cli.command("grant")
def grant(address: str) -> None:
    """Make somebody an admin. ADDRESS is like playground:ana."""
    _set_admin(address, admin=True)


@admin_cli.command("revoke")
def revoke(address: str) -> None:
    """Take the rights of an admin back."""
    _set_admin(address, admin=False)


def _set_admin(address: str, *, admin: bool) -> None:
    from checkins import people

    with _opened(settings_of.load()) as database, database.transaction() as tx:
        person = people.set_admin(tx, address, datetime.now(UTC), admin=admin)
        typer.echo(f"{person.name} is {'an' if admin else 'no'} admin{'' if admin else ' any more'}.")


@slack_cli.command("manifest")
def slack_manifest(
    url: Annotated[
        str, typer.Option(help="For HTTP: where Slack reaches this server, like https://instep.acme.example.")
    ] = "",
    prefix: Annotated[
        str,
        typer.Option(help="Before every command, where another app has taken the short ones, like acme-."),
    ] = "",
    name: Annotated[str, typer.Option(help="What the app is called.")] = "Instep",
) -> None:
    """Print the manifest to make the app from in Slack. Without --url it is for Socket Mode."""
    import json

    from adapters.slack import manifest

    if url and not url.startswith("https://"):
        raise typer.BadParameter("Slack takes https only", param_hint="--url")
    made = manifest.manifest(url=url.rstrip("/"), prefix=prefix.removeprefix("/"), name=name)
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))


@teams_cli.command("package")
def teams_package(
    out: Annotated[Path, typer.Option(help="The zip to write.")] = Path("instep-teams.zip"),
    publisher: Annotated[
        str, typer.Option(help="Who runs it, shown to whoever adds the app; at most 32 characters.")
    ] = "Instep",
    website: Annotated[
        str, typer.Option(help="Their page about it, its privacy and its terms; https.")
    ] = "https://instep.example",
) -> None:
    """Write the app package to upload in the Teams admin center. It needs TEAMS_APP_ID and no network."""
    from uuid import UUID

    from adapters.teams import manifest
    from bot import grammar

    app_id = settings_of.load().teams_app_id
    try:
        UUID(app_id)
    except ValueError:
        raise Wrong("TEAMS_APP_ID: a GUID, the application (client) id of the app registration.") from None
    if not website.startswith("https://"):
        raise typer.BadParameter("Teams takes https only", param_hint="--website")
    if not 0 < len(publisher) <= 32:
        raise typer.BadParameter("1 to 32 characters", param_hint="--publisher")
    says = {spec.words: spec.says for spec in grammar.GRAMMAR} | {"help": "what I do and what you can say"}
    made = manifest.manifest(app_id, says, publisher=publisher, website=website)
    try:
        out.write_bytes(manifest.package(made))
    except OSError as error:
        raise Problem(f"{out} cannot be written: {error.strerror}.") from None
    typer.echo(
        f"{out} is written. Upload it in the Teams admin center: Teams apps, Manage apps, Upload new app."
    )


@cli.command()
def migrate() -> None:
    """Bring the database to this version."""
    database = Database(settings_of.load().database_url)
    try:
        database.upgrade()
        database.check_version()
    finally:
        database.close()
    typer.echo("The database is of this version now.")


@cli.command()
def doctor() -> None:
    """Check settings, database and platforms, and say in plain words what is wrong."""
    from bot import doctor as checks

    found = checks.run()
    for check in found:
        typer.echo(f"{'ok  ' if check.ok else 'NOT '} {check.about}: {check.said}")
    if not all(check.ok for check in found):
        sys.exit(TOLD)


@contextmanager
def _bar(words: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _instant(words: str) -> datetime:
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise Problem(f"“{words}” is not an instant. Write it like 2026-03-02T10:00+01:00.") from None
    if moment.tzinfo is None:
        raise Problem(f"“{words}” has no offset. Write it like 2026-03-02T10:00+01:00.")
    return moment


def _require_port(settings: Settings) -> None:
    """Says so before anything is set up when somebody else is on the port."""
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            _stop(_taken(settings), FORBIDDEN)


async def _tick(instep: assembly.Instep) -> Done:
    try:
        return await instep.rounds.tick()
    finally:
        for platform in instep.platforms.values():
            await platform.close()


def _taken(settings: Settings) -> str:
    return (
        f"Port {settings.port} of {settings.host} is taken or not ours to use. "
        "Stop what is there, or choose another port with INSTEP_PORT."
    )


def settle() -> None:
    """What a process that stays needs: what is here by now is not looked through for garbage again and again, which took a
    quarter of a round; and whoever waits for an acknowledgement waits for the database's thread ten times less."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)


async def _serve(instep: assembly.Instep, words: list[str]) -> None:
    """Until a signal ends it; what is in the air is finished first."""
    from aiohttp import web

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows: Ctrl+C interrupts the loop instead
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    settle()
    runner = web.AppRunner(instep.web, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    try:
        site = web.TCPSite(runner, instep.settings.host, instep.settings.port)
        try:
            await site.start()
        except OSError:
            raise Unusable(_taken(instep.settings)) from None
        for line in words:
            typer.echo(line)
        await stopped.wait()
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    main()
