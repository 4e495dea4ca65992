"""The rigs that the laws are run over, and the ear on the other side of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from tests.support.harness import Rig
from tests.support.playground_harness import PlaygroundRig
from tests.support.recording_handler import Ear
from tests.support.slack_harness import SlackRig
from tests.support.teams_harness import TeamsRig

RIGS: Mapping[str, Callable[[], Rig]] = {
    "playground": PlaygroundRig,
    "slack by socket": lambda: SlackRig("socket"),
    "slack by http": lambda: SlackRig("http"),
    "teams": TeamsRig,
}


@pytest.fixture
def ear() -> Ear:
    """What is heard, and what is replied."""
    return Ear()


@pytest.fixture(params=list(RIGS))
async def rig(request: pytest.FixtureRequest, ear: Ear) -> AsyncIterator[Rig]:
    """Each platform in turn, serving."""
    made = RIGS[request.param]()
    await made.start(ear, ear.keep)
    yield made
    ear.open.set()  # whatever still waits may end
    await made.stop()
