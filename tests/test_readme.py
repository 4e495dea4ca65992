"""What the README says about settings, commands and targets is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from bot.cli.program import cli
from bot.settings import variables

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `([A-Z]+_\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def shown(default: object) -> str:
    """A default as the table writes it."""
    if default is PydanticUndefined:
        return "required"
    words = ",".join(map(str, default)) if isinstance(default, (tuple, frozenset)) else str(default)
    return f"`{words}`" if words else "none"


def test_the_table_of_settings_is_the_settings(readme: str) -> None:
    wanted = {name: (shown(field.default), field.description) for name, field in variables().items()}
    assert {name: (default, words) for name, default, words in ROW.findall(readme)} == wanted
    assert len(ROW.findall(readme)) == len(wanted)


def test_the_readme_names_no_setting_that_there_is_not(readme: str) -> None:
    known = variables().keys()
    assert set(re.findall(r"\b(?:INSTEP|SLACK|TEAMS)_[A-Z_]+\b", readme)) <= known


def test_the_readme_names_every_command_and_no_other(readme: str) -> None:
    commands = {info.name or (info.callback.__name__ if info.callback else "") for info in cli.registered_commands} | {
        group.name or "" for group in cli.registered_groups
    }
    assert set(re.findall(r"^\| `instep (\w+)", readme, re.MULTILINE)) == commands
    assert set(re.findall(r"\.venv/bin/instep (\w+)", readme)) <= commands


def test_every_make_target_that_is_named_is_there(readme: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", readme, re.MULTILINE))
    assert {"demo", "test", "setup"} <= named
    assert named <= targets


def test_every_file_and_folder_that_the_readme_names_is_there(readme: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme)
    paths = re.findall(r"`((?:bot|checkins|storage|adapters|tests|docs)/[\w./-]*)`", readme)
    missing = [name for name in [*links, *paths] if not (ROOT / name).exists() and "NAME" not in name]
    assert missing == []
