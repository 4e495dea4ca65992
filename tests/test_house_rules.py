"""The rules of the house find what they are about."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

import pytest

from scripts import house_rules

Rule = Callable[[Sequence[tuple[str, ast.Module]]], Iterator[str]]


def modules(**sources: str) -> list[tuple[str, ast.Module]]:
    return [(f"bot/{name}.py", ast.parse(source)) for name, source in sources.items()]


@pytest.mark.parametrize(
    ("rule", "sources", "found"),
    [
        (
            house_rules.double_names,
            {"a": "class Room: ...", "b": "class Room: ..."},
            "bot/a.py:1, bot/b.py:1",
        ),
        (house_rules.double_names, {"a": "class Settings: ...", "b": "class Settings: ..."}, ""),
        (house_rules.double_names, {"a": "class Room: ...", "b": "class Table: ..."}, ""),
        (house_rules.hiding_aliases, {"a": "from storage import people as stored"}, "“people as stored”"),
        (house_rules.hiding_aliases, {"a": "import checkins.goals.rules as r"}, "“rules as r”"),
        (house_rules.hiding_aliases, {"a": "from storage import people as stored_people"}, ""),
        (house_rules.hiding_aliases, {"a": "from bot.views import people as people_views"}, ""),
        (house_rules.hiding_aliases, {"a": "from bot.views import goals as goal_views"}, ""),
        (house_rules.hiding_aliases, {"a": "import numpy as np"}, ""),
        (house_rules.named_platforms, {"a": "if name == 'slack': ..."}, "'slack' names a platform"),
        (house_rules.named_platforms, {"a": "at = 'teams:T1:ana'"}, "names a platform"),
        (house_rules.named_platforms, {"a": "settings.slack_bot_token"}, "slack_bot_token"),
        (house_rules.named_platforms, {"a": "from adapters import playground"}, "adapters"),
        (
            house_rules.named_platforms,
            {"a": "'''What Slack, teams and a playground do.'''\nteams = people.teams()"},
            "",
        ),
        (house_rules.named_platforms, {"views/notes": "said = 'slack'"}, ""),
    ],
)
def test_a_rule_names_the_place_that_breaks_it(rule: Rule, sources: dict[str, str], found: str) -> None:
    told = list(rule(modules(**sources)))
    assert bool(told) == bool(found), told
    assert all(found in line for line in told)


def test_what_may_name_a_platform_is_there_and_does() -> None:
    """An exception that nobody needs any more is taken out of the list."""
    for place in house_rules.MAY_NAME:
        path = house_rules.ROOT / place
        assert path.exists(), place
        sources = [path] if path.is_file() else list(path.rglob("*.py"))
        assert any(
            name in source.read_text(encoding="utf-8")
            for source in sources
            for name in ("slack", "playground", "teams")
        )
