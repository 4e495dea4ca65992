"""How people, conversations, workspaces and messages of Slack are called outside this folder."""

from __future__ import annotations

from bot.chat.events import Address
from bot.chat.platform import Unreachable

NAME = "slack"


def workspace(team: str) -> str:
    """A workspace: `slack:T1`."""
    return f"{NAME}:{team}"


def of(team: str, place: str) -> Address:
    """A person (`slack:T1:U1`, which is also where they are written to) or a channel (`slack:T1:C1`)."""
    return f"{NAME}:{team}:{place}"


def split(address: Address) -> tuple[str, str]:
    """The workspace's and the place's id. Raises Unreachable for an address that is not one."""
    name, _, rest = address.partition(":")
    team, _, place = rest.partition(":")
    if name != NAME or not team or not place:
        raise Unreachable(f"{address} is not an address in Slack. One looks like slack:T024BE7LD:U024BE7LH.")
    return team, place


def is_person(place: str) -> bool:
    """Whether it is somebody, and not a channel. Enterprise people begin with W."""
    return place[:1] in {"U", "W"}


def message(channel: str, ts: str) -> str:
    """A message: its conversation and its time, which is its id there."""
    return f"{channel}/{ts}" if channel and ts else ""


def split_message(name: str) -> tuple[str, str]:
    """The conversation and the time of a message."""
    channel, _, ts = name.partition("/")
    return channel, ts
