"""The commands of `instep`, and what each is called."""

from __future__ import annotations

import typer

from bot.cli import admin, app_packages, data, doctor, serve

cli = typer.Typer(
    name="instep",
    help="Keeps remote staff and company goals in step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin_cli = typer.Typer(help="Who may change goals and teams.", no_args_is_help=True)
cli.add_typer(admin_cli, name="admin")
slack_cli = typer.Typer(help="The app in Slack.", no_args_is_help=True)
cli.add_typer(slack_cli, name="slack")
teams_cli = typer.Typer(help="The app in Teams.", no_args_is_help=True)
cli.add_typer(teams_cli, name="teams")
cli.command()(serve.serve)
cli.command()(serve.worker)
cli.command()(serve.demo)
cli.command()(serve.tick)
cli.command("import")(data.import_)
cli.command("export")(data.export)
cli.command("digest")(data.print_digest)
cli.command("tag")(data.tag)
admin_cli.command("grant")(admin.grant)
admin_cli.command("revoke")(admin.revoke)
slack_cli.command("manifest")(app_packages.slack_manifest)
teams_cli.command("package")(app_packages.teams_package)
cli.command()(data.migrate)
cli.command()(doctor.doctor)
