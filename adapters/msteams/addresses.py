"""Where people and channels can be written to: what each activity told us of it, kept between runs.

A person's id is `teams:TENANT:ENTRA-ID`, and their address is the same. A channel's or group chat's address is
`teams:TENANT:19:…`; `teams:TENANT:#name` is a channel that somebody named and that is looked for by its name.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from bot.chat.events import Address
from bot.chat.platform import Store

GENERAL = "General"  # the first channel of a team, which Teams gives no name of
FRESH = 60.0  # seconds for which a row is believed without looking: another process may have changed it
REMEMBERED = 20_000  # rows in memory


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person: how Teams calls them, their conversation with us, and where we saw them."""

    service: str = ""
    user: str = ""  # 29:…
    conversation: str = ""  # a:…
    seen_in: str = ""  # a conversation of several that they are in
    name: str = ""
    removed: bool = False  # they removed the app
    home: str = ""  # their newest home card


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A channel or a group chat."""

    service: str = ""
    name: str = ""
    team: str = ""  # 19:… of its team; a chat has none
    team_name: str = ""
    gone: str = ""  # why nothing can be said there any more
    shared: bool = False  # a channel that people of other teams and organisations can be in


@dataclass(frozen=True, slots=True)
class TenantRow:
    """What is known of a tenant as a whole."""

    service: str = ""


Row = PersonRow | PlaceRow | TenantRow
_Row = TypeVar("_Row", PersonRow, PlaceRow, TenantRow)


def address(tenant: str, name: str) -> Address:
    """The address of a person (Entra id), a channel or chat (`19:…`), or a channel by its name (`#name`)."""
    return f"teams:{tenant}:{name}"


def workspace(tenant: str) -> str:
    """A tenant as events name it."""
    return f"teams:{tenant}"


def split(where: Address) -> tuple[str, str]:
    """Tenant and name of an address."""
    _, _, rest = where.partition(":")
    tenant, _, name = rest.partition(":")
    return tenant, name


def kind_of(channel: Mapping[str, object]) -> str:
    """standard, private or shared, as Teams calls a channel's kind in activities and lists; "" where it does not say.

    https://learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/shared-channels
    """
    found = channel.get("type") or channel.get("membershipType")
    return found.lower() if isinstance(found, str) else ""


def is_person(where: Address) -> bool:
    """Whether an address of ours is a person's; the others are channels and chats."""
    return not split(where)[1].startswith(("19:", "#"))


class Addresses:
    """Rows by address. What is unchanged is not written again, and what was read lately is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: OrderedDict[str, tuple[float, Row | None]] = OrderedDict()

    async def person(self, who: Address) -> PersonRow:
        """What is known of a person; an empty row of somebody new."""
        return await self._get(f"teams:person:{_tail(who)}", PersonRow)

    async def place(self, where: Address) -> PlaceRow:
        """What is known of a channel or chat; an empty row of a new one."""
        return await self._get(f"teams:place:{_tail(where)}", PlaceRow)

    async def tenant(self, tenant: str) -> TenantRow:
        """What is known of a tenant."""
        return await self._get(f"teams:tenant:{tenant}", TenantRow)

    async def note_person(self, who: Address, **known: object) -> PersonRow:
        """Remember this of a person."""
        return await self._note(f"teams:person:{_tail(who)}", PersonRow, known)

    async def note_place(self, where: Address, **known: object) -> PlaceRow:
        """Remember this of a channel or chat."""
        return await self._note(f"teams:place:{_tail(where)}", PlaceRow, known)

    async def note_tenant(self, tenant: str, **known: object) -> TenantRow:
        """Remember this of a tenant."""
        return await self._note(f"teams:tenant:{tenant}", TenantRow, known)

    async def note_people(self, tenant: str, known: Mapping[Address, Mapping[str, object]]) -> None:
        """Remember this of many people of a tenant; where they were seen first stays."""
        before = await self._store.every(f"teams:person:{tenant}:")
        rows: dict[str, PersonRow] = {}
        for who, told in known.items():
            key = f"teams:person:{_tail(who)}"
            row = PersonRow(**json.loads(before[key])) if key in before else PersonRow()
            first = {"seen_in": row.seen_in} if row.seen_in else {}
            new = replace(row, **(dict(told) | first))  # type: ignore[arg-type]
            if new != row:
                rows[key] = new
        if rows:
            await self._store.put({key: json.dumps(asdict(row)) for key, row in rows.items()})
        for key, row in rows.items():
            self._remember(key, row)

    async def places(self, tenant: str) -> Mapping[Address, PlaceRow]:
        """Every channel and chat that is known in a tenant."""
        prefix = f"teams:place:{tenant}:"
        texts = await self._store.every(prefix)
        return {address(tenant, key.removeprefix(prefix)): PlaceRow(**json.loads(text)) for key, text in texts.items()}

    async def anybody_left(self, tenant: str) -> bool:
        """Whether the app is still somewhere in a tenant, as far as is known."""
        if any(not row.gone for row in (await self.places(tenant)).values()):
            return True
        people = await self._store.every(f"teams:person:{tenant}:")
        rows = (PersonRow(**json.loads(text)) for text in people.values())
        return any(row.conversation and not row.removed for row in rows)

    async def _get(self, key: str, kind: type[_Row]) -> _Row:
        kept = self._rows.get(key)
        if kept is not None and kept[0] > time.monotonic() and isinstance(kept[1], kind):
            return kept[1]
        text = await self._store.get(key)
        row = kind() if text is None else kind(**json.loads(text))
        self._remember(key, row)
        return row

    async def _note(self, key: str, kind: type[_Row], known: Mapping[str, object]) -> _Row:
        before = await self._get(key, kind)
        row = replace(before, **known)  # type: ignore[arg-type]
        if row != before:
            await self._store.put({key: json.dumps(asdict(row))})
            self._remember(key, row)
        return row

    def _remember(self, key: str, row: Row) -> None:
        self._rows[key] = (time.monotonic() + FRESH, row)
        self._rows.move_to_end(key)
        if len(self._rows) > REMEMBERED:
            self._rows.popitem(last=False)


def _tail(where: Address) -> str:
    return where.removeprefix("teams:")
