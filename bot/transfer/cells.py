"""Values in a CSV cell: written so that a spreadsheet does not run them, and read back as they were."""

from __future__ import annotations

import re

# What spreadsheets take for a formula, also after blanks and in the wide forms of East Asian keyboards:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")


def guarded(value: str) -> str:
    """The value with an apostrophe in front when a spreadsheet would run it; `plain` takes it off again."""
    return f"'{value}" if _FORMULA.match(value) else value


def plain(cell: str) -> str:
    """The value of a cell: `plain(guarded(value)) == value` for every value."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def parts(cell: str) -> tuple[str, ...]:
    """`Platform; Design` as its names, each once, in their order."""
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))
