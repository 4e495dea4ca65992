"""The playground: a local web page that is a chat platform like any other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from adapters.playground.playground_world import PlaygroundWorld
from adapters.playground.settings import Environment, Settings
from bot.chat.platform import Platform
from bot.chat.registry import Adapter, Capability, Finding, Surroundings


def _build(_: Environment, around: Surroundings) -> Platform:
    from adapters.playground import adapter

    return adapter.build(Settings(port=around.port), cast("PlaygroundWorld", around.world))


async def _check(_: Environment, __: Collection[str]) -> Sequence[Finding]:
    return []  # it is this process itself


ADAPTER = Adapter(
    name="playground",
    label="Playground",
    example="playground:ana",
    environment=Environment,
    build=_build,
    check=_check,
    only_workspace="playground:local",
    rehearsed=True,
    lacks={
        Capability.GUESTS: "everybody there is of the company",
        Capability.NETWORK: "it sends by a call in its own process",
    },
)
