"""What is wrong with an installation, in plain words: settings, database, port, platforms."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

from bot import settings as bot_settings
from bot.chat import registry
from bot.chat.registry import SettingsError
from bot.settings import Settings
from storage import people, uninstalls
from storage.database import Database, DatabaseMissing, DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    about: str
    ok: bool
    said: str


def run() -> list[Check]:
    """Every check, in the order in which they matter."""
    try:
        settings = bot_settings.load()
    except SettingsError as error:
        return [Check("Settings", ok=False, said=str(error))]
    names = ", ".join(settings.platforms)
    return [
        Check("Settings", ok=True, said=f"platforms: {names}"),
        *_database(settings),
        _port(settings),
        *(check for name in settings.platforms for check in _platform(name, settings)),
    ]


def _platform(name: str, settings: Settings) -> list[Check]:
    adapter = registry.adapter(name)
    found = asyncio.run(adapter.check(registry.environment(name), settings.admins))
    return [Check(adapter.label, ok=finding.ok, said=finding.said) for finding in found]


def _database(settings: Settings) -> list[Check]:
    try:
        database = Database(settings.database_url, read_only=True)
    except DatabaseMissing:
        return [Check("Database", ok=True, said="none yet; `instep serve` makes one")]
    except DatabaseUnavailable as error:
        return [Check("Database", ok=False, said=str(error))]
    try:
        database.check_writable()
        database.check_version()
        with database.transaction() as tx:
            companies = people.companies(tx)
            away = [(row.name, row.key, row.removed_at) for row in uninstalls.removed(tx)]
            leaderless = [company.name for company in people.without_admin(tx)]
    except DatabaseUnavailable as error:
        return [Check("Database", ok=False, said=str(error))]
    finally:
        database.close()
    checks = [Check("Database", ok=True, said=f"of this version, {len(companies)} companies")]
    for name, key, at in away:
        said = f"Instep was removed from {name} ({key}) on {at:%Y-%m-%d}. Nothing is sent there until it is installed again."
        checks.append(Check("Workspace", ok=True, said=said))
    for name in leaderless:
        said = f"nobody is one in {name} yet. `instep admin grant ADDRESS` makes the first."
        checks.append(Check("Admins", ok=False, said=said))
    return checks


def _port(settings: Settings) -> Check:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            where = f"{settings.host}:{settings.port}"
            return Check("Port", ok=False, said=f"{where} is taken (by Instep itself, if it runs) or not ours to use")
    return Check("Port", ok=True, said=f"{settings.host}:{settings.port} is free")
