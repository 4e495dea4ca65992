"""What the Slack adapter has to be told, and how much it asks of Slack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from bot.chat import registry
from bot.chat.inbound import Patience
from bot.chat.platform import Pace

API = "https://slack.com/api/"
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
    api_url: str = API
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
        from adapters.slack.workspaces import Vault

        try:
            Vault(settings.secret_keys)
        except ValueError:
            return "INSTEP_SECRET_KEY is not a key: one has 44 characters and is made by cryptography's Fernet.generate_key()."
    return ""


class Environment(registry.Environment):
    """Slack's tokens and secrets, by the names people set them under."""

    secret_key: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        validation_alias="INSTEP_SECRET_KEY",
        repr=False,
        description="keys that encrypt tokens at rest, separated by commas; the first one encrypts",
    )
    bot_token: str = Field(
        default="",
        validation_alias="SLACK_BOT_TOKEN",
        repr=False,
        description="Slack, one workspace: `xoxb-…`",
    )
    app_token: str = Field(
        default="",
        validation_alias="SLACK_APP_TOKEN",
        repr=False,
        description="Slack by Socket Mode: `xapp-…`",
    )
    signing_secret: str = Field(
        default="",
        validation_alias="SLACK_SIGNING_SECRET",
        repr=False,
        description="Slack by HTTP at `/slack/events`",
    )
    client_id: str = Field(
        default="",
        validation_alias="SLACK_CLIENT_ID",
        description="Slack, several workspaces, at `/slack/install`",
    )
    client_secret: str = Field(
        default="", validation_alias="SLACK_CLIENT_SECRET", repr=False, description="the same, its secret"
    )
    api_url: str = Field(default=API, validation_alias="SLACK_API_URL", description="where Slack's API is")

    @field_validator("secret_key", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        return tuple(registry.listed(value))

    def settings(self) -> Settings:
        """The same, with what is not set from outside."""
        return Settings(
            bot_token=self.bot_token,
            app_token=self.app_token,
            signing_secret=self.signing_secret,
            client_id=self.client_id,
            client_secret=self.client_secret,
            secret_keys=self.secret_key,
            api_url=self.api_url,
        )
