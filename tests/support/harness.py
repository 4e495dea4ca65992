"""What the laws need of a platform's far side: the people, what they do there, and what they see.

What a platform says that it lacks is not asked of its far side: such a method may raise NotImplementedError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bot.chat.events import Hear, Keep
from bot.chat.platform import Platform

Fault = Literal["busy", "server error", "timeout", "cut"]
"""How a far side can fail: 429, 5xx, no answer in time, a connection cut after the request was sent."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person of the platform: `id` as events and profiles name them, `address` is their DM's."""

    id: str
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as somebody sees it.

    `words` is everything there is to read, in order, with any escaping undone as the platform's own app does
    it. `controls` are the labels of what can be tapped. `live` is whatever in it is more than plain words: a
    mention, a link, an image, a style.
    """

    id: str
    words: str
    controls: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    under: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open form: values by field name, errors by field name ("" for the form), and what the rig needs."""

    title: str
    values: Mapping[str, str | tuple[str, ...]]
    errors: Mapping[str, str] = field(default_factory=dict)
    handle: object = None


@dataclass(frozen=True, slots=True)
class Forgery:
    """A request that must be refused, and the status it must get."""

    name: str
    send: Callable[[], Awaitable[int]]
    expected: int


class Rig(Protocol):
    """One platform and its far side. What a person does returns once all that follows has ended, `hear` too."""

    deadline: float  # seconds the platform gives us to acknowledge

    @property
    def platform(self) -> Platform:
        """The adapter."""
        ...

    @property
    def ways(self) -> Sequence[str]:
        """How a command can be given; names of those in a DM hold "DM"."""
        ...

    async def start(self, hear: Hear, keep: Keep) -> None:
        """Serve the adapter, with these on the other side of it."""
        ...

    async def stop(self) -> None:
        """End everything that was started."""
        ...

    # The world

    def a_person(self) -> Somebody:
        """Somebody who is in `a_channel`."""
        ...

    def another(self) -> Somebody:
        """Somebody else who is in `a_channel`."""
        ...

    def a_channel(self) -> str:
        """The address of a channel that both are in, and we too; "" where the platform has none."""
        ...

    def gone(self) -> Sequence[str]:
        """Addresses of the platform where nobody can be written to: a person who left, a channel deleted."""
        ...

    def an_outsider(self) -> Somebody:
        """A guest who is in `a_channel`, and has the app as far as the platform lets guests."""
        ...

    async def becomes(self, person: Somebody, *, outsider: bool) -> None:
        """The platform's own admins make somebody a guest, or a member again."""
        ...

    def shares(self) -> None:
        """`a_channel` is shared with people of another organisation."""
        ...

    # What people do

    async def say(self, person: Somebody, words: str) -> None:
        """Type in the DM."""
        ...

    async def again(self) -> None:
        """The platform delivers what was done last once more, as it does when it is unsure."""
        ...

    async def command(self, person: Somebody, words: str, way: str) -> Dialog | None:
        """Give a command in one of the `ways`; a form that opens is returned."""
        ...

    async def press(self, person: Somebody, where: str, label: str) -> Dialog | None:
        """Tap the newest control of this label; a form that opens is returned."""
        ...

    async def submit(
        self, person: Somebody, dialog: Dialog, values: Mapping[str, str | tuple[str, ...]]
    ) -> Dialog | None:
        """Send the form; it is returned as it stands when it stays open."""
        ...

    async def suggest(self, person: Somebody, dialog: Dialog, name: str, typed: str) -> Sequence[str]:
        """Type in a field that suggests: the labels offered."""
        ...

    async def knock(self, person: Somebody, words: str) -> None:
        """Type in the DM, and return as soon as the platform has its acknowledgement."""
        ...

    async def settle(self) -> None:
        """Everything that follows from `knock` has ended."""
        ...

    # What people see

    async def shown(self, where: str, as_seen_by: Somebody) -> Sequence[Shown]:
        """The conversation, oldest first."""
        ...

    def window(self, person: Somebody) -> Shown | None:
        """What stands open before them in a window of its own, where the platform has such."""
        ...

    async def home(self, person: Somebody) -> Shown | None:
        """Our home page as this person opens it."""
        ...

    # What goes wrong

    def break_next(self, fault: Fault) -> None:
        """The far side fails at the next request that sends."""
        ...

    def forge(self) -> Sequence[Forgery]:
        """Requests nobody honest sends: foreign, unsigned, stale, malformed, oversized."""
        ...
