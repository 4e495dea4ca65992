"""What each platform's adapter needs of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    from adapters import msteams
    from adapters import slack as slack_adapter


def slack(settings: Settings) -> slack_adapter.Settings:
    """Slack's tokens and secrets."""
    from adapters import slack as slack_adapter

    return slack_adapter.Settings(
        bot_token=settings.slack_bot_token,
        app_token=settings.slack_app_token,
        signing_secret=settings.slack_signing_secret,
        client_id=settings.slack_client_id,
        client_secret=settings.slack_client_secret,
        secret_keys=settings.secret_key,
        api_url=settings.slack_api_url,
    )


def teams(settings: Settings) -> msteams.Settings:
    """The app in Teams, its secret, and whose it is."""
    from adapters import msteams

    return msteams.Settings(
        app_id=settings.teams_app_id,
        app_password=settings.teams_app_password,
        tenant_id=settings.teams_tenant_id,
        tenants=settings.teams_tenant_ids,
        catalog_id=settings.teams_catalog_id,
        anonymous=settings.teams_allow_unauthenticated_loopback,
    )
