"""The commands of `instep`, and what each is called."""

from __future__ import annotations

import typer

from bot.chat import registry
from bot.cli import admin, data, doctor, serve
from bot.commands import parse as command_parse

cli = typer.Typer(
    name="instep",
    help="Keeps remote staff and company goals in step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin_cli = typer.Typer(help="Who may change goals and teams.", no_args_is_help=True)
cli.add_typer(admin_cli, name="admin")
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
cli.command()(data.migrate)
cli.command()(doctor.doctor)
_says = {spec.words: spec.says for spec in command_parse.GRAMMAR} | {"help": "what I do and what you can say"}
for _adapter in registry.every():
    if _adapter.commands is not None:
        cli.add_typer(_adapter.commands(_says), name=_adapter.name)
