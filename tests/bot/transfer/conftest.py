"""An empty desk, and one with a company on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.import_workspace import ImportWorkspace


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables and nothing in them."""
    with ImportWorkspace(tmp_path_factory.mktemp("blank")) as desk:
        return desk.folder / "t.db"


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory, blank: Path) -> Path:
    """A database with a company of three people, two teams and two goals."""
    with ImportWorkspace(tmp_path_factory.mktemp("begun"), blank) as desk:
        desk.start()
        return desk.folder / "t.db"


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory, begun: Path) -> Iterator[ImportWorkspace]:
    """The desk with a company on it, shared by tests that change nothing: files of which nothing is kept."""
    with ImportWorkspace(tmp_path_factory.mktemp("settled"), begun) as desk:
        yield desk


@pytest.fixture
def empty(tmp_path: Path, blank: Path) -> Iterator[ImportWorkspace]:
    with ImportWorkspace(tmp_path, blank) as desk:
        yield desk


@pytest.fixture
def desk(tmp_path: Path, begun: Path) -> Iterator[ImportWorkspace]:
    with ImportWorkspace(tmp_path, begun) as desk:
        yield desk
