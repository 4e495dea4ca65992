"""Every row fits its handler: what it says of arguments, rights, changes and examples is so, and so is the page on
adding one."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Union, get_args, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator
from sqlmodel import SQLModel, select

from bot.chat.events import Reply
from bot.chat.messages import Message
from bot.commands import arguments as command_arguments
from bot.commands import parse as command_parse
from bot.commands.arguments import Argument, option
from bot.commands.parse import Understood
from bot.commands.table import Action, ActionTable, Right
from bot.conversation.actions import ACTIONS
from bot.conversation.context import Turn
from storage.tables import Audit, Inbox
from tests.support.world import World, local, seen

HOWTO = Path(__file__).parents[3] / "docs/howto/add-a-command.md"
TODAY = date(2026, 3, 2)
WHO: dict[Right, str] = {"": "ana", "manager": "ben", "admin": "mara"}
WITHOUT: dict[Right, str] = {"manager": "ana", "admin": "ben"}  # the next ones below, who may not
FIRST = {"goals undo": "goals progress #growth at risk"}  # said before; a merge cannot be taken back

Schema = dict[str, object]
NAMED: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    type(None): {"type": "null"},
    date: {"type": "string", "format": "date"},
    timedelta: {"type": "string", "format": "duration"},
}


def schema(of: object) -> Schema:
    """A type as JSON Schema has it. TypeError for one that no argument has had yet."""
    parts = get_args(of)
    if get_origin(of) in (types.UnionType, Union):
        return {"anyOf": [schema(part) for part in parts]}
    if get_origin(of) is tuple and parts[-1] is Ellipsis:
        return {"type": "array", "items": schema(parts[0])}
    if get_origin(of) is tuple:
        return {"type": "array", "prefixItems": [schema(part) for part in parts], "minItems": len(parts)}
    if of not in NAMED:
        raise TypeError(f"{of} has no schema")
    return NAMED[of]


def described(action: Action) -> Schema:
    """What an action takes, from its row."""
    properties = {argument.name: schema(argument.kind.value_type) for argument in action.arguments}
    required = [argument.name for argument in action.arguments if not argument.optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def taken(handler: Callable[..., Reply]) -> Schema:
    """What a handler takes, from its signature: None as a default is what is left out, and no value of its own."""
    hints = get_type_hints(handler)
    turn, *others = inspect.signature(handler).parameters.values()
    assert hints[turn.name] is Turn
    named = [parameter for parameter in others if parameter.kind is parameter.KEYWORD_ONLY]
    for parameter in others:  # what a button brings
        assert parameter in named or parameter.default == "", parameter
    properties = {}
    for parameter in named:
        of = hints[parameter.name]
        if parameter.default is None:
            (of,) = (part for part in get_args(of) if part is not type(None))
        properties[parameter.name] = schema(of)
    required = [parameter.name for parameter in named if parameter.default is parameter.empty]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def examples(action: Action) -> tuple[str, ...]:
    return action.examples or (action.words,)


@pytest.fixture
def company(world: World) -> World:
    """Mara the admin, Platform with Ana and Cem, which Ben manages, two more teams, and two goals, one of them
    Ana's."""
    world.person("mara", admin=True)
    world.person("ben")
    world.team("Platform", ["ana", "cem"], manager="ben")
    world.team("Sales", [], on=False)
    world.team("Legal", [], on=False)
    world.introduced("ana", "ben", "cem")
    world.goal("Growth", handle="growth")
    world.goal("Pricing", handle="pricing", owner_id=world.read("ana").id)
    return world


def refusals(world: World) -> int:
    with world.database.transaction() as tx:
        return len(tx.exec(select(Audit).where(Audit.act == "refused")).all())


def everything(world: World) -> dict[str, list[str]]:
    """All rows, but for which events were heard."""
    with world.database.transaction() as tx:
        return {
            table.name: sorted(map(repr, tx.execute(table.select()).all()))
            for table in SQLModel.metadata.sorted_tables
            if table.name != Inbox.__tablename__
        }


@pytest.mark.parametrize("action", ACTIONS.rows, ids=lambda action: action.words)
def test_a_rows_arguments_are_its_handlers_parameters_by_name_type_and_default(action: Action) -> None:
    description = described(action)
    Draft202012Validator.check_schema(description)
    assert description == taken(action.handler)
    outputs = get_args(action.output_type) or (action.output_type,)
    assert set(outputs) <= set(get_args(Reply))


