"""docs/parity.md from docs/features.toml and what a whole run of the tests wrote down (`pytest --features=FILE`).

    scripts/parity.py build/features.json            writes the page
    scripts/parity.py build/features.json --check    says whether the page is what the run showed

Exits with 1 where a row has no test, fails, or differs between platforms without a reason; with --check also where the
page is another. A run that was not a whole one wrote nothing down, and then there is nothing to say.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "parity.md"
TABLE = ROOT / "docs" / "features.toml"
PLATFORMS = {"slack": "Slack", "teams": "Teams", "playground": "Playground"}
Outcomes = Mapping[str, Mapping[str, Mapping[str, str]]]

HEAD = """# The same everywhere

Every feature that is built, and where it was seen to work: made by `make parity` from what came of the tests, and checked by
`make test`. Each row is tried on Slack, on Teams and in the playground by the same test, at the wire. The rows are in
[features.toml](features.toml).

| | what | Slack | Teams | Playground |
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
        for platform, called in PLATFORMS.items():
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
    made = HEAD + "\n".join(lines) + "\n"
    if reasons:
        made += "\nWhere they differ, and why:\n\n" + "\n".join(reasons) + "\n"
    return made + "\nThe tests:\n\n" + "\n".join(proofs) + "\n", wrong


def main(path: Path, *, check: bool) -> str:
    """What is wrong; "" where nothing is."""
    if not path.exists():
        sys.stdout.write(
            "This was no whole run of the tests, so docs/parity.md was neither made nor checked.\n"
        )
        return ""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["feature"]
    made, wrong = page(rows, json.loads(path.read_text(encoding="utf-8")))
    if check and not wrong and PAGE.read_text(encoding="utf-8") != made:
        wrong = ["docs/parity.md is not what the tests showed: run make parity, and commit it"]
    if not check and not wrong:
        PAGE.write_text(made, encoding="utf-8")
        sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {len(rows)} rows\n")
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), check="--check" in sys.argv) or 0)
