"""The room: what was said in each conversation, and the open pages that see it appear."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.playground import render
from adapters.playground.playground_world import Player, PlaygroundChannel, is_channel
from adapters.playground.render import Json
from bot.chat.messages import Message

US = "instep"
"""Who said it, when it was us."""

RECENT = 300
"""Entries of one conversation that a page is given when it opens."""


@dataclass(frozen=True, slots=True)
class TranscriptEntry:
    """One thing said in one conversation: a person's words, or a message of ours."""

    id: str
    turn: int  # grows with each new entry: pages order by it and remember how far somebody has read
    where: str
    by: str
    at: datetime
    body: Message | str
    key: str = ""  # what `find` looks for
    under: str = ""  # id of the entry whose thread it is in
    only: str = ""  # the one person who sees it, where the conversation has others
    edited: bool = False


@dataclass(slots=True, eq=False)
class ConnectedPage:
    """One open page: who it acts as, what that person sees, and what it has not been told yet."""

    person: str
    sees: frozenset[str]
    news: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)


class Transcripts:
    """Transcripts and home pages, in memory: they last as long as the process."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.run = secrets.token_hex(4)
        self.players: tuple[Player, ...] = ()
        self.channels: tuple[PlaygroundChannel, ...] = ()
        self.moving = False
        self._turn = 0
        self._entries: dict[str, TranscriptEntry] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._homes: dict[str, Message] = {}
        self._pages: set[ConnectedPage] = set()

    # What was said

    def say(
        self,
        where: str,
        by: str,
        body: Message | str,
        *,
        key: str = "",
        under: str = "",
        only: str = "",
        again: str = "",
    ) -> TranscriptEntry:
        """Add to a conversation and show it to everybody who sees it. `again` is the id of one
        that was lost in a restart and is shown once more."""
        self._turn += 1
        entry = TranscriptEntry(
            again or f"{self.run}-{self._turn}",
            self._turn,
            where,
            by,
            self.now(),
            body,
            key,
            under,
            only,
            bool(again),
        )
        self._entries[entry.id] = entry
        if key:
            self._keys.setdefault((where, key), entry.id)
        self._show(entry)
        if by == US and not is_channel(where):
            self._tell_all({"kind": "activity", "where": where, "turn": entry.turn})
        return entry

    def change(self, name: str, body: Message | str) -> TranscriptEntry:
        """Put this in the place of what the entry with this id showed."""
        entry = replace(self._entries[name], body=body, edited=True)
        self._entries[name] = entry
        self._show(entry)
        return entry

    def entry(self, name: str) -> TranscriptEntry | None:
        """The entry with this id."""
        return self._entries.get(name)

    def carrying(self, where: str, key: str) -> TranscriptEntry | None:
        """The first entry of a conversation that carries this key."""
        return self._entries.get(self._keys.get((where, key), ""))

    def set_home(self, person: str, message: Message) -> None:
        """Show this on somebody's home page."""
        self._homes[person] = message
        for page in self._pages:
            if page.person == person:
                page.news.put_nowait({"kind": "home", "message": render.message(message)})

    # Who is looking

    def open(self, player: Player) -> ConnectedPage:
        """A page that is told everything from now on."""
        page = ConnectedPage(player.id, _sight(player))
        self._pages.add(page)
        return page

    def close(self, page: ConnectedPage) -> None:
        """A page that has gone."""
        self._pages.discard(page)

    def hello(self, page: ConnectedPage) -> Json:
        """All that a page needs to draw itself from nothing."""
        home = self._homes.get(page.person)
        return {
            "kind": "hello",
            "run": self.run,
            "me": page.person,
            "entries": [_entry(entry) for entry in self._recent(page)],
            "home": home and render.message(home),
            "latest": self._latest(),
        } | self.clock()

    def world(self) -> Json:
        """Who and what there is."""
        return {
            "kind": "world",
            "players": [
                {
                    "id": player.id,
                    "name": player.name,
                    "role": player.role,
                    "teams": list(player.teams),
                    "zone": player.zone,
                    "channels": list(player.channels),
                }
                for player in self.players
            ],
            "channels": [
                {"address": channel.address, "name": channel.name, "members": len(channel.members)}
                for channel in self.channels
            ],
        }

    def clock(self) -> Json:
        """What the clock says, and whether it is being moved."""
        return {"now": self.now().isoformat(), "moving": self.moving}

    def show_clock(self) -> None:
        """Tell every page what the clock says."""
        self._tell_all({"kind": "clock"} | self.clock())

    def meet(self, players: Sequence[Player], channels: Sequence[PlaygroundChannel]) -> None:
        """Take note of who and what there is, and tell every page when it is not what it was."""
        if (tuple(players), tuple(channels)) == (self.players, self.channels):
            return
        self.players, self.channels = tuple(players), tuple(channels)
        sights = {player.id: _sight(player) for player in self.players}
        for page in self._pages:
            page.sees = sights.get(page.person, frozenset())
        self._tell_all(self.world())

    def _show(self, entry: TranscriptEntry) -> None:
        for page in self._pages:
            if _sees(page, entry):
                page.news.put_nowait({"kind": "entry", "entry": _entry(entry)})

    def _tell_all(self, news: Json) -> None:
        for page in self._pages:
            page.news.put_nowait(news)

    def _recent(self, page: ConnectedPage) -> list[TranscriptEntry]:
        kept: list[TranscriptEntry] = []
        counts: dict[str, int] = {}
        for entry in reversed(self._entries.values()):
            if _sees(page, entry) and counts.get(entry.where, 0) < RECENT:
                counts[entry.where] = counts.get(entry.where, 0) + 1
                kept.append(entry)
        return kept[::-1]

    def _latest(self) -> dict[str, int]:
        """The last turn of ours in each DM, so that the picker can mark who has something new."""
        return {
            entry.where: entry.turn
            for entry in self._entries.values()
            if entry.by == US and not is_channel(entry.where)
        }


def _sight(player: Player) -> frozenset[str]:
    return frozenset({player.id, *player.channels})


def _sees(page: ConnectedPage, entry: TranscriptEntry) -> bool:
    return entry.where in page.sees and entry.only in ("", page.person)


def _entry(entry: TranscriptEntry) -> Json:
    return {
        "id": entry.id,
        "turn": entry.turn,
        "where": entry.where,
        "by": entry.by,
        "at": entry.at.isoformat(),
        "under": entry.under,
        "private": bool(entry.only),
        "edited": entry.edited,
        "words": entry.body if isinstance(entry.body, str) else None,
        "message": None if isinstance(entry.body, str) else render.message(entry.body),
    }
