"""What the playground needs from the outside: the people, the channels and the clock behind the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody the page can act as. `id` is like "playground:ana" and is also the address of their DM."""

    id: str
    name: str
    role: str  # "staff", "manager" or "admin"
    teams: tuple[str, ...]
    zone: str  # IANA
    channels: tuple[str, ...]  # addresses of the channels this person sees


@dataclass(frozen=True, slots=True)
class PlaygroundChannel:
    """A conversation of several people. `address` is like "playground:#platform", `name` has no "#"."""

    address: str
    name: str
    members: tuple[str, ...]  # ids of people


def is_channel(address: str) -> bool:
    """Whether an address of ours is a channel's; the others are people's."""
    return address.startswith("playground:#")


class PlaygroundWorld(Protocol):
    """The world behind the page."""

    def now(self) -> datetime:
        """The movable clock: aware, UTC."""
        ...

    async def players(self) -> Sequence[Player]:
        """Everybody the page can act as, in the order of the picker."""
        ...

    async def channels(self) -> Sequence[PlaygroundChannel]:
        """Every channel."""
        ...

    def commands(self) -> Sequence[tuple[str, str]]:
        """What `/` completes, with a word on each: ("/goals add", "Add a goal")."""
        ...

    def moves(self) -> Sequence[tuple[str, str]]:
        """How the clock can be moved, with the button's words: ("week", "A week on")."""
        ...

    async def move(self, to: str, report: Callable[[], None], *, who: str = "") -> None:
        """Move the clock, doing what is due on the way; `report` is called whenever `now()` has moved.

        `who` is the person the page acts as: a move may be meant from where they stand.
        """
        ...

    async def tick(self) -> None:
        """Do what is due now."""
        ...
