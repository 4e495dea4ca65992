"""Who is in a workspace: Slack's people as profiles, remembered, since Slack tells only a few a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from adapters.slack import addresses, status
from adapters.slack.blocks import Json
from adapters.slack.workspaces import Workspaces
from bot.chat.platform import Profile, Unreachable

PAGE = 200  # people at once: what Slack recommends
FEW = 20  # so many are asked for one by one (100 a minute); for more, everybody is listed (20 pages a minute)


class Directory:
    """Profiles by workspace and person. What Slack tells of a change is learnt, so nothing here grows old."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._people: dict[tuple[str, str], Profile | None] = {}  # None: deactivated

    def known(self, team: str, user: str) -> Profile | None:
        """Somebody, as far as is known without asking."""
        return self._people.get((team, user))

    async def profile(self, team: str, user: str) -> Profile:
        """Somebody. Raises Unreachable when they are gone, RateLimited or OutcomeUnknown."""
        if (team, user) not in self._people:
            told = await self._workspaces.ask(team, "users.info", user=user)
            self.learn(team, told["user"])
        found = self._people[team, user]
        if found is None:
            raise Unreachable("They were deactivated in Slack.")
        return found

    async def profiles(self, team: str, users: Sequence[str]) -> list[Profile]:
        """All of these who are not deactivated."""
        missing = [user for user in users if (team, user) not in self._people]
        if len(missing) > FEW:
            await self.load(team)
            missing = [user for user in users if (team, user) not in self._people]
        await asyncio.gather(*(self._ask(team, user) for user in missing))
        return [found for user in users if (found := self._people.get((team, user))) is not None]

    async def load(self, team: str) -> None:
        """Everybody, page by page."""
        cursor = ""
        while True:
            told = await self._workspaces.ask(team, "users.list", limit=PAGE, cursor=cursor or None)
            self._learn_all(team, told["members"])
            cursor = told.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return

    def learn(self, team: str, user: Json) -> bool:
        """Takes in what Slack says of somebody; True when they came back or live in another zone now."""
        key = (team, str(user["id"]))
        known, before = key in self._people, self._people.get(key)
        now = self._people[key] = None if user.get("deleted") else _profile(team, user)
        if now is None or not known:
            return False
        return before is None or before.zone != now.zone

    def everybody(self, team: str) -> dict[str, Profile | None]:
        """Everybody known in a workspace by their address, guests and bots too; None for who was deactivated."""
        return {addresses.of(at, user): profile for (at, user), profile in self._people.items() if at == team}

    def unlearn(self, team: str, user: str) -> None:
        """What Slack said of somebody could not be passed on: it is news when it is said again."""
        self._people.pop((team, user), None)

    def forget(self, team: str) -> None:
        """We are not in that workspace any more."""
        for key in [key for key in self._people if key[0] == team]:
            del self._people[key]

    def _learn_all(self, team: str, users: Iterable[Json]) -> None:
        for user in users:
            self.learn(team, user)

    async def _ask(self, team: str, user: str) -> None:
        try:
            await self.profile(team, user)
        except Unreachable:
            self._people[team, user] = None


def _profile(team: str, user: Json) -> Profile:
    told = user.get("profile", {})
    address = addresses.of(team, str(user["id"]))
    names = (told.get("real_name"), user.get("real_name"), told.get("display_name"), user.get("name"))
    return Profile(
        id=address,
        address=address,
        name=next((name for name in names if name), str(user["id"])),
        email=(told.get("email") or "") if user.get("is_email_confirmed", True) else "",
        zone=user.get("tz") or "",
        outsider=_is_outsider(team, user),
        away=status.away(user),
    )


def _is_outsider(team: str, user: Json) -> bool:
    """Bots, guests, and people of other organisations, whom a shared channel brings along."""
    if user["id"] == "USLACKBOT" or any(
        user.get(mark) for mark in ("is_bot", "is_restricted", "is_ultra_restricted", "is_stranger", "is_workflow_bot")
    ):  # fmt: skip
        return True
    home = user.get("team_id", team)
    return home != team and team not in user.get("enterprise_user", {}).get("teams", ())
