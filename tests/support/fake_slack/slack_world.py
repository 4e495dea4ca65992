"""What is in a fake Slack: workspaces, people, channels, messages, modals."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Json = dict[str, Any]


@dataclass
class SlackUser:
    """Somebody, as users.info tells of them."""

    id: str
    name: str
    zone: str = "Europe/Berlin"
    more: Json = field(default_factory=dict)  # is_restricted, deleted, team_id, …

    def told(self, team: str) -> Json:
        handle = self.name.lower().replace(" ", ".")
        return {
            "id": self.id, "team_id": team, "name": handle, "deleted": False, "real_name": self.name, "tz": self.zone,
            "tz_offset": 3600, "is_bot": False, "is_restricted": False, "is_ultra_restricted": False,
            "profile": {"real_name": self.name, "display_name": handle, "email": f"{handle}@acme.example"},
            **self.more,
        }  # fmt: skip


@dataclass
class SlackChannel:
    """A channel; `bot` says that the app is in it."""

    id: str
    name: str
    members: list[str]
    bot: bool = True
    more: Json = field(default_factory=dict)  # is_archived, is_private, is_ext_shared


@dataclass
class Post:
    """A message. `only` is set for one that a single person sees."""

    channel: str
    ts: str
    by: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread: str = ""
    only: str = ""
    posts: int = 1
    more: Json = field(default_factory=dict)  # of an app: bot_id, username, bot_profile


@dataclass
class View:
    """An open modal, as its person sees it, with what they typed and what was wrong with that."""

    id: str
    team: str
    user: str
    shown: Json
    hash: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass
class Url:
    """A response_url: where it leads, and how often it may still be used."""

    team: str
    channel: str
    user: str
    post: Post | None
    uses: int = 5
    until: float = field(default_factory=lambda: time.monotonic() + 1_800)


@dataclass
class SlackTeam:
    """A workspace with the app in it, or not yet (`token` is empty then)."""

    id: str = "T1"
    name: str = "Acme"
    token: str = ""
    bot_user: str = "UBOT"
    bot: str = "BBOT"
    scopes: frozenset[str] = frozenset()
    refresh: str = ""
    expires_at: float = 0.0
    people: dict[str, SlackUser] = field(default_factory=dict)
    channels: dict[str, SlackChannel] = field(default_factory=dict)
    dms: dict[str, str] = field(default_factory=dict)  # D… ids by person
    posts: list[Post] = field(default_factory=list)
    homes: dict[str, Json] = field(default_factory=dict)
    modals: dict[str, list[View]] = field(default_factory=dict)
    native_charts: bool = True
    _numbers: Any = field(default_factory=count)
    _by_id: dict[tuple[str, str], Post] = field(default_factory=dict)

    def add(self, *people: SlackUser) -> None:
        for person in people:
            self.people[person.id] = person

    def dm(self, user: str) -> str:
        """The DM of somebody with the app."""
        return self.dms.setdefault(user, f"D{user}")

    def owner(self, channel: str) -> str:
        """Whose DM it is."""
        user = channel.removeprefix("D")
        return user if self.dms.get(user) == channel else ""

    def ts(self) -> str:
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def put(self, post: Post) -> None:
        """A new message."""
        self.posts.append(post)
        self._by_id[post.channel, post.ts] = post

    def post(self, channel: str, ts: str) -> Post | None:
        return self._by_id.get((channel, ts))

    def wipe(self) -> None:
        """Somebody deletes every message."""
        self.posts.clear()
        self._by_id.clear()

    def seen(self, channel: str, user: str) -> list[Post]:
        """What somebody sees in a conversation, oldest first."""
        return [post for post in self.posts if post.channel == channel and post.only in ("", user)]

    def carrying(self, key: str) -> list[Post]:
        """The messages whose metadata hold a key."""
        return [post for post in self.posts if (post.metadata or {}).get("event_payload", {}).get("key") == key]
