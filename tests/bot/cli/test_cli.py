"""The command line as somebody at a terminal meets it: real processes, exit codes, and never a trace."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.cli.program import cli
from storage import uninstalls
from storage.database import Database

INSTEP = Path(sys.executable).with_name("instep")
COMMANDS = [
    "serve",
    "worker",
    "demo",
    "tick",
    "import",
    "export",
    "digest",
    "slack",
    "tag",
    "admin",
    "teams",
    "migrate",
    "doctor",
]
PATIENCE = 60.0  # seconds for a slow machine; nothing waits that long where all is well

PEOPLE = """person,name,email,timezone,team,manager
playground:ana,Ana Ruiz,,Europe/Berlin,Platform,playground:ana
playground:ben,Ben Okafor,,Europe/Berlin,Platform,
playground:cem,Cem Yilmaz,,Europe/Berlin,Platform,
playground:dora,Dora Weiss,,Europe/Berlin,Platform,
"""
GOALS = """goal,title,description,parent,owner,by,weight,status,needs
pricing,Pricing page,,,,,,,
"""
ANSWERS = """person,at,text,goals
playground:ana,2026-03-03T15:30,Drew <script>alert(1)</script> buttons & more,pricing
playground:ben,2026-03-03T15:30,Wrote the copy,pricing
playground:cem,2026-03-03T15:30,Fixed the toggle,pricing
playground:dora,2026-03-03T15:30,"Tested it, done",pricing
"""
DIGEST = ("digest", "--team", "Platform", "--week", "2026-W10")


def environment(**settings: object) -> dict[str, str]:
    """What the machine needs, and no setting but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INSTEP_")}
    given = {f"INSTEP_{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, "COLUMNS": "100", "TERM": "dumb", **given}


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is over."""

    code: int
    out: str
    err: str


# Importing everything takes longer than most commands do, so it is done once, here; each command is a fork of it.
NURSERY = """
import gc, json, os, sys
import bot.__main__, bot.app, bot.cli.doctor_checks, bot.cli.render, bot.views.digests
import bot.transfer.exporting, bot.transfer.importing, checkins.tagging.stream
gc.freeze()  # else every fork copies it all when it ends
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        for number, (name, flags) in enumerate(order["files"]):
            os.dup2(os.open(name, flags), number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)
        sys.argv = ["instep", *order["words"]]
        bot.__main__.main()
        sys.exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """A process from which commands are forked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-c", NURSERY],
            env={**environment(), "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, folder: Path, words: Sequence[str], typed: str, settings: dict[str, object]) -> Ended:
        files = [self._folder / name for name in ("in", "out", "err")]
        files[0].write_text(typed, encoding="utf-8")
        write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        order = {
            "folder": str(folder),
            "environment": environment(**settings),
            "words": words,
            "files": [(str(path), flags) for path, flags in zip(files, (os.O_RDONLY, write, write), strict=True)],
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, f"instep {words} does not end"
        code = int(self._process.stdout.readline())
        return Ended(code, *(path.read_text(encoding="utf-8") for path in files[1:]))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A folder in which somebody types commands."""

    folder: Path
    nursery: Nursery

    def at(self, folder: Path) -> CommandLine:
        """The same company's database, copied to where one may write to it."""
        (folder / "instep.db").write_bytes((self.folder / "instep.db").read_bytes())
        return CommandLine(folder, self.nursery)

    def start(self, *words: str, **settings: object) -> subprocess.Popen[str]:
        """A process from nothing, as a shell makes it; a warning in it is an error."""
        return subprocess.Popen(
            [INSTEP, *words] if words[:1] != ("-m",) else [sys.executable, *words],
            cwd=self.folder,
            env={**environment(**settings), "PYTHONWARNINGS": "error"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, *words: str, typed: str = "", **settings: object) -> Ended:
        """A process that has ended."""
        ended = self.nursery.run(self.folder, words, typed, settings)
        assert "Traceback" not in ended.err, ended.err
        return ended

    def refused(self, *words: str, typed: str = "", **settings: object) -> tuple[int, str]:
        """The exit code and the sentence, which is all there is to read."""
        ended = self.run(*words, typed=typed, **settings)
        assert ended.out == ""
        return ended.code, " ".join(ended.err.split())

    def write(self, name: str, words: str) -> Path:
        path = self.folder / name
        path.write_text(words, encoding="utf-8")
        return path

    @contextmanager
    def serving(
        self, *words: str, announced: str = "Instep listens at", **settings: object
    ) -> Iterator[subprocess.Popen[str]]:
        """A process that has said that it listens; killed at the end where it did not end by itself."""
        with self.start(*words, **settings) as process:
            try:
                assert process.stdout is not None
                said = ""
                until = time.monotonic() + PATIENCE
                while announced not in said:
                    ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
                    line = process.stdout.readline() if ready else ""
                    if not line:
                        process.kill()
                        pytest.fail(f"it never said so: {said}{process.communicate()[1]}")
                    said += line
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                    process.communicate()


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    opened = Nursery(tmp_path_factory.mktemp("nursery"))
    yield opened
    opened.close()


@pytest.fixture
def desk(tmp_path: Path, nursery: Nursery) -> CommandLine:
    return CommandLine(tmp_path, nursery)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> CommandLine:
    """A folder with a database into which people, goals and answers were imported. Only to be read."""
    desk = CommandLine(tmp_path_factory.mktemp("filled"), nursery)
    files = [
        desk.write("people.csv", PEOPLE),
        desk.write("goals.csv", GOALS),
        desk.write("answers.csv", ANSWERS),
    ]
    ended = desk.run("import", *map(str, files), "--company", "Acme")
    assert ended.code == 0, ended.err
    assert "people.csv: 4 added, 0 updated, 0 unchanged" in ended.out
    assert "answers.csv: 4 added" in ended.out
    return desk


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


HANDSHAKE = (
    "GET /stream?who=playground:you HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def version(path: Path, revision: str) -> None:
    """Says of a database that it is of another version."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def ask(port: int, path: str = "/") -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


# Help and usage


def test_help_names_every_command(desk: CommandLine) -> None:
    ended = desk.run("--help")
    assert ended.code == 0
    for command in COMMANDS:
        assert f" {command} " in ended.out
    assert [*sorted(COMMANDS)] == sorted(
        [info.name or getattr(info.callback, "__name__", "") for info in cli.registered_commands]
        + [group.name or "" for group in cli.registered_groups]
    )


@pytest.mark.parametrize("command", [*COMMANDS, "admin grant", "admin revoke"])
def test_every_command_has_a_help_of_its_own(desk: CommandLine, command: str) -> None:
    ended = desk.run(*command.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"instep {command}" in ended.out


@pytest.mark.parametrize("program", [(), ("-m", "bot")])
def test_the_script_and_the_module_are_the_same_program(desk: CommandLine, program: tuple[str, ...]) -> None:
    with desk.start(*program, "tick", "--at", "tomorrow") as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert "“tomorrow” is not an instant" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["dance"], "dance"),
        (["digest", "--team", "Platform"], "--week 2026-W10 or --month 2026-03"),
        ([*DIGEST, "--month", "2026-03"], "--week 2026-W10 or --month 2026-03"),
        (["digest", "--week", "2026-W10"], "--team"),
        ([*DIGEST, "--format", "papyrus"], "papyrus"),
        (["demo", "--port", "many"], "--port"),
        (["import"], "files"),
        (["admin", "grant"], "address"),
        (["tag", "--goals", "goals.jsonl", "--learn", "sometimes"], "ask:0.75"),
    ],
)
def test_a_wrong_usage_is_two_and_names_what_is_wrong(desk: CommandLine, words: list[str], named: str) -> None:
    code, told = desk.refused(*words)
    assert code == 2
    assert named in told
    assert list(desk.folder.iterdir()) == []


# Settings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"platforms": "pigeon"}, "INSTEP_PLATFORMS: pigeon is not one of"),
        ({"platforms": " , "}, "INSTEP_PLATFORMS: name at least one of"),
        ({"platforms": ""}, "INSTEP_PLATFORMS: name at least one of"),
        ({"host": "0.0.0.0"}, "INSTEP_HOST: the playground lets anybody be anybody"),
        ({"port": "eighty"}, "INSTEP_PORT: "),
        ({"port": "70000"}, "INSTEP_PORT: "),
        ({"admins": "ana"}, "INSTEP_ADMINS: ana is not an address"),
        ({"only_to": "ana"}, "INSTEP_ONLY_TO: ana is not an address"),
        ({"port": "0", "admins": "ana"}, "INSTEP_ADMINS: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(desk: CommandLine, settings: dict[str, str], named: str) -> None:
    code, told = desk.refused("serve", **settings)
    assert code == 1
    assert named in told
    assert list(desk.folder.iterdir()) == []


def test_the_env_file_is_read_and_the_environment_wins(desk: CommandLine) -> None:
    desk.write(".env", "INSTEP_DATABASE_URL=sqlite:///from-file.db\n")
    assert desk.run("tick").code == 0
    assert (desk.folder / "from-file.db").exists()
    assert desk.run("tick", database_url="sqlite:///from-environment.db").code == 0
    assert (desk.folder / "from-environment.db").exists()


def test_an_env_file_that_is_no_text_is_told_in_words(desk: CommandLine) -> None:
    (desk.folder / ".env").write_bytes(b"INSTEP_HOST=\xff\xfe\n")
    code, told = desk.refused("serve")
    assert (code, ".env cannot be read" in told) == (1, True)


# Databases that cannot be used


def a_folder(folder: Path) -> str:
    (folder / "data").mkdir()
    return "data"


def a_letter(folder: Path) -> str:
    (folder / "letter.txt").write_text("Dear Ana, " * 400)
    return "letter.txt"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_folder, "is a folder"),
        (a_letter, "not a database that Instep can read"),
        (lambda _: "missing/instep.db", "The folder of the database missing/instep.db does not exist"),
    ],
)
def test_what_is_no_database_is_told_by_every_command(
    desk: CommandLine, make: Callable[[Path], str], told: str
) -> None:
    url = f"sqlite:///{make(desk.folder)}"
    for words in (("serve",), ("tick",), DIGEST, ("migrate",)):
        code, sentence = desk.refused(*words, database_url=url)
        assert (code, told in sentence) == (3, True), words
    ended = desk.run("doctor", database_url=url)
    assert ended.code == 1
    assert "NOT  Database: " in ended.out
    assert told in ended.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to what is read-only")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_database_is_told_in_words(desk: CommandLine, what: str) -> None:
    assert desk.run("migrate").code == 0
    path = desk.folder / "instep.db" if what == "file" else desk.folder
    before = path.stat().st_mode
    path.chmod(0o444 if what == "file" else 0o555)
    try:
        code, told = desk.refused("serve")
        assert (code, "is read-only" in told) == (3, True)
        assert "NOT  Database" in desk.run("doctor").out
    finally:
        path.chmod(before)


def test_a_database_of_a_newer_version_is_left_alone(desk: CommandLine) -> None:
    assert desk.run("migrate").code == 0
    version(desk.folder / "instep.db", "9999")
    before = (desk.folder / "instep.db").read_bytes()
    for words in (("serve",), DIGEST, ("migrate",)):
        code, told = desk.refused(*words)
        assert (code, "newer version of Instep" in told) == (3, True), words
    ended = desk.run("doctor")
    assert (ended.code, "NOT  Database: The database is from a newer version" in ended.out) == (1, True)
    assert (desk.folder / "instep.db").read_bytes() == before


def test_reading_from_a_database_that_is_not_there_makes_none(desk: CommandLine) -> None:
    code, told = desk.refused(*DIGEST)
    assert (code, told) == (3, "There is no database at instep.db.")
    assert list(desk.folder.iterdir()) == []


def test_reading_from_an_empty_database_says_how_to_fill_it(desk: CommandLine) -> None:
    (desk.folder / "instep.db").touch()
    code, told = desk.refused(*DIGEST)
    assert (code, "Run `instep migrate`" in told) == (3, True)
    assert desk.run("migrate") == Ended(0, "The database is of this version now.\n", "")
    assert desk.refused(*DIGEST)[0] == 1  # now it is only that there is no such team


# Serving


def test_serve_answers_and_ends_in_peace_when_told_to(desk: CommandLine, port: int) -> None:
    with desk.serving("serve", port=port) as process:
        assert ask(port) == 200
        with closing(socket.create_connection(("127.0.0.1", port))) as page:
            page.sendall(HANDSHAKE.format(port=port).encode())
            assert page.recv(1024).startswith(b"HTTP/1.1 101")
            process.send_signal(signal.SIGTERM)  # while somebody's browser looks at it, and does not answer
            out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err
    assert "ERROR" not in err


def test_interrupting_serve_is_no_trouble(desk: CommandLine, port: int) -> None:
    with desk.serving("serve", port=port) as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in err


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told_before_anything_is_promised(desk: CommandLine, taken: int, command: str) -> None:
    ended = desk.run(command, port=taken)
    assert (ended.code, ended.out) == (3, "")
    assert f"Port {taken} of 127.0.0.1 is taken" in " ".join(ended.err.split())


def test_one_sqlite_file_has_one_writer_and_any_readers(filled: CommandLine, tmp_path: Path, port: int) -> None:
    desk = filled.at(tmp_path)
    with desk.serving("serve", port=port) as process:
        for words in (("serve",), ("tick",), ("migrate",), ("admin", "grant", "playground:ana")):
            code, told = desk.refused(*words, port=port)
            assert code == 3
            assert told.startswith("Another Instep is using")
        assert "Platform" in desk.run(*DIGEST).out
        assert "people.csv: 4 rows" in desk.run("export", "out").out
        assert "ok   Database: of this version" in desk.run("doctor", port=port).out
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert desk.run("tick").code == 0


def test_the_demo_opens_on_a_company_and_keeps_nothing(desk: CommandLine, port: int) -> None:
    with desk.serving(
        "demo", announced=f"Open http://127.0.0.1:{port}", port=port, only_to="playground:nobody"
    ) as process:
        assert ask(port) == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "failed" not in err
    assert list(desk.folder.iterdir()) == []


# Ticking


def test_tick_does_what_is_due_once_and_counts_it(desk: CommandLine) -> None:
    assert desk.run("tick").out == "0 planned, 0 sent, 0 edited, 0 failed\n"
    assert desk.run("tick", "--at", "2026-03-02T10:00+01:00").out == "0 planned, 0 sent, 0 edited, 0 failed\n"


@pytest.mark.parametrize("moment", ["tomorrow", "2026-02-30T10:00+01:00", "2026-03-02T10:00"])
def test_an_instant_that_is_none_is_told_in_words(desk: CommandLine, moment: str) -> None:
    code, told = desk.refused("tick", "--at", moment)
    assert code == 1
    assert f"“{moment}”" in told
    assert "2026-03-02T10:00+01:00" in told
    assert list(desk.folder.iterdir()) == []


# People and their data


def test_the_doctor_names_workspaces_that_instep_was_removed_from(filled: CommandLine, tmp_path: Path) -> None:
    desk = filled.at(tmp_path)
    assert "Workspace" not in desk.run("doctor").out
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    with database.transaction() as tx:
        assert uninstalls.remove(tx, "playground:local", datetime(2026, 3, 3, 9, tzinfo=UTC)) is not None
    database.close()
    assert "(playground:local) on 2026-03-03. Nothing is sent there" in desk.run("doctor").out


def test_rights_are_given_to_somebody_and_taken_back(filled: CommandLine, tmp_path: Path) -> None:
    desk = filled.at(tmp_path)
    assert "NOT  Admins: nobody is one" in (told := desk.run("doctor").out)
    assert "`instep admin grant ADDRESS` makes the first" in told
    assert desk.run("admin", "grant", "playground:ana") == Ended(0, "Ana Ruiz is an admin.\n", "")
    assert "Admins" not in desk.run("doctor").out
    assert desk.run("admin", "revoke", "playground:ana").out == "Ana Ruiz is no admin any more.\n"
    code, told = desk.refused("admin", "grant", "playground:nobody")
    assert (code, "There is nobody with the address playground:nobody" in told) == (1, True)


def test_importing_the_same_files_again_changes_nothing(filled: CommandLine, tmp_path: Path) -> None:
    desk = filled.at(tmp_path)
    ended = desk.run("import", str(filled.folder / "people.csv"), str(filled.folder / "answers.csv"))
    assert ended.code == 0
    assert ended.out.count("0 added, 0 updated, 4 unchanged") == 2


def test_bad_rows_are_told_with_their_line_and_nothing_of_the_file_is_kept(desk: CommandLine) -> None:
    path = desk.write("people.csv", PEOPLE + "playground:eve,Eve,,Mars/Olympus,Platform,\n")
    ended = desk.run("import", "people.csv", "--company", "Acme")
    assert (ended.code, ended.out) == (1, "people.csv: nothing kept\n")
    assert "people.csv:6: " in ended.err
    assert "--skip-bad" in ended.err
    ended = desk.run("import", str(path), "--company", "Acme", "--skip-bad")
    assert (ended.code, "4 added" in ended.out) == (0, True)


def test_a_file_that_is_not_there_is_told_in_words(desk: CommandLine) -> None:
    code, told = desk.refused("import", "people.csv", "--company", "Acme")
    assert code == 1
    assert "people.csv" in told


def test_a_digest_as_text_fits_a_terminal(filled: CommandLine) -> None:
    ended = filled.run(*DIGEST)
    assert (ended.code, ended.err) == (0, "")
    assert "Pricing page" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 78


def test_a_digest_is_printed_as_slack_and_teams_would_be_sent_it(filled: CommandLine) -> None:
    blocks = filled.run(*DIGEST, "--format", "slack")
    cards = filled.run(*DIGEST, "--format", "teams")
    assert (blocks.code, cards.code) == (0, 0)
    assert json.loads(blocks.out)[0]["blocks"][0]["type"] == "header"
    assert json.loads(cards.out)[0]["version"] == "1.5"


def test_a_digest_as_a_page_shows_hostile_words_as_words(filled: CommandLine) -> None:
    ended = filled.run(*DIGEST, "--format", "html")
    assert ended.code == 0
    assert ended.out.startswith("<!doctype html>")
    assert "<script" not in ended.out
    assert "&lt;script&gt;alert(1)&lt;/script&gt; buttons &amp; more" in ended.out


def test_a_digest_as_json_has_every_line_and_no_name(filled: CommandLine) -> None:
    ended = filled.run(*DIGEST, "--format", "json")
    summary = json.loads(ended.out)
    assert (summary["team"], summary["members"], summary["answered"]) == ("Platform", 4, 4)
    lines = [item["words"] if "words" in item else str(item) for work in summary["work"] for item in work["items"]]
    assert len(lines) == 4
    for name in ("Ana", "Ruiz", "Ben", "Okafor", "Cem", "Dora", "playground:"):
        assert name not in ended.out


def test_a_month_is_a_digest_too(filled: CommandLine) -> None:
    ended = filled.run("digest", "--team", "Platform", "--month", "2026-03")
    assert (ended.code, "Pricing page" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--team", "Nowhere", "--week", "2026-W10"], "Nowhere"),
        (["--team", "Platform", "--week", "2026-W99"], "2026-W99"),
        (["--team", "Platform", "--month", "2026-13"], "2026-13"),
        (["--team", "Platform", "--week", "2026-W10", "--company", "Evil"], "Evil"),
    ],
)
def test_a_digest_that_cannot_be_is_told_in_words(filled: CommandLine, words: list[str], named: str) -> None:
    code, told = filled.refused("digest", *words)
    assert code == 1
    assert named in told


# Tagging

GOAL = '{"set": "acme", "goal_id": "g1", "title": "Pricing page"}\n{"set": "acme", "goal_id": "g2", "title": "EU hosting"}\n'
LINES = (
    '{"set": "acme", "id": "s1", "text": "Pricing page copy", "person": "p1", "date": "2026-03-02", "goal_ids": ["g1"]}\n'
    '{"set": "acme", "id": "s2", "text": "Moved EU hosting to Frankfurt", "person": "p1", "date": null, "goal_ids": []}\n'
)


def test_statements_are_filed_in_a_pipe(desk: CommandLine) -> None:
    desk.write("goals.jsonl", GOAL)
    ended = desk.run("tag", "--goals", "goals.jsonl", "--learn", "all", typed=LINES)
    predictions = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 0
    assert [each["id"] for each in predictions] == ["s1", "s2"]
    assert [each["ranked"][0]["goal_id"] for each in predictions] == ["g1", "g2"]
    assert "2 lines, 100.0% asked" in ended.err


@pytest.mark.parametrize(
    ("goals", "lines", "named"),
    [
        (None, LINES, "goals.jsonl cannot be read"),
        (GOAL + "{\n", LINES, "goals.jsonl:3: this is not JSON"),
        ('{"set": "acme", "title": "Pricing"}', LINES, "goals.jsonl:1: “goal_id” is missing"),
        (GOAL, LINES + "[1]", "standard input:3: this is not an object"),
        (GOAL, '{"set": "acme", "id": 7, "text": "x"}', "standard input:1: “id” is missing or not a word"),
        (GOAL, '{"set": "acme", "id": "s", "text": "x"}', "standard input:1: “goal_ids” is missing"),
    ],
)
def test_statements_that_cannot_be_read_are_told_with_their_line(
    desk: CommandLine, goals: str | None, lines: str, named: str
) -> None:
    if goals is not None:
        desk.write("goals.jsonl", goals)
    code, told = desk.refused("tag", "--goals", "goals.jsonl", "--learn", "all", typed=lines)
    assert code == 1
    assert named in told


def test_weights_of_another_version_are_told_in_words(desk: CommandLine) -> None:
    desk.write("goals.jsonl", GOAL)
    desk.write("weights.json", '{"goals": []}')
    code, told = desk.refused("tag", "--goals", "goals.jsonl", "--weights", "weights.json", typed=LINES)
    assert (code, told) == (1, "weights.json holds no weights of this version.")


# The doctor


def test_the_doctor_finds_a_fresh_machine_well_and_leaves_nothing_on_it(desk: CommandLine, port: int) -> None:
    ended = desk.run("doctor", port=port)
    assert (ended.code, ended.err) == (0, "")
    assert [line[:4] for line in ended.out.splitlines()] == ["ok  "] * 3
    assert "none yet" in ended.out
    assert list(desk.folder.iterdir()) == []


def test_the_doctor_says_what_is_wrong(desk: CommandLine, taken: int) -> None:
    ended = desk.run("doctor", port=taken, database_url="sqlite:///missing/instep.db")
    assert ended.code == 1
    assert "NOT  Database: The folder of the database missing/instep.db does not exist." in ended.out
    assert f"NOT  Port: 127.0.0.1:{taken} is taken" in ended.out
    ended = desk.run("doctor", platforms="pigeon")
    assert (ended.code, "NOT  Settings: INSTEP_PLATFORMS: pigeon" in ended.out) == (1, True)


# Teams


def test_the_app_package_of_teams_is_written_where_it_is_wanted(desk: CommandLine) -> None:
    told = desk.run("teams", "package")
    assert (told.code, told.err) == (
        1,
        "TEAMS_APP_ID: a GUID, the application (client) id of the app registration.\n",
    )
    (desk.folder / ".env").write_text("TEAMS_APP_ID=aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee\n")
    assert desk.run("teams", "package", "--website", "http://acme.example").code == 2
    assert desk.run("teams", "package", "--publisher", "x" * 33).code == 2
    written = desk.run("teams", "package", "--out", "acme.zip", "--publisher", "Acme")
    assert written.code == 0, written.err
    assert (desk.folder / "acme.zip").read_bytes().startswith(b"PK")
    lost = desk.run("teams", "package", "--out", "nowhere/acme.zip")
    assert (lost.code, lost.err) == (1, "nowhere/acme.zip cannot be written: No such file or directory.\n")


def test_teams_without_what_it_needs_is_told_and_not_served(desk: CommandLine) -> None:
    assert "NOT  Teams: Teams needs TEAMS_APP_ID." in desk.run("doctor", platforms="teams").out
    served = desk.run("serve", platforms="teams")
    assert (served.code, served.err) == (1, "Teams needs TEAMS_APP_ID.\n")
