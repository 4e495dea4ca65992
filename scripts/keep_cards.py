"""Keeps each view's example as the Adaptive Card that Teams is sent: tests/adapters/msteams/cards/NAME.json.

Run it when a card is meant to be another (`make cards`), look at the difference, and commit it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.msteams import forms, render
from bot.chat.messages import Form
from tests.support.examples import EXAMPLES

FOLDER = Path(__file__).parents[1] / "tests" / "adapters" / "msteams" / "cards"


def cards() -> Mapping[str, dict[str, Any]]:
    """The card of each example, by the name of its file."""
    return {
        f"{name.replace(' ', '-')}.json": forms.card(shown) if isinstance(shown, Form) else render.card(shown)
        for name, shown in EXAMPLES.items()
    }


def written(card: Mapping[str, Any]) -> str:
    """A card as it is kept."""
    return json.dumps(card, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write them all, and take away those of views that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, card in cards().items():
        (FOLDER / name).write_text(written(card), encoding="utf-8")
    sys.stdout.write(f"{FOLDER}: {len(cards())} cards\n")


if __name__ == "__main__":
    main()
