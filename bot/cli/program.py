"""The commands of `instep`, and what each is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import typer

from bot.chat import registry
from bot.cli import admin, data, doctor, serve

if TYPE_CHECKING:
    from bot.commands.table import ActionTable

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


class _Says(Mapping[str, str]):
    """What can be said to the bot, and what that does. Read when it is asked for: the whole conversation comes with
    it."""

    def __getitem__(self, words: str) -> str:
        return self._actions.by_words[words].says

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions.by_words)

    def __len__(self) -> int:
        return len(self._actions.by_words)

    @property
    def _actions(self) -> ActionTable:
        from bot.conversation.actions import ACTIONS

        return ACTIONS


for _adapter in registry.every():
    if _adapter.commands is not None:
        cli.add_typer(_adapter.commands(_Says()), name=_adapter.name)
