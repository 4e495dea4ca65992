"""What came of each feature on each platform, and which laws need what, written down by the run itself:
`pytest --features=FILE`.

A feature is a row of docs/features.toml. A test that has the mark `feature("C1")` proves it on the platform of its
parameter `platform`, or on those that the mark names (`on=("slack", "teams")`). Only a whole run is written down: where
a feature's test was deselected or skipped, or only some files were run, FILE is not there afterwards.

A law of tests/adapters/contract that has the mark `needs(CAPABILITY)` or `lacks(CAPABILITY)` is for the platforms alone
that have it, or have it not; scripts/parity.py says which they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

PROVES = "proves"


class RunNotes:
    """What is noted during a run. `outcomes` is by feature, platform and test; `laws` is by `needs` or `lacks` and
    capability."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[str, dict[str, dict[str, str]]] = {}
        self.laws: dict[str, dict[str, set[str]]] = {"needs": {}, "lacks": {}}
        self.partly = ""  # why this is no whole run

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if any(item.get_closest_marker("feature") for item in items):
            self.partly = "some were deselected"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        for name, value in report.user_properties:
            if name == PROVES:
                feature, platform, test = str(value).split("|")
                self.outcomes.setdefault(feature, {}).setdefault(platform, {})[test] = report.outcome
                if report.skipped:
                    self.partly = "some were skipped"
            elif name in self.laws:
                capability, test = str(value).split("|")
                self.laws[name].setdefault(capability, set()).add(test)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.path.unlink(missing_ok=True)
        if session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
            self.partly = "only some files were run"
        option = session.config.option  # where other processes run the tests, what they deselect is not told here
        if option.keyword or option.deselect or option.markexpr not in ("", "feature"):
            self.partly = "some were deselected"
        if session.shouldstop or session.shouldfail:
            self.partly = "it was stopped"
        if not self.partly and not session.config.option.collectonly:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            noted = {"features": self.outcomes, "laws": self.laws}
            self.path.write_text(json.dumps(noted, indent=1, sort_keys=True, default=sorted), encoding="utf-8")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test proves travels with its report, from the process that runs it to the one that writes it down."""
    for mark in item.iter_markers("feature"):
        for platform in _platforms(item, mark):
            item.user_properties.append((PROVES, f"{mark.args[0]}|{platform}|{_test(item)}"))
    for kind in ("needs", "lacks"):
        for mark in item.iter_markers(kind):
            item.user_properties.append((kind, f"{mark.args[0]}|{_test(item)}"))


def _test(item: pytest.Item) -> str:
    return item.name.partition("[")[0]


def _platforms(item: pytest.Item, mark: pytest.Mark) -> Sequence[str]:
    given: Sequence[str] = mark.kwargs.get("on", ())
    if given:
        return given
    callspec = getattr(item, "callspec", None)
    platform = str(callspec.params.get("platform", "")) if callspec is not None else ""
    assert platform, f"{item.nodeid} proves a feature on no platform"
    return (platform,)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--features", metavar="FILE", help="where to write what came of each feature")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "feature(id, on=()): proves a row of docs/features.toml")
    for kind, says in (("needs", "has"), ("lacks", "has not")):
        config.addinivalue_line("markers", f"{kind}(capability): a law for a platform that {says} it")
    path = config.getoption("--features")
    if path and not hasattr(config, "workerinput"):  # of several processes, the one that hears of all tests
        config.pluginmanager.register(RunNotes(Path(path)))
