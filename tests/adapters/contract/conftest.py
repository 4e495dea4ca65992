"""Each law over each platform that can keep it.

`needs` names what a platform has to have for a law to hold on to, `lacks` what it must not have. A law is collected for
those platforms alone: what is not here is not skipped, it is not there, and docs/parity.md says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.chat.registry import Capability
from tests.support.harness import Rig
from tests.support.harnesses import HARNESSES
from tests.support.recording_handler import Ear


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The platforms of a law; for one that takes `where` also a DM, and a channel where there are channels."""
    if "harness" not in metafunc.fixturenames:
        return
    needed = {mark.args[0] for mark in metafunc.definition.iter_markers("needs")}
    missing = {mark.args[0] for mark in metafunc.definition.iter_markers("lacks")}
    able = {
        name: one.adapter
        for name, one in HARNESSES.items()
        if needed <= one.adapter.has and not missing & one.adapter.has
    }
    if "where" in metafunc.fixturenames:
        places = [(name, "DM") for name in able]
        places += [(name, "channel") for name, adapter in able.items() if Capability.CHANNELS in adapter.has]
        metafunc.parametrize(("harness", "where"), places, indirect=True)
    else:
        metafunc.parametrize("harness", list(able), indirect=True)


@pytest.fixture
def harness(request: pytest.FixtureRequest) -> str:
    """A platform's name in HARNESSES."""
    return str(request.param)


@pytest.fixture
def ear() -> Ear:
    """What is heard, and what is replied."""
    return Ear()


@pytest.fixture
async def rig(harness: str, ear: Ear) -> AsyncIterator[Rig]:
    """The platform, serving."""
    made = HARNESSES[harness].rig()
    await made.start(ear, ear.keep)
    yield made
    ear.open.set()  # whatever still waits may end
    await made.stop()


@pytest.fixture
def where(request: pytest.FixtureRequest, rig: Rig) -> str:
    """The address of a DM with `a_person`, or of `a_channel`."""
    return rig.a_person().address if request.param == "DM" else rig.a_channel()
