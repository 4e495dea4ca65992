"""Slack: one bolt app, by Socket Mode or by signed HTTP, in one workspace or in many."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import typer

from adapters.slack.settings import Environment
from bot.chat.messages import Message
from bot.chat.platform import Platform
from bot.chat.registry import Adapter, Finding, Surroundings


def _build(environment: Environment, around: Surroundings) -> Platform:
    from adapters.slack import adapter  # half a second and its SDK, only where it is used

    try:
        return adapter.build(environment.settings(), around.store)
    except ValueError as error:
        raise ValueError(f"Slack: {error}") from None


async def _check(environment: Environment, admins: Collection[str]) -> Sequence[Finding]:
    from adapters.slack import doctor

    return await doctor.look(environment.settings(), admins)


def _commands(_: Mapping[str, str]) -> typer.Typer:
    from adapters.slack import cli

    return cli.commands


def _payloads(messages: Sequence[Message]) -> Sequence[Mapping[str, Any]]:
    from adapters.slack import render

    return [render.message(message) for message in messages]


ADAPTER = Adapter(
    name="slack",
    label="Slack",
    example="slack:T024BE7LD:U024BE7LH",
    environment=Environment,
    build=_build,
    check=_check,
    commands=_commands,
    payloads=_payloads,
)
