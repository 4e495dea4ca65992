"""What each platform's adapter needs of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from adapters import slack as adapter


def slack(settings: Settings) -> adapter.Settings:
    """Slack's tokens and secrets."""
    from adapters import slack as adapter

    return adapter.Settings(
        bot_token=settings.slack_bot_token,
        app_token=settings.slack_app_token,
        signing_secret=settings.slack_signing_secret,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        secret_keys=settings.secret_key,
        api_url=settings.slack_api_url,
    )