def _toy(turn: Turn, *, weeks: int, until: date | None = None) -> Message:
    return Message(f"{weeks} {until}")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (Argument("week", command_arguments.WEEKS), option("until", command_arguments.DATE)),
        (Argument("weeks", command_arguments.WEEK), option("until", command_arguments.DATE)),
        (Argument("weeks", command_arguments.WEEKS, optional=True), option("until", command_arguments.DATE)),
        (Argument("weeks", command_arguments.WEEKS), Argument("until", command_arguments.DATE, "until")),
        (Argument("weeks", command_arguments.WEEKS), option("until", command_arguments.DATES)),
    ],
)
def test_a_row_that_is_not_its_handlers_is_seen(arguments: tuple[Argument, ...]) -> None:
    fitting = (Argument("weeks", command_arguments.WEEKS), option("until", command_arguments.DATE))
    assert described(Action("toy", _toy, "", fitting)) == taken(_toy)
    assert described(Action("toy", _toy, "", arguments)) != taken(_toy)


@pytest.mark.parametrize("action", ACTIONS.rows, ids=lambda action: action.words)
def test_the_examples_of_an_action_are_read_as_it_and_give_every_argument(action: Action) -> None:
    given: set[str] = set()
    for words in examples(action):
        for marked in (True, False):
            found = command_parse.parse(words, TODAY, ACTIONS, marked=marked)
            assert isinstance(found, Understood), found
            assert found.action is action
            given |= set(found.values)
    assert given == {argument.name for argument in action.arguments}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([Action("wave", _toy, ""), Action("wave", _toy, "")], "two rows are called “wave”"),
        ([Action("wave", _toy, ""), Action("greet", _toy, "", synonyms=("wave",))], "two rows"),
        ([Action("wave at", _toy, "")], "“wave at” needs a row for its first word"),
    ],
)
def test_rows_that_cannot_be_told_apart_or_begin_nowhere_make_no_table(rows: list[Action], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        ActionTable(rows)


async def test_whoever_lacks_the_right_of_a_row_is_refused_and_changes_nothing(company: World) -> None:
    await company.says("ana", "help")
    await company.says("ben", "help")
    for action in ACTIONS.rows:
        for words in examples(action) if action.right else ():
            before, refused = everything(company), refusals(company)
            reply = seen(await company.says(WITHOUT[action.right], words))
            assert "nly " in reply, (words, reply)
            assert refusals(company) == refused + 1, words
            after = everything(company)
            assert {name for name in after if after[name] != before[name]} == {Audit.__tablename__}, words


async def test_whoever_has_the_right_of_a_row_is_not_refused_and_it_changes_what_it_says(
    company: World,
) -> None:
    await company.says("ana", "Invoices by e-mail")
    company.at = local(3, 10)
    changed = set()
    for action in sorted(ACTIONS.rows, key=lambda action: list(WHO).index(action.right)):
        if not action.right:  # each on a day of its own, so that none is in the way of the next
            company.at += timedelta(days=1)
        await company.says(WHO[action.right], FIRST.get(action.words, "help"))
        for words in examples(action):
            before = everything(company)
            await company.says(WHO[action.right], words)
            if everything(company) != before:
                changed.add(action.words)
    assert refusals(company) == 0
    assert changed == {action.words for action in ACTIONS.rows if action.changes}


async def test_a_command_is_added_as_the_page_on_it_says(company: World) -> None:
    page = HOWTO.read_text(encoding="utf-8")
    function, row = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    words, reply = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0].splitlines()
    teams = types.ModuleType("teams")
    exec(function, teams.__dict__)
    action = eval(row, {"Action": Action, "option": option, "NAME": command_arguments.NAME, "teams": teams})
    assert isinstance(action, Action)
    assert described(action) == taken(action.handler)
    company.restart(actions=ActionTable([*ACTIONS.rows, action]))
    assert reply in seen(await company.says("ana", words))
    assert reply in seen(await company.says("ana", words.removeprefix("/")))
    assert f"{action.usage}: {action.says}" in seen(await company.says("ana", "help"))
    assert "Did you mean /team size?" in seen(await company.says("ana", "/team sice"))
    company.restart()
    assert reply not in seen(await company.says("ana", words))
