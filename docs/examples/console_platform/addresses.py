"""How people, the channel and the workspace are called outside this folder."""

from __future__ import annotations

from bot.chat.events import Address

NAME = "console"
WORKSPACE = f"{NAME}:local"
CHANNEL = f"{NAME}:#all"


def of(name: str) -> Address:
    """Somebody, which is also where they are written to (`console:ana`), or a channel (`console:#all`)."""
    return f"{NAME}:{name}"


def split(address: Address) -> str:
    """The person, as the settings name them, or the channel."""
    return address.removeprefix(f"{NAME}:")
