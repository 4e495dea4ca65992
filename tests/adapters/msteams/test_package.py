"""The app package: what an admin uploads is what Microsoft's schema asks for, and its commands are the grammar's."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from adapters.msteams import manifest
from bot.conversation.actions import ACTIONS

ROOT = Path(__file__).parents[3]
SCHEMA = (
    ROOT / "build/teams/node_modules/@microsoft/app-manifest/build/json-schemas/teams"
    f"/v{manifest.VERSION}/MicrosoftTeams.schema.json"
)
CHROMIUM = Path("/usr/bin/chromium")
RENDERER = ROOT / "build/teams/node_modules/adaptivecards"
APP = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SAYS = {words: action.says for words, action in ACTIONS.by_words.items()}


@pytest.fixture
def made() -> dict[str, Any]:
    return manifest.manifest(APP, SAYS, publisher="Acme", website="https://acme.example/instep")


def test_the_manifest_is_what_its_schema_asks_for(made: dict[str, Any]) -> None:
    if not SCHEMA.exists():
        pytest.skip("npm install --no-save --prefix build/teams @microsoft/app-manifest brings the schema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8-sig"))
    assert [error.message for error in Draft4Validator(schema).iter_errors(made)] == []


def test_every_command_of_the_menu_is_one_and_says_what_it_does(made: dict[str, Any]) -> None:
    (bot,) = made["bots"]
    assert bot["botId"] == APP
    assert bot["supportsTargetedMessages"] is True
    assert [one["scopes"] for one in bot["commandLists"]] == [["personal"], ["team"], ["groupChat"]]
    for listed in bot["commandLists"]:
        assert listed["triggers"] == ["mention", "slash"]
        assert 1 <= len(listed["commands"]) <= manifest.MOST
        for command in listed["commands"]:
            assert command["title"] == "home" or command["title"] in SAYS
            assert 0 < len(command["description"]) <= 128
    assert bot["commandLists"][0]["commands"][0]["title"] == "home"


def test_the_words_fit_where_teams_shows_them(made: dict[str, Any]) -> None:
    assert len(made["name"]["short"]) <= 30
    assert len(made["description"]["short"]) <= 80
    assert made["version"] == version("instep")


def test_the_package_is_a_zip_of_three_files_and_always_the_same(made: dict[str, Any]) -> None:
    package = manifest.package(made)
    assert package == manifest.package(made)
    archive = zipfile.ZipFile(io.BytesIO(package))
    assert archive.namelist() == ["manifest.json", "color.png", "outline.png"]
    assert json.loads(archive.read("manifest.json")) == made
    for name, side in (("color.png", 192), ("outline.png", 32)):
        icon = archive.read(name)
        assert icon.startswith(b"\x89PNG")
        assert struct.unpack(">II", icon[16:24]) == (side, side)


def test_every_card_is_one_that_microsofts_renderer_draws_whole_on_desktop_and_phone(tmp_path: Path) -> None:
    if not RENDERER.is_dir() or not CHROMIUM.exists():
        pytest.skip("npm install --no-save --prefix build/teams adaptivecards@3.0.6, and a Chromium, draw them")
    drawn = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "teams_pictures.py")],
        capture_output=True,
        encoding="utf-8",
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        timeout=120,
    )
    assert (drawn.returncode, drawn.stdout) == (0, "Nothing to complain about.\n"), drawn.stderr
