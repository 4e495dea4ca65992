"""The Slack app as Slack wants it described, made from what this adapter really uses."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.slack.blocks import Json

COMMANDS: Mapping[str, tuple[str, str]] = {
    "checkin": ("Say what you worked on", "[same | until Friday]"),
    "goals": ("Company goals: see them, add, change", "[add TITLE | show #GOAL | edit #GOAL]"),
    "team": ("Your team: people, rhythm, digest", "[create NAME | add here | digest here]"),
    "digest": ("This week so far, for you alone", "[last | week 2026-W10]"),
    "instep": ("What Instep does, your settings, who sees what", "[help | settings | privacy]"),
}
"""Slash commands: what each says of itself, and a hint of what may follow."""

CHECK_IN, SAVE = "checkin", "save"
"""The shortcuts by their callback ids: one anywhere, one on a message."""

EVENTS: Mapping[str, str] = {
    "app_home_opened": "shows somebody their settings page",
    "app_mention": "answers `@Instep goals` in a channel",
    "app_uninstalled": "stops at once",
    "channel_archive": "looks at a digest's channel again before the next message there",
    "channel_shared": "the same",
    "channel_unarchive": "the same",
    "channel_unshared": "the same",
    "group_archive": "the same for a private channel",
    "group_unarchive": "the same for a private channel",
    "member_left_channel": "the same, when it was removed from it",
    "message.im": "takes what is typed to Instep as an answer or a command",
    "team_join": "knows newcomers",
    "tokens_revoked": "stops at once",
    "user_change": "follows time zones and vacation statuses, notices who was deactivated or became a guest",
}
"""What Slack tells us unasked, and what for."""

SCOPES: Mapping[str, str] = {
    "app_mentions:read": "be told when somebody writes `@Instep goals` in a channel",
    "channels:read": "check before each digest that its channel exists, is not shared with another company, and has Instep in it",
    "chat:write": "ask people, answer them, post digests",
    "commands": "the slash commands and shortcuts",
    "groups:read": "the same for private channels Instep was invited to",
    "im:history": "read what is typed to Instep itself; find out whether a question arrived when the line broke",
    "im:write": "find the direct message with somebody",
    "users:read": "names, time zones, whose status says vacation, who is a guest or a bot",
    "users:read.email": "know somebody who uses both Slack and Teams for one person",
}
"""What we ask for, and what for."""

OPTIONAL_SCOPES: Mapping[str, str] = {
    "channels:history": "find out whether a digest arrived when the line broke; without it an admin is told instead",
    "groups:history": "the same in private channels",
}
"""What somebody may leave out when they install."""


def manifest(*, url: str = "", prefix: str = "", name: str = "Instep") -> Json:
    """The manifest, version 2. With the public `url` of this server for HTTP, without one for Socket Mode.

    `prefix` goes before each command (`acme-` makes `/acme-goals`), where another app has taken the short ones.
    https://docs.slack.dev/reference/app-manifest
    """
    endpoint = {"url": f"{url}/slack/events"} if url else {}
    request = {"request_url": f"{url}/slack/events"} if url else {}
    options = {"message_menu_options_url": f"{url}/slack/events"} if url else {}
    redirect = {"redirect_urls": [f"{url}/slack/oauth_redirect"]} if url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": name,
            "description": "Keeps remote staff and company goals in step.",
            "long_description": (
                "Instep asks you on a rhythm of your own what you worked on, files every line under a company goal, and once a "
                "week posts to your team what got done, how it serves the goals, whether it goes quickly enough, and what came "
                "of it. No scores, nobody is listed for not answering, and it runs on your company’s own machine."
            ),
            "background_color": "#1f4d3a",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "shortcuts": [
                {
                    "name": "Check in",
                    "type": "global",
                    "callback_id": CHECK_IN,
                    "description": "Say what you worked on",
                },
                {
                    "name": "Save as check-in",
                    "type": "message",
                    "callback_id": SAVE,
                    "description": "Save this message as what you worked on",
                },
            ],
            "slash_commands": [
                {"command": f"/{prefix}{word}", **endpoint, "description": says, "usage_hint": hint, "should_escape": True}
                for word, (says, hint) in COMMANDS.items()
            ],
        },
        "oauth_config": {
            **redirect,
            "scopes": {"bot": [*SCOPES, *OPTIONAL_SCOPES], "bot_optional": [*OPTIONAL_SCOPES]},
        },
        "settings": {
            "event_subscriptions": {**request, "bot_events": [*EVENTS]},
            "interactivity": {"is_enabled": True, **request, **options},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }  # fmt: skip
