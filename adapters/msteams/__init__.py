"""Microsoft Teams."""

from __future__ import annotations

from adapters.msteams.adapter import Teams
from adapters.msteams.client import Client
from adapters.msteams.settings import Settings
from bot.chat.platform import Store

__all__ = ["Settings", "Teams", "build", "try_out"]


def build(settings: Settings, store: Store) -> Teams:
    """Teams as a platform. What it remembers of people and channels it keeps in `store`."""
    return Teams(settings, store)


async def try_out(settings: Settings) -> None:
    """Sign in once and read the keys, nothing else. Raises PlatformError, with what to do about it."""
    wire = Client(settings)
    try:
        await wire.sign_in()
        await wire.fetch(settings.openid_url)
    finally:
        await wire.close()
