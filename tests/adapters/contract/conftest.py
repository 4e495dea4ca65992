"""The rigs that the laws are run over, and the ear on the other side of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from tests.adapters.contract.ear import Ear
from tests.adapters.contract.rig import Rig
from tests.adapters.playground.rig import PlaygroundRig
from tests.adapters.slack.rig import SlackRig
from tests.adapters.teams.rig import TeamsRig

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
