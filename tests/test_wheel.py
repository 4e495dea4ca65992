"""The wheel: everything that runs is in it, and it runs where there is no checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]


def run(*words: str | Path, cwd: Path, path: Path | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INSTEP_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=cwd,
        env={**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **({"PYTHONPATH": str(path)} if path else {})},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout, with no network."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", folder, CHECKOUT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds and nothing else; what it depends on comes from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    options = ("--quiet", "--no-deps", "--no-index", "--no-compile")
    run("-m", "pip", "install", *options, "--target", folder, wheel, cwd=folder)
    return folder


def test_the_wheel_holds_every_file_of_the_four_packages_and_the_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    packages = ("bot", "adapters", "checkins", "storage")
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", *packages],
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    wanted = {
        "bot/__main__.py",
        "adapters/playground/page/index.html",
        "adapters/playground/page/app.js",
        "adapters/playground/page/base.css",
        "checkins/tagging/weights.json",
        "storage/migrations/env.py",
        "storage/migrations/versions/0001_the_first_tables.py",
        *(name for name in tracked.stdout.splitlines() if (CHECKOUT / name).exists()),
    }
    assert wanted - names == set()
    information = {name.partition("/")[2] for name in names if name.partition("/")[0].endswith(".dist-info")}
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= information
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(packages)


def test_the_installed_wheel_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    found = run("-c", "import bot, storage; print(bot.__file__, storage.__file__)", cwd=tmp_path, path=installed)
    assert [Path(name).parents[1] for name in found.split()] == [installed, installed]
    assert " serve " in run("-m", "bot", "--help", cwd=tmp_path, path=installed)
    assert "none yet" in run("-m", "bot", "doctor", cwd=tmp_path, path=installed)
    said = run("-m", "bot", "tick", cwd=tmp_path, path=installed)
    assert said == "0 planned, 0 sent, 0 edited, 0 failed\n"
    assert "of this version" in run("-m", "bot", "doctor", cwd=tmp_path, path=installed)
    assert (installed / "bin" / "instep").exists()
