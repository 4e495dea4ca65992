"""The examples in docs/examples run: a platform is switched on by one line of the registry."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest
from aiohttp import ClientConnectionError

from bot import settings
from bot.chat import registry
from storage.database import Database
from tests.features.conftest import FeatureCompany
from tests.support.console_harness import KEY, PEOPLE, ConsoleProgram, ConsoleRig
from tests.support.world import local

ROOT = Path(__file__).parents[1]
HOWTO = (ROOT / "docs" / "howto" / "add-a-platform.md").read_text(encoding="utf-8")
LINE = '"console": "docs.examples.console_platform",'
INSTEP = f"""
from bot.chat import registry
registry.ADAPTERS = {{**registry.ADAPTERS, {LINE}}}
from bot.__main__ import main
main()
"""


async def test_somebody_is_asked_there_and_answers(sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite, tmp_path / "instep.db")
    database = Database(f"sqlite:///{tmp_path / 'instep.db'}")
    rig = ConsoleRig()
    company = FeatureCompany(database, rig, [rig.a_person(), rig.another()])
    await company.start()
    await company.is_set_up()
    await company.lives_until(local(3, 17))
    assert await company.asked(company.ana) == 1
    await company.answers(company.ana, "Pricing page copy 2h")
    assert "Saved 16:00: 1 line for Tuesday 3 March" in await company.dm(company.ana)
    await company.lives_until(local(9, 13))
    digest, lines = await company.channel(company.ben)
    assert "Pricing page: 1 line" in digest.words
    assert "Pricing page copy" in lines.words
    await rig.stop()
    database.close()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What the console and Instep are told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "INSTEP_PLATFORMS": "console",
        "INSTEP_DATABASE_URL": f"sqlite:///{tmp_path / 'instep.db'}",
        "INSTEP_ADMINS": "console:ana",
        "INSTEP_PORT": str(port),
        "CONSOLE_KEY": KEY,
        "CONSOLE_PEOPLE": PEOPLE,
    }


async def begin(environment: dict[str, str], *words: str) -> asyncio.subprocess.Process:
    """`instep WORDS` with the line in the registry."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", INSTEP, *words),
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        cwd=Path(environment["INSTEP_DATABASE_URL"].removeprefix("sqlite:///")).parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_a_platform_that_is_served_is_spoken_to_and_answers(environment: dict[str, str]) -> None:
    instep = await begin(environment, "serve")
    program = ConsoleProgram(f"http://127.0.0.1:{environment['INSTEP_PORT']}")
    try:
        async with asyncio.timeout(30):
            while True:
                assert instep.returncode is None, (await instep.communicate())[0].decode()
                try:
                    await program.fetch()
                    break
                except ClientConnectionError:
                    await asyncio.sleep(0.05)
            (added,) = await program.act({"who": "ana", "say": '/goals add "Pricing page"'})
            assert "Pricing page" in added["text"]
            (question,) = await program.act({"who": "ana", "say": "/checkin"})
            assert "What did you work on?" in question["text"]
            sends = question["controls"][0]
            values = sends["values"] | {"words": "Pricing page copy 2h"}
            saved = await program.act(sends | {"who": "ana", "values": values})
            assert "Pricing page copy" in saved[-1]["text"]
    finally:
        await program.client.close()
        if instep.returncode is None:
            instep.send_signal(signal.SIGTERM)
        said, _ = await instep.communicate()
    assert instep.returncode == 0, said.decode()


async def test_the_doctor_looks_at_it(environment: dict[str, str]) -> None:
    instep = await begin(environment, "doctor")
    said, _ = await instep.communicate()
    assert "2 people, at /console" in said.decode()


def test_its_settings_are_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ADAPTERS", {**registry.ADAPTERS, "console": "docs.examples.console_platform"})
    assert {"CONSOLE_KEY", "CONSOLE_PEOPLE"} <= settings.variables().keys()
    with pytest.raises(registry.SettingsError, match=r"CONSOLE_KEY: .+\nCONSOLE_PEOPLE: "):
        settings.load(platforms="console")


def test_the_guide_is_about_what_is_there() -> None:
    files = {path.name for path in (ROOT / "docs" / "examples" / "console_platform").glob("*.py")}
    assert set(re.findall(r"^\| `(\w+\.py)` \|", HOWTO, re.MULTILINE)) == files
    assert f"    {LINE}\n" in HOWTO
    paths = re.findall(r"`((?:bot|checkins|storage|adapters|tests|docs)/[\w./-]*)`", HOWTO)
    assert [name for name in paths if "NAME" not in name and not (ROOT / name).exists()] == []
