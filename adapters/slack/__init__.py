"""Slack: one bolt app, by Socket Mode or by signed HTTP, in one workspace or in many."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.slack.adapter import Slack
from adapters.slack.client import SLACK, Api
from adapters.slack.oauth import OAuthPages
from adapters.slack.receive import Transport
from adapters.slack.workspaces import Vault, Workspaces
from bot.chat.inbound import Patience
from bot.chat.platform import Pace, Store

__all__ = ["Settings", "Slack", "build", "missing"]


PACE = Pace(per_second=5.0, burst=20)
CONVERSATION_PACE = Pace(per_second=1.0, burst=3)
"""What Slack takes: about a message a second in a conversation and, as far as it tells, several hundred a minute in a
workspace. https://docs.slack.dev/apis/web-api/rate-limits"""

EDIT_PACE = Pace(per_second=2 / 3, burst=10)
"""Edits have a tier of their own, of 50 a minute and more: no minute has more of ours."""

PATIENCE = Patience(answer=0.4, keep=2.1)
"""Slack waits three seconds for an acknowledgement. https://docs.slack.dev/interactivity/handling-user-interaction"""


@dataclass(frozen=True, slots=True)
class Settings:
    """Tokens and secrets as Slack gives them, and how much of Slack's patience is used."""

    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    client_id: str = ""
    client_secret: str = ""
    secret_keys: tuple[str, ...] = ()
    api_url: str = SLACK
    pace: Pace = PACE
    conversation_pace: Pace = CONVERSATION_PACE
    edit_pace: Pace = EDIT_PACE
    patience: Patience = PATIENCE
    modal: float = 0.8  # seconds one waits for a form before something is opened in its place
    timeout: float = 9.0  # seconds for one answer of Slack's
    ping: float = 10.0  # seconds between two heartbeats of Socket Mode
    again: float = 5.0  # seconds between two tries to reach Slack at the start
    largest: int = 1024 * 1024  # bytes of one request's body


def missing(settings: Settings) -> str:
    """What has to be set before this can work, in a sentence; "" when nothing is missing."""
    if not settings.bot_token and not (settings.client_id and settings.client_secret):
        return (
            "Set SLACK_BOT_TOKEN (xoxb-…, from “Install App” in the app's settings) for one workspace, or SLACK_CLIENT_ID and "
            "SLACK_CLIENT_SECRET for several."
        )
    if not settings.app_token and not settings.signing_secret:
        return (
            "Set SLACK_APP_TOKEN (xapp-…, from “Basic Information”, “App-Level Tokens”, with connections:write) for Socket Mode, "
            "or SLACK_SIGNING_SECRET for HTTP."
        )
    if settings.bot_token and not settings.bot_token.startswith("xoxb-"):
        return "SLACK_BOT_TOKEN is not a bot's token: it begins with xoxb-."
    if settings.app_token and not settings.app_token.startswith("xapp-"):
        return "SLACK_APP_TOKEN is not an app-level token: it begins with xapp-."
    if not settings.bot_token:
        if not settings.secret_keys:
            return (
                "Set INSTEP_SECRET_KEY, which encrypts the workspaces' tokens. This makes one: python -c "
                "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
            )
        try:
            Vault(settings.secret_keys)
        except ValueError:
            return "INSTEP_SECRET_KEY is not a key: one has 44 characters and is made by cryptography's Fernet.generate_key()."
    return ""


def build(settings: Settings, store: Store) -> Slack:
    """The adapter. Raises ValueError with the sentence of `missing` where something is."""
    if wrong := missing(settings):
        raise ValueError(wrong)
    api = Api(settings.api_url, settings.timeout)
    many = not settings.bot_token
    workspaces = Workspaces(
        api, store, token=settings.bot_token, client_id=settings.client_id,
        client_secret=settings.client_secret, vault=Vault(settings.secret_keys) if many else None,
    )  # fmt: skip
    doors = (
        OAuthPages(workspaces, store, client_id=settings.client_id, client_secret=settings.client_secret)
        if many
        else None
    )
    return Slack(
        api,
        workspaces,
        Transport(settings.app_token, settings.signing_secret, doors, settings.ping, settings.again),
        pace=settings.pace,
        conversation_pace=settings.conversation_pace,
        edit_pace=settings.edit_pace,
        patience=settings.patience,
        modal=settings.modal,
        largest=settings.largest,
    )
