"""Which platforms there are, and what each of them says of itself.

This is the one place outside their own folders that names them. An adapter is named by its package as a string, and
imported when it is switched on or asked about: none that is not needed costs anything.

To add one: its folder in `adapters/`, with an `ADAPTER` in its `__init__`, and one line in `ADAPTERS`.
docs/howto/add-a-platform.md goes through it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from typing import Any, Generic, NamedTuple, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.chat.messages import Message
from bot.chat.platform import Platform, Store

ADAPTERS: Mapping[str, str] = {
    "playground": "adapters.playground",
    "slack": "adapters.slack",
    "teams": "adapters.msteams",
}
"""Packages of adapters by the names they go by in settings and addresses."""


class SettingsError(Exception):
    """A setting cannot be used; the text names it and says what would do."""


class Environment(BaseSettings):
    """What an adapter is told by the environment or a `.env` file. Each field has a description, which the README
    shows, and the variable's name as its `validation_alias`."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, populate_by_name=True)

    def refused_on(self, host: str, *, is_loopback: bool) -> str:
        """Why the web server may not listen on that host with these settings, in a sentence; "" when it may."""
        return ""


class Finding(NamedTuple):
    """One thing that `instep doctor` looked at: whether it is as it should be, and what to do if not."""

    ok: bool
    said: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter is given beside its own settings. `world` is what stands behind a platform that we are
    ourselves."""

    store: Store
    port: int
    world: object = None


class Capability(StrEnum):
    """What one chat platform has and another has not, in the words of docs/parity.md.

    Each has laws in tests/adapters/contract that are run where it is there, and most have one of what is done instead
    where it is not. What no platform may do without, such as forms and replies that nobody else reads, is none.
    """

    CHANNELS = "channels"  # where several people read what we say
    DIALOGS = "dialogs"  # a form opens when it is asked for, in the place of standing in its message
    EDITS = "edits"  # what was said can be changed
    GUESTS = "guests"  # people whom Instep is not for
    HISTORY = "history"  # a message can be looked up by our key
    HOME = "home page"  # a page of ours for each person
    NETWORK = "a network"  # between us and the platform, which can fail
    REQUESTS = "requests"  # come in, and somebody else may send one
    THREADS = "threads"  # below a message in a channel


E = TypeVar("E", bound=Environment)


@dataclass(frozen=True, slots=True)
class Adapter(Generic[E]):
    """A platform as it registers.

    `label` is what people call it, `example` a person's address on it, `only_workspace` the one workspace there is
    where addresses need not name any. `build` raises ValueError, in words, where its settings do not do; `check` looks
    at an installation, with the addresses of the admins that the settings name, and writes to nobody. `commands` makes
    `instep NAME …`, given what the bot's own commands do, and `payloads` what would be sent. A platform that is
    `rehearsed` lets anybody be anybody, and its clock can be moved: nothing else runs beside it, and it is served on
    loopback alone.

    `lacks` says what the platform has not, each with the reason as half a sentence; it has everything else, and the
    laws hold it to that.
    """

    name: str
    label: str
    example: str
    environment: type[E]
    build: Callable[[E, Surroundings], Platform]
    check: Callable[[E, Collection[str]], Coroutine[Any, Any, Sequence[Finding]]]
    commands: Callable[[Mapping[str, str]], typer.Typer] | None = None
    payloads: Callable[[Sequence[Message]], Sequence[Mapping[str, Any]]] | None = None
    only_workspace: str = ""
    rehearsed: bool = False
    lacks: Mapping[Capability, str] = field(default_factory=dict)

    @property
    def has(self) -> frozenset[Capability]:
        """What the platform has."""
        return frozenset(Capability) - self.lacks.keys()


def adapter(name: str) -> Adapter[Any]:
    """The adapter that goes by a name. Raises KeyError where there is none."""
    found: Adapter[Any] = import_module(ADAPTERS[name]).ADAPTER
    assert found.name == name, f"{ADAPTERS[name]} calls itself {found.name}"
    return found


def every() -> Sequence[Adapter[Any]]:
    """Every adapter there is."""
    return [adapter(name) for name in ADAPTERS]


def environment(name: str) -> Environment:
    """What an adapter is told. Raises SettingsError, with one line for each setting that cannot be used."""
    kind: type[Environment] = adapter(name).environment
    try:
        return kind()
    except ValidationError as error:
        lines = [
            f"{str(fault['loc'][0]).upper()}: {fault['msg'].removeprefix('Value error, ')}." for fault in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}.") from None


def build(name: str, around: Surroundings) -> Platform:
    """A platform that is switched on. Raises SettingsError where its settings do not do."""
    try:
        return adapter(name).build(environment(name), around)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def listed(value: object) -> list[str]:
    """A setting that holds several values, separated by commas."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple, set, frozenset)):
        return []
    return [str(part).strip() for part in parts if str(part).strip()]
