"""Microsoft Teams."""

from __future__ import annotations

from adapters.teams.adapter import Teams
from adapters.teams.settings import Settings
from adapters.teams.wire import Wire
from bot.platform import Store

__all__ = ["Settings", "Teams", "build", "try_out"]


def build(settings: Settings, store: Store) -> Teams:
    """Teams as a platform. What it remembers of people and channels it keeps in `store`."""
    return Teams(settings, store)


async def try_out(settings: Settings) -> None:
    """Sign in once and read the keys, nothing else. Raises PlatformError, with what to do about it."""
    wire = Wire(settings)
    try:
        await wire.sign_in()
        await wire.fetch(settings.openid_url)
    finally:
        await wire.close()
