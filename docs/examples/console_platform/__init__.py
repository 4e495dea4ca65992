"""The console: lines of JSON in, lines of JSON out. The smallest platform there can be, to copy from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.chat.platform import Platform
from bot.chat.registry import Adapter, Capability, Finding, Surroundings
from docs.examples.console_platform.settings import Environment


def _build(environment: Environment, _: Surroundings) -> Platform:
    from docs.examples.console_platform.adapter import Console  # with what it needs, only where it is used

    return Console(environment)


async def _check(environment: Environment, _: Collection[str]) -> Sequence[Finding]:
    return [Finding(bool(environment.people), f"{len(environment.people)} people, at /console")]


ADAPTER = Adapter(
    name="console",
    label="Console",
    example="console:ana",
    environment=Environment,
    build=_build,
    check=_check,
    only_workspace="console:local",
    lacks={
        Capability.EDITS: "a line that was read stays as it was",
        Capability.GUESTS: "everybody there is of the company",
        Capability.HISTORY: "a line that was fetched is not kept for us",
        Capability.HOME: "there is nothing but lines",
        Capability.NETWORK: "a line waits in this process until it is fetched",
        Capability.THREADS: "one line comes after the other",
    },
)
