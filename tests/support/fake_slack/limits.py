"""What Slack takes: messages in a conversation, in a workspace, calls of a method; and how long it thinks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

Rate = tuple[float, int]
"""So many a second in the long run, so many at once after a rest."""

A_MINUTE: Mapping[str, Rate] = {
    "auth.test": (5.0, 100),
    "apps.connections.open": (20 / 60, 20),
    "chat.postEphemeral": (100 / 60, 30),
    "chat.update": (50 / 60, 20),
    "conversations.history": (50 / 60, 20),
    "conversations.info": (50 / 60, 20),
    "conversations.members": (100 / 60, 30),
    "conversations.open": (50 / 60, 20),
    "conversations.replies": (50 / 60, 20),
    "oauth.v2.access": (20 / 60, 20),
    "users.info": (100 / 60, 30),
    "users.list": (20 / 60, 20),
    "views.open": (100 / 60, 30),
    "views.publish": (100 / 60, 30),
    "views.update": (100 / 60, 30),
}
"""The tiers of https://docs.slack.dev/apis/web-api/rate-limits, with bursts."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`None` where there is no limit. `latency` is seconds, evenly between the two."""

    channel: Rate | None = (1.0, 4)
    workspace: Rate | None = (500 / 60, 25)
    methods: Mapping[str, Rate] = field(default_factory=lambda: A_MINUTE)
    latency: tuple[float, float] = (0.1, 0.3)


NONE = Limits(None, None, {}, (0.0, 0.0))


@dataclass(slots=True)
class TokenBucket:
    """Tokens that come back with time."""

    rate: Rate
    tokens: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.tokens, self.at = float(self.rate[1]), time.monotonic()

    def take(self) -> float:
        """0 when one may go, else the seconds until one may."""
        now = time.monotonic()
        self.tokens = min(float(self.rate[1]), self.tokens + (now - self.at) * self.rate[0])
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate[0]


class Meter:
    """All buckets of one fake Slack."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._buckets: dict[tuple[str, str], TokenBucket] = {}
        self.refused = 0

    def wait(self, team: str, method: str, channel: str) -> float:
        """0 when the call may go, else the Retry-After."""
        wanted: list[tuple[tuple[str, str], Rate | None]] = [((team, method), self.limits.methods.get(method))]
        if method == "chat.postMessage":
            wanted += [
                ((team, f"#{channel}"), self.limits.channel),
                ((team, "workspace"), self.limits.workspace),
            ]
        for key, rate in wanted:
            if rate is not None:
                wait = self._buckets.setdefault(key, TokenBucket(rate)).take()
                if wait:
                    self.refused += 1
                    return wait
        return 0.0
