"""The playground on a port of its own, with an ear behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.playground_harness import PlaygroundRig
from tests.support.recording_handler import Ear


@pytest.fixture
def ear() -> Ear:
    """What is heard, and what is replied."""
    return Ear()


@pytest.fixture
async def rig(ear: Ear) -> AsyncIterator[PlaygroundRig]:
    """The playground, serving."""
    made = PlaygroundRig()
    await made.start(ear)
    yield made
    ear.open.set()  # whatever still waits may end
    await made.stop()
