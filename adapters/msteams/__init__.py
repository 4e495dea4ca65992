"""Microsoft Teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import typer

from adapters.msteams.settings import Environment
from bot.chat.messages import Message
from bot.chat.platform import Platform, PlatformError
from bot.chat.registry import Adapter, Capability, Finding, Surroundings


def _build(environment: Environment, around: Surroundings) -> Platform:
    from adapters.msteams import adapter

    return adapter.build(environment.settings(), around.store)


async def _check(environment: Environment, _: Collection[str]) -> Sequence[Finding]:
    from adapters.msteams import adapter

    try:
        await adapter.try_out(environment.settings())
    except (ValueError, PlatformError) as error:
        return [Finding(False, str(error))]
    return [Finding(True, "Microsoft knows the app; it has to reach /api/messages here by https")]


def _commands(says: Mapping[str, str]) -> typer.Typer:
    from adapters.msteams import cli

    return cli.commands(says)


def _payloads(messages: Sequence[Message]) -> Sequence[Mapping[str, Any]]:
    from adapters.msteams import render

    return [render.card(message) for message in messages]


ADAPTER = Adapter(
    name="teams",
    label="Teams",
    example="teams:TENANT:ENTRA-ID",
    environment=Environment,
    build=_build,
    check=_check,
    commands=_commands,
    payloads=_payloads,
    lacks={
        Capability.DIALOGS: "a form stands in its message and is filled in where it is",
        Capability.HISTORY: "it shows a bot no history and takes no key",
    },
)
