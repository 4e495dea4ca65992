"""Commands that write what a platform's administrator uploads: a manifest, a package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import settings
from bot.settings import SettingsError
from checkins.errors import UserError


def slack_manifest(
    url: Annotated[
        str, typer.Option(help="For HTTP: where Slack reaches this server, like https://instep.acme.example.")
    ] = "",
    prefix: Annotated[
        str,
        typer.Option(help="Before every command, where another app has taken the short ones, like acme-."),
    ] = "",
    name: Annotated[str, typer.Option(help="What the app is called.")] = "Instep",
) -> None:
    """Print the manifest to make the app from in Slack. Without --url it is for Socket Mode."""
    import json

    from adapters.slack import manifest as slack_app_manifest

    if url and not url.startswith("https://"):
        raise typer.BadParameter("Slack takes https only", param_hint="--url")
    made = slack_app_manifest.manifest(url=url.rstrip("/"), prefix=prefix.removeprefix("/"), name=name)
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))


def teams_package(
    out: Annotated[Path, typer.Option(help="The zip to write.")] = Path("instep-teams.zip"),
    publisher: Annotated[
        str, typer.Option(help="Who runs it, shown to whoever adds the app; at most 32 characters.")
    ] = "Instep",
    website: Annotated[
        str, typer.Option(help="Their page about it, its privacy and its terms; https.")
    ] = "https://instep.example",
) -> None:
    """Write the app package to upload in the Teams admin center. It needs TEAMS_APP_ID and no network."""
    from uuid import UUID

    from adapters.msteams import manifest
    from bot.conversation.actions import ACTIONS

    app_id = settings.load().teams_app_id
    try:
        UUID(app_id)
    except ValueError:
        raise SettingsError(
            "TEAMS_APP_ID: a GUID, the application (client) id of the app registration."
        ) from None
    if not website.startswith("https://"):
        raise typer.BadParameter("Teams takes https only", param_hint="--website")
    if not 0 < len(publisher) <= 32:
        raise typer.BadParameter("1 to 32 characters", param_hint="--publisher")
    says = {words: action.says for words, action in ACTIONS.by_words.items()}
    made = manifest.manifest(app_id, says, publisher=publisher, website=website)
    try:
        out.write_bytes(manifest.package(made))
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.") from None
    typer.echo(
        f"{out} is written. Upload it in the Teams admin center: Teams apps, Manage apps, Upload new app."
    )
