"""One turn of the conversation: who spoke, what was found out beforehand, and the open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlmodel import Session

from bot.chat.events import InboundEvent
from bot.chat.platform import Channel, Profile
from bot.commands.table import ActionTable
from bot.tagging.tagger_pool import Taggers
from checkins.errors import UserError
from checkins.schedule import calendar
from checkins.tagging import Tagger
from storage import people
from storage.outbox.rate_limits import Rate
from storage.tables import Account, Person, Workspace


@dataclass(frozen=True, slots=True)
class Found:
    """What the platform was asked before the transaction began: people here, a channel and where it is, or why not."""

    here: tuple[Profile, ...] = ()
    where: str = ""
    channel: Channel | None = None
    refused: str = ""


@dataclass(frozen=True)
class Turn:
    """Everything a handler needs. Nothing in it outlives the transaction."""

    tx: Session
    now: datetime
    event: InboundEvent
    workspace: Workspace
    account: Account
    person: Person
    taggers: Taggers
    found: Found
    rates: Mapping[str, Rate]  # of platforms, by name
    warnings: Mapping[int, str]  # how badly lines are filed, by company; empty where all is well
    actions: ActionTable  # all that can be asked for
    model_at: str  # the host of the company's own language model, empty where there is none
    was_away: bool = False  # as their status said, until this
    admins: frozenset[str] = frozenset()  # addresses that the settings name

    @cached_property
    def today(self) -> date:
        """The date on the person's own calendar."""
        return calendar.local_day(self.now, self.person.zone)

    @property
    def tagger(self) -> Tagger:
        """Their company's tagger, as of this transaction."""
        return self.taggers.of(self.tx, self.person.company_id)

    def person_called(self, words: str) -> Person:
        """`@ana` as a person of this company: by platform id, or by name. UserError names who is near."""
        told = words.removeprefix("@").strip()
        if words.lower() == "me":
            return self.person
        known = people.account(self.tx, told)
        if known is not None and known[1].company_id == self.person.company_id:
            return known[1]
        every = people.everybody(self.tx, self.person.company_id)
        accounts = people.whos(self.tx, [row.id for row in every])
        fitting = [
            row
            for row in every
            if told.lower() in {row.name.lower(), row.name.lower().replace(" ", "."), row.name.split()[0].lower()}
            or told.lower() in {who.rpartition(":")[2].lower() for who in accounts.get(row.id, ())}
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise UserError(f"Which {told}? {_names(fitting)}.")
        near = [row for row in every if told.lower() in row.name.lower()]
        raise UserError(
            f"I do not know “@{told}”."
            + (f" Did you mean {_names(near)}?" if near else " They have to be here before they can be in a team.")
        )


def _names(rows: Sequence[Person]) -> str:
    return ", ".join(f"@{row.name}" for row in rows[:5])
