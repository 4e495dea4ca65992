"""What came of each feature on each platform, written down by the run itself: `pytest --features=FILE`.

A feature is a row of docs/features.toml. A test that has the mark `feature("C1")` proves it on the platform of its
parameter `platform`, or on those that the mark names (`on=("slack", "teams")`). Only a whole run is written down: where a
feature's test was deselected or skipped, or only some files were run, FILE is not there afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

PLATFORMS = ("slack", "teams", "playground")
PROVES = "proves"


class RunNotes:
    """What is noted during a run, in the process that hears of every test. `outcomes` is by feature, platform and test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, dict[str, dict[str, str]]] = {}
        self.partly = ""  # why this is no whole run

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if any(item.get_closest_marker("feature") for item in items):
            self.partly = "some were deselected"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        for proof in (value for name, value in report.user_properties if name == PROVES):
            feature, platform, test = str(proof).split("|")
            self.outcomes.setdefault(feature, {}).setdefault(platform, {})[test] = report.outcome
            if report.skipped:
                self.partly = "some were skipped"

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.path.unlink(missing_ok=True)
        if session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
            self.partly = "only some files were run"
        option = (
            session.config.option
        )  # where other processes run the tests, what they deselect is not told here
        if option.keyword or option.deselect or option.markexpr not in ("", "feature"):
            self.partly = "some were deselected"
        if session.shouldstop or session.shouldfail:
            self.partly = "it was stopped"
        if not self.partly and not session.config.option.collectonly:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(self.outcomes, indent=1, sort_keys=True), encoding="utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test proves travels with its report, from the process that runs it to the one that writes it down."""
    for mark in item.iter_markers("feature"):
        for platform in _platforms(item, mark):
            proof = f"{mark.args[0]}|{platform}|{item.name.partition('[')[0]}"
            item.user_properties.append((PROVES, proof))


def _platforms(item: pytest.Item, mark: pytest.Mark) -> Sequence[str]:
    given: Sequence[str] = mark.kwargs.get("on", ())
    if given:
        return given
    callspec = getattr(item, "callspec", None)
    platform = callspec.params.get("platform") if callspec is not None else None
    assert platform in PLATFORMS, f"{item.nodeid} proves a feature on no platform"
    return (platform,)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--features", metavar="FILE", help="where to write what came of each feature")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "feature(id, on=()): proves a row of docs/features.toml")
    path = config.getoption("--features")
    if path and not hasattr(config, "workerinput"):  # of several processes, the one that hears of all tests
        config.pluginmanager.register(RunNotes(Path(path)))
