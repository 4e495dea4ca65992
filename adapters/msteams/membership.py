"""Who and what comes and goes: the app added and removed, people joining, teams and channels renamed and deleted.

Teams tells each of these more than once and in any order, so each is a state to be in, not a step to take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.msteams import addresses
from adapters.msteams.addresses import GENERAL, Addresses
from adapters.msteams.inbound import Scene
from bot.chat.events import Event, Installed, Left, MemberJoined, Uninstalled, Who

Json = Mapping[str, Any]

NAME = "Microsoft Teams"
REMOVED = "The app was removed from that team. Add it again there: Manage team, Apps."
GONE = {
    "channelDeleted": "That channel was deleted. Choose another one with “team digest #channel”.",
    "teamDeleted": "That team was deleted. Choose another channel with “team digest #channel”.",
    "teamHardDeleted": "That team was deleted. Choose another channel with “team digest #channel”.",
    "teamArchived": "That team is archived. Restore it, or choose another channel.",
}
SHARING = {"channelShared", "channelUnShared", "channelUnshared"}  # only a shared channel has these
BACK = {"channelRestored", "teamRestored", "teamUnarchived"}


class MembershipTracker:
    """Notes where everybody is, and says what there is to hear about it."""

    def __init__(self, known: Addresses) -> None:
        self._known = known

    async def note(self, raw: Json, at: Scene) -> None:
        """Remember from any activity where its sender and its place can be written to."""
        await self._known.note_tenant(at.tenant, service=at.service)
        data = _object(raw, "channelData")
        if at.who is not None:
            named = {"name": at.who.name} if at.who.name else {}
            here: dict[str, object] = {"service": at.service, "user": at.user, **named}
            if at.private:
                # Whoever says something here has the app; that it was removed can be told late.
                spoke = raw.get("type") in ("message", "invoke")
                here |= {"conversation": at.conversation} | ({"removed": False} if spoke else {})
            elif not (await self._known.person(at.who.address)).seen_in:
                here |= {"seen_in": addresses.split(at.where)[1]}
            await self._known.note_person(at.who.address, **here)
        if not at.private:
            team, channel = _object(data, "team"), _object(data, "channel")
            told = {
                "team": _word(team, "id"),
                "team_name": _word(team, "name"),
                "name": _word(channel, "name") or _word(_object(raw, "conversation"), "name"),
            }
            if not told["name"] and told["team"] == addresses.split(at.where)[1]:
                told["name"] = GENERAL
            known: dict[str, object] = {name: word for name, word in told.items() if word}
            if kind := "shared" if _word(data, "eventType") in SHARING else addresses.kind_of(channel):
                known["shared"] = kind == "shared"
            await self._known.note_place(at.where, service=at.service, **known)

    async def events(self, raw: Json, at: Scene) -> list[Event]:
        """What there is to hear of an installationUpdate or a conversationUpdate."""
        if raw.get("type") == "installationUpdate":
            added = str(raw.get("action", "")).startswith("add")
            return await (self._added(at) if added else self._removed(at))
        found: list[Event] = []
        await self._changed(raw, at)
        for member in _members(raw, "membersAdded"):
            if _word(member, "id") == at.bot:
                found += await self._added(at)
            elif person := _word(member, "aadObjectId").lower():
                found.append(await self._came(at, person, member))
        if any(_word(member, "id") == at.bot for member in _members(raw, "membersRemoved")):
            found += await self._removed(at)
        return found

    async def _added(self, at: Scene) -> list[Event]:
        """Whoever comes first is in charge of nothing: a setup policy installs for one person after the other.

        https://learn.microsoft.com/microsoftteams/teams-app-setup-policies
        """
        found: list[Event] = [Installed(f"{at.key}:installed", addresses.workspace(at.tenant), NAME)]
        if not at.private:
            await self._of_team(at, "")
        elif at.who is not None:
            await self._known.note_person(at.who.address, removed=False)
            found.append(MemberJoined(at.key, at.who, at.where, private=True))
        return found

    async def _removed(self, at: Scene) -> list[Event]:
        if at.private:
            if at.who is None:
                return []
            await self._known.note_person(at.who.address, removed=True)
            return [Left(at.key, at.who, at.where, private=True)]
        await self._of_team(at, REMOVED)
        if await self._known.anybody_left(at.tenant):
            return []
        return [Uninstalled(f"{at.key}:uninstalled", addresses.workspace(at.tenant))]

    async def _came(self, at: Scene, person: str, member: Json) -> MemberJoined:
        who = addresses.address(at.tenant, person)
        name = _word(member, "name")
        here = {} if at.private else {"seen_in": addresses.split(at.where)[1]}
        named = {"name": name} if name else {}
        row = await self._known.note_person(who, service=at.service, user=_word(member, "id"), **here, **named)
        there = Who(who, addresses.workspace(at.tenant), who, row.name)
        return MemberJoined(f"{at.key}:{person}", there, at.where, private=at.private)

    async def _changed(self, raw: Json, at: Scene) -> None:
        what = _word(_object(raw, "channelData"), "eventType")
        if what == "channelDeleted":
            await self._known.note_place(at.where, gone=GONE[what])
        elif what == "channelRestored":
            await self._known.note_place(at.where, gone="")
        elif what in GONE or what in BACK:
            await self._of_team(at, GONE.get(what, ""))

    async def _of_team(self, at: Scene, gone: str) -> None:
        """The same for this place and, where it is a team's, for every channel of it."""
        await self._known.note_place(at.where, gone=gone)
        team = (await self._known.place(at.where)).team
        for where, row in (await self._known.places(at.tenant)).items() if team else ():
            if row.team == team:
                await self._known.note_place(where, gone=gone)


def _members(raw: Json, name: str) -> list[Json]:
    found = raw.get(name)
    return [one for one in (found if isinstance(found, list) else ()) if isinstance(one, dict)]


def _object(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _word(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
