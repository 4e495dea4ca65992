"""What can be heard, and what may be replied: a closed set, the same on every platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from bot.chat.messages import Form, Message, Option

Address: TypeAlias = str
"""Where something can be said: an opaque string minted by an adapter, prefixed with its name and a colon."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who did it. `id` is theirs for good on that platform, `address` is where to write to them privately.

    `workspace` is the Slack workspace or Teams tenant they did it in, as an opaque prefixed string.
    """

    id: str
    workspace: str
    address: Address
    name: str
    zone: str = ""  # IANA, where the platform sends it along


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """What every event from a person carries.

    `key` is the platform's id of the event: the same key twice is the same event. `where` is the conversation
    it happened in; `private` says that only this person and Instep are in it. `message` is our message that
    was acted on, or theirs that was typed, where there is one.
    """

    key: str
    who: Who
    where: Address
    private: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived(InboundEvent):
    """Typed words. `command` is true when the platform knows it for one (`/goals …`, `@Instep goals …`)."""

    words: str = ""
    command: bool = False


@dataclass(frozen=True, slots=True)
class Edited(InboundEvent):
    """Words typed earlier, as they stand now; `message` is the id their `MessageReceived` had."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class QuotedMessage:
    """A message that stands somewhere on the platform: its words, when it was written, and by whom, as a name, where
    that is somebody else. An outsider's words are not taken along; `by_outsider` is None where nobody can say whose it
    is, and then they are not either."""

    words: str
    at: datetime
    by: str = ""
    by_outsider: bool | None = False


@dataclass(frozen=True, slots=True)
class Opened(InboundEvent):
    """Asked for a form by its button, shortcut or menu; or for one that was open, once more, by its name and subject.

    `given` is a message that the form is to begin with.
    """

    name: str = ""
    subject: str = ""
    given: QuotedMessage | None = None


@dataclass(frozen=True, slots=True)
class Submitted(InboundEvent):
    """A form sent. Values by field name: a string, or a tuple of strings for a field that takes many."""

    name: str = ""
    subject: str = ""
    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressed(InboundEvent):
    """A tap on a button, or on an option of a Pick (then `value` is the option's)."""

    press: str = ""
    subject: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Suggest(InboundEvent):
    """Typing in a field that suggests: asks for options. Nothing is changed by it."""

    name: str = ""
    subject: str = ""
    field: str = ""
    typed: str = ""


@dataclass(frozen=True, slots=True)
class HomeOpened(InboundEvent):
    """Opened Instep's home page; the reply is what it shows."""


@dataclass(frozen=True, slots=True)
class MemberJoined(InboundEvent):
    """Joined the workspace, or added the app: somebody to welcome once their team is switched on."""


@dataclass(frozen=True, slots=True)
class Left(InboundEvent):
    """Was deactivated, or removed the app: nobody to write to any more."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The app was added to a workspace; `who` is in charge of it there by having done that, where the platform lets
    only such people do it."""

    key: str
    workspace: str
    name: str
    who: Who | None = None


@dataclass(frozen=True, slots=True)
class Uninstalled:
    """The app was removed from a workspace."""

    key: str
    workspace: str


@dataclass(frozen=True, slots=True)
class Away:
    """What somebody's own status on the platform says: that they are away, until a moment where it names one.

    `mark` stands for this very status: as long as it is not changed there, it is the same.
    """

    mark: str
    until: datetime | None = None


Standing: TypeAlias = Literal["member", "outsider", "gone"]
"""What somebody is in a workspace: a member; a guest, a bot or of another organisation; or not there any more."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """What people are in a workspace now, and what the statuses of its members say, by their ids; None for a status
    that says nothing of being away.

    A status is a hint, which what they do here outweighs. Told of one when it changes, of everybody when we come.
    """

    key: str
    workspace: str
    of: Mapping[str, Away | None]
    standings: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChannelChanged:
    """Who reads along in a channel may be others now, or whether we may write there: whoever knew it looks again."""

    key: str
    workspace: str
    where: Address


Event: TypeAlias = (
    MessageReceived
    | Edited
    | Opened
    | Submitted
    | Pressed
    | Suggest
    | HomeOpened
    | MemberJoined
    | Left
    | Installed
    | Uninstalled
    | Statuses
    | ChannelChanged
)


@dataclass(frozen=True, slots=True)
class Replace:
    """Show this in the place of the private message that was acted on; where that is gone, say it."""

    message: Message


@dataclass(frozen=True, slots=True)
class Page:
    """Much to read, shown to that person alone: in a window of its own where the platform has one, else said."""

    message: Message


@dataclass(frozen=True, slots=True)
class Invalid:
    """A form that cannot be taken yet: a sentence for each field, and "" for the form as a whole."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """Options for a field that suggests."""

    options: tuple[Option, ...]


Reply: TypeAlias = Message | Replace | Page | Form | Invalid | Choices | None
"""A Message is said to that person alone, wherever they spoke. A Form is opened. None shows nothing."""

Hear: TypeAlias = Callable[[Event], Awaitable[Reply]]
"""What becomes of an event. Its effect is committed when this returns."""

Keep: TypeAlias = Callable[[InboundEvent], Awaitable[None]]
"""Commits the event itself, for one that must be acknowledged while `Hear` is still at it: should this process end
before the effect is there, the event is heard again and the reply sent to the person. Raises when it could not."""
