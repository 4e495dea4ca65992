"""`instep teams …`: the package to upload in the Teams admin center."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from adapters.msteams import manifest
from bot.chat import registry
from bot.chat.registry import SettingsError


def commands(says: Mapping[str, str]) -> typer.Typer:
    """The group. `says` is what each of the bot's commands does, by its words."""
    group = typer.Typer(help="The app in Teams.", no_args_is_help=True)

    @group.callback()
    def _group() -> None:
        """Keeps the name of the only command there is."""

    @group.command()
    def package(
        out: Annotated[Path, typer.Option(help="The zip to write.")] = Path("instep-teams.zip"),
        publisher: Annotated[
            str, typer.Option(help="Who runs it, shown to whoever adds the app; at most 32 characters.")
        ] = "Instep",
        website: Annotated[
            str, typer.Option(help="Their page about it, its privacy and its terms; https.")
        ] = "https://instep.example",
    ) -> None:
        """Write the app package to upload in the Teams admin center. It needs TEAMS_APP_ID and no network."""
        app_id = getattr(registry.environment("teams"), "app_id", "")
        try:
            UUID(app_id)
        except ValueError:
            raise SettingsError("TEAMS_APP_ID: a GUID, the application (client) id of the app registration.") from None
        if not website.startswith("https://"):
            raise typer.BadParameter("Teams takes https only", param_hint="--website")
        if not 0 < len(publisher) <= 32:
            raise typer.BadParameter("1 to 32 characters", param_hint="--publisher")
        made = manifest.manifest(app_id, says, publisher=publisher, website=website)
        try:
            out.write_bytes(manifest.package(made))
        except OSError as error:
            raise SettingsError(f"{out} cannot be written: {error.strerror}.") from None
        typer.echo(f"{out} is written. Upload it in the Teams admin center: Teams apps, Manage apps, Upload new app.")

    return group
