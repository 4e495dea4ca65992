"""Addresses of people as files name them, like `playground:ana` or `slack:T01:U123`."""

from __future__ import annotations

import re
from urllib.parse import quote

from bot.chat import registry
from checkins.errors import UserError

_ADDRESS = re.compile(r"(?P<platform>[a-z][a-z0-9]*):(?:(?P<workspace>[^\s:;#]+):)?(?P<id>[^\s;#]+)")


def workspace_of(address: str) -> str:
    """The key of the workspace that an address is in: `slack:T01`. Raises UserError for what is no address."""
    match = _ADDRESS.fullmatch(address)
    if match is None or len(address) > 200:
        raise UserError(f"“{address}” is not an address. One looks like playground:ana or slack:T01:U123.")
    if match["workspace"]:
        return f"{match['platform']}:{match['workspace']}"
    name = match["platform"]
    only = registry.adapter(name).only_workspace if name in registry.ADAPTERS else ""
    if not only:
        raise UserError(f"“{address}” does not say in which workspace. Write it like {name}:T01:U123.")
    return only


def of_set(name: str) -> str:
    """The key of the workspace of a set."""
    return f"playground:{quote(name, safe='')}"


def in_set(name: str, person: str) -> str:
    """The address of a person of a set. The same pseudonym in two sets is two people."""
    return f"{of_set(name)}:{quote(person, safe='')}"
