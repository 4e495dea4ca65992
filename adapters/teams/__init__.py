"""Microsoft Teams."""

from __future__ import annotations

from adapters.teams.adapter import Teams
from adapters.teams.settings import Settings
from bot.platform import Store

__all__ = ["Settings", "Teams", "build"]


def build(settings: Settings, store: Store) -> Teams:
    """Teams as a platform. What it remembers of people and channels it keeps in `store`."""
    return Teams(settings, store)
