"""The page of what works where: made from whole runs only, and wrong where platforms differ without a reason."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.chat import registry
from bot.chat.registry import Capability
from scripts import parity

ROOT = Path(__file__).parents[1]
EVERYWHERE = {
    "slack": {"test_a": "passed"},
    "teams": {"test_a": "passed"},
    "playground": {"test_a": "passed"},
}
TESTS = """
import pytest

@pytest.mark.feature("C1")
@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_asked(platform): pass

@pytest.mark.feature("R1", on=("slack", "teams"))
def test_both(): pass

@pytest.mark.needs("threads")
@pytest.mark.parametrize("harness", ["a", "b"])
def test_law(harness): pass

def test_other(): pass
"""


def row(**more: Any) -> dict[str, Any]:
    return {"id": "C1", "says": "Asked"} | more


def test_what_works_everywhere_is_said_so() -> None:
    made, wrong = parity.page([row()], {"C1": EVERYWHERE})
    assert wrong == []
    assert "| C1 | Asked | yes | yes | yes |" in made
    assert "- C1: `test_a`" in made


@pytest.mark.parametrize(
    ("rows", "outcomes", "said"),
    [
        ([row()], {}, "C1 on Slack: no test"),
        ([row()], {"C1": EVERYWHERE | {"teams": {}}}, "C1 on Teams: no test"),
        ([row()], {"C1": EVERYWHERE | {"teams": {"test_a": "failed", "test_b": "passed"}}}, "C1 on Teams: test_a"),
        ([row()], {"C1": EVERYWHERE, "C9": EVERYWHERE}, "C9: a test proves it, and features.toml has no such row"),
        ([row(differs={"teams": "no history"})], {"C1": EVERYWHERE}, "C1 works on Teams, and features.toml says why it would not"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(rows: list[dict[str, Any]], outcomes: Any, said: str) -> None:
    _, wrong = parity.page(rows, outcomes)
    assert said in wrong


def test_a_difference_with_a_reason_stands_on_the_page() -> None:
    found = {"C1": {name: tests for name, tests in EVERYWHERE.items() if name != "teams"}}
    made, wrong = parity.page([row(differs={"teams": "no history"})], found)
    assert wrong == []
    assert "| C1 | Asked | yes | no | yes |" in made
    assert "- C1 on Teams: no history" in made


def test_what_a_platform_has_not_stands_there_with_its_reason_and_its_laws() -> None:
    laws = {"needs": {"history": ["test_find"]}, "lacks": {"history": ["test_unsupported"]}}
    made = parity.absent(parity.PLATFORMS, laws)
    reason = registry.adapter("teams").lacks[Capability.HISTORY]
    assert f"| Teams | history | {reason} | `test_find` | `test_unsupported` |" in made
    assert "| Slack |" not in made


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\ntestpaths = tests")
    pytester.mkdir("tests")
    pytester.path.joinpath("conftest.py").write_text("pytest_plugins = ['tests.support.parity']")
    pytester.path.joinpath("tests", "test_it.py").write_text(TESTS)

    def run(*args: str) -> Any:
        pytester.runpytest_subprocess(
            "--import-mode=importlib", "-p", "no:cacheprovider", "--features=found.json", *args
        )
        found = pytester.path / "found.json"
        return json.loads(found.read_text(encoding="utf-8")) if found.exists() else None

    return run


def test_a_whole_run_is_written_down(run: Any) -> None:
    passed = {"test_asked": "passed"}
    both = {"test_both": "passed"}
    assert run() == {
        "features": {"C1": {"slack": passed, "teams": passed}, "R1": {"slack": both, "teams": both}},
        "laws": {"needs": {"threads": ["test_law"]}, "lacks": {}},
    }
    assert run("-m", "feature") is not None


@pytest.mark.parametrize("args", [("-k", "other"), ("-k", "asked"), ("tests/test_it.py",), ("--co",), ("-m", "not feature")])  # fmt: skip
def test_a_run_of_some_is_not_and_takes_the_last_one_away(run: Any, args: tuple[str, ...]) -> None:
    assert run() is not None
    assert run(*args) is None


def test_a_run_with_a_skipped_test_is_no_whole_one(run: Any, pytester: pytest.Pytester) -> None:
    test = pytester.path / "tests" / "test_it.py"
    test.write_text(TESTS.replace("def test_both(): pass", "def test_both(): pytest.skip('no node')"))
    assert run() is None


def test_a_failure_is_written_down_as_one(run: Any, pytester: pytest.Pytester) -> None:
    test = pytester.path / "tests" / "test_it.py"
    test.write_text(
        TESTS.replace("def test_asked(platform): pass", "def test_asked(platform): assert platform == 'slack'")
    )
    assert run()["features"]["C1"] == {"slack": {"test_asked": "passed"}, "teams": {"test_asked": "failed"}}


def test_without_a_whole_run_there_is_nothing_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = parity.PAGE.read_text(encoding="utf-8")
    assert parity.main(tmp_path / "found.json", check=True) == ""
    assert parity.main(tmp_path / "found.json", check=False) == ""
    assert "neither made nor checked" in capsys.readouterr().out
    assert parity.PAGE.read_text(encoding="utf-8") == before


def test_a_page_that_is_another_than_the_run_showed_is_told(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    rows = tomllib.loads(parity.TABLE.read_text(encoding="utf-8"))["feature"]
    outcomes = {
        each["id"]: {name: tests for name, tests in EVERYWHERE.items() if name not in each.get("differs", {})}
        for each in rows
    }
    found.write_text(json.dumps({"features": outcomes, "laws": {"needs": {}, "lacks": {}}}), encoding="utf-8")
    assert "run make parity" in parity.main(found, check=True)


def test_each_row_stands_once_in_the_table() -> None:
    rows = tomllib.loads(parity.TABLE.read_text(encoding="utf-8"))["feature"]
    ids = [each["id"] for each in rows]
    assert len(ids) == len(set(ids))
    assert all(each["says"] and set(each) <= {"id", "says", "differs"} for each in rows)
