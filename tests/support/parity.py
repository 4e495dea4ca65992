"""What came of each feature on each platform, written down by the run itself: `pytest --features=FILE`.

A feature is a row of docs/features.toml. A test that has the mark `feature("C1")` proves it on the platform of its
parameter `platform`, or on those that the mark names (`on=("slack", "teams")`). Only a whole run is written down: where a
feature's test was deselected or skipped, or only some files were run, FILE is not there afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

PLATFORMS = ("slack", "teams", "playground")


class RunNotes:
    """What is noted during a run. `outcomes` is by feature, platform and test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, dict[str, dict[str, str]]] = {}
        self.partly = ""  # why this is no whole run

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if any(item.get_closest_marker("feature") for item in items):
            self.partly = "some were deselected"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.when == "call" or report.outcome != "passed":
            for mark in item.iter_markers("feature"):
                for platform in _platforms(item, mark):
                    tests = self.outcomes.setdefault(mark.args[0], {}).setdefault(platform, {})
                    tests[item.name.partition("[")[0]] = report.outcome
                if report.skipped:
                    self.partly = "some were skipped"
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.path.unlink(missing_ok=True)
        if session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
            self.partly = "only some files were run"
        if session.shouldstop or session.shouldfail:
            self.partly = "it was stopped"
        if not self.partly and not session.config.option.collectonly:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(self.outcomes, indent=1, sort_keys=True), encoding="utf-8")


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
    if path := config.getoption("--features"):
        config.pluginmanager.register(RunNotes(Path(path)))
