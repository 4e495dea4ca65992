"""Teams, with its people in front of it, and an ear on our side."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.recording_handler import Ear
from tests.support.teams_harness import TeamsRig


@pytest.fixture
def ear() -> Ear:
    """What is heard, and what is replied."""
    return Ear()


@pytest.fixture
async def rig(ear: Ear) -> AsyncIterator[TeamsRig]:
    """A tenant that has the app in a team and with most people."""
    made = TeamsRig()
    await made.start(ear, ear.keep)
    yield made
    ear.open.set()
    await made.stop()
