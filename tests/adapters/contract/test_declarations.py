"""The laws of what a platform says of itself: the others are run over it, and whatever it lacks has its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat import registry
from bot.chat.registry import Capability
from tests.support.harness import Rig
from tests.support.harnesses import HARNESSES
from tests.support.recording_handler import Ear

LAWS = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("test_*.py")))


def test_every_platform_there_is_is_held_to_the_laws() -> None:
    assert registry.ADAPTERS.keys() <= {one.adapter.name for one in HARNESSES.values()}


async def test_it_calls_itself_what_its_addresses_begin_with(rig: Rig, harness: str) -> None:
    adapter = HARNESSES[harness].adapter
    assert rig.platform.name == adapter.name
    assert adapter.example.startswith(f"{adapter.name}:")
    assert adapter.label


def test_it_says_why_it_lacks_something(harness: str) -> None:
    adapter = HARNESSES[harness].adapter
    assert adapter.has | adapter.lacks.keys() == set(Capability)
    assert [reason for reason in adapter.lacks.values() if not re.fullmatch(r"\S+( \S+)+[^.\s]", reason)] == []


async def test_it_listens_nowhere_unless_it_has_requests(rig: Rig, harness: str, ear: Ear) -> None:
    application = web.Application()
    rig.platform.mount(application, ear, ear.keep)
    listens = bool(application.router.routes())
    assert listens <= (Capability.REQUESTS in HARNESSES[harness].adapter.has)


@pytest.mark.parametrize("capability", Capability)
def test_what_can_be_lacked_is_what_a_law_needs(capability: Capability) -> None:
    assert f"needs(Capability.{capability.name})" in LAWS
