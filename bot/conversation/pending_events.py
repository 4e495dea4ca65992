"""Events that must be acknowledged before their effect is there: committed as text, so that they have it whatever
happens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlmodel import Session

from bot.chat.events import Edited, InboundEvent, Left, MemberJoined, MessageReceived, Pressed, Submitted, Who
from bot.chat.platform import Profile
from bot.conversation import typed_text
from storage import accounts, inbox
from storage.database import Database

ABANDONED = timedelta(minutes=1)  # no platform waits longer for what follows an acknowledgement

Changing: TypeAlias = MessageReceived | Edited | Submitted | Pressed | MemberJoined | Left

_CHANGING: Mapping[str, type[Changing]] = {
    "Said": MessageReceived,
    "Edited": Edited,
    "Submitted": Submitted,
    "Pressed": Pressed,
    "Came": MemberJoined,
    "Left": Left,
}
"""The kinds that change something, by the names they are kept under. Of the others nothing is lost when they are not
heard."""

_KEPT_AS: Mapping[type[InboundEvent], str] = {kind: name for name, kind in _CHANGING.items()}


def write(event: InboundEvent) -> str:
    """The event as text; "" for one that changes nothing."""
    kind = _KEPT_AS.get(type(event), "")
    return json.dumps({"kind": kind, **asdict(event)}, ensure_ascii=False) if kind else ""


def read(text: str) -> Changing:
    """The event that was written."""
    fields = json.loads(text)
    kind = _CHANGING[fields.pop("kind")]
    fields["who"] = Who(**fields["who"])
    if "values" in fields:
        fields["values"] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in fields["values"].items()
        }
    return kind(**fields)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An event to be written, and who waits for that: told whether it was, which it is of members only."""

    event: InboundEvent
    body: str
    is_members: bool  # as their platform said just now
    kept: asyncio.Future[bool]


class KeptEvents:
    """Those that this process was handed, and those that another one left. Nothing is kept of outsiders: `profile` says
    who somebody is that nobody knows yet."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        profile: Callable[[str], Awaitable[Profile]],
    ) -> None:
        self._database = database
        self._now = now
        self._profile = profile
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._ours: set[str] = set()  # being heard just now

    async def keep(self, event: InboundEvent) -> None:
        """Returns once an event that is being heard is committed, or known to be an outsider's. Raises PlatformError
        where nobody can say whose it is."""
        body = write(typed_text.cleaned(event))
        if not body:
            return
        self._ours.add(event.key)
        if not await self._write(event, body, is_members=False):
            profile = await self._profile(event.who.id)
            if not profile.outsider:
                await self._write(event, body, is_members=True)

    async def _write(self, event: InboundEvent, body: str, *, is_members: bool) -> bool:
        """Whether it was written: not where it is of nobody who is known as a member."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(event, body, is_members, kept))
        if len(self._waiting) == 1:
            self._writing = asyncio.create_task(self._write_together())
        return await kept

    async def _write_together(self) -> None:
        """One commit for all that came while the last one was written: when many come at once, few are waited for."""
        while self._waiting:
            batch = tuple(self._waiting)

            def work(tx: Session, batch: Sequence[_Waiting] = batch) -> frozenset[str]:
                members = accounts.members(tx, {one.event.who.id for one in batch})
                for one in batch:
                    if one.is_members or one.event.who.id in members:
                        inbox.keep(tx, one.event.key, one.body, self._now())
                return members

            members: frozenset[str] = frozenset()
            try:
                members = await self._database.run(work, urgent=True)
                error = None
            except Exception as failed:  # noqa: BLE001  each of those who wait is told
                error = failed
            del self._waiting[: len(batch)]
            for one in batch:
                if not one.kept.done():
                    is_kept = one.is_members or one.event.who.id in members
                    one.kept.set_exception(error) if error else one.kept.set_result(is_kept)

    async def heard(self, event: InboundEvent, *, noted: bool) -> None:
        """An event was heard to its end; `noted` when that is in the database already, with its effect."""
        if event.key in self._ours:
            self._ours.discard(event.key)
            if not noted:
                await self._database.run(lambda tx: inbox.finish(tx, event.key))

    def put_off(self, event: InboundEvent) -> None:
        """An event could not be heard now. Where it was kept, whoever takes up what was abandoned hears it."""
        self._ours.discard(event.key)

    async def claim_stale(self) -> list[Changing]:
        """What was kept a while ago and did not have its effect, and nobody here is at; it is ours from now on."""
        since = self._now() - ABANDONED
        bodies = await self._database.run(lambda tx: inbox.unfinished(tx, since))
        events = [event for event in map(read, bodies) if event.key not in self._ours]
        self._ours |= {event.key for event in events}
        return events
