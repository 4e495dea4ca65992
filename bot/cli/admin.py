"""Commands about who may change goals and teams."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from bot import settings
from bot.cli.console import opened


def grant(address: str) -> None:
    """Make somebody an admin. ADDRESS is like playground:ana."""
    _set_admin(address, admin=True)


def revoke(address: str) -> None:
    """Take the rights of an admin back."""
    _set_admin(address, admin=False)


def _set_admin(address: str, *, admin: bool) -> None:
    from checkins.people import members

    with opened(settings.load()) as database, database.transaction() as tx:
        person = members.set_admin(tx, address, datetime.now(UTC), admin=admin)
        typer.echo(f"{person.name} is {'an' if admin else 'no'} admin{'' if admin else ' any more'}.")
