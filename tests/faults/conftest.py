"""Databases by address, for processes to share; a far side; and processes that end with their test."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from storage.database import Database
from tests.faults import worker
from tests.faults.worker import Options
from tests.support.emptied import emptied
from tests.support.fake_platform import Far

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.faults.worker"])  # so that a process is there in a moment

Start = Callable[..., BaseProcess]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated database of each kind, open nowhere."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite"), tmp_path / "instep.db")
        return f"sqlite:///{tmp_path / 'instep.db'}"
    return _emptied(request.getfixturevalue("postgresql"))


@pytest.fixture
def shared(postgresql: str) -> str:
    """The address of an empty, migrated PostgreSQL, for several processes at once."""
    return _emptied(postgresql)


def _emptied(address: str) -> str:
    emptied(Database(address)).close()
    return address


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    """The far side, without faults until a test gives it some."""
    made = Far()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def start(far: Far) -> Iterator[Start]:
    """Starts a process of the engine."""
    started: list[BaseProcess] = []

    def begin(url: str, options: Options = Options("", ""), **more: object) -> BaseProcess:  # noqa: B008  frozen
        chosen = replace(options, database_url=url, far_url=far.url, **more)  # type: ignore[arg-type]
        process = _CONTEXT.Process(target=worker.run, args=(chosen,))
        process.start()
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.join()


@pytest.fixture
def start_with_clock(far: Far) -> Iterator[Callable[[str, str], subprocess.Popen[bytes]]]:
    """Starts a process of the engine that believes it to be another time, as `+1d`; needs Debian's faketime."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("no libfaketime")
    started: list[subprocess.Popen[bytes]] = []

    def begin(url: str, clock: str) -> subprocess.Popen[bytes]:
        wrong = {"LD_PRELOAD": str(found[0]), "FAKETIME": clock, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        options = json.dumps({"database_url": url, "far_url": far.url})
        command = [sys.executable, "-m", "tests.faults.worker", options]
        process = subprocess.Popen(command, env={**os.environ, **wrong}, cwd=Path(__file__).parents[2])
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


async def ended(process: BaseProcess, within: float = 20.0) -> int:
    """Its exit code, once it ended."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, over.set)
    try:
        async with asyncio.timeout(within):
            await over.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    assert process.exitcode is not None
    return process.exitcode


async def asleep(process: BaseProcess, within: float = 20.0) -> None:
    """Until it has stopped itself."""
    state = Path(f"/proc/{process.pid}/stat")
    async with asyncio.timeout(within):
        while state.read_text().rpartition(")")[2].split()[0] != "T":  # noqa: ASYNC110, ASYNC240  it is no disk, and the kernel tells nobody
            await asyncio.sleep(0.02)


def pause(process: BaseProcess, signal_number: int) -> None:
    """Sends it a signal."""
    assert process.pid is not None
    os.kill(process.pid, signal_number)


LONG = 30  # rounds from which on a run is one of `make faults`


@pytest.fixture
def rounds() -> int:
    """How long the random tests go on: a few rounds in every run, as many as it takes in `make faults`."""
    return int(os.environ.get("INSTEP_FAULT_ROUNDS", "4"))
