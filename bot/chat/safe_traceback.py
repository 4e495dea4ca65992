"""What a log may hold of an error: where it happened and of what kind, never its own words."""

from __future__ import annotations

import traceback


def of(error: BaseException) -> str:
    """The kinds and places of an error and its causes. Its text is left out: it may quote what a person wrote."""
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__qualname__} at:\n{''.join(traceback.format_tb(cause.__traceback__))}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(lines)
