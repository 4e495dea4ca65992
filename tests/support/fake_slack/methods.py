"""The Web API of a fake Slack, as strict as the real one where ours could go wrong."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support import slack_shapes
from tests.support.fake_slack.slack_world import Json, Post, SlackTeam, View


class ApiError(Exception):
    """`ok: false`, with this error."""


@dataclass(frozen=True)
class MethodRule:
    """What a method takes: arguments that must and may be there, the scopes of which one is needed, JSON or a form."""

    needs: frozenset[str]
    takes: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    json: bool = False


def _rule(needs: str = "", takes: str = "", scopes: str = "", *, json: bool = False) -> MethodRule:
    return MethodRule(frozenset(needs.split()), frozenset(takes.split()), tuple(scopes.split()), json)


READ = "channels:read groups:read im:read mpim:read"
RULES: Mapping[str, MethodRule] = {
    "auth.test": _rule(),
    "apps.connections.open": _rule(),
    "chat.postMessage": _rule(
        "channel text", "blocks metadata thread_ts unfurl_links unfurl_media", "chat:write", json=True
    ),
    "chat.postEphemeral": _rule("channel user text", "blocks thread_ts", "chat:write", json=True),
    "chat.update": _rule("channel ts text", "blocks metadata", "chat:write", json=True),
    "conversations.open": _rule("users", "", "im:write"),
    "conversations.info": _rule("channel", "", READ),
    "conversations.members": _rule("channel", "limit cursor", READ),
    "conversations.history": _rule("channel", "include_all_metadata limit cursor oldest", "*:history"),
    "conversations.replies": _rule("channel ts", "include_all_metadata limit cursor", "*:history"),
    "users.info": _rule("user", "", "users:read"),
    "users.list": _rule("", "limit cursor", "users:read"),
    "views.open": _rule("trigger_id view", "", "", json=True),
    "views.update": _rule("view_id view", "hash", "", json=True),
    "views.publish": _rule("user_id view", "hash", "", json=True),
    "oauth.v2.access": _rule("client_id client_secret", "code grant_type refresh_token redirect_uri"),
}


@dataclass
class Trigger:
    """A trigger_id: whose, and whether it was used."""

    user: str
    at: float = field(default_factory=time.monotonic)
    used: bool = False


class Methods:
    """Each method by its name with dots as underscores. `ApiError` is what Slack would answer."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.triggers: dict[str, Trigger] = {}
        self.trigger_lives = 3.0
        self.now = now

    def auth_test(self, team: SlackTeam, given: Json) -> Json:
        return {
            "team_id": team.id,
            "team": team.name,
            "user_id": team.bot_user,
            "user": "instep",
            "bot_id": team.bot,
        }

    # Messages

    def chat_postmessage(self, team: SlackTeam, given: Json) -> Json:
        channel = self._writable(team, given["channel"])
        self._check(team, given)
        metadata = given.get("metadata")
        if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
            raise ApiError("invalid_metadata_format")
        thread = given.get("thread_ts", "")
        if thread and team.post(channel, thread) is None:
            raise ApiError("thread_not_found")
        post = Post(channel, team.ts(), team.bot_user, given["text"], given.get("blocks", []), metadata, thread)
        team.put(post)
        return {"channel": channel, "ts": post.ts}

    def chat_postephemeral(self, team: SlackTeam, given: Json) -> Json:
        channel = self._writable(team, given["channel"])
        self._check(team, given)
        if channel in team.channels and given["user"] not in team.channels[channel].members:
            raise ApiError("user_not_in_channel")
        post = Post(channel, team.ts(), team.bot_user, given["text"], given.get("blocks", []), only=given["user"])
        team.put(post)
        return {"message_ts": post.ts}

    def chat_update(self, team: SlackTeam, given: Json) -> Json:
        if given["channel"][:1] in "UW":
            raise ApiError("channel_not_found")
        post = team.post(given["channel"], given["ts"])
        if post is None or post.only:
            raise ApiError("message_not_found")
        if post.by != team.bot_user:
            raise ApiError("cant_update_message")
        self._writable(team, given["channel"])
        self._check(team, given)
        post.text, post.blocks = given["text"], given.get("blocks", [])
        return {"channel": post.channel, "ts": post.ts}

    def _check(self, team: SlackTeam, given: Json) -> None:
        try:
            slack_shapes.check_message({"text": given["text"], "blocks": given.get("blocks", [])})
        except (AssertionError, KeyError) as refused:
            raise ApiError("invalid_blocks") from refused
        if not team.native_charts and any(block["type"] == "data_visualization" for block in given.get("blocks", [])):
            raise ApiError("invalid_blocks")

    def _writable(self, team: SlackTeam, place: str) -> str:
        """The channel's id. Raises what Slack would for one that cannot be written to."""
        if place in team.people:
            if team.people[place].more.get("deleted"):
                raise ApiError("user_disabled")
            return team.dm(place)
        if team.owner(place):
            return place
        channel = team.channels.get(place)
        if channel is None or (channel.more.get("is_private") and not channel.bot):
            raise ApiError("channel_not_found")
        if channel.more.get("is_archived"):
            raise ApiError("is_archived")
        if not channel.bot:
            raise ApiError("not_in_channel")
        return place

    # Conversations

    def conversations_open(self, team: SlackTeam, given: Json) -> Json:
        if given["users"] not in team.people:
            raise ApiError("user_not_found")
        return {"channel": {"id": team.dm(given["users"])}}

    def conversations_info(self, team: SlackTeam, given: Json) -> Json:
        channel = team.channels.get(given["channel"])
        if channel is None or (channel.more.get("is_private") and not channel.bot):
            raise ApiError("channel_not_found")
        told = {
            "id": channel.id, "name": channel.name, "is_member": channel.bot, "is_archived": False, "is_private": False,
            "is_shared": False, "is_org_shared": False, "is_ext_shared": False, "is_pending_ext_shared": False,
            "pending_shared": [], "shared_team_ids": [team.id],
        }  # fmt: skip
        return {"channel": told | channel.more}

    def conversations_members(self, team: SlackTeam, given: Json) -> Json:
        self.conversations_info(team, given)
        members = [*team.channels[given["channel"]].members, team.bot_user]
        return _page("members", members, given)

    def conversations_history(self, team: SlackTeam, given: Json) -> Json:
        channel = given["channel"]
        kind = "im" if team.owner(channel) else "channels" if channel in team.channels else ""
        if not kind:
            raise ApiError("channel_not_found")
        if f"{kind}:history" not in team.scopes:
            raise ApiError("missing_scope")
        posts = [post for post in team.posts if post.channel == channel and not post.only and not post.thread]
        return _page("messages", [self._told(team, post, given) for post in reversed(posts)], given)

    def conversations_replies(self, team: SlackTeam, given: Json) -> Json:
        posts = [
            post
            for post in team.posts
            if post.channel == given["channel"] and given["ts"] in (post.ts, post.thread) and not post.only
        ]
        return _page("messages", [self._told(team, post, given) for post in posts], given)

    def _told(self, team: SlackTeam, post: Post, given: Json) -> Json:
        told: Json = {"type": "message", "user": post.by, "ts": post.ts, "text": post.text}
        if given.get("include_all_metadata") in (True, "true") and post.metadata:
            told["metadata"] = post.metadata
        replies = sum(other.thread == post.ts and other.channel == post.channel for other in team.posts)
        return told | ({"reply_count": replies, "thread_ts": post.ts} if replies else {})

    # People

    def users_info(self, team: SlackTeam, given: Json) -> Json:
        if given["user"] == team.bot_user:
            return {"user": {"id": team.bot_user, "team_id": team.id, "is_bot": True, "real_name": "Instep"}}
        if given["user"] not in team.people:
            raise ApiError("user_not_found")
        return {"user": team.people[given["user"]].told(team.id)}

    def users_list(self, team: SlackTeam, given: Json) -> Json:
        people = [person.told(team.id) for person in team.people.values()]
        slackbot = {"id": "USLACKBOT", "team_id": team.id, "real_name": "Slackbot", "is_bot": False}
        bot = {"id": team.bot_user, "team_id": team.id, "is_bot": True, "real_name": "Instep"}
        return _page("members", [slackbot, bot, *people], given)

    # Views

    def views_open(self, team: SlackTeam, given: Json) -> Json:
        trigger = self.triggers.get(given["trigger_id"])
        if trigger is None or time.monotonic() - trigger.at > self.trigger_lives:
            raise ApiError("expired_trigger_id")
        if trigger.used:
            raise ApiError("exchanged_trigger_id")
        shown = self._view(given["view"], "modal")
        trigger.used = True
        view = View(f"V{secrets.token_hex(5)}", team.id, trigger.user, shown, secrets.token_hex(4))
        team.modals.setdefault(trigger.user, []).append(view)
        return {"view": {"id": view.id, "hash": view.hash}}

    def views_update(self, team: SlackTeam, given: Json) -> Json:
        for stack in team.modals.values():
            for view in stack:
                if view.id == given["view_id"]:
                    view.shown, view.hash = self._view(given["view"], "modal"), secrets.token_hex(4)
                    view.errors = {}
                    return {"view": {"id": view.id, "hash": view.hash}}
        raise ApiError("not_found")

    def views_publish(self, team: SlackTeam, given: Json) -> Json:
        if given["user_id"] not in team.people:
            raise ApiError("user_not_found")
        team.homes[given["user_id"]] = self._view(given["view"], "home")
        return {"view": {"id": f"VHOME{given['user_id']}"}}

    def _view(self, view: Any, kind: str) -> Json:
        try:
            slack_shapes.check_view(view)
        except (AssertionError, KeyError) as refused:
            raise ApiError("invalid_arguments") from refused
        if view["type"] != kind:
            raise ApiError("invalid_arguments")
        found: Json = view
        return found


def _page(name: str, items: list[Any], given: Json) -> Json:
    at, limit = int(given.get("cursor") or 0), min(int(given.get("limit") or 100), 1_000)
    more = str(at + limit) if at + limit < len(items) else ""
    return {name: items[at : at + limit], "response_metadata": {"next_cursor": more}}
