"""What the docs name is there, and the glossary's words are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
]  # fmt: skip
NAMES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
FOLDERS = r"(?:bot|checkins|storage|adapters|tests|docs|scripts|requirements)/"
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("bot", "checkins", "storage", "adapters")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("page", NAMES)
def test_every_file_and_folder_that_a_page_names_is_there(page: str) -> None:
    paths = re.findall(rf"`({FOLDERS}[\w./*{{}}-]*)`", NAMES[page])
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", NAMES[page])
    missing = [path for path in paths if "NAME" not in path and not list(ROOT.glob(path.rstrip("/")))]
    missing += [link for link in links if "NAME" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []


def test_the_words_of_the_glossary_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([\w() -]+) \| .+? \| (.+?) \|$", NAMES["docs/glossary.md"], re.MULTILINE)[2:]
    assert len(rows) > 30
    words = [word.lower() for word, _ in rows]
    assert words == sorted(words), "in the order of the alphabet"
    unknown = [
        name
        for _, code in rows
        for name in re.findall(r"`([A-Za-z_.]+)`", code)
        if "/" not in name and name.rpartition(".")[2] not in CODE
    ]
    assert unknown == []


def test_every_decision_has_its_day_and_a_title() -> None:
    for page in sorted((ROOT / "docs" / "decisions").glob("*.md")):
        if page.name != "README.md":
            entries = page.read_text(encoding="utf-8").split("\n\n")[2:]
            assert all(re.match(r"\*\*20\d\d-\d\d-\d\d · .+?\*\*", entry) for entry in entries), page.name
            assert page.name in NAMES["docs/decisions/README.md"]
