"""The way out: lines wait here until they are fetched. Where a platform is called over a network, that is done here."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any, TypeAlias

from bot.chat.events import Address

Json: TypeAlias = dict[str, Any]

KEPT = 10_000  # lines, after which the oldest goes


class Lines:
    """The last lines that were said. Their numbers go up, after a restart too."""

    def __init__(self) -> None:
        self._lines: deque[Json] = deque(maxlen=KEPT)
        self._numbers = count(time.time_ns() // 1_000_000)

    def say(self, where: Address, text: str, controls: Iterable[Json] = (), *, only: str = "", about: str = "") -> str:
        """Add a line, and return its id. In a channel it is for everybody, or for the one person of `only`.

        `about` is the message that its controls act on: the line itself, unless it is a form that belongs to another.
        """
        number = next(self._numbers)
        at = {"where": where, "message": about or str(number)}
        line = {"number": number, "where": where, "only": only, "text": text}
        self._lines.append(line | {"controls": [control | at for control in controls]})
        return str(number)

    def after(self, number: int) -> Sequence[Json]:
        """What came after a line."""
        return [line for line in self._lines if line["number"] > number]
