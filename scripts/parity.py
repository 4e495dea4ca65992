"""docs/parity.md from docs/features.toml, from what platforms say of themselves (bot/chat/registry.py), and from what a
whole run of the tests wrote down (`pytest --features=FILE`).

    scripts/parity.py build/features.json            writes the page
    scripts/parity.py build/features.json --check    says whether the page is what the run showed

Exits with 1 where a row has no test, fails, or differs between platforms without a reason; with --check also where the
page is another. A run that was not a whole one wrote nothing down, and then there is nothing to say.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.chat import registry
from bot.chat.registry import Adapter

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parity.md"
TABLE = ROOT / "docs" / "features.toml"
PLATFORMS = sorted(registry.every(), key=lambda adapter: adapter.rehearsed)  # those that are for real come first
Outcomes = Mapping[str, Mapping[str, Mapping[str, str]]]
Laws = Mapping[str, Mapping[str, Sequence[str]]]

HEAD = """# The same everywhere

Every feature that is built, and where it was seen to work: made by `make parity` from what came of the tests, and checked by
`make test`. Each row is tried on every platform by the same test, at the wire. The rows are in [features.toml](features.toml).

"""

ABSENT = """
## What a platform has not

What it declares in its `ADAPTER`, why, and what follows: the laws of `tests/adapters/contract` that are not run for it, and those
of what it does instead.

| | has no | because | not run | instead |
| --- | --- | --- | --- | --- |
"""


def page(rows: list[dict[str, Any]], outcomes: Outcomes) -> tuple[str, list[str]]:
    """The page, and what is wrong with it."""
    wrong = [
        f"{name}: a test proves it, and features.toml has no such row"
        for name in outcomes.keys() - {row["id"] for row in rows}
    ]
    lines, reasons = [], []
    for row in rows:
        found = outcomes.get(row["id"], {})
        differs = row.get("differs", {})
        cells = []
        for platform, called in ((adapter.name, adapter.label) for adapter in PLATFORMS):
            tests = found.get(platform, {})
            works = bool(tests) and set(tests.values()) == {"passed"}
            cells.append("yes" if works else "no")
            if works and platform in differs:
                wrong.append(f"{row['id']} works on {called}, and features.toml says why it would not")
            elif not works and platform not in differs:
                failed = ", ".join(sorted(name for name, outcome in tests.items() if outcome != "passed"))
                wrong.append(f"{row['id']} on {called}: {failed or 'no test'}")
            elif not works:
                reasons.append(f"- {row['id']} on {called}: {differs[platform]}")
        lines.append(f"| {row['id']} | {row['says']} | {' | '.join(cells)} |")
    proofs = []
    for row in rows:
        tests = sorted({test for one in outcomes.get(row["id"], {}).values() for test in one})
        proofs.append(f"- {row['id']}: {', '.join(f'`{test}`' for test in tests)}")
    labels = " | ".join(adapter.label for adapter in PLATFORMS)
    columns = f"| | what | {labels} |\n|{' --- |' * (len(PLATFORMS) + 2)}\n"
    made = HEAD + columns + "\n".join(lines) + "\n"
    if reasons:
        made += "\nWhere they differ, and why:\n\n" + "\n".join(reasons) + "\n"
    return made + "\nThe tests:\n\n" + "\n".join(proofs) + "\n", wrong


def absent(adapters: Sequence[Adapter[Any]], laws: Laws) -> str:
    """What platforms have not, each with the laws that are not run for it and those that are run in their place."""
    rows = []
    for adapter in adapters:
        for capability, reason in adapter.lacks.items():
            named = (", ".join(f"`{law}`" for law in laws[kind].get(capability, ())) for kind in ("needs", "lacks"))
            rows.append(f"| {adapter.label} | {capability} | {reason} | {' | '.join(named)} |\n")
    return ABSENT + "".join(rows)


def main(path: Path, *, check: bool) -> str:
    """What is wrong; "" where nothing is."""
    if not path.exists():
        sys.stdout.write("This was no whole run of the tests, so docs/parity.md was neither made nor checked.\n")
        return ""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["feature"]
    noted = json.loads(path.read_text(encoding="utf-8"))
    made, wrong = page(rows, noted["features"])
    made += absent(PLATFORMS, noted["laws"])
    if check and not wrong and PAGE.read_text(encoding="utf-8") != made:
        wrong = ["docs/parity.md is not what the tests showed: run make parity, and commit it"]
    if not check and not wrong:
        PAGE.write_text(made, encoding="utf-8")
        sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(rows)} rows\n")
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), check="--check" in sys.argv) or 0)
