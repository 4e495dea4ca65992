"""A Slack that is served, by each transport, and the ear on the other side."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.recording_handler import Ear
from tests.support.slack_harness import SlackRig


@pytest.fixture
def ear() -> Ear:
    """What is heard, and what is replied."""
    return Ear()


@pytest.fixture(params=["socket", "http"])
async def both(request: pytest.FixtureRequest, ear: Ear) -> AsyncIterator[SlackRig]:
    """Each transport in turn."""
    made = SlackRig(request.param)
    await made.start(ear, ear.keep)
    yield made
    ear.open.set()
    await made.stop()


@pytest.fixture
async def rig(ear: Ear) -> AsyncIterator[SlackRig]:
    """Slack by HTTP, where the transport makes no difference."""
    made = SlackRig("http")
    await made.start(ear, ear.keep)
    yield made
    ear.open.set()
    await made.stop()
