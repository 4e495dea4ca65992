"""The app package that a Teams admin uploads: a manifest and two icons in a zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version

from adapters.msteams import icons
from adapters.msteams.client import Json

VERSION = "1.29"  # of the schema: the first with slash commands
MOST = 12  # commands of a list

# What the menu offers; it only puts the words into the box. Sentences come from the grammar, but for our own.
OURS = {"home": "how and when I am asked, and what I can do about it"}
PERSONAL = (
    "home", "checkin", "same", "mine", "goals", "digest", "snooze", "skip", "leave", "team", "instep settings", "help",
)  # fmt: skip
SHARED = (
    "goals", "goals add", "goals show", "digest", "digest last", "team", "team create", "team add", "team digest",
    "team rhythm", "team on", "help",
)  # fmt: skip


def manifest(app_id: str, says: Mapping[str, str], *, publisher: str, website: str) -> Json:
    """The manifest of the app registration with this id. `says` has a sentence for each command of the grammar."""
    lists = (("personal", PERSONAL), ("team", SHARED), ("groupChat", SHARED))
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json",
        "manifestVersion": VERSION,
        "version": version("instep"),
        "id": app_id,
        "developer": {
            "name": publisher,
            "websiteUrl": website,
            "privacyUrl": website,
            "termsOfUseUrl": website,
        },
        "name": {"short": "Instep", "full": "Instep, for remote staff and company goals"},
        "description": {
            "short": "Asks what you worked on and shows how it serves the company’s goals.",
            "full": "On a rhythm that suits you Instep asks what you worked on. Each line is filed under a company "
            "goal, or under support, firefighting and overhead. Once a week the team’s channel gets a digest: what "
            "got done, how it serves the goals, whether it goes quickly enough, and what came of it. Your team sees "
            "your lines; above it there are only figures, never for fewer than four people. No scores, and nobody "
            "is listed for not answering.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#{:02X}{:02X}{:02X}".format(*icons.ACCENT),
        "bots": [
            {
                "botId": app_id,
                "scopes": [scope for scope, _ in lists],
                "supportsTargetedMessages": True,
                "commandLists": [
                    {
                        "scopes": [scope],
                        "triggers": ["mention", "slash"],
                        "commands": [
                            {"title": words, "description": OURS.get(words) or says[words]} for words in listed
                        ],
                    }
                    for scope, listed in lists
                ],
            }
        ],
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [],
    }


def package(made: Json) -> bytes:
    """The zip of a manifest, the same bytes for the same manifest."""
    held = io.BytesIO()
    files = {
        "manifest.json": json.dumps(made, indent=2, ensure_ascii=False).encode(),
        "color.png": icons.color(),
        "outline.png": icons.outline(),
    }
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), body)
    return held.getvalue()
