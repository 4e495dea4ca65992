"""An event as text and back: kept where it must be acknowledged before its effect is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TypeAlias

from bot.events import Came, Edited, Heard, Left, Pressed, Said, Submitted, Who

Changing: TypeAlias = Said | Edited | Submitted | Pressed | Came | Left

_CHANGING: Mapping[str, type[Changing]] = {
    kind.__name__: kind for kind in (Said, Edited, Submitted, Pressed, Came, Left)
}
"""The kinds that change something. Of the others nothing is lost when they are not heard."""


def write(event: Heard) -> str:
    """The event as text; "" for one that changes nothing."""
    kind = type(event).__name__
    return json.dumps({"kind": kind, **asdict(event)}, ensure_ascii=False) if kind in _CHANGING else ""


def read(text: str) -> Changing:
    """The event that was written."""
    fields = json.loads(text)
    kind = _CHANGING[fields.pop("kind")]
    fields["who"] = Who(**fields["who"])
    if "values" in fields:
        fields["values"] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields["values"].items()
        }
    return kind(**fields)
