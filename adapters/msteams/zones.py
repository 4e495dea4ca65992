"""Time zones as Teams names them, which are sometimes old spellings."""

from __future__ import annotations

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo


def zone(name: object) -> str:
    """The zone by its present name ("Asia/Calcutta" is Asia/Kolkata); "" for what is none.

    Only spellings are changed: Europe/Amsterdam stays, though it keeps Brussels' time.
    """
    if not isinstance(name, str) or "/" not in name:
        return ""
    present = _spellings().get(name, name)
    try:
        ZoneInfo(present)
    except (KeyError, ValueError, OSError):
        return ""
    return present


@cache
def _spellings() -> dict[str, str]:
    """Names that no place goes by any more, with those of today."""
    data = resources.files("tzdata") / "zoneinfo"
    places = {
        line.split("\t")[2].strip()
        for line in (data / "zone.tab").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    links = [
        line.split()[1:3]
        for line in (data / "tzdata.zi").read_text(encoding="utf-8").splitlines()
        if line.startswith("L ")
    ]
    return {old: new for new, old in links if old not in places and new in places}
