"""`instep slack …`: what to make the app in Slack from."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from adapters.slack import manifest as app_manifest

commands = typer.Typer(help="The app in Slack.", no_args_is_help=True)


@commands.callback()
def _group() -> None:
    """Keeps the name of the only command there is."""


@commands.command()
def manifest(
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
    if url and not url.startswith("https://"):
        raise typer.BadParameter("Slack takes https only", param_hint="--url")
    made = app_manifest.manifest(url=url.rstrip("/"), prefix=prefix.removeprefix("/"), name=name)
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False))
