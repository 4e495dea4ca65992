"""The platforms that the laws are run over, each with its far side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from adapters import msteams, playground, slack
from bot.chat.registry import Adapter
from docs.examples import console_platform
from tests.support.console_harness import ConsoleRig
from tests.support.harness import Rig
from tests.support.playground_harness import PlaygroundRig
from tests.support.slack_harness import SlackRig
from tests.support.teams_harness import TeamsRig


class PlatformUnderTest(NamedTuple):
    """What a platform says of itself, and its far side: one that hurries the adapter, and one before the real product,
    where a machine that stands still for a moment must not look like a slow reply."""

    adapter: Adapter[Any]
    rig: Callable[[], Rig]
    unhurried: Callable[[], Rig]


HARNESSES: Mapping[str, PlatformUnderTest] = {
    "playground": PlatformUnderTest(playground.ADAPTER, PlaygroundRig, PlaygroundRig),
    "slack by socket": PlatformUnderTest(slack.ADAPTER, SlackRig, SlackRig.unhurried),
    "slack by http": PlatformUnderTest(slack.ADAPTER, lambda: SlackRig("http"), lambda: SlackRig.unhurried("http")),
    "console": PlatformUnderTest(console_platform.ADAPTER, ConsoleRig, ConsoleRig),
    "teams": PlatformUnderTest(msteams.ADAPTER, TeamsRig, TeamsRig.unhurried),
}
