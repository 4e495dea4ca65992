"""Microsoft Graph, for one thing: adding the app for somebody who has not done it themselves."""

from __future__ import annotations

import logging
from urllib.parse import quote, urlsplit

from adapters.msteams.client import Client
from adapters.msteams.settings import Settings
from bot.chat.platform import RateLimited, Unreachable

log = logging.getLogger(__name__)


class Graph:
    """https://learn.microsoft.com/graph/api/userteamwork-post-installedapps, where an admin permitted it."""

    def __init__(self, settings: Settings, wire: Client) -> None:
        self._settings = settings
        self._wire = wire

    @property
    def may_add(self) -> bool:
        """Whether it is to be tried at all."""
        return bool(self._settings.catalog_id) and not self._settings.anonymous

    async def add(self, person: str) -> None:
        """Add the app for somebody, by their Entra id; nothing happens where it is added already.

        Raises Unreachable when that is not permitted, RateLimited when it may be later.
        """
        graph = self._settings.graph_url.rstrip("/")
        place = urlsplit(graph)
        answer = await self._wire.ask(
            "POST",
            f"{graph}/users/{quote(person, safe='')}/teamwork/installedApps",
            scope=f"{place.scheme}://{place.netloc}",
            body={"teamsApp@odata.bind": f"{graph}/appCatalogs/teamsApps/{self._settings.catalog_id}"},
        )
        if answer.status in (200, 201, 204, 409):
            return
        if answer.status in (401, 403):
            log.warning("Graph does not let the app add itself for people: see TeamsAppInstallation in the README")
        if answer.status in (400, 401, 403, 404):
            raise Unreachable(f"It could not be added for them ({answer.status}).")
        raise RateLimited(answer.retry_after or 30, "Microsoft Graph asked us to wait")
