"""Each view's example as a card: as it is kept, as small as Teams wants it, and of the types that Microsoft gives for
cards.

There is no package of the JSON schema of Adaptive Cards 1.5 (the newest on npm is of 1.0, in `adaptivecards-designer`).
What checks the structure are Microsoft's types of cards in Teams, its charts among them, compiled by TypeScript:

npm install --prefix DIR @microsoft/teams.cards@2.0.16 typescript
INSTEP_NODE=DIR make test

and, with a Chromium, Microsoft's renderer, which has to draw each without a word of complaint (test_package.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts import keep_cards

LARGEST = 80_000  # bytes of UTF-16: what Teams takes at once
CARDS = keep_cards.cards()
NODE = Path(os.environ.get("INSTEP_NODE", "/nonexistent"))
typed = pytest.mark.skipif(
    not all((NODE / "node_modules" / name).exists() for name in ("@microsoft/teams.cards", "typescript"))
    or shutil.which("node") is None,
    reason="no node, or INSTEP_NODE names no folder with @microsoft/teams.cards and typescript",
)


@pytest.mark.parametrize("name", list(CARDS))
def test_a_card_is_as_it_is_kept(name: str) -> None:
    kept = keep_cards.FOLDER / name
    assert kept.exists(), "make cards keeps it"
    assert keep_cards.written(CARDS[name]) == kept.read_text(encoding="utf-8"), "make cards keeps it as it is now"


def test_no_card_is_kept_of_a_view_that_is_gone() -> None:
    assert {path.name for path in keep_cards.FOLDER.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", list(CARDS))
def test_a_card_is_no_larger_than_teams_takes(name: str) -> None:
    sent = json.dumps(CARDS[name], ensure_ascii=False)
    assert len(sent.encode("utf-16-le")) < LARGEST


def compiled(folder: Path, cards: Mapping[str, Any]) -> str:
    """What the compiler has to say of these; "" when they are what Teams takes."""
    lines = ['import type { IAdaptiveCard } from "@microsoft/teams.cards";']
    for number, (name, card) in enumerate(cards.items()):
        # Teams' documentation has "Full", its types have "full"; it takes both.
        shown = card | {"msteams": card["msteams"] | {"width": "full"}}
        lines += [f"// {name}", f"export const c{number}: IAdaptiveCard = {json.dumps(shown)};"]
    (folder / "check.ts").write_text("\n".join(lines), encoding="utf-8")
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    flags = ["--noEmit", "--strict", "--skipLibCheck", "--moduleResolution", "bundler", "--module", "esnext"]
    found = subprocess.run(
        ["node", str(NODE / "node_modules/typescript/bin/tsc"), *flags, "check.ts"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return found.stdout


@typed
def test_every_card_is_of_microsofts_types(tmp_path: Path) -> None:
    assert compiled(tmp_path, CARDS) == ""


@typed
@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "RichTextBlok", "inlines": []},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "a", "weight": "Boldest"}]},
        {"type": "Chart.Line", "data": [{"legend": "a", "values": [{"x": "b"}, {"z": 1}]}]},
        {"type": "Container"},
    ],
)
def test_the_compiler_would_notice(tmp_path: Path, wrong: dict[str, Any]) -> None:
    card = next(iter(CARDS.values()))
    assert "TS" in compiled(tmp_path, {"wrong": card | {"body": [wrong]}})
